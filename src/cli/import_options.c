/* import_options.c: the command line of `nnmpi import`: formats, and a table of options, each with the
 * formats that take it and the place of its value in the request. */
#include "cli/import.h"

#include "data/csv.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Formats */

typedef struct {
    nn_import_format format;
    const char *name;
} format_name;

static const format_name formats[] = {{NN_FROM_CSV, "csv"},
                                      {NN_FROM_IDX, "idx"},
                                      {NN_FROM_NPY, "npy"},
                                      {NN_FROM_NPZ, "npz"},
                                      {NN_FROM_IMAGES, "images"},
                                      {NN_FROM_DATASET, "--rechunk"}};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

const char *nn_import_format_name(nn_import_format format) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == format) return formats[i].name;
    return "?";
}

/* The word of the command line that is another name of npz. */
#define KERAS "--from-keras-dataset"

static nn_status find_format(const char *word, nn_import_format *out) {
    const char *names[FORMAT_COUNT];
    nn_text message = {0};
    if (strcmp(word, KERAS) == 0) word = nn_import_format_name(NN_FROM_NPZ);
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i].name;
        if (strcmp(word, names[i]) != 0) continue;
        *out = formats[i].format;
        return NN_OK;
    }
    nn_text_add(&message, "import: no format '%s'", word);
    nn_text_suggest(&message, word, names, FORMAT_COUNT, "there are");
    return nn_text_fail(&message, NN_USAGE);
}

/* A format that is spelled as an option may stand anywhere; it is put where the others stand. */
static void bring_forward(int argc, char **argv) {
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--rechunk") != 0 && strcmp(argv[i], KERAS) != 0) continue;
        char *word = argv[i];
        memmove(argv + 2, argv + 1, (size_t)(i - 1) * sizeof *argv);
        argv[1] = word;
    }
}

/* Options */

typedef enum {
    FLAG,      /* bool */
    TEXT,      /* const char * */
    NAMES,     /* nn_name_list */
    FRACTION,  /* double */
    SEED,      /* int64_t */
    LEVEL,     /* int, 0 to 9 */
    DELIMITER, /* char */
    GROUP,     /* const char *, one of three */
    SIZE,      /* int64_t[2] */
    CHANNELS   /* int, 1 or 3 */
} option_kind;

enum {
    ARRAYS = NN_FROM_IDX | NN_FROM_NPY | NN_FROM_NPZ,
    TABLES = NN_FROM_CSV | NN_FROM_IMAGES,
    SPLITTING = ARRAYS | TABLES,
    ANY = SPLITTING | NN_FROM_DATASET
};

typedef struct {
    const char *name;
    int formats; /* that take it */
    option_kind kind;
    size_t offset; /* of its value in a request */
} import_option;

#define AT(member) offsetof(nn_import_request, member)
static const import_option options[] = {
    {"help", ANY, FLAG, AT(help)},
    {"output", ANY, TEXT, AT(common.output)},
    {"title", ANY, TEXT, AT(common.title)},
    {"source", ANY, TEXT, AT(common.source)},
    {"license", ANY, TEXT, AT(common.license)},
    {"compress", ANY, LEVEL, AT(common.deflate)},
    {"test-fraction", SPLITTING, FRACTION, AT(common.test_fraction)},
    {"seed", SPLITTING, SEED, AT(common.seed)},
    {"group", SPLITTING, GROUP, AT(common.group)},
    {"no-label", TABLES, FLAG, AT(no_label)},
    {"like", TABLES, TEXT, AT(like)},
    {"label", NN_FROM_CSV, NAMES, AT(labels)},
    {"values", NN_FROM_CSV, FLAG, AT(csv.values)},
    {"classes", NN_FROM_CSV, FLAG, AT(csv.classes)},
    {"drop-missing", NN_FROM_CSV, FLAG, AT(csv.drop_missing)},
    {"ignore", NN_FROM_CSV, NAMES, AT(ignored)},
    {"columns", NN_FROM_CSV, NAMES, AT(columns)},
    {"one-hot", NN_FROM_CSV, NAMES, AT(one_hot)},
    {"fill", NN_FROM_CSV, TEXT, AT(csv.fill)},
    {"delimiter", NN_FROM_CSV, DELIMITER, AT(csv.delimiter)},
    {"no-header", NN_FROM_CSV, FLAG, AT(no_header)},
    {"train-x", ARRAYS, TEXT, AT(arrays.train_x)},
    {"train-y", ARRAYS, TEXT, AT(arrays.train_y)},
    {"validation-x", ARRAYS, TEXT, AT(arrays.validation_x)},
    {"validation-y", ARRAYS, TEXT, AT(arrays.validation_y)},
    {"test-x", ARRAYS, TEXT, AT(arrays.test_x)},
    {"test-y", ARRAYS, TEXT, AT(arrays.test_y)},
    {"size", NN_FROM_IMAGES, SIZE, AT(images.height)},
    {"channels", NN_FROM_IMAGES, CHANNELS, AT(images.channels)},
    {"grayscale", NN_FROM_IMAGES, FLAG, AT(grayscale)},
};
enum { OPTION_COUNT = sizeof options / sizeof *options, FIRST = 1000 /* what getopt_long returns */ };

