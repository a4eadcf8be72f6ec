/* api.h: what the tests of the library share. They see what its users see: nnmpi.h, and MPI, which they
 * start and end. All ranks run each test at once. */
#ifndef NN_TESTS_API_API_H
#define NN_TESTS_API_API_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nnmpi.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

/** Fails the test with the recorded message unless `call` gives NN_OK. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        nn_status check_ = (call);                                                                 \
        if (check_ != NN_OK) fail_msg("%s: %s", nnmpi_status_name(check_), nnmpi_message());       \
    } while (0)

/** Fails the test unless `call` gives `expected` and a message that contains `part`. */
#define assert_fails(call, expected, part)                                                         \
    do {                                                                                           \
        nn_status check_ = (call);                                                                 \
        if (check_ != (expected))                                                                  \
            fail_msg("%s instead of %s", nnmpi_status_name(check_), nnmpi_status_name(expected));  \
        if (!strstr(nnmpi_message(), part))                                                        \
            fail_msg("the message lacks '%s': %s", part, nnmpi_message());                         \
    } while (0)

/** Fails unless all ranks hold the same bytes. */
static inline void assert_same_on_all(const void *data, int bytes) {
    char *first = malloc((size_t)bytes);
    memcpy(first, data, (size_t)bytes);
    MPI_Bcast(first, bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
    assert_memory_equal(first, data, (size_t)bytes);
    free(first);
}

/** Whether the library says that MPI does not run. */
static inline int needs_mpi(const char *part) {
    nnmpi_context *context;
    return nnmpi_context_create(MPI_COMM_WORLD, 1, &context) == NN_USAGE && !context &&
           strstr(nnmpi_message(), part);
}

/** Runs the tests; a failing assertion aborts the rank, and mpirun the others. */
#define RUN_TESTS(name, tests)                                                                     \
    int main(int argc, char **argv) {                                                              \
        int provided;                                                                              \
        setlocale(LC_ALL, ""); /* as programs do that people look at; locale.sh gives them one */       \
        setenv("CMOCKA_TEST_ABORT", "1", 1);                                                       \
        if (!needs_mpi("MPI has not been started")) return 2;                                      \
        MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);                             \
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);                                                      \
        MPI_Comm_size(MPI_COMM_WORLD, &size);                                                      \
        if (rank > 0 && !freopen("/dev/null", "w", stdout)) return 1;                              \
        int failures = cmocka_run_group_tests_name(name, tests, NULL, NULL);                       \
        MPI_Finalize();                                                                            \
        if (!needs_mpi("MPI has ended")) return 3;                                                 \
        return failures != 0;                                                                      \
    }

enum { FEATURES = 3 };

/** Row `i` of a made-up dataset: features, and a smooth function of them. */
static inline void make_row(int64_t i, float *x, float *y) {
    for (int j = 0; j < FEATURES; j++) x[j] = (float)((i * (37 + 24 * j) + 11 * j) % 101) / 50 - 1;
    *y = x[0] * x[1] + 0.5f * x[2];
}

/** Appends rows begin .. end - 1 of it. */
static inline void append_rows(nnmpi_dataset *data, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
        float x[FEATURES], y;
        make_row(i, x, &y);
        assert_ok(nnmpi_dataset_append(data, 1, x, &y, NULL));
    }
}

static const nnmpi_rows ROWS = {
    .x_type = NNMPI_FLOAT32, .x_rank = 1, .x_shape = {FEATURES}, .y_type = NNMPI_FLOAT32, .y_columns = 1};

/** An empty dataset of such rows. */
static inline nnmpi_dataset *make_dataset(const char *name) {
    nnmpi_dataset *data;
    assert_ok(nnmpi_dataset_create(name, &ROWS, &data));
    return data;
}

/** Which of `count` rows are rank `r`'s of `of`: unequal shares; with three ranks or more one has none. */
static inline int64_t begin_of(int64_t count, int r, int of) {
    if (r >= of) return count;
    if (of >= 3 && r > 0) return count * (r - 1) / (of - 1); /* ranks 0 and 1 begin alike: 0 has none */
    return r * (count / (of + 1));
}

/** A dataset of rows 0 .. count - 1 over all ranks. */
static inline nnmpi_dataset *make_rows(const char *name, int64_t count) {
    nnmpi_dataset *data = make_dataset(name);
    append_rows(data, begin_of(count, rank, size), begin_of(count, rank + 1, size));
    return data;
}

static const char CONFIG[] = "seed: 3\n"
                             "reproducible: true\n"
                             "model:\n"
                             "  - {layer: Normalization}\n"
                             "  - {layer: Dense, units: 8, activation: tanh}\n"
                             "  - {layer: Dropout, rate: 0.1}\n"
                             "  - {layer: Dense, units: 1}\n"
                             "loss: mean_squared_error\n"
                             "optimizer: {name: adam, learning_rate: 0.01}\n"
                             "metrics: [mae]\n"
                             "batch_size: 32\n"
                             "epochs: 3\n";

/** A configuration of it. */
static inline nnmpi_config *make_config(void) {
    nnmpi_config *config;
    assert_ok(nnmpi_config_create(CONFIG, &config));
    return config;
}

/** A context of all ranks. */
static inline nnmpi_context *make_context(void) {
    nnmpi_context *context;
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, 1, &context));
    return context;
}

/** All numbers of a model's variables, one behind the other; the caller frees them. */
static inline float *all_numbers(nnmpi_model *model, int64_t *count) {
    float *numbers = NULL;
    *count = 0;
    for (int64_t i = 0; i < nnmpi_model_variables(model); i++) {
        char name[256];
        int64_t shape[NNMPI_MAX_RANK], many = 1;
        snprintf(name, sizeof name, "%s", nnmpi_model_variable_name(model, i));
        int axes = nnmpi_model_variable_shape(model, name, shape);
        assert_true(axes >= 0);
        for (int axis = 0; axis < axes; axis++) many *= shape[axis];
        numbers = realloc(numbers, (size_t)(*count + many) * sizeof *numbers);
        assert_ok(nnmpi_model_get(model, name, many, numbers + *count));
        *count += many;
    }
    return numbers;
}

/** Fails unless two models have the same bits. */
static inline void assert_same_models(nnmpi_model *a, nnmpi_model *b) {
    int64_t count, other;
    float *mine = all_numbers(a, &count), *theirs = all_numbers(b, &other);
    assert_int_equal(count, other);
    assert_true(count > 0);
    assert_memory_equal(mine, theirs, (size_t)count * sizeof *mine);
    free(mine);
    free(theirs);
}

#endif
