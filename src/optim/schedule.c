/* schedule.c: learning rates that change with the step: Keras's names, arguments and formulas
 * (cosine: Loshchilov & Hutter 2017). */
#include "optim/schedule.h"

#include <math.h>

typedef struct {
    nn_class base;
    double (*value)(const nn_object *self, double step);
} schedule_class;

#define STEPS(object_type)                                                                         \
    {                                                                                              \
        .name = "decay_steps", .type = NN_FIELD_INT, .offset = offsetof(object_type, decay_steps), \
        .flags = NN_FIELD_REQUIRED, .min = 1, .max = INFINITY, .help = "steps of the decay"        \
    }
#define INITIAL(object_type)                                                                       \
    {                                                                                              \
        .name = "initial_learning_rate", .type = NN_FIELD_REAL,                                    \
        .offset = offsetof(object_type, initial), .flags = NN_FIELD_REQUIRED, .min = 0,            \
        .max = INFINITY, .help = "learning rate of step 0"                                         \
    }

/* ---- constant ---- */

typedef struct {
    nn_object object;
    double rate;
} constant;

static double constant_value(const nn_object *self, double step) {
    (void)step;
    return ((const constant *)self)->rate;
}

static const nn_field CONSTANT_FIELDS[] = {
    {.name = "learning_rate", .type = NN_FIELD_REAL, .offset = offsetof(constant, rate),
     .flags = NN_FIELD_REQUIRED, .min = 0, .max = INFINITY, .help = "learning rate of every step"},
    {.name = NULL}};

static const schedule_class CONSTANT = {
    .base = {.name = "constant",
             .summary = "the same rate at every step; short: `learning_rate: 0.001`",
             .fields = CONSTANT_FIELDS,
             .size = sizeof(constant)},
    .value = constant_value};

/* ---- exponential ---- */

typedef struct {
    nn_object object;
    double initial, decay_rate;
    int64_t decay_steps;
    bool staircase;
} exponential;

static double exponential_value(const nn_object *object, double step) {
    const exponential *self = (const exponential *)object;
    double power = step / (double)self->decay_steps;
    return self->initial * pow(self->decay_rate, self->staircase ? floor(power) : power);
}

static const nn_field EXPONENTIAL_FIELDS[] = {
    INITIAL(exponential), STEPS(exponential),
    {.name = "decay_rate", .type = NN_FIELD_REAL, .offset = offsetof(exponential, decay_rate),
     .flags = NN_FIELD_REQUIRED, .min = 0, .max = INFINITY, .help = "factor after decay_steps"},
    {.name = "staircase", .type = NN_FIELD_BOOL, .offset = offsetof(exponential, staircase),
     .number = 0, .help = "whether to decay in jumps, every decay_steps"},
    {.name = NULL}};

static const schedule_class EXPONENTIAL = {
    .base = {.name = "ExponentialDecay",
             .alias = "exponential",
             .summary = "initial * decay_rate^(step / decay_steps)",
             .fields = EXPONENTIAL_FIELDS,
             .size = sizeof(exponential)},
    .value = exponential_value};

/* ---- cosine ---- */

typedef struct {
    nn_object object;
    double initial, alpha, warmup_target;
    int64_t decay_steps, warmup_steps;
} cosine;

static double cosine_value(const nn_object *object, double step) {
    const double pi = 3.14159265358979323846;
    const cosine *self = (const cosine *)object;
    double start = self->initial, steps = (double)self->decay_steps;
    double warmup = (double)self->warmup_steps;
    if (!isnan(self->warmup_target)) {
        if (step < warmup)
            return self->initial + (self->warmup_target - self->initial) * step / warmup;
        start = self->warmup_target;
        step -= warmup;
    }
    double part = fmin(step, steps) / steps;
    return start * ((1 - self->alpha) * 0.5 * (1 + cos(pi * part)) + self->alpha);
}

static const nn_field COSINE_FIELDS[] = {
    INITIAL(cosine), STEPS(cosine),
    {.name = "alpha", .type = NN_FIELD_REAL, .offset = offsetof(cosine, alpha), .number = 0,
     .min = 0, .max = 1, .help = "final rate as a fraction of the highest"},
    {.name = "warmup_target", .type = NN_FIELD_REAL, .offset = offsetof(cosine, warmup_target),
     .flags = NN_FIELD_NULLABLE, .min = 0, .max = INFINITY,
     .help = "rate reached linearly by the warm-up; null: no warm-up"},
    {.name = "warmup_steps", .type = NN_FIELD_INT, .offset = offsetof(cosine, warmup_steps),
     .number = 0, .min = 0, .max = INFINITY, .help = "steps of the warm-up"},
    {.name = NULL}};

