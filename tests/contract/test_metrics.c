/* test_metrics.c: what every metric must do: its plain formula with every loss that it goes with,
 * shares that add up to the whole, the same bits for any team. A new metric needs a line in
 * REFERENCES. */
#include "contract.h"

#include "model/objective.h"

/* Rows and the truth about them, as a metric's formula sees them. */
typedef struct {
    int64_t rows, columns;
    const nn_real *prediction; /* (rows, columns) */
    const nn_real *value;      /* (rows, columns) */
    const int32_t *label;      /* (rows) */
    bool binary;               /* the loss decides yes or no for each output */
    double argument;           /* threshold or k */
} truth;

/* ---- plain formulas ---- */

static double top_k(const truth *t, double k) {
    double right = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        const nn_real *p = t->prediction + i * t->columns;
        int64_t rank = 0;
        for (int64_t j = 0; j < t->columns; j++) rank += p[j] > p[t->label[i]];
        right += (double)rank < k;
    }
    return right / (double)t->rows;
}

static double plain_categorical(const truth *t) {
    return top_k(t, 1); /* without ties it is the same */
}

static double plain_top_k(const truth *t) {
    return top_k(t, t->argument ? t->argument : 5);
}

static double plain_binary(const truth *t) {
    double threshold = t->argument ? t->argument : 0.5, right = 0;
    for (int64_t i = 0; i < t->rows * t->columns; i++)
        right += ((double)t->prediction[i] > threshold) == ((double)t->value[i] > 0.5);
    return right / (double)(t->rows * t->columns);
}

static double plain_accuracy(const truth *t) {
    return t->binary ? plain_binary(t) : plain_categorical(t);
}

static double plain_squared(const truth *t) {
    double sum = 0;
    for (int64_t i = 0; i < t->rows * t->columns; i++)
        sum += pow((double)t->prediction[i] - (double)t->value[i], 2);
    return sum / (double)(t->rows * t->columns);
}

static double plain_absolute(const truth *t) {
    double sum = 0;
    for (int64_t i = 0; i < t->rows * t->columns; i++)
        sum += fabs((double)t->prediction[i] - (double)t->value[i]);
    return sum / (double)(t->rows * t->columns);
}

static double plain_r2(const truth *t) {
    double score = 0;
    for (int64_t j = 0; j < t->columns; j++) {
        double mean = 0, total = 0, rest = 0;
        for (int64_t i = 0; i < t->rows; i++) mean += (double)t->value[i * t->columns + j];
        mean /= (double)t->rows;
        for (int64_t i = 0; i < t->rows; i++) {
            double value = (double)t->value[i * t->columns + j];
            total += pow(value - mean, 2);
            rest += pow((double)t->prediction[i * t->columns + j] - value, 2);
        }
        score += total > 0 ? 1 - rest / total : 0;
    }
    return score / (double)t->columns;
}

typedef struct {
    const char *name, *object;
    double (*plain)(const truth *);
    double argument;
} reference;

static const reference REFERENCES[] = {
    {"accuracy", "accuracy", plain_accuracy, 0},
    {"binary_accuracy", "binary_accuracy", plain_binary, 0},
    {"binary_accuracy", "{name: binary_accuracy, threshold: 0.8}", plain_binary, 0.8},
    {"categorical_accuracy", "categorical_accuracy", plain_categorical, 0},
    {"sparse_categorical_accuracy", "sparse_categorical_accuracy", plain_categorical, 0},
    {"top_k_categorical_accuracy", "top_k_accuracy", plain_top_k, 0},
    {"top_k_categorical_accuracy", "{name: top_k_categorical_accuracy, k: 2}", plain_top_k, 2},
    {"sparse_top_k_categorical_accuracy", "{name: sparse_top_k_categorical_accuracy, k: 3}",
     plain_top_k, 3},
    {"mse", "mse", plain_squared, 0},
    {"mae", "mean_absolute_error", plain_absolute, 0},
    {"r2", "r2", plain_r2, 0},
};
enum { REFERENCE_COUNT = sizeof REFERENCES / sizeof *REFERENCES };

/* ---- every metric with every loss ---- */

typedef struct {
    nn_model *model;
    nn_object *loss;
    nn_object_list metrics;
    nn_objective *objective;
    truth truth;
    nn_targets targets;
    double sums[64];
} trial;

enum { MOST_ROWS = 67, MOST_COLUMNS = 6, FIT = 1, NO_FIT = 0 };

/* Joins them to a linear model, so that outputs are predictions; NO_FIT where they do not go
 * together. */
