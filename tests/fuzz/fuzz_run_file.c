/* fuzz_run_file.c: the run file: YAML to a run. Lines that begin with "--set " are overrides, as on the
 * command line. What is accepted is printed as the effective run file, which must read back as the
 * same. A text that begins with "--sweep " is a key with the values of a sweep, each of which must be YAML
 * of its own. */
#include "fuzz.h"

#include "io/yaml.h"
#include "train/run.h"
#include "sweep/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { OVERRIDES_MAX = 8 };
static const char OPTION[] = "--set ", SWEEP[] = "--sweep ";

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

static void check_value(const char *value) {
    nn_node *node = NULL;
    char *again = NULL;
    fuzz_check(strchr(value, '\n') == NULL, "a value has several lines");
    fuzz_check(nn_yaml_parse(value, "value", &node) == NN_OK, "a value of a sweep is refused");
    fuzz_check(nn_yaml_format(node, &again) == NN_OK, "a value cannot be written");
    fuzz_check(strncmp(value, again, strlen(value)) == 0, "a value of a sweep is another");
    nn_node_destroy(&node);
    free(again);
}

static void try_sweep(const char *text) {
    nn_sweep *sweep = NULL;
    nn_status status = nn_sweep_create(&text, 1, &sweep);
    fuzz_check_failure(status);
    for (int64_t i = 0; status == NN_OK && i < sweep->run_count; i++) {
        check_value(sweep->runs[i].values[0]);
        fuzz_check(!strchr(sweep->runs[i].folder, '/'), "a folder's name is a path");
    }
    nn_sweep_destroy(&sweep);
}

int fuzz_target(const uint8_t *data, size_t size) {
    const char *overrides[OVERRIDES_MAX];
    int64_t count;
    char *copy = fuzz_text(data, size);
    char *text = take_overrides(copy, overrides, &count);
    nn_run *run = NULL;
    if (strncmp(text, SWEEP, sizeof SWEEP - 1) == 0) {
        try_sweep(text + sizeof SWEEP - 1);
        free(copy);
        return 0;
    }
    nn_status status = nn_run_read(text, "/run.yaml", overrides, count, &run);
    fuzz_check_failure(status);
    if (status == NN_OK) check_round_trip(run);
    nn_run_destroy(&run);
    free(copy);
    return 0;
}