static const schedule_class COSINE = {
    .base = {.name = "CosineDecay",
             .alias = "cosine",
             .summary = "half a cosine from the highest rate down to alpha times it, after a linear "
                        "warm-up",
             .fields = COSINE_FIELDS,
             .size = sizeof(cosine)},
    .value = cosine_value};

/* ---- piecewise constant ---- */

typedef struct {
    nn_object object;
    nn_reals boundaries, values;
} piecewise;

static double piecewise_value(const nn_object *object, double step) {
    const piecewise *self = (const piecewise *)object;
    int64_t i = 0;
    while (i < self->boundaries.count && step > self->boundaries.values[i]) i++;
    return self->values.values[i];
}

static nn_status check_piecewise(const nn_object *object) {
    const piecewise *self = (const piecewise *)object;
    if (self->values.count != self->boundaries.count + 1)
        return nn_fail(NN_BAD_CONFIG,
                       "'values' must have one number more than 'boundaries' (%lld and %lld)",
                       (long long)self->values.count, (long long)self->boundaries.count);
    for (int64_t i = 1; i < self->boundaries.count; i++)
        if (self->boundaries.values[i] <= self->boundaries.values[i - 1])
            return nn_fail(NN_BAD_CONFIG, "'boundaries' must increase");
    return NN_OK;
}

static const nn_field PIECEWISE_FIELDS[] = {
    {.name = "boundaries", .type = NN_FIELD_REALS, .offset = offsetof(piecewise, boundaries),
     .flags = NN_FIELD_REQUIRED, .min = 0, .max = INFINITY, .help = "last step of each value"},
    {.name = "values", .type = NN_FIELD_REALS, .offset = offsetof(piecewise, values),
     .flags = NN_FIELD_REQUIRED, .min = 0, .max = INFINITY,
     .help = "learning rates, one more than there are boundaries"},
    {.name = NULL}};

static const schedule_class PIECEWISE = {.base = {.name = "PiecewiseConstantDecay",
                                                  .alias = "piecewise_constant",
                                                  .summary = "values[i] up to step boundaries[i]",
                                                  .fields = PIECEWISE_FIELDS,
                                                  .size = sizeof(piecewise),
                                                  .check = check_piecewise},
                                         .value = piecewise_value};

/* ---- polynomial ---- */

typedef struct {
    nn_object object;
    double initial, end, power;
    int64_t decay_steps;
    bool cycle;
} polynomial;

static double polynomial_value(const nn_object *object, double step) {
    const polynomial *self = (const polynomial *)object;
    double steps = (double)self->decay_steps;
    if (self->cycle) steps *= step > 0 ? ceil(step / steps) : 1;
    else step = fmin(step, steps);
    return (self->initial - self->end) * pow(1 - step / steps, self->power) + self->end;
}

static const nn_field POLYNOMIAL_FIELDS[] = {
    INITIAL(polynomial), STEPS(polynomial),
    {.name = "end_learning_rate", .type = NN_FIELD_REAL, .offset = offsetof(polynomial, end),
     .number = 0.0001, .min = 0, .max = INFINITY, .help = "final rate"},
    {.name = "power", .type = NN_FIELD_REAL, .offset = offsetof(polynomial, power), .number = 1,
     .min = 0, .max = INFINITY, .help = "1: linear"},
    {.name = "cycle", .type = NN_FIELD_BOOL, .offset = offsetof(polynomial, cycle), .number = 0,
     .help = "whether to start again, over more steps each time"},
    {.name = NULL}};

static const schedule_class POLYNOMIAL = {
    .base = {.name = "PolynomialDecay",
             .alias = "polynomial",
             .summary = "(initial - end) * (1 - step / decay_steps)^power + end",
             .fields = POLYNOMIAL_FIELDS,
             .size = sizeof(polynomial)},
    .value = polynomial_value};

static const nn_class *const SCHEDULES[] = {&CONSTANT.base,  &EXPONENTIAL.base, &COSINE.base,
                                            &PIECEWISE.base, &POLYNOMIAL.base,  NULL};

const nn_registry NN_SCHEDULES = {.noun = "learning rate schedule",
                                  .key = "schedule",
                                  .classes = SCHEDULES,
                                  .from_number = &CONSTANT.base};

double nn_schedule_value(const nn_object *schedule, int64_t step) {
    return ((const schedule_class *)schedule->isa)->value(schedule, (double)step);
}