static int make_trial(trial *made, const char *loss, const reference *metric, int64_t columns) {
    char text[TEXT_ROOM];
    const nn_real_map none = {0};
    snprintf(text, sizeof text, "[{layer: Dense, units: %lld}]", (long long)columns);
    made->model = model_from(text, (nn_shape){1, {2}}, MOST_ROWS);
    made->loss = object_from(&NN_LOSSES, loss);
    snprintf(text, sizeof text, "[%s]", metric->object);
    made->metrics = list_from(&NN_METRICS, text);
    const nn_loss_class *isa = nn_loss_methods(made->loss);
    made->truth.binary = isa->target == NN_TARGET_VALUES && isa->takes_over != NN_SOFTMAX &&
                         (isa->takes_over == NN_SIGMOID || columns == 1);
    made->truth.argument = metric->argument;
    made->truth.columns = columns;
    nn_status status =
        nn_objective_create(made->model, made->loss, &made->metrics, &none, &made->objective);
    return status == NN_OK ? FIT : NO_FIT;
}

static void end_trial(trial *made) {
    nn_objective_destroy(&made->objective);
    free_list(&made->metrics);
    nn_object_destroy(&made->loss);
    nn_model_destroy(&made->model);
}

typedef struct {
    trial *on;
    nn_real *output;
    int64_t first, rows;
} metric_pass;

static void evaluate_body(void *context) {
    metric_pass *pass = context;
    trial *on = pass->on;
    const int64_t at = pass->first * on->truth.columns;
    nn_targets targets = on->targets;
    if (targets.classes) targets.classes += pass->first;
    if (targets.values) targets.values += at;
    nn_objective_evaluate(on->objective, pass->rows, pass->rows, pass->output + at, &targets, NULL,
                          on->sums);
}

static double evaluate(trial *on, int64_t cut, int threads) {
    memset(on->sums, 0, sizeof on->sums);
    assert_in_range(nn_objective_sums(on->objective), 1, 64);
    nn_real *output = zeros(on->truth.rows * on->truth.columns);
    memcpy(output, on->truth.prediction,
           (size_t)(on->truth.rows * on->truth.columns) * sizeof *output);
    metric_pass first = {on, output, 0, cut}, second = {on, output, cut, on->truth.rows - cut};
    nn_team_run(threads, evaluate_body, &first);
    nn_team_run(threads, evaluate_body, &second);
    free(output);
    return nn_objective_metric(on->objective, 0, on->sums);
}

static void check_metric(trial *on, const reference *metric) {
    const double expected = metric->plain(&on->truth);
    for (int64_t cut = 0; cut <= on->truth.rows; cut += 1 + on->truth.rows / 9)
        check_close(metric->object, evaluate(on, cut, 1), expected, 1e-12);
    double first = evaluate(on, 0, 1);
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        double again = evaluate(on, 0, threads);
        assert_memory_equal(&first, &again, sizeof first);
    }
}

static void check_with_loss(const char *loss, const reference *metric, int64_t columns) {
    nn_real prediction[MOST_ROWS * MOST_COLUMNS], value[MOST_ROWS * MOST_COLUMNS];
    int32_t label[MOST_ROWS];
    for (int64_t rows = 1; rows <= MOST_ROWS; rows += 33) {
        trial on = {0};
        int fits = make_trial(&on, loss, metric, columns);
        bool classes = nn_loss_methods(on.loss)->target == NN_TARGET_CLASSES;
        fill(prediction, rows * columns, 3, 0.01, 1);
        fill(value, rows * columns, 4, 0, 1);
        for (int64_t i = 0; i < rows * columns; i++) /* targets come as floats */
            value[i] = (nn_real)(float)value[i];
        for (int64_t i = 0; i < rows; i++) {
            const nn_real *v = value + i * columns;
            label[i] = classes ? (int32_t)(i % columns) : 0;
            for (int32_t j = 1; !classes && j < columns; j++)
                if (v[j] > v[label[i]]) label[i] = j;
        }
        on.truth.rows = rows;
        on.truth.prediction = prediction;
        on.truth.value = value;
        on.truth.label = label;
        if (classes)
            on.targets.classes = label;
        else
            on.targets.values = value;
        /* with one output the label is yes or no, and the most probable class means nothing */
        bool meaningless = columns == 1 && metric->plain != plain_accuracy &&
                           !nn_metric_methods(on.metrics.items[0])->needs_values;
        if (fits == FIT && !meaningless) check_metric(&on, metric);
        end_trial(&on);
    }
}

