/* config.c: `nnmpi config RUN.yaml`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "Usage: nnmpi config RUN.yaml [--set KEY=VALUE]...\n"
    "\n"
    "Checks a run file and prints the effective one, every default spelled out. Training from\n"
    "what it prints is the same run.\n";

nn_status nn_command_config(int argc, char **argv) {
    nn_status status = NN_OK;
    const char *path = NULL;
    nn_option_list overrides = {.count = 0};
    const nn_option options[] = {{"set", NN_OPTION_LIST, &overrides}, {0}};
    bool help;
    nn_run *run = NULL;
    char *text = NULL;
    nn_text question = {0};
    NN_TRY(nn_options_parse(argc, argv, options, "RUN.yaml", &path, &help));
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    NN_TRY(nn_run_read_file(path, overrides.values, overrides.count, &run));
    NN_TRY(nn_run_format(run, &text));
    nn_run_ask(run, &question);
    if (question.bytes) fprintf(stderr, "nnmpi: %s\n", question.bytes);
    fputs(text, stdout);
done:
    free(text);
    nn_text_free(&question);
    nn_run_destroy(&run);
    return status;
}
