/* fuzz_run_file.c: the run file: YAML to a run. Lines that begin with "--set " are overrides, as on the
 * command line. What is accepted is printed as the effective run file, which must read back as the
 * same. */
#include "fuzz.h"

#include "train/run.h"

#include <stdlib.h>
#include <string.h>

enum { OVERRIDES_MAX = 8 };
static const char OPTION[] = "--set ";

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

/* Cuts the overrides off the beginning of the text. */
static char *take_overrides(char *text, const char **overrides, int64_t *count) {
    *count = 0;
    while (*count < OVERRIDES_MAX && strncmp(text, OPTION, sizeof OPTION - 1) == 0) {
        char *end = strchr(text, '\n');
        if (!end) break;
        *end = '\0';
        overrides[(*count)++] = text + sizeof OPTION - 1;
        text = end + 1;
    }
    return text;
}

static void check_round_trip(const nn_run *run) {
    char *once = NULL, *twice = NULL;
    nn_run *again = NULL;
    fuzz_check(nn_run_format(run, &once) == NN_OK, "an effective run file cannot be written");
    fuzz_check(nn_run_read(once, "/run.yaml", NULL, 0, &again) == NN_OK,
               "an effective run file is refused");
    fuzz_check(nn_run_format(again, &twice) == NN_OK, "an effective run file cannot be written");
    fuzz_check(strcmp(once, twice) == 0, "an effective run file is another run");
    nn_run_destroy(&again);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *overrides[OVERRIDES_MAX];
    int64_t count;
    char *copy = fuzz_text(data, size);
    char *text = take_overrides(copy, overrides, &count);
    nn_run *run = NULL;
    nn_status status = nn_run_read(text, "/run.yaml", overrides, count, &run);
    fuzz_check_failure(status);
    if (status == NN_OK) check_round_trip(run);
    nn_run_destroy(&run);
    free(copy);
    return 0;
}
