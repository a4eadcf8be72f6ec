/* normalization.c: y = (x - mean) / sqrt(variance), for each feature of the last axis
 * (keras.layers.Normalization). Mean and variance are those of the training data, gathered in two
 * passes (the second over squared deviations from the mean, so that nothing cancels) and reduced
 * over all ranks, or given as arguments. As in Keras the divisor is at least 1e-7. */
#include "kernels/elementwise.h"
#include "layers/layer.h"

#include <math.h>

typedef struct {
    nn_layer layer;
    nn_reals mean, variance; /* the arguments */
} normalization;

enum { MEAN, VARIANCE, COUNT };

static const nn_field FIELDS[] = {
    {.name = "mean", .type = NN_FIELD_REALS, .offset = offsetof(normalization, mean),
     .flags = NN_FIELD_NULLABLE | NN_FIELD_NOT_KERAS,
     .help = "mean of each feature (or one for all); null: from the training data"},
    {.name = "variance", .type = NN_FIELD_REALS, .offset = offsetof(normalization, variance),
     .flags = NN_FIELD_NULLABLE | NN_FIELD_NOT_KERAS, .min = 0, .max = INFINITY,
     .help = "variance of each feature (or one for all); null: from the training data"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_status check(const nn_object *object) {
    const normalization *self = (const normalization *)object;
    if ((self->mean.count == 0) != (self->variance.count == 0))
        return nn_fail(NN_BAD_CONFIG, "give both 'mean' and 'variance', or neither");
    return NN_OK;
}

static nn_status build(nn_layer *layer) {
    normalization *self = (normalization *)layer;
    int64_t features = nn_shape_last(layer->input_shape);
    const nn_reals *given[] = {&self->mean, &self->variance};
    for (int i = 0; i < 2; i++)
        if (given[i]->count > 1 && given[i]->count != features)
            return nn_fail(NN_BAD_CONFIG, "'%s' has %lld numbers; the input has %lld features",
                           i ? "variance" : "mean", (long long)given[i]->count,
                           (long long)features);
    nn_shape each = {1, {features}}, scalar = {0, {0}};
    nn_layer_add_variable(layer, "mean", each, false);
    nn_layer_add_variable(layer, "variance", each, false);
    nn_layer_add_variable(layer, "count", scalar, false);
    layer->output_shape = layer->input_shape;
    layer->statistics = self->mean.count ? 0 : 1 + features; /* rows, then a sum a feature */
    return NN_OK;
}

/* The given statistics, or those that change nothing until settle() brings the data's. */
static void initialize(nn_layer *layer) {
    const normalization *self = (const normalization *)layer;
    int64_t features = nn_shape_last(layer->input_shape);
    nn_real *mean = layer->variables[MEAN].value, *variance = layer->variables[VARIANCE].value;
    for (int64_t j = 0; j < features; j++) {
        mean[j] = 0;
        variance[j] = 1;
        if (self->mean.count == 0) continue;
        mean[j] = (nn_real)self->mean.values[self->mean.count > 1 ? j : 0];
        variance[j] = (nn_real)self->variance.values[self->variance.count > 1 ? j : 0];
    }
}

static int64_t all_rows(const nn_layer *layer, int64_t rows) {
    return rows * (nn_shape_count(layer->input_shape) / nn_shape_last(layer->input_shape));
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    nn_normalize(all_rows(layer, pass->rows), nn_shape_last(layer->input_shape),
                 layer->variables[MEAN].value, layer->variables[VARIANCE].value, x, y);
}

/* dx = dy / sqrt(variance): normalizing dy with a mean of zero */
static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    (void)x, (void)y;
    if (!dx) return;
    nn_normalize(all_rows(layer, pass->rows), nn_shape_last(layer->input_shape), NULL,
                 layer->variables[VARIANCE].value, dy, dx);
}

static void gather(nn_layer *layer, int turn, int64_t rows, const nn_real *x, double *sums) {
    int64_t features = nn_shape_last(layer->input_shape), count = all_rows(layer, rows);
    const nn_real *mean = layer->variables[MEAN].value;
    sums[0] += (double)count;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < features; j++) {
            double value = (double)x[i * features + j];
            double deviation = value - (double)mean[j];
            sums[1 + j] += turn == 0 ? value : deviation * deviation;
        }
    }
}

static void settle(nn_layer *layer, int turn, const double *sums) {
    int64_t features = nn_shape_last(layer->input_shape);
    nn_real *target = layer->variables[turn == 0 ? MEAN : VARIANCE].value;
    for (int64_t j = 0; j < features; j++)
        target[j] = sums[0] > 0 ? (nn_real)(sums[1 + j] / sums[0]) : 0;
    layer->variables[COUNT].value[0] = (nn_real)sums[0];
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    nn_value mean = nn_layer_constant(layer, MEAN, graph);
    nn_value variance = nn_layer_constant(layer, VARIANCE, graph);
    nn_value least = nn_graph_scalar(graph, "least", (nn_real)NN_LEAST_DEVIATION);
    nn_value centered = nn_graph_add(graph, "Sub", x, mean);
    nn_value deviation = nn_graph_add(graph, "Sqrt", variance);
    return nn_graph_add(graph, "Div", centered, nn_graph_add(graph, "Max", deviation, least));
}

const nn_layer_class NN_NORMALIZATION = {
    .base = {.name = "Normalization",
             .summary = "y = (x - mean) / sqrt(variance), each feature by the training data's",
             .fields = FIELDS,
             .size = sizeof(normalization),
             .check = check},
    .build = build,
    .initialize = initialize,
    .forward = forward,
    .backward = backward,
    .describe = describe,
    .statistics_passes = 2,
    .gather = gather,
    .settle = settle,
    .example = "{layer: Normalization, mean: [0.5, -1.0, 2.0], variance: [4.0, 0.25, 1.0]}",
    .example_input = {2, {2, 3}}};
