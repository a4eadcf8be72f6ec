/* import.c: `nnmpi import csv|images|npz|npy|idx|--rechunk`: calls data/import.h, prints what came out. */
#include "cli/commands.h"
#include "cli/import.h"

#include "io/publish.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A file that is called like another kind is taken for one. */
static nn_status check_ending(const char *output) {
    static const char *const others[] = {".csv", ".tsv", ".txt", ".gz", ".npz", ".npy", ".idx", ".png", ".jpg",
                                         ".jpeg", ".yaml", ".yml", ".json", ".onnx", ".safetensors", ".keras"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const size_t length = strlen(output), tail = strlen(others[i]);
        if (length >= tail && strcasecmp(output + length - tail, others[i]) == 0)
            return nn_fail(NN_USAGE, "import: --output %s is called like another kind of file; an import writes HDF5, "
                                     "and its name should end in .h5", output);
    }
    return NN_OK;
}

static nn_status check_request(const nn_import_request *request) {
    const char *format = nn_import_format_name(request->format);
    const nn_import_arrays *arrays = &request->arrays;
    const char *inputs[] = {request->input,   request->like,   arrays->train_x,      arrays->train_y,
                            arrays->test_x, arrays->test_y, arrays->validation_x, arrays->validation_y};
    size_t count = sizeof inputs / sizeof *inputs;
    bool in_files = request->format & (NN_FROM_IDX | NN_FROM_NPY);
    if (!(in_files ? arrays->train_x : request->input))
        return nn_fail(NN_USAGE, "import %s: no %s to read is named; nnmpi import --help", format,
                       request->format == NN_FROM_IMAGES ? "folder" : "file");
    if (!request->common.output)
        return nn_fail(NN_USAGE, "import %s: --output FILE.h5 is missing", format);
    if (request->grayscale && request->images.channels != 1)
        return nn_fail(NN_USAGE, "import: --grayscale and --channels %d contradict each other",
                       request->images.channels);
    if (request->format == NN_FROM_CSV && request->labels.count == 0 && !request->no_label &&
        !request->like)
        return nn_fail(NN_USAGE,
                       "import csv: --label COLUMN is missing: the column to predict (--no-label "
                       "imports features alone, for nnmpi predict)");
    for (size_t i = 0; i < (in_files ? count : 2); i++) { /* those of an .npz file are no files */
        nn_status status = nn_refuse_same_file(request->common.output, inputs[i]);
        if (status != NN_OK) return status;
    }
    return check_ending(request->common.output);
}

static nn_status convert(const nn_import_request *request) {
    const nn_import_options *common = &request->common;
    switch (request->format) {
    case NN_FROM_CSV: return nn_import_csv(&request->csv, common);
    case NN_FROM_IDX: return nn_import_idx(&request->arrays, common);
    case NN_FROM_NPY: return nn_import_npy(&request->arrays, common);
    case NN_FROM_NPZ: return nn_import_npz(request->input, &request->arrays, common);
    case NN_FROM_IMAGES: return nn_import_images(&request->images, common);
    case NN_FROM_DATASET: return nn_import_rechunk(request->input, common);
    }
    return nn_fail(NN_INTERNAL, "import: a format without meaning");
}

static nn_status print_result(const nn_import_request *request) {
    if (request->common.notes && request->common.notes->bytes)
        fputs(request->common.notes->bytes, stderr);
    if (request->format != NN_FROM_DATASET)
        return nn_import_print_summary(request->common.output);
    printf("%s: %s in chunks of whole rows\n", request->common.output, request->input);
    return NN_OK;
}

nn_status nn_command_import(int argc, char **argv) {
    nn_status status = NN_OK;
    nn_import_request request;
    nn_text notes = {0};
    NN_TRY(nn_import_parse(argc, argv, &request));
    if (request.help) {
        nn_import_print_help(request.format);
        goto done;
    }
    NN_TRY(check_request(&request));
    request.common.notes = &notes;
    NN_TRY(convert(&request));
    NN_TRY(print_result(&request));
done:
    nn_text_free(&notes);
    nn_import_request_release(&request);
    return status;
}
