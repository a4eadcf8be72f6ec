/* import.c: `nnmpi import csv|idx|npy|--rechunk`: parses, calls data/import.h, prints what came out. */
#include "cli/commands.h"

#include "data/import.h"
#include "io/h5.h"
#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What getopt_long returns: options of all formats, then csv's, then those of idx and npy. */
enum {
    OUTPUT = 1000,
    TEST_FRACTION,
    SEED,
    TITLE,
    SOURCE,
    LICENSE,
    COMPRESS,
    LABEL,
    VALUES,
    IGNORE,
    FILL,
    DELIMITER,
    NO_HEADER,
    TRAIN_X,
    TRAIN_Y,
    TEST_X,
    TEST_Y
};

static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                        {"output", required_argument, NULL, OUTPUT},
                                        {"test-fraction", required_argument, NULL, TEST_FRACTION},
                                        {"seed", required_argument, NULL, SEED},
                                        {"title", required_argument, NULL, TITLE},
                                        {"source", required_argument, NULL, SOURCE},
                                        {"license", required_argument, NULL, LICENSE},
                                        {"compress", required_argument, NULL, COMPRESS},
                                        {"label", required_argument, NULL, LABEL},
                                        {"values", no_argument, NULL, VALUES},
                                        {"ignore", required_argument, NULL, IGNORE},
                                        {"fill", required_argument, NULL, FILL},
                                        {"delimiter", required_argument, NULL, DELIMITER},
                                        {"no-header", no_argument, NULL, NO_HEADER},
                                        {"train-x", required_argument, NULL, TRAIN_X},
                                        {"train-y", required_argument, NULL, TRAIN_Y},
                                        {"test-x", required_argument, NULL, TEST_X},
                                        {"test-y", required_argument, NULL, TEST_Y},
                                        {0}};
enum { OPTION_COUNT = sizeof options / sizeof *options - 1 };

/* The format that is none: a dataset file. */
#define RECHUNK "--rechunk"

/** A list of names that stood in one argument, separated by commas. */
typedef struct {
    char *text;   /* the argument, cut */
    char **names; /* into it */
    int64_t count;
} name_list;

/** What the command line asked for. Texts are borrowed from argv. */
typedef struct {
    bool help;
    nn_import_options common;
    nn_import_csv_options csv;
    nn_import_arrays arrays;
    name_list labels, ignored;
} import_request;

static void release_list(name_list *list) {
    free(list->text);
    free(list->names);
    *list = (name_list){0};
}

static nn_status split_list(const char *argument, name_list *out) {
    nn_status status = NN_OK;
    int64_t most = 1;
    release_list(out);
    for (const char *c = argument; *c; c++) most += *c == ',';
    NN_TRY(nn_copy_text(argument, &out->text));
    NN_TRY(nn_allocate("a list of columns", most, sizeof *out->names, &out->names));
    for (char *name = out->text, *next; name; name = next) {
        next = strchr(name, ',');
        if (next) *next++ = '\0';
        out->names[out->count++] = name;
    }
done:
    return status;
}

static nn_status parse_int(const char *option, const char *text, int64_t least, int64_t most,
                           int64_t *out) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || value < least || value > most)
        return nn_fail(NN_USAGE, "import: --%s is '%s'; expected a whole number from %lld to %lld",
                       option, text, (long long)least, (long long)most);
    *out = value;
    return NN_OK;
}

static nn_status parse_fraction(const char *text, double *out) {
    char *end = NULL;
    *out = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(*out >= 0.0 && *out < 1.0))
        return nn_fail(NN_USAGE,
                       "import: --test-fraction is '%s'; expected a number from 0 to below 1, such "
                       "as 0.2",
                       text);
    return NN_OK;
}

static nn_status parse_delimiter(const char *text, char *out) {
    *out = text[0];
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        *out = '\t';
    else if (strcmp(text, "space") == 0)
        *out = ' ';
    else if (strlen(text) != 1 || *text == '"' || *text == '\n')
        return nn_fail(NN_USAGE,
                       "import: --delimiter is '%s'; expected one character, tab or space", text);
    return NN_OK;
}

