/* test_golden.c: trains every case of this folder, or of the one that NNMPI_GOLDEN names, from PyTorch's
 * initial weights and compares weights and losses after 1, 10 and 100 steps with PyTorch's (README.md
 * says how those were made), in the default mode and in the reproducible one.
 * test: NP 1 2 3 TIMEOUT 120 LABELS sanitize trust */
#include "unit/check.h"

#include "io/h5.h"
#include "layers/regularizer.h"
#include "optim/schedule.h"
#include "train/training.h"
#include "util/text.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest difference of a weight, relative to itself; a weight below a quarter of the largest of its
 * variable counts as that quarter, because it is a difference of larger numbers that float has rounded:
 * PyTorch's own float is no nearer. */
static const double TOLERANCE = 1e-5, LEAST_PART = 0.25;
static const char *const REPRODUCIBLE[] = {"reproducible=true"};
static const int64_t STEPS[] = {1, 10, 100};
static nn_comm *comm;
static int compared;
static nn_text all_runs; /* the run files of all cases */

static void set_initial(nn_model *model, nn_h5 *file) {
    char path[64];
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        snprintf(path, sizeof path, "/initial/%lld", (long long)i);
        assert_ok(nn_h5_read(file, path, NN_H5_F32, parameter->count, parameter->variable->value));
    }
}

/* The largest difference of any variable from the expected one after `step` steps. */
static double compare(const nn_model *model, nn_h5 *file, int64_t step) {
    double worst = 0;
    char path[64];
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        double *expected = malloc((size_t)parameter->count * sizeof *expected), largest = 1e-3;
        assert_non_null(expected);
        snprintf(path, sizeof path, "/step%lld/%lld", (long long)step, (long long)i);
        assert_ok(nn_h5_read(file, path, NN_H5_F64, parameter->count, expected));
        for (int64_t j = 0; j < parameter->count; j++)
            largest = fmax(largest, fabs(expected[j]));
        for (int64_t j = 0; j < parameter->count; j++) {
            double off = fabs(expected[j] - (double)parameter->variable->value[j]);
            if (!isfinite(off)) worst = off = 1e9;
            worst = fmax(worst, off / fmax(fabs(expected[j]), LEAST_PART * largest));
        }
        free(expected);
    }
    return worst;
}

static void check_loss(nn_h5 *file, int64_t step, double loss) {
    char path[64];
    double expected;
    snprintf(path, sizeof path, "/step%lld/loss", (long long)step);
    assert_ok(nn_h5_read(file, path, NN_H5_F64, 1, &expected));
    if (fabs(loss - expected) > TOLERANCE * fmax(fabs(expected), 1))
        fail_msg("%s: the loss of step %lld is %.9g, not %.9g", nn_h5_path(file), (long long)step,
                 loss, expected);
}

static void train_case(nn_training *training, nn_h5 *file) {
    const int64_t batches = nn_loader_batches(training->train);
    double sums[64], worst[3] = {0};
    assert_true(nn_objective_sums(training->objective) <= 64);
    set_initial(training->model, file);
    int next = 0;
    for (int64_t step = 1; step <= 100; step++) {
        nn_wishes wishes = {.failed = NN_OK};
        memset(sums, 0, sizeof sums);
        assert_ok(nn_step(&training->stepper, (step - 1) / batches, (step - 1) % batches, &wishes,
                          sums));
        if (step != STEPS[next]) continue;
        check_loss(file, step, nn_objective_loss(training->objective, sums));
        worst[next++] = compare(training->model, file, step);
    }
    if (nn_comm_rank(comm) == 0)
        printf("%-48s %.1e %.1e %.1e\n", training->run->name, worst[0], worst[1], worst[2]);
    for (int i = 0; i < 3; i++)
        if (!(worst[i] < TOLERANCE))
            fail_msg("%s: after %lld steps a weight is off by %.2e", nn_h5_path(file),
                     (long long)STEPS[i], worst[i]);
}

static void run_case(const char *path, int64_t overrides) {
    char *text = NULL;
    nn_h5 *file = NULL;
    nn_run *run = NULL;
    nn_training *training = NULL;
    assert_ok(nn_h5_open(path, &file));
    assert_ok(nn_h5_read_text(file, "/", "run", &text));
    assert_ok(nn_run_read(text, path, REPRODUCIBLE, overrides, &run));
    nn_text_add(&all_runs, "\n%s", text);
    int threads = nn_comm_size(comm) == 1 ? 2 : 1;
    assert_ok(nn_training_create(comm, run, threads, &training));
    assert_ok(nn_training_prepare(training));
    train_case(training, file);
    compared++;
    nn_training_destroy(&training);
    nn_run_destroy(&run);
    nn_h5_discard(&file);
    free(text);
}

static void test_all_cases(void **state) {
    (void)state;
    struct dirent **entries;
    nn_text folder = {0};
    assert_non_null(getenv("SOURCE_DIR"));
    if (getenv("NNMPI_GOLDEN")) nn_text_add(&folder, "%s", getenv("NNMPI_GOLDEN"));
    else nn_text_add(&folder, "%s/tests/golden", getenv("SOURCE_DIR"));
    int count = scandir(folder.bytes, &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        nn_text path = {0};
        nn_text_add(&path, "%s/%s", folder.bytes, entries[i]->d_name);
        for (int64_t overrides = 0; overrides < 2; overrides++)
            if (nn_ends_with(path.bytes, ".h5")) run_case(path.bytes, overrides);
        nn_text_free(&path);
        free(entries[i]);
    }
    free(entries);
    nn_text_free(&folder);
    assert_true(compared >= 2 * 27);
}

/* Whether a word stands in one of the run files, not as a part of another, perhaps behind `before`. */
static bool has_word(const char *before, const char *word) {
    char text[96];
    snprintf(text, sizeof text, "%s%s", before, word);
    const size_t length = strlen(text);
    for (const char *at = all_runs.bytes; (at = strstr(at, text)); at++) {
        const char front = at[-1], behind = at[length];
        bool joined = isalnum((unsigned char)front) || front == '_';
        if (!joined && !isalnum((unsigned char)behind) && behind != '_') return true;
    }
    return false;
}

static void expect_classes(const nn_registry *registry, const char *before) {
    for (const nn_class *const *isa = registry->classes; *isa; isa++)
        if (*isa != registry->from_number && !has_word(before, (*isa)->name))
            fail_msg("no case has %s%s", before, (*isa)->name);
}

/* Whatever is registered is in one of them. */
static void test_all_classes(void **state) {
    (void)state;
    static const char *const others[] = {"clipnorm", "clipvalue", "global_clipnorm",
                                         "weight_decay", "class_weight", "nesterov", "centered",
                                         "amsgrad", "accumulate_steps", "label_smoothing"};
    expect_classes(&NN_LAYERS, "layer: ");
    expect_classes(&NN_LOSSES, "");
    expect_classes(&NN_OPTIMIZERS, "name: ");
    expect_classes(&NN_REGULARIZERS, "name: ");
    expect_classes(&NN_SCHEDULES, "schedule: ");
    expect_classes(&NN_SCALINGS, "rule: ");
    for (int i = 0; NN_ACTIVATION_NAMES[i]; i++)
        if (!has_word("activation: ", NN_ACTIVATION_NAMES[i]))
            fail_msg("no case has %s", NN_ACTIVATION_NAMES[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!has_word("", others[i])) fail_msg("no case has %s", others[i]);
    nn_text_free(&all_runs);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_cases),
                                       cmocka_unit_test(test_all_classes)};
    if (nn_comm_open(&comm) != NN_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nn_comm_close(&comm);
    return failed;
}
