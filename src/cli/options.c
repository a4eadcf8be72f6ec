/* options.c: the options of a command, on top of getopt_long. */
#include "cli/options.h"

#include "util/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 16, FIRST = 256 };

/* The table that getopt_long wants; --help is always there. */
static int64_t make_table(const nn_option *options, struct option *table, const char **names) {
    int64_t count = 0;
    for (; count < MOST && options[count].name; count++) {
        bool argument = options[count].kind != NN_OPTION_FLAG;
        table[count] = (struct option){options[count].name,
                                       argument ? required_argument : no_argument, NULL,
                                       FIRST + (int)count};
        names[count] = options[count].name;
    }
    table[count] = (struct option){"help", no_argument, NULL, 'h'};
    names[count] = "help";
    table[count + 1] = (struct option){0};
    return count + 1;
}

/* The number of --output, for which -o is short; -1 where there is none. */
static int64_t output_of(const char *const *names, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (strcmp(names[i], "output") == 0) return i;
    return -1;
}

/* What getopt_long did not take: another name, a letter, or a flag with a value. */
static nn_status unknown(const char *command, const char *argument, const char *const *names,
                         int64_t count) {
    char name[64];
    if (optopt >= FIRST && optopt < FIRST + count)
        return nn_fail(NN_USAGE, "nnmpi %s: --%s takes no value", command, names[optopt - FIRST]);
    if (optopt == 'h') return nn_fail(NN_USAGE, "nnmpi %s: --help takes no value", command);
    if (optopt != 0) /* a char may be negative */
        return nn_fail(NN_USAGE, "nnmpi %s has no option -%c; see nnmpi %s --help", command, optopt,
                       command);
    while (*argument == '-') argument++;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, "="), argument);
    const char *nearest = nn_nearest_name(name, names, (size_t)count);
    if (nearest)
        return nn_fail(NN_USAGE, "nnmpi %s has no option --%s; did you mean --%s?", command, name,
                       nearest);
    return nn_fail(NN_USAGE, "nnmpi %s has no option --%s; see nnmpi %s --help", command, name,
                   command);
}

static nn_status store(const nn_option *option, const char *value) {
    if (option->kind == NN_OPTION_FLAG) {
        *(bool *)option->target = true;
        return NN_OK;
    }
    if (option->kind == NN_OPTION_TEXT) {
        *(const char **)option->target = value;
        return NN_OK;
    }
    nn_option_list *list = option->target;
    if (list->count == NN_OPTION_LIST_MAX)
        return nn_fail(NN_USAGE, "--%s is given more than %d times", option->name,
                       NN_OPTION_LIST_MAX);
    list->values[list->count++] = value;
    return NN_OK;
}

nn_status nn_options_parse_all(int argc, char **argv, const nn_option *options, const char *what,
                               int *first, bool *help) {
    struct option table[MOST + 2];
    const char *names[MOST + 2];
    const int64_t count = make_table(options, table, names), output = output_of(names, count);
    const char *letters = output < 0 ? ":h" : ":ho:";
    *help = false;
    opterr = 0;
    optind = 0; /* glibc: start anew */
    optopt = 0;
    for (int found; (found = getopt_long(argc, argv, letters, table, NULL)) != -1;) {
        if (found == 'h') {
            *help = true;
            return NN_OK;
        }
        if (found == ':')
            return nn_fail(NN_USAGE, "nnmpi %s: %s needs a value", argv[0], argv[optind - 1]);
        if (found == '?') return unknown(argv[0], argv[optind - 1], names, count);
        const int64_t index = found == 'o' ? output : found - FIRST;
        nn_status status = store(&options[index], optarg);
        if (status != NN_OK) return status;
    }
    *first = optind;
    if (optind < argc || what[0] == '[') return NN_OK;
    return nn_fail(NN_USAGE, "nnmpi %s needs %s; see nnmpi %s --help", argv[0], what, argv[0]);
}

nn_status nn_options_parse(int argc, char **argv, const nn_option *options, const char *what,
                           const char **positional, bool *help) {
    int first = argc;
    *positional = NULL;
    nn_status status = nn_options_parse_all(argc, argv, options, what, &first, help);
    if (status != NN_OK || *help || first == argc) return status;
    if (first + 1 < argc)
        return nn_fail(NN_USAGE, "nnmpi %s takes one %.*s; what is '%s'?", argv[0],
                       (int)strcspn(what + (what[0] == '['), "]"), what + (what[0] == '['),
                       argv[first + 1]);
    *positional = argv[first];
    return NN_OK;
}