/* Takes in one option; `argument` is NULL where it has none. */
static nn_status take_option(import_request *request, int option, const char *argument) {
    int64_t number = 0;
    nn_status status = NN_OK;
    switch (option) {
    case 'h': request->help = true; break;
    case OUTPUT: request->common.output = argument; break;
    case TEST_FRACTION: return parse_fraction(argument, &request->common.test_fraction);
    case SEED: return parse_int("seed", argument, INT64_MIN, INT64_MAX, &request->common.seed);
    case TITLE: request->common.title = argument; break;
    case SOURCE: request->common.source = argument; break;
    case LICENSE: request->common.license = argument; break;
    case COMPRESS:
        status = parse_int("compress", argument, 0, 9, &number);
        request->common.deflate = (int)number;
        break;
    case LABEL: return split_list(argument, &request->labels);
    case VALUES: request->csv.values = true; break;
    case IGNORE: return split_list(argument, &request->ignored);
    case FILL: request->csv.fill = argument; break;
    case DELIMITER: return parse_delimiter(argument, &request->csv.delimiter);
    case NO_HEADER: request->csv.header = false; break;
    case TRAIN_X: request->arrays.train_x = argument; break;
    case TRAIN_Y: request->arrays.train_y = argument; break;
    case TEST_X: request->arrays.test_x = argument; break;
    case TEST_Y: request->arrays.test_y = argument; break;
    default: return nn_fail(NN_INTERNAL, "import: an option without meaning");
    }
    return status;
}

/* The message for a word that getopt_long did not take: "--tset-x", "--tset-x=F", "--values=1". */
static nn_status fail_option(const char *word) {
    const char *names[OPTION_COUNT];
    char name[64];
    for (size_t i = 0; i < OPTION_COUNT; i++) names[i] = options[i].name;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(name, names[i]) == 0)
            return nn_fail(NN_USAGE, "import: --%s takes no value", name);
    const char *near = nn_nearest_name(name, names, OPTION_COUNT);
    if (near) return nn_fail(NN_USAGE, "import: no option --%s; did you mean --%s?", name, near);
    return nn_fail(NN_USAGE, "import: no option --%s; nnmpi import --help lists them", name);
}

/* Takes in the options; *positional is the index of the first argument that is none. */
static nn_status parse_options(int argc, char **argv, import_request *request, int *positional) {
    nn_status status = NN_OK;
    bool csv = strcmp(argv[0], "csv") == 0;
    int option = 0, index = 0;
    opterr = 0; /* messages are ours */
    optind = 0; /* glibc: start anew */
    while (status == NN_OK && (option = getopt_long(argc, argv, ":h", options, &index)) != -1) {
        if (option == ':')
            return nn_fail(NN_USAGE, "import: %s needs a value behind it", argv[optind - 1]);
        if (option == '?' && optopt != 0 && optopt < OUTPUT && optopt != 'h') /* a char may be < 0 */
            return nn_fail(NN_USAGE, "import: no option -%c; nnmpi import --help lists them",
                           optopt);
        if (option == '?') return fail_option(argv[optind - 1]);
        if (strcmp(argv[0], RECHUNK) == 0 && option >= TEST_FRACTION &&
            (option <= SEED || option >= LABEL))
            return nn_fail(NN_USAGE, "import: --rechunk takes no --%s", options[index].name);
        if (csv ? option >= TRAIN_X : option >= LABEL && option <= NO_HEADER)
            return nn_fail(NN_USAGE, "import %s: --%s is an option of %s", argv[0],
                           options[index].name, csv ? "idx and npy" : "csv");
        status = take_option(request, option, optarg);
    }
    *positional = optind;
    return status;
}

/* The files named without an option: FILE of csv, X and Y of the others. */
static nn_status take_files(import_request *request, const char *format, int count, char **files) {
    const char **places[] = {&request->arrays.train_x, &request->arrays.train_y};
    bool csv = strcmp(format, "csv") == 0;
    int most = csv || strcmp(format, RECHUNK) == 0 ? 1 : 2;
    if (csv) places[0] = &request->csv.path;
    for (int i = 0; i < count; i++) {
        if (i >= most || *places[i])
            return nn_fail(NN_USAGE, "import: '%s' is one file too many", files[i]);
        *places[i] = files[i];
    }
    return NN_OK;
}

