/* adam.c: Adam (Kingma & Ba 2015), AMSGrad (Reddi et al. 2018) and AdamW (Loshchilov & Hutter 2019),
 * as in Keras, whose epsilon is the paper's "epsilon hat": with a = rate sqrt(1 - b2^t) / (1 - b1^t),
 * m += (g - m)(1 - b1),  v += (g^2 - v)(1 - b2),  w -= a m / (sqrt(v) + epsilon). */
#include "kernels/math.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

typedef struct {
    nn_optimizer_args args;
    double beta_1, beta_2, epsilon;
    bool amsgrad;
} adam;

enum { MOMENTUM, VELOCITY, VELOCITY_HAT };

#define ADAM_FIELDS                                                                                \
    {.name = "beta_1", .type = NN_FIELD_REAL, .offset = offsetof(adam, beta_1), .number = 0.9,     \
     .flags = NN_FIELD_MAX_OPEN, .min = 0, .max = 1, .help = "decay of the first moment"},         \
    {.name = "beta_2", .type = NN_FIELD_REAL, .offset = offsetof(adam, beta_2), .number = 0.999,   \
     .flags = NN_FIELD_MAX_OPEN, .min = 0, .max = 1, .help = "decay of the second moment"},        \
    {.name = "epsilon", .type = NN_FIELD_REAL, .offset = offsetof(adam, epsilon), .number = 1e-7,  \
     .flags = NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY, .help = "keeps the divisor off zero"}, \
    {                                                                                              \
        .name = "amsgrad", .type = NN_FIELD_BOOL, .offset = offsetof(adam, amsgrad), .number = 0,  \
        .help = "whether to divide by the greatest second moment so far"                           \
    }

static const nn_field ADAM_TABLE[] = {
    NN_OPTIMIZER_FIELDS("0.001", 0), ADAM_FIELDS, {.name = NULL}};
static const nn_field ADAMW_TABLE[] = {
    NN_OPTIMIZER_FIELDS("0.001", 0.004), ADAM_FIELDS, {.name = NULL}};

static void slots(const nn_object *args, const char *names[NN_OPTIMIZER_SLOTS + 1]) {
    names[MOMENTUM] = "momentum";
    names[VELOCITY] = "velocity";
    names[VELOCITY_HAT] = ((const adam *)args)->amsgrad ? "velocity_hat" : NULL;
    names[NN_OPTIMIZER_SLOTS] = NULL;
}

static double corrected_rate(const nn_object *args, double learning_rate, int64_t step) {
    const adam *self = (const adam *)args;
    const double t = (double)step;
    return learning_rate * sqrt(1 - pow(self->beta_2, t)) / (1 - pow(self->beta_1, t));
}

static void update(const nn_object *args, const nn_update *piece) {
    const adam *self = (const adam *)args;
    const nn_real rate = (nn_real)piece->rate;
    const nn_real rest_1 = (nn_real)(1 - self->beta_1), rest_2 = (nn_real)(1 - self->beta_2);
    const nn_real epsilon = (nn_real)self->epsilon;
    const nn_real *restrict g = piece->gradient;
    nn_real *restrict w = piece->value, *restrict m = piece->slots[MOMENTUM];
    nn_real *restrict v = piece->slots[VELOCITY], *restrict top = piece->slots[VELOCITY_HAT];
    if (!self->amsgrad) {
        for (int64_t i = 0; i < piece->count; i++) {
            m[i] += (g[i] - m[i]) * rest_1;
            v[i] += (g[i] * g[i] - v[i]) * rest_2;
            w[i] -= rate * m[i] / (nn_sqrt(v[i]) + epsilon);
        }
        return;
    }
    for (int64_t i = 0; i < piece->count; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        top[i] = v[i] > top[i] ? v[i] : top[i];
        w[i] -= rate * m[i] / (nn_sqrt(top[i]) + epsilon);
    }
}

const nn_optimizer_class NN_ADAM = {.base = {.name = "adam",
                                             .keras = "Adam",
                                             .summary = "Adam; `amsgrad` for AMSGrad",
                                             .fields = ADAM_TABLE,
                                             .size = sizeof(adam),
                                             .check = nn_optimizer_check},
                                    .slots = slots,
                                    .together = 2,
                                    .rate = corrected_rate,
                                    .update = update};

const nn_optimizer_class NN_ADAMW = {.base = {.name = "adamw",
                                              .keras = "AdamW",
                                              .summary = "Adam with decoupled weight decay",
                                              .fields = ADAMW_TABLE,
                                              .size = sizeof(adam),
                                              .check = nn_optimizer_check},
                                     .slots = slots,
                                     .together = 2,
                                     .rate = corrected_rate,
                                     .update = update};
