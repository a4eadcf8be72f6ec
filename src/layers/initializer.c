/* initializer.c: initial values of variables, with Keras's names, arguments and defaults.
 *
 * The scaled ones draw with variance scale / n, where n is the number of inputs (he: He et al. 2015,
 * scale 2; lecun: LeCun et al. 1998, scale 1) or the mean of inputs and outputs (glorot: Glorot &
 * Bengio 2010, scale 1). Their normal variants are truncated at two standard deviations, and widened
 * so that the variance is as said. */
#include "layers/initializer.h"

#include <math.h>

typedef struct {
    nn_class base;
    double (*draw)(const nn_object *self, nn_random_stream stream, uint64_t index, nn_shape shape);
    double scale;
    bool mean_of_inputs_and_outputs;
} initializer_class;

static const initializer_class *class_of(const nn_object *object) {
    return (const initializer_class *)object->isa;
}

/* ---- variance scaling ---- */

static double variance_of(const nn_object *self, nn_shape shape) {
    double outputs = (double)nn_shape_last(shape);
    double inputs = shape.rank > 1 ? (double)nn_shape_count(shape) / outputs : outputs;
    double n = class_of(self)->mean_of_inputs_and_outputs ? (inputs + outputs) / 2 : inputs;
    return class_of(self)->scale / fmax(n, 1);
}

static double draw_scaled_uniform(const nn_object *self, nn_random_stream stream, uint64_t index,
                                  nn_shape shape) {
    double limit = sqrt(3 * variance_of(self, shape));
    return limit * (2 * nn_random_uniform(stream, index) - 1);
}

static double draw_scaled_normal(const nn_object *self, nn_random_stream stream, uint64_t index,
                                 nn_shape shape) {
    const double truncated_deviation = 0.87962566103423978; /* of a normal cut at two */
    double normal = nn_random_normal(stream, index);
    while (fabs(normal) > 2) {
        stream.step++; /* the next attempt */
        normal = nn_random_normal(stream, index);
    }
    return sqrt(variance_of(self, shape)) / truncated_deviation * normal;
}

static const nn_field NO_FIELDS[] = {{.name = NULL}};

