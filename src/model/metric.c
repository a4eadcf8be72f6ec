/* metric.c: the metrics and their list. What `accuracy` stands for, binary or by the most probable
 * class, objective.c decides by the loss. */
#include "model/metric.h"

#include <math.h>

static double mean_over_rows(const nn_object *metric, int64_t columns, const double *sums,
                             double rows) {
    (void)metric, (void)columns;
    return sums[0] / rows;
}

static double mean_over_all(const nn_object *metric, int64_t columns, const double *sums,
                            double rows) {
    (void)metric;
    return sums[0] / (rows * (double)columns);
}

/* ---- accuracy ---- */

static void add_most_probable(const nn_object *metric, const nn_metric_row *row, double *sums) {
    (void)metric;
    int64_t best = 0;
    for (int64_t j = 1; j < row->columns; j++)
        if (row->prediction[j] > row->prediction[best]) best = j;
    sums[0] += best == row->label && !isnan(row->prediction[best]);
}

typedef struct {
    nn_object object;
    double threshold;
} binary_accuracy;

static void add_binary(const nn_object *metric, const nn_metric_row *row, double *sums) {
    double threshold = ((const binary_accuracy *)metric)->threshold;
    int right = 0;
    for (int64_t j = 0; j < row->columns; j++)
        right += ((double)row->prediction[j] > threshold) == ((double)row->targets[j] > 0.5);
    sums[0] += right;
}

typedef struct {
    nn_object object;
    int64_t k;
} top_k_accuracy;

static void add_top_k(const nn_object *metric, const nn_metric_row *row, double *sums) {
    int64_t above = 0;
    for (int64_t j = 0; j < row->columns; j++) /* NaN is above everything: it is no guess */
        above += !(row->prediction[j] <= row->prediction[row->label]);
    sums[0] += above < ((const top_k_accuracy *)metric)->k;
}

/* ---- errors ---- */

static void add_squared(const nn_object *metric, const nn_metric_row *row, double *sums) {
    (void)metric;
    for (int64_t j = 0; j < row->columns; j++) {
        double error = (double)row->prediction[j] - (double)row->targets[j];
        sums[0] += error * error;
    }
}

static void add_absolute(const nn_object *metric, const nn_metric_row *row, double *sums) {
    (void)metric;
    for (int64_t j = 0; j < row->columns; j++)
        sums[0] += fabs((double)row->prediction[j] - (double)row->targets[j]);
}

/* The squares of the targets are added up in two parts of 24 bits, so that their sums are exact: a
 * difference of rounded sums would take a constant target for one that varies. */
enum { R2_ERROR, R2_TARGET, R2_SQUARE, R2_SQUARE_REST, R2_SUMS };

static void add_r2(const nn_object *metric, const nn_metric_row *row, double *sums) {
    (void)metric;
    for (int64_t j = 0; j < row->columns; j++) {
        double target = (double)row->targets[j], error = (double)row->prediction[j] - target;
        sums[R2_SUMS * j + R2_ERROR] += error * error;
        sums[R2_SUMS * j + R2_TARGET] += target;
        double square = target * target, most = (double)(float)square;
        if (!isfinite(most)) most = square;
        sums[R2_SUMS * j + R2_SQUARE] += most;
        sums[R2_SUMS * j + R2_SQUARE_REST] += square - most;
    }
}

/* 1 - residual / total sum of squares, a mean over the outputs; 0 for a constant target. */
static double r2_value(const nn_object *metric, int64_t columns, const double *sums, double rows) {
    (void)metric;
    double score = 0;
    for (int64_t j = 0; j < columns; j++) {
        const double *s = sums + R2_SUMS * j;
        double mean = s[R2_TARGET] / rows, product = s[R2_TARGET] * mean;
        double rounding = fma(s[R2_TARGET], mean, -product);
        double total = (s[R2_SQUARE] - product) + (s[R2_SQUARE_REST] - rounding);
        score += total > 0 ? 1 - s[R2_ERROR] / total : 0;
    }
    return score / (double)columns;
}

/* ---- the list ---- */

static const nn_field NO_FIELDS[] = {{.name = NULL}};
static const nn_field BINARY_FIELDS[] = {
    {.name = "threshold", .type = NN_FIELD_REAL, .offset = offsetof(binary_accuracy, threshold),
     .number = 0.5, .min = 0, .max = 1, .help = "a prediction above it is a yes"},
    {.name = NULL}};
static const nn_field TOP_K_FIELDS[] = {
    {.name = "k", .type = NN_FIELD_INT, .offset = offsetof(top_k_accuracy, k), .number = 5,
     .min = 1, .max = 1 << 24, .help = "how many guesses"},
    {.name = NULL}};

