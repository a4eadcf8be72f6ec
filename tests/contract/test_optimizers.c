/* test_optimizers.c: what every optimizer must do: Keras 3's formula for twenty steps with every
 * kind of clipping and with weight decay, the same bits for any team, and a state that continues
 * the same after it was written and read. */
#include "optimizer_cases.h"

#include "optim/schedule.h"
#include "unit/scratch.h"

enum { STEPS = 20, MOST_ELEMENTS = 64 };

/* Variables with gaps behind them, and one without. */
static nn_model *small_model(void) {
    return model_from("[{layer: Dense, units: 4}, {layer: Dense, units: 3, use_bias: false}]",
                      (nn_shape){1, {4}}, 1);
}

static void test_every_optimizer_is_tried(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_OPTIMIZERS.classes; *isa; isa++) {
        int tried = 0;
        for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++)
            tried += strcmp(OPTIMIZER_CASES[i].name, (*isa)->name) == 0;
        if (tried == 0)
            fail_msg("the optimizer %s is not tried: add it to OPTIMIZER_CASES", (*isa)->name);
    }
}

/* ---- against the formula ---- */

/* All elements of all variables in a row. */
typedef struct {
    double w[MOST_ELEMENTS], g[MOST_ELEMENTS];
    element_state state[MOST_ELEMENTS];
} reference;

static double norm_of(const double *x, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

static void scale_down(double *x, int64_t count, double most) {
    double norm = norm_of(x, count);
    for (int64_t i = 0; i < count && norm > most; i++) x[i] *= most / norm;
}

static void reference_clip(const nn_model *model, const common_case *common, double *g) {
    int64_t at = 0, all = nn_model_parameter_count(model);
    for (int64_t i = 0; i < nn_model_parameters(model) && common->clipnorm > 0; i++) {
        int64_t count = nn_model_parameter(model, i)->count;
        scale_down(g + at, count, common->clipnorm);
        at += count;
    }
    if (common->global_clipnorm > 0) scale_down(g, all, common->global_clipnorm);
    for (int64_t i = 0; i < all && common->clipvalue > 0; i++)
        g[i] = fmin(fmax(g[i], -common->clipvalue), common->clipvalue);
}

/* The model's variables or gradients, without the gaps between them. */
static void copy_elements(const nn_model *model, bool gradients, double *out) {
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        const nn_real *from =
            gradients ? parameter->variable->gradient : parameter->variable->value;
        for (int64_t k = 0; k < parameter->count; k++) *out++ = (double)from[k];
    }
}

static void check_case(const optimizer_case *of, const common_case *common) {
    nn_model *model = small_model();
    nn_object *args = optimizer_object(of, common);
    nn_optimizer *optimizer;
    reference expected = {0};
    double found[MOST_ELEMENTS];
    const int64_t count = nn_model_parameter_count(model);
    assert_ok(nn_optimizer_create(args, model, &optimizer));
    copy_elements(model, false, expected.w);
    for (int64_t step = 0; step < STEPS; step++) {
        assert_int_equal(nn_optimizer_steps(optimizer), step);
        set_gradients(model, step);
        copy_elements(model, true, expected.g);
        reference_clip(model, common, expected.g);
        double decay = common->decay > 0 ? common->decay : of->decay;
        for (int64_t i = 0; i < count; i++) {
            expected.w[i] -= expected.w[i] * decay * CASE_RATE;
            reference_element(of, CASE_RATE, (double)step + 1, expected.g[i], &expected.state[i],
                              &expected.w[i]);
        }
        nn_optimizer_apply(optimizer);
        copy_elements(model, false, found);
        for (int64_t i = 0; i < count; i++)
            if (!(fabs(found[i] - expected.w[i]) <= 1e-11 * (1 + fabs(expected.w[i]))))
                fail_msg("%s, %s%s: element %lld is %.15g instead of %.15g after step %lld",
                         of->name, of->options, common->options, (long long)i, found[i],
                         expected.w[i], (long long)step + 1);
    }
    nn_optimizer_destroy(&optimizer);
    nn_object_destroy(&args);
    nn_model_destroy(&model);
}

static void test_formulas(void **state) {
    (void)state;
    for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++)
        for (int c = 0; c < COMMON_CASE_COUNT; c++)
            check_case(&OPTIMIZER_CASES[i], &COMMON_CASES[c]);
}

