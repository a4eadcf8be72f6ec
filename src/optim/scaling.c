/* scaling.c: how the learning rate grows with the number of samples of a step, k times the number
 * it is meant for: k times, with a gradual warm-up (Goyal et al., "Accurate, large minibatch SGD",
 * 2017), or sqrt(k) times (Krizhevsky, "One weird trick", 2014), which suits Adam better (Malladi
 * et al. 2022). */
#include "optim/scaling.h"

#include <math.h>

typedef struct {
    nn_class base;
    double (*factor)(double k);
} scaling_class;

static double linear_factor(double k) {
    return k;
}

static double sqrt_factor(double k) {
    return sqrt(k);
}

static const nn_field FIELDS[] = {
    {.name = "base_batch_size",
     .type = NN_FIELD_INT,
     .offset = offsetof(nn_scaling, base_batch_size),
     .flags = NN_FIELD_NULLABLE,
     .min = 1,
     .max = INFINITY,
     .help = "samples a step that the learning rate is meant for; null: batch_size, so that k is "
             "accumulate_steps"},
    {.name = "warmup_epochs",
     .type = NN_FIELD_REAL,
     .offset = offsetof(nn_scaling, warmup_epochs),
     .number = 5,
     .min = 0,
     .max = INFINITY,
     .help = "epochs in which a factor above 1 is reached, linearly from 1"},
    {.name = NULL}};

static const scaling_class LINEAR = {.base = {.name = "linear",
                                              .summary = "k times the learning rate, where a step "
                                                         "has k times base_batch_size samples",
                                              .fields = FIELDS,
                                              .size = sizeof(nn_scaling)},
                                     .factor = linear_factor};
static const scaling_class SQRT = {.base = {.name = "sqrt",
                                            .summary =
                                                "the square root of k times the learning rate",
                                            .fields = FIELDS,
                                            .size = sizeof(nn_scaling)},
                                   .factor = sqrt_factor};

static const nn_class *const SCALINGS[] = {&LINEAR.base, &SQRT.base, NULL};

const nn_registry NN_SCALINGS = {.noun = "learning rate scaling",
                                 .key = "rule",
                                 .classes = SCALINGS};

double nn_scaling_factor(const nn_scaling *scaling, int64_t step_rows, int64_t base_rows) {
    if (scaling->base_batch_size > 0) base_rows = scaling->base_batch_size;
    return ((const scaling_class *)scaling->object.isa)
        ->factor((double)step_rows / (double)base_rows);
}
