/* options.h: the options of a command, on top of getopt_long: one table says what there is, and a
 * wrong name is answered with the nearest right one. All functions are Local. */
#ifndef NN_CLI_OPTIONS_H
#define NN_CLI_OPTIONS_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NN_OPTION_FLAG, /* bool */
    NN_OPTION_TEXT, /* const char *, borrowed from argv; the last one given counts */
    NN_OPTION_LIST  /* nn_option_list; may be given several times */
} nn_option_kind;

enum { NN_OPTION_LIST_MAX = 64 };

typedef struct {
    const char *values[NN_OPTION_LIST_MAX]; /* borrowed from argv */
    int64_t count;
} nn_option_list;

typedef struct {
    const char *name; /* without --; NULL at the end of a table */
    nn_option_kind kind;
    void *target;
} nn_option;

/** Parses a command's arguments (argv[0] is its name) into the options' targets and the one
 * positional argument, described by `what`: "RUN.yaml", or "[RUN.yaml]" where it may be missing, and
 * *positional is NULL then. `-o` is short for `--output` where there is one. `--help` sets *help and
 * nothing else is checked then. Errors: NN_USAGE saying what was wrong. */
nn_status nn_options_parse(int argc, char **argv, const nn_option *options, const char *what,
                           const char **positional, bool *help) NN_CHECKED;

/** The same for any number of positional arguments, at least one unless `what` is in brackets:
 * argv[*first] and those behind it. Errors: NN_USAGE. */
nn_status nn_options_parse_all(int argc, char **argv, const nn_option *options, const char *what,
                               int *first, bool *help) NN_CHECKED;

#endif