/* ---- threads, files, limits ---- */

static void test_threads(void **state) {
    (void)state;
    for (int i = 0; i < OPTIMIZER_CASE_COUNT * COMMON_CASE_COUNT; i++) {
        nn_object *args = optimizer_object(&OPTIMIZER_CASES[i / COMMON_CASE_COUNT],
                                           &COMMON_CASES[i % COMMON_CASE_COUNT]);
        nn_real *first = NULL;
        for (int threads = 1; threads <= MOST_THREADS; threads++) {
            nn_optimizer *optimizer;
            nn_model *model = model_from("[{layer: Dense, units: 170}, {layer: Dense, units: 7}]",
                                         (nn_shape){1, {70}}, 1);
            nn_span values = nn_model_values(model);
            assert_ok(nn_optimizer_create(args, model, &optimizer));
            run_steps(optimizer, model, 0, 3, threads);
            if (!first) {
                first = zeros(values.count);
                memcpy(first, values.data, (size_t)values.count * sizeof *first);
            }
            assert_memory_equal(first, values.data, (size_t)values.count * sizeof *first);
            nn_optimizer_destroy(&optimizer);
            nn_model_destroy(&model);
        }
        free(first);
        nn_object_destroy(&args);
    }
}

static void save(const nn_optimizer *optimizer) {
    nn_h5 *file;
    assert_ok(nn_h5_create(scratch("state.h5"), 0, &file));
    assert_ok(nn_optimizer_write(optimizer, file));
    assert_ok(nn_h5_close(&file));
}

static nn_status restore(nn_optimizer *optimizer) {
    nn_h5 *file;
    assert_ok(nn_h5_open(scratch("state.h5"), &file));
    nn_status status = nn_optimizer_read(optimizer, file);
    nn_h5_discard(&file);
    return status;
}

static void test_state_continues(void **state) {
    (void)state;
    for (int i = 0; i < OPTIMIZER_CASE_COUNT; i++) {
        nn_object *args = optimizer_object(&OPTIMIZER_CASES[i], &COMMON_CASES[0]);
        nn_model *model = small_model(), *other = small_model();
        nn_optimizer *optimizer, *resumed;
        nn_span values = nn_model_values(model), other_values = nn_model_values(other);
        const size_t bytes = (size_t)values.count * sizeof(nn_real);
        assert_ok(nn_optimizer_create(args, model, &optimizer));
        run_steps(optimizer, model, 0, STEPS / 2, 1);
        save(optimizer);
        assert_ok(nn_optimizer_create(args, other, &resumed));
        assert_ok(restore(resumed));
        memcpy(other_values.data, values.data, bytes);
        assert_int_equal(nn_optimizer_steps(resumed), STEPS / 2);
        run_steps(optimizer, model, STEPS / 2, STEPS, 1);
        run_steps(resumed, other, STEPS / 2, STEPS, 2);
        assert_memory_equal(values.data, other_values.data, bytes);
        assert_int_equal(nn_optimizer_slots(optimizer), nn_optimizer_slots(resumed));
        for (int s = 0; s < nn_optimizer_slots(optimizer); s++) {
            nn_span a = nn_optimizer_slot(optimizer, s), b = nn_optimizer_slot(resumed, s);
            assert_non_null(nn_optimizer_slot_name(optimizer, s));
            assert_memory_equal(a.data, b.data, (size_t)a.count * sizeof *a.data);
        }
        nn_optimizer_destroy(&optimizer);
        nn_optimizer_destroy(&resumed);
        nn_model_destroy(&model);
        nn_model_destroy(&other);
        nn_object_destroy(&args);
    }
}

/* The state of another optimizer is refused. */
static void test_state_of_another(void **state) {
    (void)state;
    nn_object *sgd = object_from(&NN_OPTIMIZERS, "{name: sgd, momentum: 0.9}");
    nn_object *adam = object_from(&NN_OPTIMIZERS, "adam");
    nn_model *model = small_model();
    nn_optimizer *one, *other;
    assert_ok(nn_optimizer_create(sgd, model, &one));
    assert_ok(nn_optimizer_create(adam, model, &other));
    save(one);
    assert_fails(restore(other), NN_BAD_CONFIG, "state.h5");
    nn_optimizer_destroy(&one);
    nn_optimizer_destroy(&other);
    nn_model_destroy(&model);
    nn_object_destroy(&sgd);
    nn_object_destroy(&adam);
}

