/* test_dropout.c: dropout's mask belongs to (seed, layer, step, row of the global batch, element):
 * it does not depend on how the rows are shared out; it keeps 1 - rate of the elements, scaled so
 * that the expectation stays; and backward uses the mask of forward. */
#include "contract.h"

enum { ROWS = 200, COLUMNS = 37, COUNT = ROWS * COLUMNS };
static const double RATE = 0.3;

/* Two layers, so that their masks can be compared. */
static nn_model *dropout_model(const char *layers) {
    return model_from(layers, (nn_shape){1, {COLUMNS}}, ROWS);
}

/* The masks of a pass: what it makes of ones. */
static void masks(nn_model *model, nn_pass pass, nn_real *y) {
    nn_real *ones = zeros(COUNT);
    for (int i = 0; i < COUNT; i++) ones[i] = 1;
    model_pass run = {.model = model, .pass = pass, .x = ones, .y = y};
    run_pass(&run, 2);
    free(ones);
}

static void test_mask_is_of_the_global_row(void **state) {
    (void)state;
    nn_model *model = dropout_model("[{layer: Dropout, rate: 0.3}]");
    nn_real *whole = zeros(COUNT), *part = zeros(COUNT);
    nn_pass pass = {.rows = ROWS, .training = true, .seed = 5, .step = 9};
    masks(model, pass, whole);
    for (int64_t cut = 0; cut <= ROWS; cut += 33) {
        pass.first = 0;
        pass.rows = cut;
        masks(model, pass, part);
        pass.first = cut;
        pass.rows = ROWS - cut;
        masks(model, pass, part + cut * COLUMNS);
        assert_memory_equal(whole, part, COUNT * sizeof *whole);
    }
    free(whole);
    free(part);
    nn_model_destroy(&model);
}

static void test_expectation(void **state) {
    (void)state;
    nn_model *model = dropout_model("[{layer: Dropout, rate: 0.3}]");
    nn_real *y = zeros(COUNT);
    double kept = 0, steps = 50;
    for (uint32_t step = 0; step < steps; step++) {
        masks(model, (nn_pass){.rows = ROWS, .training = true, .seed = 5, .step = step}, y);
        for (int i = 0; i < COUNT; i++) {
            if (y[i] != 0) check_close("a kept element", (double)y[i], 1 / (1 - RATE), 1e-15);
            kept += y[i] != 0;
        }
    }
    double count = COUNT * steps, deviation = sqrt(RATE * (1 - RATE) / count);
    assert_true(fabs(kept / count - (1 - RATE)) < 4 * deviation);
    free(y);
    nn_model_destroy(&model);
}

/* Masks of different steps, seeds and layers agree as often as chance says. */
static void test_masks_differ(void **state) {
    (void)state;
    nn_model *one = dropout_model("[{layer: Dropout, rate: 0.3}]");
    nn_model *second = dropout_model("[{layer: Flatten}, {layer: Dropout, rate: 0.3}]");
    nn_real *a = zeros(COUNT), *b = zeros(COUNT);
    const nn_pass pass = {.rows = ROWS, .training = true, .seed = 5, .step = 9};
    masks(one, pass, a);
    for (int other = 0; other < 3; other++) {
        nn_pass changed = pass;
        if (other == 0) changed.step = 10;
        if (other == 1) changed.seed = 6;
        masks(other == 2 ? second : one, changed, b);
        double same = 0;
        for (int i = 0; i < COUNT; i++) same += a[i] == b[i];
        double chance = RATE * RATE + (1 - RATE) * (1 - RATE);
        assert_true(fabs(same / COUNT - chance) < 5 * sqrt(chance * (1 - chance) / COUNT));
    }
    masks(one, pass, b);
    assert_memory_equal(a, b, COUNT * sizeof *a);
    free(a);
    free(b);
    nn_model_destroy(&one);
    nn_model_destroy(&second);
}

static void test_backward_uses_the_same_mask(void **state) {
    (void)state;
    nn_model *model = dropout_model("[{layer: Dropout, rate: 0.3}]");
    nn_layer *layer = nn_model_layer(model, 0);
    const nn_pass pass = {.rows = ROWS, .first = 17, .training = true, .seed = 3};
    nn_real *x = numbers(COUNT, 1), *dy = numbers(COUNT, 2), *dx = zeros(COUNT);
    const nn_real *y = nn_model_forward(model, &pass, x);
    nn_layer_methods(layer)->backward(layer, &pass, x, y, dy, dx);
    for (int i = 0; i < COUNT; i++) {
        double mask = (double)y[i] / (double)x[i];
        check_close("dx", (double)dx[i], (double)dy[i] * mask, 1e-14);
    }
    free(x);
    free(dy);
    free(dx);
    nn_model_destroy(&model);
}

/* Outside of training, and with a rate of 0, y is x and dx is dy. */
static void test_nothing_is_dropped(void **state) {
    (void)state;
    static const char *const layers[] = {"[{layer: Dropout, rate: 0.3}]",
                                         "[{layer: Dropout, rate: 0}]"};
    for (int i = 0; i < 2; i++) {
        nn_model *model = dropout_model(layers[i]);
        nn_layer *layer = nn_model_layer(model, 0);
        const nn_pass pass = {.rows = ROWS, .training = i == 1, .seed = 3};
        nn_real *x = numbers(COUNT, 1), *dx = zeros(COUNT);
        const nn_real *y = nn_model_forward(model, &pass, x);
        assert_memory_equal(x, y, COUNT * sizeof *x);
        nn_layer_methods(layer)->backward(layer, &pass, x, y, x, dx);
        assert_memory_equal(x, dx, COUNT * sizeof *x);
        free(x);
        free(dx);
        nn_model_destroy(&model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask_is_of_the_global_row),
        cmocka_unit_test(test_expectation),
        cmocka_unit_test(test_masks_differ),
        cmocka_unit_test(test_backward_uses_the_same_mask),
        cmocka_unit_test(test_nothing_is_dropped),
    };
    return cmocka_run_group_tests_name("dropout", tests, NULL, NULL);
}