#define BY_CLASS(symbol, run_name, keras_name, text)                                               \
    static const nn_metric_class symbol = {.base = {.name = run_name,                              \
                                                    .keras = keras_name,                           \
                                                    .summary = text,                               \
                                                    .fields = NO_FIELDS,                           \
                                                    .size = sizeof(nn_object)},                    \
                                           .larger_is_better = true,                               \
                                           .add = add_most_probable,                               \
                                           .value = mean_over_rows}
#define BY_TOP_K(symbol, run_name, short_name, keras_name, text)                                   \
    static const nn_metric_class symbol = {.base = {.name = run_name,                              \
                                                    .alias = short_name,                           \
                                                    .keras = keras_name,                           \
                                                    .summary = text,                               \
                                                    .fields = TOP_K_FIELDS,                        \
                                                    .size = sizeof(top_k_accuracy)},               \
                                           .larger_is_better = true,                               \
                                           .add = add_top_k,                                       \
                                           .value = mean_over_rows}

BY_CLASS(ACCURACY, "accuracy", NULL,
         "part of the right answers: binary_accuracy or categorical_accuracy, by the loss");
BY_CLASS(CATEGORICAL_ACCURACY, "categorical_accuracy", "CategoricalAccuracy",
         "part of the rows whose most probable class is right");
BY_CLASS(SPARSE_CATEGORICAL_ACCURACY, "sparse_categorical_accuracy", "SparseCategoricalAccuracy",
         "the same, where targets are class numbers");
BY_TOP_K(TOP_K_ACCURACY, "top_k_categorical_accuracy", "top_k_accuracy", "TopKCategoricalAccuracy",
         "part of the rows whose right class is among the `k` most probable");
BY_TOP_K(SPARSE_TOP_K_ACCURACY, "sparse_top_k_categorical_accuracy", NULL,
         "SparseTopKCategoricalAccuracy",
         "the same, where targets are class numbers");

static const nn_metric_class BINARY_ACCURACY = {
    .base = {.name = "binary_accuracy",
             .keras = "BinaryAccuracy",
             .summary = "part of the outputs on the right side of `threshold`",
             .fields = BINARY_FIELDS,
             .size = sizeof(binary_accuracy)},
    .larger_is_better = true,
    .needs_values = true,
    .add = add_binary,
    .value = mean_over_all};
static const nn_metric_class SQUARED_ERROR = {.base = {.name = "mse",
                                                       .alias = "mean_squared_error",
                                                       .keras = "MeanSquaredError",
                                                       .summary = "mean squared error",
                                                       .fields = NO_FIELDS,
                                                       .size = sizeof(nn_object)},
                                              .needs_values = true,
                                              .add = add_squared,
                                              .value = mean_over_all};
static const nn_metric_class ABSOLUTE_ERROR = {.base = {.name = "mae",
                                                        .alias = "mean_absolute_error",
                                                        .keras = "MeanAbsoluteError",
                                                        .summary = "mean absolute error",
                                                        .fields = NO_FIELDS,
                                                        .size = sizeof(nn_object)},
                                               .needs_values = true,
                                               .add = add_absolute,
                                               .value = mean_over_all};
static const nn_metric_class R2 = {.base = {.name = "r2",
                                            .alias = "r2_score",
                                            .keras = "R2Score",
                                            .summary = "coefficient of determination, a mean over "
                                                       "the outputs",
                                            .fields = NO_FIELDS,
                                            .size = sizeof(nn_object)},
                                   .larger_is_better = true,
                                   .needs_values = true,
                                   .sums_per_column = R2_SUMS,
                                   .add = add_r2,
                                   .value = r2_value};

static const nn_class *const METRICS[] = {&ACCURACY.base,
                                          &BINARY_ACCURACY.base,
                                          &CATEGORICAL_ACCURACY.base,
                                          &SPARSE_CATEGORICAL_ACCURACY.base,
                                          &TOP_K_ACCURACY.base,
                                          &SPARSE_TOP_K_ACCURACY.base,
                                          &SQUARED_ERROR.base,
                                          &ABSOLUTE_ERROR.base,
                                          &R2.base,
                                          NULL};

const nn_registry NN_METRICS = {.noun = "metric", .key = "name", .classes = METRICS};

int64_t nn_metric_sums(const nn_object *metric, int64_t columns) {
    int per_column = nn_metric_methods(metric)->sums_per_column;
    return per_column ? per_column * columns : 1;
}