/* A gradient that does not change, or is huge, or is zero, leaves finite weights; the gaps between
 * variables stay zero. */
static void test_limits(void **state) {
    (void)state;
    static const double sizes[] = {0, 1, 1e8, -1e-30};
    for (int i = 0; i < OPTIMIZER_CASE_COUNT * 4; i++) {
        nn_object *args = optimizer_object(&OPTIMIZER_CASES[i / 4], &COMMON_CASES[0]);
        nn_model *model = small_model();
        nn_span values = nn_model_values(model);
        nn_optimizer *optimizer;
        double all = 0, elements = 0;
        assert_ok(nn_optimizer_create(args, model, &optimizer));
        for (int step = 0; step < 400; step++) {
            for (int64_t p = 0; p < nn_model_parameters(model); p++) {
                const nn_parameter *parameter = nn_model_parameter(model, p);
                fill(parameter->variable->gradient, parameter->count, 1, sizes[i % 4],
                     sizes[i % 4]);
            }
            nn_optimizer_apply(optimizer);
        }
        for (int64_t k = 0; k < values.count; k++) {
            assert_true(isfinite(values.data[k]));
            all += fabs((double)values.data[k]);
        }
        for (int64_t p = 0; p < nn_model_parameters(model); p++) {
            const nn_parameter *parameter = nn_model_parameter(model, p);
            for (int64_t k = 0; k < parameter->count; k++)
                elements += fabs((double)parameter->variable->value[k]);
        }
        check_close("the sum of all that lies in the arena", all, elements, 1e-13);
        nn_optimizer_destroy(&optimizer);
        nn_model_destroy(&model);
        nn_object_destroy(&args);
    }
}

/* The factor that reduce_lr_on_plateau sets, and the schedule, make the rate of the next step. */
static void test_learning_rate(void **state) {
    (void)state;
    nn_object *args =
        object_from(&NN_OPTIMIZERS,
                    "{name: sgd, learning_rate: {schedule: PolynomialDecay,"
                    " initial_learning_rate: 1, decay_steps: 10, end_learning_rate: 0}}");
    nn_model *model = small_model();
    nn_optimizer *optimizer;
    assert_ok(nn_optimizer_create(args, model, &optimizer));
    assert_true(nn_optimizer_factor(optimizer) == 1);
    for (int step = 0; step < 12; step++) {
        if (step == 4) nn_optimizer_set_factor(optimizer, 0.5);
        double rate = (step < 10 ? 1 - step / 10.0 : 0) * (step < 4 ? 1 : 0.5);
        check_close("the rate", nn_optimizer_learning_rate(optimizer), rate, 1e-15);
        nn_real *w = nn_model_parameter(model, 0)->variable->value, before = *w;
        set_gradients(model, step);
        double g = (double)*nn_model_parameter(model, 0)->variable->gradient;
        nn_optimizer_apply(optimizer);
        check_close("the step", (double)*w, (double)before - rate * g, 1e-15);
    }
    nn_optimizer_set_steps(optimizer, 5);
    check_close("the rate", nn_optimizer_learning_rate(optimizer), 0.25, 1e-15);
    nn_optimizer_destroy(&optimizer);
    nn_model_destroy(&model);
    nn_object_destroy(&args);
}

static void test_one_kind_of_clipping(void **state) {
    (void)state;
    nn_node *node;
    nn_object *object;
    assert_ok(nn_yaml_parse("{name: adam, clipnorm: 1, clipvalue: 1}", "test", &node));
    assert_fails(nn_object_read(&NN_OPTIMIZERS, node, NN_STYLE_RUN, &object), NN_BAD_CONFIG,
                 "global_clipnorm");
    nn_node_destroy(&node);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_optimizer_is_tried),
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_state_continues),
        cmocka_unit_test(test_state_of_another),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_learning_rate),
        cmocka_unit_test(test_one_kind_of_clipping),
    };
    return cmocka_run_group_tests_name("optimizers", tests, scratch_make, scratch_remove);
}