/* Adds the names of one argument: a record of a CSV file, so that a name may hold a comma. */
static nn_status add_names(const char *option, const char *argument, nn_name_list *list) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    bool end = false;
    NN_TRY(nn_csv_open_text("import: --", argument, ',', &csv));
    NN_TRY(nn_csv_next(csv, &end));
    if (end) NN_TRY(nn_fail(NN_USAGE, "import: --%s names no column", option));
    char **names = realloc(list->names, (size_t)(list->count + csv->count) * sizeof *names);
    if (!names) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: a list of columns"));
    list->names = names;
    for (int64_t i = 0; i < csv->count; i++, list->count++)
        NN_TRY(nn_copy_text(csv->fields[i], &list->names[list->count]));
    NN_TRY(nn_csv_next(csv, &end));
    if (!end) status = nn_fail(NN_USAGE, "import: --%s holds a line end", option);
done:
    nn_csv_close(&csv);
    if (status == NN_BAD_DATA) /* quotes that do not match */
        status = nn_fail(NN_USAGE, "import: --%s is '%s'; expected names separated by commas, quoted as "
                                   "in a CSV file where they hold one", option, argument);
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

static nn_status parse_level(const char *option, const char *text, int *out) {
    int64_t number = 0;
    nn_status status = parse_int(option, text, 0, 9, &number);
    *out = (int)number;
    return status;
}

static nn_status parse_fraction(const char *option, const char *text, double *out) {
    char *end = NULL;
    *out = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(*out >= 0.0 && *out < 1.0))
        return nn_fail(NN_USAGE,
                       "import: --%s is '%s'; expected a number from 0 to below 1, such as 0.2",
                       option, text);
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

static nn_status parse_group(const char *text, const char **out) {
    static const char *const groups[] = {"train", "validation", "test"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strcmp(text + (*text == '/'), groups[i]) == 0) {
            *out = groups[i];
            return NN_OK;
        }
    return nn_fail(NN_USAGE, "import: --group is '%s'; expected train, validation or test", text);
}

static nn_status parse_size(const char *text, int64_t *out) {
    enum { SIDE_MAX = 16384 };
    char *middle = NULL, *end = NULL;
    errno = 0;
    out[0] = strtoll(text, &middle, 10);
    out[1] = *middle == 'x' ? strtoll(middle + 1, &end, 10) : 0;
    if (end && end > middle + 1 && *end == '\0' && errno == 0 && out[0] >= 1 && out[1] >= 1 &&
        out[0] <= SIDE_MAX && out[1] <= SIDE_MAX)
        return NN_OK;
    return nn_fail(NN_USAGE,
                   "import: --size is '%s'; expected HEIGHTxWIDTH, such as 64x64, at most %d each",
                   text, SIDE_MAX);
}

static nn_status parse_channels(const char *text, int *out) {
    *out = *text - '0';
    if (strcmp(text, "1") == 0 || strcmp(text, "3") == 0) return NN_OK;
    return nn_fail(NN_USAGE, "import: --channels is '%s'; expected 1 (gray) or 3 (colours)", text);
}

/* Takes in one option; `argument` is NULL where it has none. */
static nn_status take_option(const import_option *option, const char *argument,
                             nn_import_request *request) {
    void *value = (char *)request + option->offset;
    switch (option->kind) {
    case FLAG: *(bool *)value = true; break;
    case TEXT: *(const char **)value = argument; break;
    case NAMES: return add_names(option->name, argument, value);
    case FRACTION: return parse_fraction(option->name, argument, value);
    case SEED: return parse_int(option->name, argument, INT64_MIN, INT64_MAX, value);
    case LEVEL: return parse_level(option->name, argument, value);
    case DELIMITER: return parse_delimiter(argument, value);
    case GROUP: return parse_group(argument, value);
    case SIZE: return parse_size(argument, value);
    case CHANNELS: return parse_channels(argument, value);
    }
    return NN_OK;
}

/* The message for a word that getopt_long did not take: "--tset-x", "--tset-x=F", "--values=1". */
static nn_status fail_option(const char *word) {
    const char *names[OPTION_COUNT];
    char name[64];
    for (size_t i = 0; i < OPTION_COUNT; i++) names[i] = options[i].name;
    size_t length = strcspn(word + 2, "=");
    if (length > sizeof name - 1) length = sizeof name - 1;
    memcpy(name, word + 2, length);
    name[length] = '\0';
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(name, names[i]) == 0)
            return nn_fail(NN_USAGE, "import: --%s takes no value", name);
    const char *near = nn_nearest_name(name, names, OPTION_COUNT);
    if (near) return nn_fail(NN_USAGE, "import: no option --%s; did you mean --%s?", name, near);
    return nn_fail(NN_USAGE, "import: no option --%s; nnmpi import --help lists them", name);
}

