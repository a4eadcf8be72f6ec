/* loss_cases.h: what is tried of every loss: its arguments, with logits where it takes the last
 * activation over and without, and its textbook formula. A new loss needs a line in LOSS_CASES. */
#ifndef NN_TESTS_CONTRACT_LOSS_CASES_H
#define NN_TESTS_CONTRACT_LOSS_CASES_H

#include "contract.h"

#include "model/objective.h"

enum { LOSS_COLUMNS = 4 };

typedef struct {
    const char *loss;       /* the class */
    const char *object;     /* as a run file names it */
    const char *activation; /* with which the model ends */
    bool logits;            /* whether the loss computes from logits then */
    double smoothing, delta;
} loss_case;

static const loss_case LOSS_CASES[] = {
    {"mean_squared_error", "mse", "linear", false, 0, 0},
    {"mean_squared_error", "mean_squared_error", "sigmoid", false, 0, 0},
    {"mean_absolute_error", "mae", "linear", false, 0, 0},
    {"huber", "huber", "linear", false, 0, 1},
    {"huber", "{name: huber, delta: 0.3}", "tanh", false, 0, 0.3},
    {"binary_crossentropy", "binary_crossentropy", "sigmoid", true, 0, 0},
    {"binary_crossentropy", "binary_crossentropy", "linear", false, 0, 0},
    {"binary_crossentropy", "{name: binary_crossentropy, from_logits: true}", "linear", true, 0, 0},
    {"binary_crossentropy", "{name: binary_crossentropy, label_smoothing: 0.2}", "sigmoid", true,
     0.2, 0},
    {"binary_crossentropy", "{name: binary_crossentropy, label_smoothing: 0.2}", "softmax", false,
     0.2, 0},
    {"categorical_crossentropy", "categorical_crossentropy", "softmax", true, 0, 0},
    {"categorical_crossentropy", "categorical_crossentropy", "linear", false, 0, 0},
    {"categorical_crossentropy", "{name: categorical_crossentropy, from_logits: true}", "linear",
     true, 0, 0},
    {"categorical_crossentropy", "{name: categorical_crossentropy, label_smoothing: 0.1}",
     "softmax", true, 0.1, 0},
    {"categorical_crossentropy", "{name: categorical_crossentropy, label_smoothing: 0.1}",
     "sigmoid", false, 0.1, 0},
    {"sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "softmax", true, 0, 0},
    {"sparse_categorical_crossentropy", "sparse_categorical_crossentropy", "linear", false, 0, 0},
    {"sparse_categorical_crossentropy",
     "{name: sparse_categorical_crossentropy, from_logits: true}", "linear", true, 0, 0},
    {"sparse_categorical_crossentropy",
     "{name: sparse_categorical_crossentropy, label_smoothing: 0.3}", "softmax", true, 0.3, 0},
};
enum { LOSS_CASE_COUNT = sizeof LOSS_CASES / sizeof *LOSS_CASES };

/** The probabilities that a row of outputs stands for, as the textbooks say. */
static inline void probabilities_of(const loss_case *of, bool categorical, const nn_real *output,
                                    double *p) {
    double sum = 0;
    for (int j = 0; j < LOSS_COLUMNS; j++) {
        double z = (double)output[j];
        p[j] = !of->logits ? z : categorical ? exp(z) : 1 / (1 + exp(-z));
        sum += p[j];
    }
    for (int j = 0; j < LOSS_COLUMNS && categorical; j++) p[j] /= sum;
}

/** The loss of one row by its textbook formula. `targets` (LOSS_COLUMNS) hold the class one-hot
 * where the loss wants classes. */
static inline double textbook_loss(const loss_case *of, const nn_real *output,
                                   const nn_real *targets) {
    bool categorical = strstr(of->loss, "categorical") != NULL;
    bool entropy = strstr(of->loss, "crossentropy") != NULL;
    double p[LOSS_COLUMNS], sum = 0;
    probabilities_of(of, categorical, output, p);
    for (int j = 0; j < LOSS_COLUMNS; j++) {
        double t = (double)targets[j], error = fabs((double)output[j] - t);
        if (entropy) t = t * (1 - of->smoothing) + of->smoothing / (categorical ? LOSS_COLUMNS : 2);
        if (categorical)
            sum -= t * log(p[j]);
        else if (entropy)
            sum -= t * log(p[j]) + (1 - t) * log(1 - p[j]);
        else if (strcmp(of->loss, "mean_squared_error") == 0)
            sum += error * error;
        else if (strcmp(of->loss, "mean_absolute_error") == 0)
            sum += error;
        else if (strcmp(of->loss, "huber") == 0)
            sum += error <= of->delta ? error * error / 2 : of->delta * (error - of->delta / 2);
        else
            fail_msg("the loss %s has no textbook formula here", of->loss);
    }
    return categorical ? sum : sum / LOSS_COLUMNS;
}

/** A model that ends as the case says, its loss, and rows to try them on. */
typedef struct {
    const loss_case *of;
    nn_model *model;
    nn_object *loss;
    nn_objective *objective;
    int64_t rows;
    nn_real *output;    /* (rows, LOSS_COLUMNS): logits, probabilities or values */
    nn_real *expected;  /* (rows, LOSS_COLUMNS): the targets, one-hot for classes */
    int32_t *classes;   /* (rows) */
    nn_targets targets; /* what the loss wants of them */
    nn_real *scratch, *gradient;
} loss_trial;

/* Targets of categorical losses need not add up to 1. */
static inline void make_targets(loss_trial *trial) {
    const bool classes = nn_objective_target(trial->objective) == NN_TARGET_CLASSES;
    fill(trial->expected, trial->rows * LOSS_COLUMNS, 31, 0, 1);
    for (int64_t i = 0; i < trial->rows; i++) {
        trial->classes[i] = (int32_t)((i * 7 + 1) % LOSS_COLUMNS);
        for (int j = 0; classes && j < LOSS_COLUMNS; j++)
            trial->expected[i * LOSS_COLUMNS + j] = j == trial->classes[i];
    }
    if (classes)
        trial->targets.classes = trial->classes;
    else
        trial->targets.values = trial->expected;
}

static inline loss_trial make_loss_trial(const loss_case *of, int64_t rows,
                                         const nn_real_map *class_weight) {
    char text[TEXT_ROOM];
    loss_trial trial = {.of = of, .rows = rows};
    snprintf(text, sizeof text, "[{layer: Dense, units: %d, activation: %s}]", LOSS_COLUMNS,
             of->activation);
    trial.model = model_from(text, (nn_shape){1, {3}}, rows);
    trial.loss = object_from(&NN_LOSSES, of->object);
    const nn_object_list metrics = {0};
    const nn_real_map none = {0};
    assert_int_equal(nn_loss_wants_logits(trial.loss, nn_model_last_activation(trial.model)),
                     of->logits);
    assert_ok(nn_objective_create(trial.model, trial.loss, &metrics,
                                  class_weight ? class_weight : &none, &trial.objective));
    trial.output = numbers(rows * LOSS_COLUMNS, 41);
    if (of->logits)
        for (int64_t i = 0; i < rows * LOSS_COLUMNS; i++) trial.output[i] *= 3;
    else if (strstr(of->loss, "crossentropy"))
        fill(trial.output, rows * LOSS_COLUMNS, 43, 0.05, 0.95);
    trial.expected = zeros(rows * LOSS_COLUMNS);
    trial.classes = calloc((size_t)rows + 1, sizeof *trial.classes);
    trial.scratch = zeros(rows * LOSS_COLUMNS);
    trial.gradient = zeros(rows * LOSS_COLUMNS);
    make_targets(&trial);
    return trial;
}

static inline void end_loss_trial(loss_trial *trial) {
    nn_objective_destroy(&trial->objective);
    nn_object_destroy(&trial->loss);
    nn_model_destroy(&trial->model);
    free(trial->output);
    free(trial->expected);
    free(trial->classes);
    free(trial->scratch);
    free(trial->gradient);
}

/** Rows first .. first + rows - 1 of a trial through nn_objective_evaluate(), by a team. */
typedef struct {
    loss_trial *trial;
    int64_t first, rows, batch_rows;
    bool gradient;
    double *sums; /* added to */
} loss_pass;

static inline void loss_pass_body(void *context) {
    loss_pass *pass = context;
    loss_trial *trial = pass->trial;
    const int64_t at = pass->first * LOSS_COLUMNS;
    nn_targets targets = trial->targets;
    if (targets.classes) targets.classes += pass->first;
    if (targets.values) targets.values += at;
    if (targets.weights) targets.weights += pass->first;
    nn_objective_evaluate(trial->objective, pass->rows, pass->batch_rows, trial->scratch + at,
                          &targets, pass->gradient ? trial->gradient + at : NULL, pass->sums);
}

static inline void run_loss(loss_pass *pass, int threads) {
    const int64_t at = pass->first * LOSS_COLUMNS;
    memcpy(pass->trial->scratch + at, pass->trial->output + at,
           (size_t)(pass->rows * LOSS_COLUMNS) * sizeof(nn_real));
    nn_team_run(threads, loss_pass_body, pass);
}

#endif
