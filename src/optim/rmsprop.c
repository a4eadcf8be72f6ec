/* rmsprop.c: RMSprop (Hinton 2012), as in Keras: v = rho v + (1 - rho) g^2, with `centered` less the
 * square of the mean gradient; step = rate g / sqrt(v + epsilon), with momentum u = momentum u + step. */
#include "kernels/math.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

typedef struct {
    nn_optimizer_args args;
    double rho, momentum, epsilon;
    bool centered;
} rmsprop;

static const nn_field FIELDS[] = {
    NN_OPTIMIZER_FIELDS("0.001", 0),
    {.name = "rho", .type = NN_FIELD_REAL, .offset = offsetof(rmsprop, rho), .number = 0.9,
     .flags = NN_FIELD_MAX_OPEN, .min = 0, .max = 1, .help = "decay of the mean square"},
    {.name = "momentum", .type = NN_FIELD_REAL, .offset = offsetof(rmsprop, momentum), .number = 0,
     .min = 0, .max = 1, .help = "part of the last change that is kept"},
    {.name = "epsilon", .type = NN_FIELD_REAL, .offset = offsetof(rmsprop, epsilon), .number = 1e-7,
     .flags = NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY, .help = "keeps the divisor off zero"},
    {.name = "centered", .type = NN_FIELD_BOOL, .offset = offsetof(rmsprop, centered), .number = 0,
     .help = "whether to divide by the variance instead of the mean square"},
    {.name = NULL}};

static void slots(const nn_object *args, const char *names[NN_OPTIMIZER_SLOTS + 1]) {
    const rmsprop *self = (const rmsprop *)args;
    int count = 0;
    names[count++] = "velocity";
    if (self->momentum > 0) names[count++] = "momentum";
    if (self->centered) names[count++] = "average_gradient";
    names[count] = NULL;
}

static void update(const nn_object *args, const nn_update *piece) {
    const rmsprop *self = (const rmsprop *)args;
    const nn_real rate = (nn_real)piece->rate, momentum = (nn_real)self->momentum;
    const nn_real rho = (nn_real)self->rho, rest = (nn_real)(1 - self->rho);
    const nn_real epsilon = (nn_real)self->epsilon;
    const nn_real *restrict g = piece->gradient;
    nn_real *restrict w = piece->value, *restrict v = piece->slots[0];
    nn_real *restrict last = self->momentum > 0 ? piece->slots[1] : NULL;
    nn_real *restrict mean =
        self->centered ? piece->slots[self->momentum > 0 ? 2 : 1] : NULL;
    for (int64_t i = 0; i < piece->count; i++) {
        v[i] = rho * v[i] + rest * g[i] * g[i];
        nn_real divisor = v[i];
        if (mean) {
            mean[i] = rho * mean[i] + rest * g[i];
            divisor -= mean[i] * mean[i];
            divisor = divisor < 0 ? 0 : divisor; /* where nothing but rounding is left */
        }
        nn_real step = rate * g[i] / nn_sqrt(divisor + epsilon);
        if (last) step = last[i] = momentum * last[i] + step;
        w[i] -= step;
    }
}

const nn_optimizer_class NN_RMSPROP = {
    .base = {.name = "rmsprop",
             .keras = "RMSprop",
             .summary = "gradients divided by the root of their mean square",
             .fields = FIELDS,
             .size = sizeof(rmsprop),
             .check = nn_optimizer_check},
    .slots = slots,
    .together = 1,
    .update = update};
