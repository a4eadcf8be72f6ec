/* import_options.c: the command line of `nnmpi import`: formats, and a table of options, each with the
 * formats that take it and the place of its value in the request. */
#include "cli/import.h"

#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Formats */

typedef struct {
    nn_import_format format;
    const char *name;
} format_name;

static const format_name formats[] = {{NN_FROM_CSV, "csv"},
                                      {NN_FROM_IDX, "idx"},
                                      {NN_FROM_NPY, "npy"},
                                      {NN_FROM_DATASET, "--rechunk"}};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

const char *nn_import_format_name(nn_import_format format) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == format) return formats[i].name;
    return "?";
}

static nn_status find_format(const char *word, nn_import_format *out) {
    const char *names[FORMAT_COUNT];
    nn_text message = {0};
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
        if (strcmp(argv[i], "--rechunk") != 0) continue;
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
} option_kind;

enum {
    ANY = NN_FROM_CSV | NN_FROM_IDX | NN_FROM_NPY | NN_FROM_DATASET,
    SPLITTING = NN_FROM_CSV | NN_FROM_IDX | NN_FROM_NPY,
    ARRAYS = NN_FROM_IDX | NN_FROM_NPY
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
    {"label", NN_FROM_CSV, NAMES, AT(labels)},
    {"values", NN_FROM_CSV, FLAG, AT(csv.values)},
    {"ignore", NN_FROM_CSV, NAMES, AT(ignored)},
    {"fill", NN_FROM_CSV, TEXT, AT(csv.fill)},
    {"delimiter", NN_FROM_CSV, DELIMITER, AT(csv.delimiter)},
    {"no-header", NN_FROM_CSV, FLAG, AT(no_header)},
    {"train-x", ARRAYS, TEXT, AT(arrays.train_x)},
    {"train-y", ARRAYS, TEXT, AT(arrays.train_y)},
    {"test-x", ARRAYS, TEXT, AT(arrays.test_x)},
    {"test-y", ARRAYS, TEXT, AT(arrays.test_y)},
};
enum { OPTION_COUNT = sizeof options / sizeof *options, FIRST = 1000 /* what getopt_long returns */ };

static nn_status split_names(const char *argument, nn_name_list *out) {
    nn_status status = NN_OK;
    char *text = NULL;
    int64_t most = 1;
    for (int64_t i = 0; i < out->count; i++) free(out->names[i]);
    free(out->names);
    *out = (nn_name_list){0};
    for (const char *c = argument; *c; c++) most += *c == ',';
    NN_TRY(nn_copy_text(argument, &text));
    NN_TRY(nn_allocate("a list of columns", most, sizeof *out->names, &out->names));
    for (char *name = text, *next; name; name = next) {
        next = strchr(name, ',');
        if (next) *next++ = '\0';
        NN_TRY(nn_copy_text(name, &out->names[out->count]));
        out->count++;
    }
done:
    free(text);
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

/* Takes in one option; `argument` is NULL where it has none. */
static nn_status take_option(const import_option *option, const char *argument,
                             nn_import_request *request) {
    void *value = (char *)request + option->offset;
    switch (option->kind) {
    case FLAG: *(bool *)value = true; break;
    case TEXT: *(const char **)value = argument; break;
    case NAMES: return split_names(argument, value);
    case FRACTION: return parse_fraction(option->name, argument, value);
    case SEED: return parse_int(option->name, argument, INT64_MIN, INT64_MAX, value);
    case LEVEL: return parse_level(option->name, argument, value);
    case DELIMITER: return parse_delimiter(argument, value);
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

/* The files named without an option: FILE of csv, X and Y of the others. */
static nn_status take_files(nn_import_request *request, int count, char **files) {
    const char **places[] = {&request->arrays.train_x, &request->arrays.train_y};
    int most = request->format & ARRAYS ? 2 : 1;
    if (request->format == NN_FROM_CSV) places[0] = &request->csv.path;
    for (int i = 0; i < count; i++) {
        if (i >= most || *places[i])
            return nn_fail(NN_USAGE, "import: '%s' is one file too many", files[i]);
        *places[i] = files[i];
    }
    return NN_OK;
}

static void connect_lists(nn_import_request *request) {
    nn_import_csv_options *csv = &request->csv;
    csv->header = !request->no_header;
    csv->labels = (const char *const *)request->labels.names;
    csv->label_count = request->labels.count;
    csv->ignored = (const char *const *)request->ignored.names;
    csv->ignored_count = request->ignored.count;
}

nn_status nn_import_parse(int argc, char **argv, nn_import_request *out) {
    nn_status status = NN_OK;
    int positional = 0;
    *out = (nn_import_request){0};
    if (argc < 2)
        return nn_fail(NN_USAGE, "import: a format is missing: csv, idx or npy; nnmpi import "
                                 "--help");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        out->help = true;
        return NN_OK;
    }
    bring_forward(argc, argv);
    NN_TRY(find_format(argv[1], &out->format));
    NN_TRY(parse_options(argc - 1, argv + 1, out, &positional));
    if (!out->help)
        NN_TRY(take_files(out, argc - 1 - positional, argv + 1 + positional));
    connect_lists(out);
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
}
