/* test_variables.c: every initializer draws what its documentation says, element by element from
 * the stream; every regularizer's penalty is its formula. A new one needs a line in the table here.
 */
#include "contract.h"

#include "layers/initializer.h"
#include "layers/regularizer.h"

enum { INPUTS = 300, OUTPUTS = 200, COUNT = INPUTS * OUTPUTS };

/* ---- initializers ---- */

/* What an initializer's numbers must look like for a kernel of (300, 200). */
typedef struct {
    const char *name, *object;
    double mean, deviation;
    double low, high; /* within which all of them lie */
} distribution;

/* Normals are cut at two of their own standard deviations, which is 2 / 0.8796 of the whole's. */
#define CUT    2.2737
#define ROOT_3 1.7320508075688772
#define SCALED(name, deviation)                                                                    \
    {name "_uniform", name "_uniform", 0, deviation, -ROOT_3 * deviation, ROOT_3 * deviation}, {   \
        name "_normal", name "_normal", 0, deviation, -CUT *deviation, CUT *deviation              \
    }

static const distribution *distribution_of(const char *name, int which) {
    static const distribution all[] = {
        SCALED("glorot", 0.063245553203367587), /* sqrt(2 / (inputs + outputs)) */
        SCALED("he", 0.081649658092772603),     /* sqrt(2 / inputs) */
        SCALED("lecun", 0.057735026918962576),  /* sqrt(1 / inputs) */
        {"random_normal", "random_normal", 0, 0.05, -0.4, 0.4},
        {"random_normal", "{name: random_normal, mean: 3, stddev: 2}", 3, 2, -15, 20},
        {"random_uniform", "random_uniform", 0, 0.05 / ROOT_3, -0.05, 0.05},
        {"random_uniform", "{name: random_uniform, minval: 1, maxval: 5}", 3, 2 / ROOT_3, 1, 5},
        {"zeros", "zeros", 0, 0, 0, 0},
        {"ones", "ones", 1, 0, 1, 1},
        {"constant", "constant", 0, 0, 0, 0},
        {"constant", "{name: constant, value: -2.5}", -2.5, 0, -2.5, -2.5},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0 && which-- == 0) return &all[i];
    return NULL;
}

static void check_distribution(const distribution *expected) {
    static nn_real value[COUNT], again[COUNT];
    const nn_shape shape = {2, {INPUTS, OUTPUTS}};
    nn_object *object = object_from(&NN_INITIALIZERS, expected->object);
    const nn_random_stream stream = {12, NN_RANDOM_WEIGHTS, 3, 0},
                           other = {13, NN_RANDOM_WEIGHTS, 3, 0};
    nn_initialize(object, stream, shape, value);
    double mean = 0, square = 0;
    for (int i = 0; i < COUNT; i++) {
        double v = (double)value[i];
        mean += v / COUNT;
        square += (v - expected->mean) * (v - expected->mean) / COUNT;
        if (!(v >= expected->low && v <= expected->high))
            fail_msg("%s draws %g", expected->object, v);
    }
    if (!(fabs(mean - expected->mean) <= 5 * expected->deviation / sqrt(COUNT) + 1e-11))
        fail_msg("%s has mean %g", expected->object, mean);
    if (!(fabs(sqrt(square) - expected->deviation) <= 0.02 * expected->deviation))
        fail_msg("%s has standard deviation %g", expected->object, sqrt(square));
    nn_initialize(object, stream, shape, again);
    assert_memory_equal(value, again, sizeof value);
    nn_initialize(object, other, shape, again);
    assert_int_equal(memcmp(value, again, sizeof value) == 0, expected->deviation == 0);
    nn_object_destroy(&object);
}

static void test_every_initializer(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_INITIALIZERS.classes; *isa; isa++) {
        int which = 0;
        for (const distribution *expected; (expected = distribution_of((*isa)->name, which));
             which++)
            check_distribution(expected);
        if (which == 0)
            fail_msg("the initializer %s has no reference: add one to distribution_of()",
                     (*isa)->name);
    }
}