static nn_status check_request(const import_request *request, const char *format) {
    bool csv = strcmp(format, "csv") == 0;
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

/* The summary */

static const char *type_name(const nn_h5_info *info) {
    if (info->kind == NN_H5_REAL) return "float32";
    return info->bytes == 1 ? "uint8" : "int32";
}

/* What y is, such as "10 classes": named ones are counted by their names, others by the largest. */
static nn_status describe_labels(nn_h5 *file, const nn_h5_info *y, char *text, size_t room) {
    nn_status status = NN_OK;
    char **names = NULL;
    int32_t *classes = NULL;
    int64_t count = 0, rows = y->shape.dim[0];
    if (y->kind == NN_H5_REAL) {
        bool one = y->shape.rank == 1;
        snprintf(text, room, "%lld value%s", one ? 1ll : (long long)nn_shape_last(y->shape),
                 one || nn_shape_last(y->shape) == 1 ? "" : "s");
        return NN_OK;
    }
    if (nn_h5_has_attribute(file, "/", "class_names")) {
        NN_TRY(nn_h5_read_texts(file, "/", "class_names", &names, &count));
    } else {
        NN_TRY(nn_allocate("labels", rows, sizeof *classes, &classes));
        NN_TRY(nn_h5_read(file, "/train/y", NN_H5_I32, rows, classes));
        for (int64_t i = 0; i < rows; i++)
            if (classes[i] >= count) count = (int64_t)classes[i] + 1;
    }
    snprintf(text, room, "%lld class%s", (long long)count, count == 1 ? "" : "es");
done:
    for (int64_t i = 0; names && i < count; i++) free(names[i]);
    free(names);
    free(classes);
    return status;
}

static nn_status print_summary(const char *path) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    nn_h5_info x, y, test = {0};
    char labels[64] = "none", shape[NN_SHAPE_TEXT];
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_h5_describe(file, "/train/x", &x));
    if (nn_h5_has(file, "/test/x")) NN_TRY(nn_h5_describe(file, "/test/x", &test));
    if (nn_h5_has(file, "/train/y")) {
        NN_TRY(nn_h5_describe(file, "/train/y", &y));
        NN_TRY(describe_labels(file, &y, labels, sizeof labels));
    }
    nn_shape row = {.rank = x.shape.rank - 1};
    for (int i = 0; i < row.rank; i++) row.dim[i] = x.shape.dim[i + 1];
    printf("%s: %lld rows in /train, %lld in /test; x: %s %s a row; y: %s\n", path,
           (long long)x.shape.dim[0], (long long)test.shape.dim[0], type_name(&x),
           nn_shape_format(row, shape), labels);
done:
    nn_h5_discard(&file);
    return status;
}

/* The command */

static nn_status rechunk(const import_request *request) {
    nn_status status = nn_import_rechunk(request->arrays.train_x, &request->common);
    if (status == NN_OK)
        printf("%s: %s in chunks of whole rows\n", request->common.output,
               request->arrays.train_x);
    return status;
}

static nn_status run(import_request *request, const char *format) {
    request->csv.labels = (const char *const *)request->labels.names;
    request->csv.label_count = request->labels.count;
    request->csv.ignored = (const char *const *)request->ignored.names;
    request->csv.ignored_count = request->ignored.count;
    if (strcmp(format, RECHUNK) == 0) return rechunk(request);
    nn_status status = strcmp(format, "csv") == 0 ? nn_import_csv(&request->csv, &request->common)
                       : strcmp(format, "idx") == 0
                           ? nn_import_idx(&request->arrays, &request->common)
                           : nn_import_npy(&request->arrays, &request->common);
    return status == NN_OK ? print_summary(request->common.output) : status;
}

/* --rechunk may stand anywhere; it is put where the other formats stand. */
static void bring_forward(int argc, char **argv) {
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], RECHUNK) != 0) continue;
        char *word = argv[i];
        memmove(argv + 2, argv + 1, (size_t)(i - 1) * sizeof *argv);
        argv[1] = word;
    }
}

static nn_status find_format(const char *word, const char **out) {
    static const char *const formats[] = {"csv", "idx", "npy", RECHUNK};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(word, formats[i]) == 0) {
            *out = formats[i];
            return NN_OK;
        }
    const char *near = nn_nearest_name(word, formats, 4);
    return nn_fail(NN_USAGE, "import: no format '%s'%s%s%s; there are csv, idx, npy and --rechunk", word,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

nn_status nn_command_import(int argc, char **argv) {
    nn_status status = NN_OK;
    import_request request = {.csv.header = true};
    const char *format = NULL;
    int positional = 0;
    if (argc < 2)
        return nn_fail(NN_USAGE, "import: a format is missing: csv, idx or npy; nnmpi import "
                                 "--help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(help, stdout);
        return NN_OK;
    }
    bring_forward(argc, argv);
    NN_TRY(find_format(argv[1], &format));
    NN_TRY(parse_options(argc - 1, argv + 1, &request, &positional));
    if (request.help) {
        fputs(help, stdout);
        goto done;
    }
    NN_TRY(take_files(&request, format, argc - 1 - positional, argv + 1 + positional));
    NN_TRY(check_request(&request, format));
    NN_TRY(run(&request, format));
done:
    release_list(&request.labels);
    release_list(&request.ignored);
    return status;
}
