/* import.c: `nnmpi import csv|idx|npy|--rechunk`: calls data/import.h, prints what came out. */
#include "cli/commands.h"
#include "cli/import.h"

#include "io/publish.h"

#include <stdio.h>

static const char help[] =
    "Usage: nnmpi import csv FILE --label COLUMN[,COLUMN] --output FILE.h5 [OPTION]...\n"
    "       nnmpi import idx --train-x FILE [--train-y FILE] [--test-x FILE] [--test-y FILE]\n"
    "                        --output FILE.h5 [OPTION]...\n"
    "       nnmpi import npy X.npy [Y.npy] --output FILE.h5 [OPTION]...\n"
    "       nnmpi import --rechunk OLD.h5 --output NEW.h5 [OPTION]...\n"
    "\n"
    "Makes a dataset file of groups /train and /test, each with samples x and labels y.\n"
    "Input files ending in .gz are read directly. npy takes the options of idx too, and\n"
    "idx files may be named as npy's are. --rechunk copies a dataset file so that its rows are\n"
    "read fast: in chunks of whole rows, about 1 MiB each; all else stays as it is. It takes\n"
    "--output, --compress, --title, --source and --license.\n"
    "\n"
    "  --output FILE.h5       the file to write; one of that name is replaced\n"
    "  --test-fraction F      the part of the rows, picked at random, that goes to /test (0)\n"
    "  --seed S               of that choice (0)\n"
    "  --title, --source, --license TEXT   noted in the file\n"
    "  --compress 0-9         0: not at all (0)\n"
    "\n"
    "csv only:\n"
    "  --label COLUMN[,...]   what to predict. One column of texts, or of whole numbers\n"
    "                         0 to K-1, gives classes; anything else gives values\n"
    "  --values               values even then\n"
    "  --ignore COLUMN[,...]  columns to leave out; all others are features\n"
    "  --fill VALUE|mean      what replaces missing values: a number, or the column's mean\n"
    "                         over /train; without it they are an error\n"
    "  --delimiter C          a character, tab or space (the first of , ; tab in line 1)\n"
    "  --no-header            line 1 is data; columns are called 1, 2, 3...\n";

static nn_status check_request(const nn_import_request *request) {
    const char *format = nn_import_format_name(request->format);
    bool csv = request->format == NN_FROM_CSV;
    if (csv ? !request->csv.path : !request->arrays.train_x)
        return nn_fail(NN_USAGE, "import %s: no file to read is named; nnmpi import --help",
                       format);
    if (!request->common.output)
        return nn_fail(NN_USAGE, "import %s: --output FILE.h5 is missing", format);
    if (csv && request->labels.count == 0)
        return nn_fail(NN_USAGE, "import csv: --label COLUMN is missing: the column to predict");
    const nn_import_arrays *arrays = &request->arrays;
    const char *inputs[] = {request->csv.path, arrays->train_x, arrays->train_y, arrays->test_x,
                            arrays->test_y};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        nn_status status = nn_refuse_same_file(request->common.output, inputs[i]);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

static nn_status convert(const nn_import_request *request) {
    switch (request->format) {
    case NN_FROM_CSV: return nn_import_csv(&request->csv, &request->common);
    case NN_FROM_IDX: return nn_import_idx(&request->arrays, &request->common);
    case NN_FROM_NPY: return nn_import_npy(&request->arrays, &request->common);
    case NN_FROM_DATASET: return nn_import_rechunk(request->arrays.train_x, &request->common);
    }
    return nn_fail(NN_INTERNAL, "import: a format without meaning");
}

nn_status nn_command_import(int argc, char **argv) {
    nn_status status = NN_OK;
    nn_import_request request;
    NN_TRY(nn_import_parse(argc, argv, &request));
    if (request.help) {
        fputs(help, stdout);
        goto done;
    }
    NN_TRY(check_request(&request));
    NN_TRY(convert(&request));
    if (request.format == NN_FROM_DATASET)
        printf("%s: %s in chunks of whole rows\n", request.common.output, request.arrays.train_x);
    else
        NN_TRY(nn_import_print_summary(request.common.output));
done:
    nn_import_request_release(&request);
    return status;
}
