/* test_normalization.c: statistics gathered over the training data in any shares are its mean and
 * variance, and rows normalized with them have mean 0 and variance 1. Any layer that gathers
 * statistics must give the same sums however the rows are shared out. */
#include "contract.h"

enum { ROWS = 1000, FEATURES = 4, CONSTANT = 3 };

/* Features of very different size, far from zero; the last one is constant. */
static nn_real *data_of(int64_t rows) {
    static const double centre[FEATURES] = {0, 1e4, -3, 0.1}, size[FEATURES] = {1, 2, 1e-4, 0};
    nn_real *x = numbers(rows * FEATURES, 21);
    for (int64_t i = 0; i < rows; i++)
        for (int j = 0; j < FEATURES; j++)
            x[i * FEATURES + j] = (nn_real)(centre[j] + size[j] * (double)x[i * FEATURES + j]);
    return x;
}

/* What training does: each turn over all rows, piece by piece, then settle(). */
static void gather_all(nn_model *model, int64_t index, int64_t rows, int64_t piece,
                       const nn_real *x) {
    nn_layer *layer = nn_model_layer(model, index);
    const nn_layer_class *methods = nn_layer_methods(layer);
    const int64_t columns = nn_shape_count(nn_model_input_shape(model));
    assert_true(layer->statistics > 0);
    for (int turn = 0; turn < methods->statistics_passes; turn++) {
        double *sums = calloc((size_t)layer->statistics, sizeof *sums);
        assert_non_null(sums);
        for (int64_t at = 0; at < rows; at += piece)
            nn_model_gather(model, index, turn, rows - at < piece ? rows - at : piece,
                            x + at * columns, sums);
        nn_model_gather(model, index, turn, 0, x, sums); /* an empty share */
        methods->settle(layer, turn, sums);
        free(sums);
    }
}

/* Mean and variance of column j, in the most exact way. */
static void moments(const nn_real *x, int64_t rows, int j, double *mean, double *variance) {
    long double sum = 0, squares = 0;
    for (int64_t i = 0; i < rows; i++) sum += (long double)x[i * FEATURES + j];
    sum /= (long double)rows;
    for (int64_t i = 0; i < rows; i++) {
        long double deviation = (long double)x[i * FEATURES + j] - sum;
        squares += deviation * deviation;
    }
    *mean = (double)sum;
    *variance = (double)(squares / (long double)rows);
}

static void test_statistics_of_the_data(void **state) {
    (void)state;
    nn_real *x = data_of(ROWS), *y = zeros(ROWS * FEATURES);
    for (int64_t piece = 1; piece <= ROWS; piece = piece * 7 + 1) {
        nn_model *model = model_from("[{layer: Normalization}]", (nn_shape){1, {FEATURES}}, ROWS);
        const nn_layer *layer = nn_model_layer(model, 0);
        gather_all(model, 0, ROWS, piece, x);
        assert_true(layer->variables[2].value[0] == ROWS);
        model_pass run = {.model = model, .x = x, .y = y, .pass = {.rows = ROWS}};
        run_pass(&run, 2);
        for (int j = 0; j < FEATURES; j++) {
            double mean, variance, out_mean, out_variance;
            moments(x, ROWS, j, &mean, &variance);
            moments(y, ROWS, j, &out_mean, &out_variance);
            check_close("the mean", (double)layer->variables[0].value[j], mean, 1e-12);
            double found = (double)layer->variables[1].value[j];
            assert_true(fabs(found - variance) <= 1e-12 * variance + 1e-24);
            if (j == CONSTANT) continue;
            check_close("the mean of the output", out_mean, 0, 1e-8);
            check_close("the variance of the output", out_variance, 1, 1e-10);
        }
        for (int64_t i = 0; i < ROWS; i++)
            check_close("the constant column", (double)y[i * FEATURES + CONSTANT], 0, 1e-7);
        nn_model_destroy(&model);
    }
    free(x);
    free(y);
}

/* The layer sees what the layers in front of it make of the data; axes in front of the last one
 * count as rows. */
static void test_behind_other_layers(void **state) {
    (void)state;
    nn_real *x = data_of(2 * ROWS);
    nn_model *model =
        model_from("[{layer: Flatten}, {layer: Rescaling, scale: 0.5, offset: 3},"
                   " {layer: Dropout, rate: 0.5}, {layer: Reshape, target_shape: [2, 4]},"
                   " {layer: Normalization}]",
                   (nn_shape){2, {2, FEATURES}}, 64);
    gather_all(model, 4, ROWS, 64, x);
    const nn_layer *layer = nn_model_layer(model, 4);
    for (int j = 0; j < FEATURES; j++) {
        double mean, variance;
        moments(x, 2 * ROWS, j, &mean, &variance);
        check_close("the mean", (double)layer->variables[0].value[j], 0.5 * mean + 3, 1e-12);
        double found = (double)layer->variables[1].value[j];
        assert_true(fabs(found - 0.25 * variance) <= 1e-9 * variance + 1e-20);
    }
    free(x);
    nn_model_destroy(&model);
}

static void test_given_statistics(void **state) {
    (void)state;
    nn_model *model = model_from("[{layer: Normalization, mean: [2], variance: [9]}]",
                                 (nn_shape){1, {FEATURES}}, 1);
    assert_int_equal(nn_model_layer(model, 0)->statistics, 0);
    nn_real x[FEATURES] = {2, 5, -1, 3}, y[FEATURES];
    model_pass run = {.model = model, .x = x, .y = y, .pass = {.rows = 1}};
    run_pass(&run, 1);
    for (int j = 0; j < FEATURES; j++)
        check_close("y", (double)y[j], ((double)x[j] - 2) / 3, 1e-15);
    nn_model_destroy(&model);
}

/* Before there are statistics the layer changes nothing. */
static void test_without_statistics(void **state) {
    (void)state;
    nn_model *model = model_from("[{layer: Normalization}]", (nn_shape){1, {FEATURES}}, 1);
    nn_real x[FEATURES] = {2, 5, -1, 3}, y[FEATURES];
    model_pass run = {.model = model, .x = x, .y = y, .pass = {.rows = 1}};
    run_pass(&run, 1);
    assert_memory_equal(x, y, sizeof x);
    nn_model_destroy(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_of_the_data),
        cmocka_unit_test(test_behind_other_layers),
        cmocka_unit_test(test_given_statistics),
        cmocka_unit_test(test_without_statistics),
    };
    return cmocka_run_group_tests_name("normalization", tests, NULL, NULL);
}