static void test_every_metric(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_METRICS.classes; *isa; isa++) {
        int tried = 0;
        for (int i = 0; i < REFERENCE_COUNT; i++) {
            if (strcmp(REFERENCES[i].name, (*isa)->name) != 0) continue;
            tried++;
            for (const nn_class *const *loss = NN_LOSSES.classes; *loss; loss++)
                for (int64_t columns = 1; columns <= MOST_COLUMNS; columns += 5)
                    check_with_loss((*loss)->name, &REFERENCES[i], columns);
        }
        if (tried == 0)
            fail_msg("the metric %s has no reference: add one to REFERENCES", (*isa)->name);
    }
}

/* ---- edges ---- */

static double metric_of(const char *object, int64_t rows, int64_t columns,
                        const nn_real *prediction, const nn_real *value, const int32_t *label) {
    nn_object *metric = object_from(&NN_METRICS, object);
    const nn_metric_class *methods = nn_metric_methods(metric);
    double sums[64] = {0};
    assert_in_range(nn_metric_sums(metric, columns), 1, 64);
    for (int64_t i = 0; i < rows; i++) {
        nn_metric_row row = {columns, prediction + i * columns, label ? label[i] : 0,
                             value ? value + i * columns : NULL};
        methods->add(metric, &row, sums);
    }
    double found = methods->value(metric, columns, sums, (double)rows);
    nn_object_destroy(&metric);
    return found;
}

static void test_top_k_edges(void **state) {
    (void)state;
    const nn_real p[3] = {(nn_real)0.2, (nn_real)0.5, (nn_real)0.3};
    const nn_real equal[3] = {1, 1, 1}, none[3] = {NAN, NAN, NAN};
    const int32_t label[3] = {0, 1, 2};
    static const double right[3][4] = {{0, 0, 0, 1}, {0, 1, 1, 1}, {0, 0, 1, 1}};
    for (int c = 0; c < 3; c++) {
        for (int k = 1; k <= 3; k++) {
            char text[64];
            snprintf(text, sizeof text, "{name: top_k_accuracy, k: %d}", k);
            assert_true(metric_of(text, 1, 3, p, NULL, &label[c]) == right[c][k]);
            /* as in Keras, all of those that tie for the last place are among the k */
            assert_true(metric_of(text, 1, 3, equal, NULL, &label[c]) == 1);
            assert_true(metric_of(text, 1, 3, none, NULL, &label[c]) == 0);
        }
        assert_true(metric_of("{name: top_k_accuracy, k: 99}", 1, 3, p, NULL, &label[c]) == 1);
        assert_true(metric_of("categorical_accuracy", 1, 3, equal, NULL, &label[c]) == (c == 0));
        assert_true(metric_of("categorical_accuracy", 1, 3, none, NULL, &label[c]) == 0);
    }
}

/* A constant target has nothing to explain: 0 whatever the prediction and the number of rows, not
 * what is left of rounding. */
static void test_r2_of_a_constant_target(void **state) {
    (void)state;
    enum { ROWS = 1000 };
    static const float constants[] = {0, 1, 0.1F, -3.7F, 12345.678F, 1e-20F, 3e15F};
    nn_real *value = zeros(ROWS), *prediction = numbers(ROWS, 8);
    for (size_t c = 0; c < sizeof constants / sizeof *constants; c++) {
        for (int i = 0; i < ROWS; i++) value[i] = (nn_real)constants[c];
        for (int64_t rows = 1; rows <= ROWS; rows += rows < 40 ? 1 : 137)
            assert_true(metric_of("r2", rows, 1, prediction, value, NULL) == 0);
    }
    free(value);
    free(prediction);
}

static void test_r2_of_known_data(void **state) {
    (void)state;
    enum { ROWS = 500 };
    nn_real value[ROWS * 2], mean[ROWS * 2];
    for (int i = 0; i < ROWS; i++) {
        value[2 * i] = (nn_real)(1e6 + i % 5); /* far from zero: mean 1e6 + 2, variance 2 */
        value[2 * i + 1] = (nn_real)(i % 3);
        mean[2 * i] = (nn_real)(1e6 + 2);
        mean[2 * i + 1] = value[2 * i + 1];
    }
    check_close("r2 of the truth", metric_of("r2", ROWS, 2, value, value, NULL), 1, 1e-14);
    check_close("r2 of the mean and the truth", metric_of("r2", ROWS, 2, mean, value, NULL), 0.5,
                1e-9);
    nn_real off[ROWS * 2];
    for (int i = 0; i < 2 * ROWS; i++) off[i] = i % 2 ? value[i] : value[i] + 1;
    check_close("r2 of a prediction", metric_of("r2", ROWS, 2, off, value, NULL), 0.75, 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_metric),
        cmocka_unit_test(test_top_k_edges),
        cmocka_unit_test(test_r2_of_a_constant_target),
        cmocka_unit_test(test_r2_of_known_data),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