/* The numbers of a variable do not change when another one is added behind it. */
static void test_elements_depend_on_their_number(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_INITIALIZERS.classes; *isa; isa++) {
        nn_object *object = object_from(&NN_INITIALIZERS, (*isa)->name);
        const nn_random_stream stream = {1, NN_RANDOM_WEIGHTS, 0, 0};
        nn_real a[12], b[12]; /* the same inputs and outputs in sum, and the same last extent */
        nn_initialize(object, stream, (nn_shape){2, {4, 3}}, a);
        nn_initialize(object, stream, (nn_shape){3, {2, 2, 3}}, b);
        assert_memory_equal(a, b, sizeof a);
        nn_object_destroy(&object);
    }
    nn_real none[3] = {1, 2, 3};
    nn_initialize(NULL, (nn_random_stream){1, NN_RANDOM_WEIGHTS, 0, 0}, (nn_shape){1, {3}}, none);
    assert_true(none[0] == 0 && none[1] == 0 && none[2] == 0);
}

/* Two variables of one model draw from streams of their own, the same for the same seed. */
static void test_variables_of_a_model(void **state) {
    (void)state;
    nn_model *model = model_from("[{layer: Dense, units: 6, bias_initializer: random_normal},"
                                 " {layer: Dense, units: 6, bias_initializer: random_normal}]",
                                 (nn_shape){1, {6}}, 1);
    nn_span values = nn_model_values(model);
    nn_real *first = zeros(values.count);
    nn_model_initialize(model, 4);
    memcpy(first, values.data, (size_t)values.count * sizeof *first);
    for (int64_t i = 0; i < nn_model_parameters(model); i++)
        for (int64_t k = 0; k < i; k++)
            assert_true(*nn_model_parameter(model, i)->variable->value !=
                        *nn_model_parameter(model, k)->variable->value);
    nn_model_initialize(model, 5);
    assert_memory_not_equal(first, values.data, (size_t)values.count * sizeof *first);
    nn_model_initialize(model, 4);
    assert_memory_equal(first, values.data, (size_t)values.count * sizeof *first);
    free(first);
    nn_model_destroy(&model);
}

/* ---- regularizers ---- */

typedef struct {
    const char *name, *object;
    double l1, l2;
} penalty;

static const penalty PENALTIES[] = {
    {"l1", "l1", 0.01, 0},    {"l1", "{name: l1, l1: 0.3}", 0.3, 0},
    {"l2", "l2", 0, 0.01},    {"l2", "{name: l2, l2: 0.5}", 0, 0.5},
    {"l1_l2", "l1_l2", 0, 0}, {"l1_l2", "{l1: 0.25, l2: 2}", 0.25, 2},
};

static void test_every_regularizer(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_REGULARIZERS.classes; *isa; isa++) {
        int tried = 0;
        for (size_t i = 0; i < sizeof PENALTIES / sizeof *PENALTIES; i++) {
            const penalty *expected = &PENALTIES[i];
            if (strcmp(expected->name, (*isa)->name) != 0) continue;
            tried++;
            char text[TEXT_ROOM];
            snprintf(text, sizeof text, "[{layer: Dense, units: 3, kernel_regularizer: %s}]",
                     expected->object);
            nn_model *model = model_from(text, (nn_shape){1, {5}}, 1);
            const nn_real *w = nn_model_layer(model, 0)->variables[0].value;
            double sum = 0;
            for (int k = 0; k < 15; k++)
                sum +=
                    expected->l1 * fabs((double)w[k]) + expected->l2 * (double)w[k] * (double)w[k];
            check_close(expected->object, nn_model_penalty(model, false), sum, 1e-14);
            nn_model_destroy(&model);
        }
        if (tried == 0)
            fail_msg("the regularizer %s has no reference: add one to PENALTIES", (*isa)->name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_initializer),
        cmocka_unit_test(test_elements_depend_on_their_number),
        cmocka_unit_test(test_variables_of_a_model),
        cmocka_unit_test(test_every_regularizer),
    };
    return cmocka_run_group_tests_name("variables", tests, NULL, NULL);
}
