/* test_objective.c: a loss at the end of a model: gradients of the weights through both, whether
 * the loss takes the last activation over or not, and what does not fit together. */
#include "loss_cases.h"

/* ---- through a model ---- */

typedef struct {
    loss_trial *trial;
    nn_pass pass;
    nn_real *x;
    double loss;
    bool backward;
} whole_pass;

static void whole_body(void *context) {
    whole_pass *run = context;
    loss_trial *trial = run->trial;
    double sums[NN_SUM_METRICS] = {0};
    nn_real *output = nn_model_forward(trial->model, &run->pass, run->x);
    nn_objective_evaluate(trial->objective, trial->rows, trial->rows, output, &trial->targets,
                          run->backward ? nn_model_output_gradient(trial->model) : NULL, sums);
    if (run->backward) nn_model_backward(trial->model, &run->pass, run->x);
    if (nn_team_is_lead()) run->loss = nn_objective_loss(trial->objective, sums);
}

static double whole_loss(void *context) {
    whole_pass run = *(whole_pass *)context;
    run.backward = false;
    nn_team_run(1, whole_body, &run);
    return run.loss;
}

/* Positive weights and inputs, so that a model that ends linearly gives something like
 * probabilities where the loss wants them. */
static void check_through_model(const loss_case *of) {
    enum { ROWS = 5 };
    loss_trial trial = make_loss_trial(of, ROWS, NULL);
    nn_span values = nn_model_values(trial.model);
    for (int64_t i = 0; i < nn_model_parameters(trial.model); i++) {
        const nn_parameter *parameter = nn_model_parameter(trial.model, i);
        fill(values.data + parameter->offset, parameter->count, 70 + (uint64_t)i, 0.05, 0.3);
    }
    nn_real x[ROWS * 3];
    fill(x, ROWS * 3, 5, 0.1, 0.7);
    whole_pass run = {.trial = &trial, .pass = {.rows = ROWS, .training = true}, .x = x};
    run.backward = true;
    nn_real *first = zeros(values.count);
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        nn_team_run(threads, whole_body, &run);
        const nn_real *gradients = nn_model_gradients(trial.model).data;
        if (threads == 1) memcpy(first, gradients, (size_t)values.count * sizeof *first);
        assert_memory_equal(first, gradients, (size_t)values.count * sizeof *first);
    }
    for (int64_t i = 0; i < nn_model_parameters(trial.model); i++) {
        const nn_parameter *parameter = nn_model_parameter(trial.model, i);
        check_gradient(of->object, parameter->count, values.data + parameter->offset,
                       first + parameter->offset, whole_loss, &run);
    }
    free(first);
    end_loss_trial(&trial);
}

static void test_gradients_through_a_model(void **state) {
    (void)state;
    for (int i = 0; i < LOSS_CASE_COUNT; i++) check_through_model(&LOSS_CASES[i]);
}

/* The loss takes the activation over wherever it stands last, also in front of layers that only
 * reshape; not where other axes or layers come between. */
static void test_who_takes_the_activation_over(void **state) {
    (void)state;
    static const struct {
        const char *layers;
        nn_activation last;
    } models[] = {
        {"[{layer: Dense, units: 4, activation: softmax}]", NN_SOFTMAX},
        {"[{layer: Dense, units: 4}, {layer: Activation, activation: softmax}]", NN_SOFTMAX},
        {"[{layer: Dense, units: 4, activation: softmax}, {layer: Flatten}]", NN_SOFTMAX},
        {"[{layer: Dense, units: 4, activation: softmax}, {layer: Rescaling, scale: 1}]",
         NN_LINEAR},
        {"[{layer: Reshape, target_shape: [2, 2]}, {layer: Dense, units: 2, activation: softmax},"
         " {layer: Flatten}]",
         NN_LINEAR},
        {"[{layer: Flatten}]", NN_LINEAR},
        {"[{layer: Dense, units: 4, activation: relu}]", NN_RELU},
    };
    nn_object *loss = object_from(&NN_LOSSES, "categorical_crossentropy");
    const nn_object_list metrics = {0};
    const nn_real_map weights = {0};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        nn_model *model = model_from(models[i].layers, (nn_shape){1, {4}}, 2);
        nn_objective *objective;
        assert_int_equal(nn_model_last_activation(model), models[i].last);
        assert_ok(nn_objective_create(model, loss, &metrics, &weights, &objective));
        assert_int_equal(nn_model_last_activation(model),
                         models[i].last == NN_SOFTMAX ? NN_LINEAR : models[i].last);
        nn_objective_destroy(&objective);
        nn_model_destroy(&model);
    }
    nn_object_destroy(&loss);
}

