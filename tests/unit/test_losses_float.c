/* test_losses_float.c: losses in float, as training computes them, are finite and their gradients
 * bounded for any finite logit, up to the largest float. What they compute is tested in double
 * (tests/contract/test_losses.c). */
#include "check.h"

#include "io/yaml.h"
#include "model/loss.h"

#include <float.h>
#include <math.h>

enum { COLUMNS = 3 };

static nn_object *loss_of(const nn_class *isa, double smoothing) {
    nn_object *loss;
    assert_ok(nn_object_create(&NN_LOSSES, isa, &loss));
    ((nn_crossentropy *)loss)->label_smoothing = smoothing;
    return loss;
}

/* All rows of logits out of -size, 0 and size, against each class. */
static void check_logits(const nn_object *loss, nn_real size) {
    for (int i = 0; i < 27 * COLUMNS; i++) {
        const int32_t label = i / 27;
        const int signs[COLUMNS] = {i % 3 - 1, i / 3 % 3 - 1, i / 9 % 3 - 1};
        nn_real output[COLUMNS], gradient[COLUMNS], targets[COLUMNS], sum = 0;
        for (int j = 0; j < COLUMNS; j++) {
            output[j] = size * (nn_real)signs[j];
            targets[j] = j == label;
        }
        const bool classes = nn_loss_methods(loss)->target == NN_TARGET_CLASSES;
        nn_loss_row row = {COLUMNS, true, output, label, classes ? NULL : targets, 1, gradient};
        double value = nn_loss_methods(loss)->row(loss, &row);
        assert_true(isfinite(value) && value >= 0);
        for (int j = 0; j < COLUMNS; j++) {
            assert_true(output[j] >= 0 && output[j] <= 1); /* the prediction */
            assert_true(gradient[j] >= -1 && gradient[j] <= 1);
            sum += gradient[j];
        }
        if (nn_loss_methods(loss)->takes_over == NN_SOFTMAX) assert_true(fabsf(sum) < 1e-6F);
    }
}

static void test_any_logit(void **state) {
    (void)state;
    static const nn_real sizes[] = {0, 1, 30, 88, 104, 1e4F, 1e30F, FLT_MAX / 2};
    int tried = 0;
    for (const nn_class *const *isa = NN_LOSSES.classes; *isa; isa++) {
        if (((const nn_loss_class *)*isa)->takes_over == NN_LINEAR) continue;
        tried++;
        for (int i = 0; i < 8 * 2; i++) {
            nn_object *loss = loss_of(*isa, i % 2 ? 0.1 : 0);
            check_logits(loss, sizes[i / 2]);
            nn_object_destroy(&loss);
        }
    }
    assert_true(tried > 0);
}

/* As Keras does, a probability of 0 or 1 counts as 1e-7 off. */
static void test_any_probability(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_LOSSES.classes; *isa; isa++) {
        if (((const nn_loss_class *)*isa)->takes_over == NN_LINEAR) continue;
        nn_object *loss = loss_of(*isa, 0);
        for (int32_t label = 0; label < COLUMNS; label++) {
            nn_real output[COLUMNS] = {1, 0, 0}, gradient[COLUMNS], targets[COLUMNS];
            for (int j = 0; j < COLUMNS; j++) targets[j] = j == label;
            const bool classes = nn_loss_methods(loss)->target == NN_TARGET_CLASSES;
            nn_loss_row row = {COLUMNS, false,   output, label, classes ? NULL : targets,
                               1,       gradient};
            double value = nn_loss_methods(loss)->row(loss, &row);
            assert_true(value >= 0 && value < 17); /* -log 1e-7 is 16.1 */
            assert_true((label == 0) == (value < 1e-5));
            for (int j = 0; j < COLUMNS; j++) assert_true(isfinite(gradient[j]));
        }
        nn_object_destroy(&loss);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_logit),
        cmocka_unit_test(test_any_probability),
    };
    return cmocka_run_group_tests_name("losses in float", tests, NULL, NULL);
}
