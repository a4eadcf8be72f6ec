/* fuzz_command_line.c: the words of a command line, one a line of the input, through main() and the command
 * that they name. What a command would do with them is left out: the functions below stand in for it. */
#include "fuzz.h"

#include "cli/commands.h"
#include "comm/comm.h"
#include "data/import.h"
#include "io/h5.h"
#include "kernels/blas.h"
#include "report/curves.h"
#include "train/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 96 };

int nnmpi_main(int argc, char **argv); /* main() of src/main.c */

/* Ends a command where it would begin to work, or to speak with other ranks. */
static nn_status stop(void) {
    return nn_fail(NN_NO_INPUT, "the command line was parsed");
}

const char *__wrap_nn_blas_better_core(void);
int __wrap_nn_comm_launched(void);
int __wrap_nn_comm_launched_rank(void);
nn_status __wrap_nn_command_open(nn_status status, nn_comm **comm);
nn_status __wrap_nn_run_read_file(const char *path, const char *const *overrides,
                                  int64_t override_count, nn_run **out);
nn_status __wrap_nn_h5_open(const char *path, nn_h5 **out);
nn_status __wrap_nn_refuse_same_file(const char *output, const char *input);
nn_status __wrap_nn_seal_verify(const char *path);
bool __wrap_nn_seal_present(const char *path);
nn_status __wrap_nn_import_csv(const nn_import_csv_options *csv, const nn_import_options *options);
nn_status __wrap_nn_import_idx(const nn_import_arrays *arrays, const nn_import_options *options);
nn_status __wrap_nn_import_npy(const nn_import_arrays *arrays, const nn_import_options *options);
nn_status __wrap_nn_import_npz(const char *path, const nn_import_arrays *arrays,
                               const nn_import_options *options);
nn_status __wrap_nn_import_images(const nn_import_images_options *images,
                                  const nn_import_options *options);
nn_status __wrap_nn_import_rechunk(const char *path, const nn_import_options *options);
nn_status __wrap_nn_curves_read(const char *run, nn_curves *out);
void __wrap_nn_signals_install(void);

const char *__wrap_nn_blas_better_core(void) {
    return NULL;
}
int __wrap_nn_comm_launched(void) {
    return 1;
}
int __wrap_nn_comm_launched_rank(void) {
    return 1; /* prints nothing */
}
nn_status __wrap_nn_command_open(nn_status status, nn_comm **comm) {
    *comm = NULL;
    return status != NN_OK ? status : stop();
}
nn_status __wrap_nn_run_read_file(const char *path, const char *const *overrides,
                                  int64_t override_count, nn_run **out) {
    fuzz_check(path != NULL, "no run file");
    for (int64_t i = 0; i < override_count; i++) fuzz_check(overrides[i] != NULL, "no override");
    *out = NULL;
    return stop();
}
nn_status __wrap_nn_h5_open(const char *path, nn_h5 **out) {
    fuzz_check(path != NULL, "no file");
    *out = NULL;
    return stop();
}
nn_status __wrap_nn_refuse_same_file(const char *output, const char *input) {
    if (!input || strcmp(output, input) != 0) return NN_OK;
    return nn_fail(NN_USAGE, "the output is the input");
}
nn_status __wrap_nn_seal_verify(const char *path) {
    fuzz_check(path != NULL, "no file");
    return stop();
}
bool __wrap_nn_seal_present(const char *path) {
    fuzz_check(path != NULL, "no file");
    return false;
}
nn_status __wrap_nn_import_csv(const nn_import_csv_options *csv, const nn_import_options *options) {
    fuzz_check(csv->path && options->output, "an import without files");
    for (int64_t i = 0; i < csv->label_count; i++) fuzz_check(csv->labels[i] != NULL, "no label");
    for (int64_t i = 0; i < csv->ignored_count; i++) fuzz_check(csv->ignored[i] != NULL, "no name");
    for (int64_t i = 0; i < csv->column_count; i++) fuzz_check(csv->columns[i] != NULL, "no name");
    for (int64_t i = 0; i < csv->one_hot_count; i++) fuzz_check(csv->one_hot[i] != NULL, "no name");
    fuzz_check(options->deflate >= 0 && options->deflate <= 9, "a wrong compression");
    return stop();
}
nn_status __wrap_nn_import_idx(const nn_import_arrays *arrays, const nn_import_options *options) {
    fuzz_check(arrays->train_x && options->output, "an import without files");
    fuzz_check(options->test_fraction >= 0 && options->test_fraction < 1, "a wrong fraction");
    return stop();
}
nn_status __wrap_nn_import_npy(const nn_import_arrays *arrays, const nn_import_options *options) {
    return __wrap_nn_import_idx(arrays, options);
}
nn_status __wrap_nn_import_npz(const char *path, const nn_import_arrays *arrays,
                               const nn_import_options *options) {
    fuzz_check(path && arrays && options->output, "an import without files");
    return stop();
}
nn_status __wrap_nn_import_images(const nn_import_images_options *images,
                                  const nn_import_options *options) {
    fuzz_check(images->folder && options->output, "an import without files");
    fuzz_check(images->channels == 0 || images->channels == 1 || images->channels == 3, "channels");
    fuzz_check(images->height >= 0 && (images->height == 0) == (images->width == 0), "a wrong size");
    return stop();
}
nn_status __wrap_nn_import_rechunk(const char *path, const nn_import_options *options) {
    fuzz_check(path && options->output, "a copy without files");
    return stop();
}
nn_status __wrap_nn_curves_read(const char *run, nn_curves *out) {
    fuzz_check(run != NULL, "no run");
    *out = (nn_curves){0};
    return stop();
}
void __wrap_nn_signals_install(void) {
}

/* Help goes nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    fuzz_check(freopen("/dev/null", "w", stdout) != NULL, "no /dev/null");
    return 0;
}

int fuzz_target(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size), *words[WORDS_MAX + 1] = {(char *)(uintptr_t)"nnmpi"};
    char *copies[WORDS_MAX] = {NULL};
    int count = 1;
    for (char *word = text, *next; word && count < WORDS_MAX; word = next) {
        next = strchr(word, '\n');
        if (next) *next++ = '\0';
        if (!next && *word == '\0') break;
        copies[count] = fuzz_text((uint8_t *)word, strlen(word)); /* so that each has an end */
        words[count] = copies[count];
        count++;
    }
    fuzz_check_failure((nn_status)nnmpi_main(count, words));
    for (int i = 1; i < count; i++) free(copies[i]);
    free(text);
    return 0;
}