/* ---- what does not fit ---- */

static void check_refused(const char *layers, const char *loss_text, const char *metrics,
                          int64_t weighted_class, const char *part) {
    double value = 2;
    nn_model *model = model_from(layers, (nn_shape){1, {3}}, 2);
    nn_object *loss = object_from(&NN_LOSSES, loss_text);
    nn_object_list list = list_from(&NN_METRICS, metrics);
    const nn_real_map weights = {weighted_class >= 0, &weighted_class, &value};
    nn_objective *objective = (nn_objective *)&value;
    assert_fails(nn_objective_create(model, loss, &list, &weights, &objective), NN_BAD_CONFIG,
                 part);
    assert_null(objective);
    free_list(&list);
    nn_object_destroy(&loss);
    nn_model_destroy(&model);
}

static void test_what_does_not_fit(void **state) {
    (void)state;
    static const char *const four = "[{layer: Dense, units: 4}]";
    static const char *const one = "[{layer: Dense, units: 1, activation: softmax}]";
    check_refused("[{layer: Reshape, target_shape: [3, 1]}]", "mse", "[]", -1, "Flatten");
    check_refused(one, "sparse_categorical_crossentropy", "[]", -1, "binary_crossentropy");
    check_refused(one, "categorical_crossentropy", "[]", -1, "binary_crossentropy");
    check_refused(four, "sparse_categorical_crossentropy", "[accuracy, mse]", -1, "mse");
    check_refused(four, "mse", "[]", 0, "class_weight");
    check_refused(four, "categorical_crossentropy", "[]", 4, "0 to 3");
}

/* Names to monitor: as given, the class's, or its alias. */
static void test_finding_a_metric(void **state) {
    (void)state;
    nn_model *model = model_from("[{layer: Dense, units: 1}]", (nn_shape){1, {3}}, 2);
    nn_object *loss = object_from(&NN_LOSSES, "binary_crossentropy");
    nn_object_list list = list_from(&NN_METRICS, "[accuracy, mean_squared_error]");
    const nn_real_map weights = {0};
    nn_objective *objective;
    int64_t metric;
    bool larger;
    assert_ok(nn_objective_create(model, loss, &list, &weights, &objective));
    assert_int_equal(nn_objective_metrics(objective), 2);
    assert_string_equal(nn_objective_metric_name(objective, 0), "accuracy");
    assert_ok(nn_objective_find(objective, "loss", &metric, &larger));
    assert_true(metric == -1 && !larger);
    assert_ok(nn_objective_find(objective, "accuracy", &metric, &larger));
    assert_true(metric == 0 && larger);
    assert_ok(nn_objective_find(objective, "binary_accuracy", &metric, &larger));
    assert_true(metric == 0 && larger);
    assert_ok(nn_objective_find(objective, "mse", &metric, &larger));
    assert_true(metric == 1 && !larger);
    assert_ok(nn_objective_find(objective, "mean_squared_error", &metric, &larger));
    assert_true(metric == 1 && !larger);
    assert_fails(nn_objective_find(objective, "f1", &metric, &larger), NN_BAD_CONFIG,
                 "loss, accuracy, mse");
    nn_objective_destroy(&objective);
    free_list(&list);
    nn_object_destroy(&loss);
    nn_model_destroy(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_through_a_model),
        cmocka_unit_test(test_who_takes_the_activation_over),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_finding_a_metric),
    };
    return cmocka_run_group_tests_name("objective", tests, NULL, NULL);
}
