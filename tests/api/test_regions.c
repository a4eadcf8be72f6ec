/* test_regions.c: the library, called by one thread of a parallel region of the program's while the others
 * do something else or wait, computes what it computes outside, and waits for none of them.
 *
 * test: NP 1 2 TIMEOUT 60 LABELS sanitize */
#include "api/api.h"

#include <omp.h>
#include <unistd.h>

enum { ROWS_USED = 300, NUMBERS = 1000 };

/* What all functions that compute have made. */
typedef struct {
    int64_t threads; /* of the context; no gaps in this struct */
    int64_t count;
    float weights[NUMBERS], output[ROWS_USED];
    double loss, values[2], saved_values[2];
} results;

static const char PENALIZED[] = "{layer: Dense, units: 1, kernel_regularizer: {l2: 0.001}}";

static void compute(results *out) {
    float x[ROWS_USED][FEATURES], y;
    nnmpi_context *context;
    nnmpi_config *config = make_config();
    nnmpi_dataset *train = make_rows("samples", ROWS_USED), *others = make_rows("others", 50);
    nnmpi_trainer *trainer;
    nnmpi_model *model;
    char layers[200];
    snprintf(layers, sizeof layers, "[{layer: Normalization}, {layer: Dense, units: 8, activation: tanh}, %s]",
             PENALIZED);
    for (int64_t i = 0; i < ROWS_USED; i++) make_row(i, x[i], &y);
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, (int)out->threads, &context));
    assert_ok(nnmpi_config_set(config, "model", layers));
    assert_ok(nnmpi_config_set(config, "optimizer.clipnorm", "1"));
    assert_ok(nnmpi_trainer_create(context, config, train, others, &trainer));
    assert_ok(nnmpi_trainer_fit(trainer, 2, NULL, NULL));
    assert_ok(nnmpi_trainer_step(trainer, &out->loss));
    assert_ok(nnmpi_trainer_save(trainer, "regions.h5"));
    assert_ok(nnmpi_trainer_restore(trainer, "regions.h5"));
    assert_ok(nnmpi_trainer_step(trainer, &out->loss));
    model = nnmpi_trainer_model(trainer);
    assert_ok(nnmpi_model_evaluate(model, others, out->values));
    assert_ok(nnmpi_model_predict(model, ROWS_USED, x, NNMPI_FLOAT32, out->output, NNMPI_FLOAT32));
    float *weights = all_numbers(model, &out->count);
    assert_in_range(out->count, 1, NUMBERS);
    memcpy(out->weights, weights, (size_t)out->count * sizeof *weights);
    free(weights);
    assert_ok(nnmpi_model_load(context, "regions.h5", &model));
    assert_ok(nnmpi_model_evaluate(model, others, out->saved_values));
    nnmpi_model_destroy(&model);
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&train);
    nnmpi_dataset_destroy(&others);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

static void test_regions(void **state) {
    (void)state;
    results outside = {.threads = 1};
    compute(&outside);
    assert_true(isfinite(outside.loss) && isfinite(outside.values[0]));
    assert_int_equal(omp_get_level(), 0);
    for (int levels = 1; levels <= 2; levels++) { /* whether a region within one has several threads */
        omp_set_max_active_levels(levels);
        for (int threads = 1; threads <= 2; threads++) {
            results inside = {.threads = threads};
            int theirs = 0;
#pragma omp parallel num_threads(3) reduction(+ : theirs)
            {
#pragma omp master
                {
                    assert_int_equal(omp_get_num_threads(), 3);
                    compute(&inside);
                }
                theirs += 1;
            } /* here the others wait */
            assert_int_equal(theirs, 3);
            inside.threads = outside.threads;
            assert_memory_equal(&inside, &outside, sizeof inside);
        }
    }
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink("regions.h5");
}

/* A task that some thread takes up, of a context that was there before: without collective calls, so that it
 * may be any thread. */
static void test_tasks(void **state) {
    (void)state;
    float x[ROWS_USED][FEATURES], y, alone[ROWS_USED], tasks[ROWS_USED];
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *train = make_rows("samples", ROWS_USED);
    nnmpi_trainer *trainer;
    for (int64_t i = 0; i < ROWS_USED; i++) make_row(i, x[i], &y);
    assert_ok(nnmpi_trainer_create(context, config, train, NULL, &trainer));
    nnmpi_model *model = nnmpi_trainer_model(trainer);
    assert_ok(nnmpi_model_predict(model, ROWS_USED, x, NNMPI_FLOAT32, alone, NNMPI_FLOAT32));
#pragma omp parallel num_threads(3)
#pragma omp single
#pragma omp task
    assert_ok(nnmpi_model_predict(model, ROWS_USED, x, NNMPI_FLOAT32, tasks, NNMPI_FLOAT32));
    assert_memory_equal(alone, tasks, sizeof alone);
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&train);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_regions), cmocka_unit_test(test_tasks)};

RUN_TESTS("regions", tests)
