/* sgd.c: stochastic gradient descent with momentum (Polyak 1964; Nesterov 1983), as in Keras:
 * v = momentum v - rate g;  w += v, or with nesterov w += momentum v - rate g. */
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <math.h>

typedef struct {
    nn_optimizer_args args;
    double momentum;
    bool nesterov;
} sgd;

static const nn_field FIELDS[] = {
    NN_OPTIMIZER_FIELDS("0.01", 0),
    {.name = "momentum", .type = NN_FIELD_REAL, .offset = offsetof(sgd, momentum), .number = 0,
     .min = 0, .max = 1, .help = "part of the last change that is kept"},
    {.name = "nesterov", .type = NN_FIELD_BOOL, .offset = offsetof(sgd, nesterov), .number = 0,
     .help = "whether to look ahead along the momentum"},
    {.name = NULL}};

static void slots(const nn_object *args, const char *names[NN_OPTIMIZER_SLOTS + 1]) {
    names[0] = ((const sgd *)args)->momentum > 0 ? "momentum" : NULL;
    names[1] = NULL;
}

static void update(const nn_object *args, const nn_update *piece) {
    const sgd *self = (const sgd *)args;
    const nn_real rate = (nn_real)piece->rate, momentum = (nn_real)self->momentum;
    const nn_real *restrict g = piece->gradient;
    nn_real *restrict w = piece->value, *restrict v = piece->slots[0];
    if (self->momentum == 0) {
        for (int64_t i = 0; i < piece->count; i++) w[i] -= rate * g[i];
    } else if (!self->nesterov) {
        for (int64_t i = 0; i < piece->count; i++) {
            v[i] = momentum * v[i] - rate * g[i];
            w[i] += v[i];
        }
    } else {
        for (int64_t i = 0; i < piece->count; i++) {
            v[i] = momentum * v[i] - rate * g[i];
            w[i] += momentum * v[i] - rate * g[i];
        }
    }
}

const nn_optimizer_class NN_SGD = {.base = {.name = "sgd",
                                            .keras = "SGD",
                                            .summary = "gradient descent, with momentum",
                                            .fields = FIELDS,
                                            .size = sizeof(sgd),
                                            .check = nn_optimizer_check},
                                   .slots = slots,
                                   .together = 1,
                                   .update = update};