#define SCALED(symbol, run_name, keras_name, kind, factor, both, text)                             \
    static const initializer_class symbol = {                                                      \
        .base = {.name = run_name, .keras = keras_name, .summary = text, .fields = NO_FIELDS,      \
                 .size = sizeof(nn_object)},                                                       \
        .draw = draw_scaled_##kind, .scale = factor, .mean_of_inputs_and_outputs = both}

SCALED(GLOROT_UNIFORM, "glorot_uniform", "GlorotUniform", uniform, 1, true,
       "uniform with variance 2 / (inputs + outputs)");
SCALED(GLOROT_NORMAL, "glorot_normal", "GlorotNormal", normal, 1, true,
       "truncated normal with variance 2 / (inputs + outputs)");
SCALED(HE_UNIFORM, "he_uniform", "HeUniform", uniform, 2, false,
       "uniform with variance 2 / inputs");
SCALED(HE_NORMAL, "he_normal", "HeNormal", normal, 2, false,
       "truncated normal with variance 2 / inputs");
SCALED(LECUN_UNIFORM, "lecun_uniform", "LecunUniform", uniform, 1, false,
       "uniform with variance 1 / inputs");
SCALED(LECUN_NORMAL, "lecun_normal", "LecunNormal", normal, 1, false,
       "truncated normal with variance 1 / inputs");

/* ---- with arguments of their own ---- */

typedef struct {
    nn_object object;
    double first, second; /* mean and stddev, minval and maxval, or value */
} drawn;

static double draw_normal(const nn_object *self, nn_random_stream stream, uint64_t index,
                          nn_shape shape) {
    (void)shape;
    const drawn *args = (const drawn *)self;
    return args->first + args->second * nn_random_normal(stream, index);
}

static const nn_field NORMAL_FIELDS[] = {
    {.name = "mean", .type = NN_FIELD_REAL, .offset = offsetof(drawn, first), .number = 0,
     .help = "mean"},
    {.name = "stddev", .type = NN_FIELD_REAL, .offset = offsetof(drawn, second), .number = 0.05,
     .min = 0, .max = INFINITY, .help = "standard deviation"},
    {.name = NULL}};

static const initializer_class RANDOM_NORMAL = {.base = {.name = "random_normal",
                                                         .keras = "RandomNormal",
                                                         .summary = "normal",
                                                         .fields = NORMAL_FIELDS,
                                                         .size = sizeof(drawn)},
                                                .draw = draw_normal};

static double draw_uniform(const nn_object *self, nn_random_stream stream, uint64_t index,
                           nn_shape shape) {
    (void)shape;
    const drawn *args = (const drawn *)self;
    return args->first + (args->second - args->first) * nn_random_uniform(stream, index);
}

static nn_status check_uniform(const nn_object *self) {
    const drawn *args = (const drawn *)self;
    if (args->first <= args->second) return NN_OK;
    return nn_fail(NN_BAD_CONFIG, "'minval' (%g) must not be above 'maxval' (%g)", args->first,
                   args->second);
}

static const nn_field UNIFORM_FIELDS[] = {
    {.name = "minval", .type = NN_FIELD_REAL, .offset = offsetof(drawn, first), .number = -0.05,
     .help = "least value"},
    {.name = "maxval", .type = NN_FIELD_REAL, .offset = offsetof(drawn, second), .number = 0.05,
     .help = "greatest value"},
    {.name = NULL}};

static const initializer_class RANDOM_UNIFORM = {.base = {.name = "random_uniform",
                                                          .keras = "RandomUniform",
                                                          .summary = "uniform",
                                                          .fields = UNIFORM_FIELDS,
                                                          .size = sizeof(drawn),
                                                          .check = check_uniform},
                                                 .draw = draw_uniform};

static double draw_constant(const nn_object *self, nn_random_stream stream, uint64_t index,
                            nn_shape shape) {
    (void)stream, (void)index, (void)shape;
    return ((const drawn *)self)->first;
}

static const nn_field CONSTANT_FIELDS[] = {
    {.name = "value", .type = NN_FIELD_REAL, .offset = offsetof(drawn, first), .number = 0,
     .help = "the value"},
    {.name = NULL}};

static const initializer_class CONSTANT = {.base = {.name = "constant",
                                                    .keras = "Constant",
                                                    .summary = "the same value everywhere",
                                                    .fields = CONSTANT_FIELDS,
                                                    .size = sizeof(drawn)},
                                           .draw = draw_constant};

static double draw_zero(const nn_object *self, nn_random_stream stream, uint64_t index,
                        nn_shape shape) {
    (void)self, (void)stream, (void)index, (void)shape;
    return 0;
}

static double draw_one(const nn_object *self, nn_random_stream stream, uint64_t index,
                       nn_shape shape) {
    (void)self, (void)stream, (void)index, (void)shape;
    return 1;
}

static const initializer_class ZEROS = {.base = {.name = "zeros",
                                                 .keras = "Zeros",
                                                 .summary = "0 everywhere",
                                                 .fields = NO_FIELDS,
                                                 .size = sizeof(nn_object)},
                                        .draw = draw_zero};
static const initializer_class ONES = {.base = {.name = "ones",
                                                .keras = "Ones",
                                                .summary = "1 everywhere",
                                                .fields = NO_FIELDS,
                                                .size = sizeof(nn_object)},
                                       .draw = draw_one};

static const nn_class *const INITIALIZERS[] = {
    &GLOROT_UNIFORM.base, &GLOROT_NORMAL.base, &HE_UNIFORM.base,    &HE_NORMAL.base,
    &LECUN_UNIFORM.base,  &LECUN_NORMAL.base,  &RANDOM_NORMAL.base, &RANDOM_UNIFORM.base,
    &ZEROS.base,          &ONES.base,          &CONSTANT.base,      NULL};

const nn_registry NN_INITIALIZERS = {
    .noun = "initializer", .key = "name", .classes = INITIALIZERS};

void nn_initialize(const nn_object *initializer, nn_random_stream stream, nn_shape shape,
                   nn_real *value) {
    int64_t count = nn_shape_count(shape);
    for (int64_t i = 0; i < count; i++)
        value[i] = initializer ? (nn_real)class_of(initializer)->draw(initializer, stream,
                                                                      (uint64_t)i, shape)
                               : 0;
}