/* The message for an option that other formats take. */
static nn_status fail_format(const import_option *option, nn_import_format format) {
    nn_text message = {0};
    const char *between = "";
    nn_text_add(&message, "import %s: --%s is an option of ", nn_import_format_name(format),
                option->name);
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (!(option->formats & (int)formats[i].format)) continue;
        nn_text_add(&message, "%s%s", between, formats[i].name);
        between = ", ";
    }
    return nn_text_fail(&message, NN_USAGE);
}

/* Takes in the options; *positional is the index of the first argument that is none. */
static nn_status parse_options(int argc, char **argv, nn_import_request *request, int *positional) {
    struct option table[OPTION_COUNT + 1] = {{0}};
    nn_status status = NN_OK;
    int found = 0;
    for (int i = 0; i < (int)OPTION_COUNT; i++)
        table[i] = (struct option){options[i].name,
                                   options[i].kind == FLAG ? no_argument : required_argument, NULL,
                                   FIRST + i};
    opterr = 0; /* messages are ours */
    optind = 0; /* glibc: start anew */
    while (status == NN_OK && (found = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
        if (found == ':')
            return nn_fail(NN_USAGE, "import: %s needs a value behind it", argv[optind - 1]);
        if (found == '?' && optopt != 0 && optopt < FIRST && optopt != 'h') /* a char may be < 0 */
            return nn_fail(NN_USAGE, "import: no option -%c; nnmpi import --help lists them",
                           optopt);
        if (found == '?') return fail_option(argv[optind - 1]);
        const import_option *option = &options[found == 'h' ? 0 : found - FIRST];
        if (!(option->formats & (int)request->format)) return fail_format(option, request->format);
        status = take_option(option, optarg, request);
    }
    *positional = optind;
    return status;
}

/* The files named without an option: X and Y of idx and npy, FILE of the others. */
static nn_status take_files(nn_import_request *request, int count, char **files) {
    const char **places[] = {&request->arrays.train_x, &request->arrays.train_y};
    int most = request->format & (NN_FROM_IDX | NN_FROM_NPY) ? 2 : 1;
    if (most == 1) places[0] = &request->input;
    for (int i = 0; i < count; i++) {
        if (i >= most || *places[i])
            return nn_fail(NN_USAGE, "import: '%s' is one file too many", files[i]);
        *places[i] = files[i];
    }
    return NN_OK;
}

/* Gives each importer what it takes. */
static void distribute(nn_import_request *request) {
    nn_import_csv_options *csv = &request->csv;
    csv->path = request->images.folder = request->input;
    csv->like = request->images.like = request->like;
    csv->no_labels = request->images.no_labels = request->no_label;
    csv->header = !request->no_header;
    csv->labels = (const char *const *)request->labels.names;
    csv->label_count = request->labels.count;
    csv->ignored = (const char *const *)request->ignored.names;
    csv->ignored_count = request->ignored.count;
    csv->columns = (const char *const *)request->columns.names;
    csv->column_count = request->columns.count;
    csv->one_hot = (const char *const *)request->one_hot.names;
    csv->one_hot_count = request->one_hot.count;
    if (request->grayscale && request->images.channels == 0) request->images.channels = 1;
}

/* A file that Keras has downloaded is found by its name alone. */
static nn_status find_keras_file(nn_import_request *request) {
    const char *home = getenv("KERAS_HOME"), *user = getenv("HOME");
    nn_text path = {0};
    if (!request->input || strchr(request->input, '/') || access(request->input, F_OK) == 0)
        return NN_OK;
    if (!home && !user) return NN_OK;
    nn_text_add(&path, "%s%s/datasets/%s", home ? home : user, home ? "" : "/.keras", request->input);
    nn_status status = nn_text_take(&path, &request->keras_path);
    if (status == NN_OK && access(request->keras_path, F_OK) != 0)
        return nn_fail(NN_NO_INPUT, "import: there is neither %s nor %s, where Keras would have downloaded it to",
                       request->input, request->keras_path);
    if (status == NN_OK) request->input = request->keras_path;
    return status;
}

nn_status nn_import_parse(int argc, char **argv, nn_import_request *out) {
    nn_status status = NN_OK;
    int positional = 0;
    *out = (nn_import_request){0};
    if (argc < 2)
        return nn_fail(NN_USAGE, "import: a format is missing: csv, images, npz, npy or idx; "
                                 "nnmpi import --help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        out->help = true;
        return NN_OK;
    }
    bring_forward(argc, argv);
    NN_TRY(find_format(argv[1], &out->format));
    out->from_keras = strcmp(argv[1], KERAS) == 0;
    NN_TRY(parse_options(argc - 1, argv + 1, out, &positional));
    if (!out->help)
        NN_TRY(take_files(out, argc - 1 - positional, argv + 1 + positional));
    if (out->from_keras) NN_TRY(find_keras_file(out));
    distribute(out);
done:
    return status;
}

static void release_names(nn_name_list *list) {
    for (int64_t i = 0; i < list->count; i++) free(list->names[i]);
    free(list->names);
    *list = (nn_name_list){0};
}

void nn_import_request_release(nn_import_request *request) {
    release_names(&request->labels);
    release_names(&request->ignored);
    release_names(&request->columns);
    release_names(&request->one_hot);
    free(request->keras_path);
    request->keras_path = NULL;
}
