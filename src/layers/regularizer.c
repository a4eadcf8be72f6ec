/* regularizer.c: l1, l2 and both, with Keras's names, arguments and defaults. */
#include "layers/regularizer.h"

#include <math.h>

typedef struct {
    nn_object object;
    nn_penalty penalty;
} regularizer;

#define FACTOR(which, value)                                                                       \
    {                                                                                              \
        .name = #which, .type = NN_FIELD_REAL, .offset = offsetof(regularizer, penalty.which),     \
        .number = value, .min = 0, .max = INFINITY, .help = "factor of the " #which " penalty"     \
    }

static const nn_field L1_FIELDS[] = {FACTOR(l1, 0.01), {.name = NULL}};
static const nn_field L2_FIELDS[] = {FACTOR(l2, 0.01), {.name = NULL}};
static const nn_field BOTH_FIELDS[] = {FACTOR(l1, 0), FACTOR(l2, 0), {.name = NULL}};

static const nn_class L1 = {.name = "l1",
                            .keras = "L1",
                            .summary = "l1 * sum |w|",
                            .fields = L1_FIELDS,
                            .size = sizeof(regularizer)};
static const nn_class L2 = {.name = "l2",
                            .keras = "L2",
                            .summary = "l2 * sum w^2",
                            .fields = L2_FIELDS,
                            .size = sizeof(regularizer)};
static const nn_class L1_L2 = {.name = "l1_l2",
                               .keras = "L1L2",
                               .summary = "l1 * sum |w| + l2 * sum w^2",
                               .fields = BOTH_FIELDS,
                               .size = sizeof(regularizer)};

static const nn_class *const REGULARIZERS[] = {&L1, &L2, &L1_L2, NULL};

const nn_registry NN_REGULARIZERS = {.noun = "regularizer",
                                     .key = "name",
                                     .classes = REGULARIZERS,
                                     .from_map = &L1_L2};

nn_penalty nn_regularizer_penalty(const nn_object *object) {
    return object ? ((const regularizer *)object)->penalty : (nn_penalty){0, 0};
}

double nn_penalty_add(nn_penalty penalty, int64_t count, const nn_real *w, nn_real *gradient) {
    const nn_real l1 = (nn_real)penalty.l1, l2 = (nn_real)penalty.l2;
    double sizes = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sizes += fabs((double)w[i]);
        squares += (double)w[i] * (double)w[i];
    }
    for (int64_t i = 0; gradient && i < count; i++) {
        nn_real sign = (nn_real)((w[i] > 0) - (w[i] < 0));
        gradient[i] += l1 * sign + 2 * l2 * w[i];
    }
    return penalty.l1 * sizes + penalty.l2 * squares;
}
