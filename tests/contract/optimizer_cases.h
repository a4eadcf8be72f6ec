/* optimizer_cases.h: what is tried of every optimizer: its arguments, with every kind of clipping
 * and with weight decay, and Keras 3's formula for one element. A new optimizer needs lines in
 * OPTIMIZER_CASES and a branch in reference_element(). */
#ifndef NN_TESTS_CONTRACT_OPTIMIZER_CASES_H
#define NN_TESTS_CONTRACT_OPTIMIZER_CASES_H

#include "contract.h"

#include "optim/optimizer.h"

typedef struct {
    const char *name;
    const char *options;
    double momentum, beta_1, beta_2, rho, epsilon, accumulator, decay;
    bool nesterov, amsgrad, centered;
} optimizer_case;

static const optimizer_case OPTIMIZER_CASES[] = {
    {.name = "sgd", .options = ""},
    {.name = "sgd", .options = "momentum: 0.9", .momentum = 0.9},
    {.name = "sgd", .options = "momentum: 0.8, nesterov: true", .momentum = 0.8, .nesterov = true},
    {.name = "adam", .options = "", .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7},
    {.name = "adam",
     .options = "beta_1: 0.8, beta_2: 0.9, epsilon: 0.01",
     .beta_1 = 0.8,
     .beta_2 = 0.9,
     .epsilon = 0.01},
    {.name = "adam", .options = "beta_1: 0", .beta_1 = 0, .beta_2 = 0.999, .epsilon = 1e-7},
    {.name = "adam",
     .options = "amsgrad: true",
     .beta_1 = 0.9,
     .beta_2 = 0.999,
     .epsilon = 1e-7,
     .amsgrad = true},
    {.name = "adamw",
     .options = "",
     .beta_1 = 0.9,
     .beta_2 = 0.999,
     .epsilon = 1e-7,
     .decay = 0.004},
    {.name = "adamw",
     .options = "beta_2: 0.7, amsgrad: true",
     .beta_1 = 0.9,
     .beta_2 = 0.7,
     .epsilon = 1e-7,
     .amsgrad = true,
     .decay = 0.004},
    {.name = "rmsprop", .options = "", .rho = 0.9, .epsilon = 1e-7},
    {.name = "rmsprop",
     .options = "rho: 0.6, epsilon: 0.001, momentum: 0.5",
     .rho = 0.6,
     .epsilon = 0.001,
     .momentum = 0.5},
    {.name = "rmsprop", .options = "centered: true", .rho = 0.9, .epsilon = 1e-7, .centered = true},
    {.name = "rmsprop",
     .options = "centered: true, momentum: 0.9",
     .rho = 0.9,
     .epsilon = 1e-7,
     .centered = true,
     .momentum = 0.9},
    {.name = "adagrad", .options = "", .accumulator = 0.1, .epsilon = 1e-7},
    {.name = "adagrad",
     .options = "initial_accumulator_value: 0.5, epsilon: 0.01",
     .accumulator = 0.5,
     .epsilon = 0.01},
};
enum { OPTIMIZER_CASE_COUNT = sizeof OPTIMIZER_CASES / sizeof *OPTIMIZER_CASES };

/** What is tried together with each case. */
typedef struct {
    const char *options;
    double clipnorm, clipvalue, global_clipnorm, decay; /* 0: none */
} common_case;

static const common_case COMMON_CASES[] = {
    {"", 0, 0, 0, 0},
    {", weight_decay: 0.05", 0, 0, 0, 0.05},
    {", clipnorm: 0.7", 0.7, 0, 0, 0},
    {", clipvalue: 0.3", 0, 0.3, 0, 0},
    {", global_clipnorm: 0.9, weight_decay: 0.1", 0, 0, 0.9, 0.1},
};
enum { COMMON_CASE_COUNT = sizeof COMMON_CASES / sizeof *COMMON_CASES };

static const double CASE_RATE = 0.05;

static inline nn_object *optimizer_object(const optimizer_case *of, const common_case *common) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text, "{name: %s, learning_rate: %g%s%s%s}", of->name, CASE_RATE,
             of->options[0] ? ", " : "", of->options, common->options);
    return object_from(&NN_OPTIMIZERS, text);
}

/** What an element remembers from step to step. */
typedef struct {
    double m, v, top;
} element_state;

/** Step t (from 1) of one element with Keras 3's formula: keras/src/optimizers. */
static inline void reference_element(const optimizer_case *of, double rate, double t, double g,
                                     element_state *s, double *w) {
    if (strcmp(of->name, "sgd") == 0) {
        s->m = of->momentum * s->m - rate * g;
        *w += of->nesterov ? of->momentum * s->m - rate * g : s->m;
    } else if (strncmp(of->name, "adam", 4) == 0) {
        double alpha = rate * sqrt(1 - pow(of->beta_2, t)) / (1 - pow(of->beta_1, t));
        s->m = of->beta_1 * s->m + (1 - of->beta_1) * g;
        s->v = of->beta_2 * s->v + (1 - of->beta_2) * g * g;
        s->top = fmax(s->top, s->v);
        *w -= alpha * s->m / (sqrt(of->amsgrad ? s->top : s->v) + of->epsilon);
    } else if (strcmp(of->name, "rmsprop") == 0) {
        s->v = of->rho * s->v + (1 - of->rho) * g * g;
        s->top = of->rho * s->top + (1 - of->rho) * g;
        double below = s->v - (of->centered ? s->top * s->top : 0) + of->epsilon;
        s->m = of->momentum * s->m + rate * g / sqrt(below);
        *w -= s->m;
    } else if (strcmp(of->name, "adagrad") == 0) {
        if (t == 1) s->v = of->accumulator;
        s->v += g * g;
        *w -= rate * g / sqrt(s->v + of->epsilon);
    } else {
        fail_msg("the optimizer %s has no formula in reference_element()", of->name);
    }
}

/** Gradients of step `step`: of changing size, so that clipping sometimes has to act. */
static inline void set_gradients(nn_model *model, int64_t step) {
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        double size = 0.02 * (double)(1 + (step * 7 + i * 3) % 50);
        fill(parameter->variable->gradient, parameter->count, (uint64_t)(1000 * step + i), -size,
             size);
    }
}

static inline void apply_body(void *context) {
    nn_optimizer_apply(context);
}

/** Steps `from` to `to` - 1 (from 0) by a team. */
static inline void run_steps(nn_optimizer *optimizer, nn_model *model, int64_t from, int64_t to,
                             int threads) {
    for (int64_t step = from; step < to; step++) {
        set_gradients(model, step);
        nn_team_run(threads, apply_body, optimizer);
    }
}

#endif
