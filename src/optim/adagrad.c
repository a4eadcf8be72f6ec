/* adagrad.c: Adagrad (Duchi et al. 2011), as in Keras: a += g^2;  w -= rate g / sqrt(a + epsilon). */
#include "kernels/math.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

typedef struct {
    nn_optimizer_args args;
    double initial_accumulator_value, epsilon;
} adagrad;

static const nn_field FIELDS[] = {
    NN_OPTIMIZER_FIELDS("0.001", 0),
    {.name = "initial_accumulator_value", .type = NN_FIELD_REAL,
     .offset = offsetof(adagrad, initial_accumulator_value), .number = 0.1, .min = 0,
     .max = INFINITY, .help = "what the sums of squares start from"},
    {.name = "epsilon", .type = NN_FIELD_REAL, .offset = offsetof(adagrad, epsilon), .number = 1e-7,
     .flags = NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY, .help = "keeps the divisor off zero"},
    {.name = NULL}};

static void slots(const nn_object *args, const char *names[NN_OPTIMIZER_SLOTS + 1]) {
    (void)args;
    names[0] = "accumulator";
    names[1] = NULL;
}

static double initial(const nn_object *args) {
    return ((const adagrad *)args)->initial_accumulator_value;
}

static void update(const nn_object *args, const nn_update *piece) {
    const adagrad *self = (const adagrad *)args;
    const nn_real rate = (nn_real)piece->rate, epsilon = (nn_real)self->epsilon;
    const nn_real *restrict g = piece->gradient;
    nn_real *restrict w = piece->value, *restrict sum = piece->slots[0];
    for (int64_t i = 0; i < piece->count; i++) {
        sum[i] += g[i] * g[i];
        w[i] -= rate * g[i] / nn_sqrt(sum[i] + epsilon);
    }
}

const nn_optimizer_class NN_ADAGRAD = {
    .base = {.name = "adagrad",
             .keras = "Adagrad",
             .summary = "gradients divided by the root of the sum of their squares",
             .fields = FIELDS,
             .size = sizeof(adagrad),
             .check = nn_optimizer_check},
    .slots = slots,
    .together = 1,
    .initial = initial,
    .update = update};
