/* dropout.c: inverted dropout (keras.layers.Dropout; Srivastava et al., JMLR 2014). The mask comes
 * from the counter (seed, layer, step, row of the global batch, element), so it does not depend on
 * how the batch is shared out. */
#include "kernels/elementwise.h"
#include "layers/layer.h"

typedef struct {
    nn_layer layer;
    double rate;
} dropout;

static const nn_field FIELDS[] = {
    {.name = "rate", .type = NN_FIELD_REAL, .offset = offsetof(dropout, rate),
     .flags = NN_FIELD_REQUIRED | NN_FIELD_MAX_OPEN, .min = 0, .max = 1,
     .help = "fraction of the inputs that are set to zero while training"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_status build(nn_layer *layer) {
    layer->output_shape = layer->input_shape;
    layer->workspace_per_row = nn_shape_count(layer->input_shape); /* the mask */
    return NN_OK;
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    int64_t columns = nn_shape_count(layer->input_shape);
    double rate = ((const dropout *)layer)->rate;
    if (!pass->training || rate == 0) {
        nn_copy(pass->rows * columns, x, y);
        return;
    }
    nn_random_stream stream = {pass->seed, NN_RANDOM_DROPOUT, layer->index, pass->step};
    nn_dropout(pass->rows, columns, rate, stream, pass->first, x, y, layer->workspace);
}

static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    (void)x, (void)y;
    int64_t count = pass->rows * nn_shape_count(layer->input_shape);
    if (!dx) return;
    if (!pass->training || ((const dropout *)layer)->rate == 0) nn_copy(count, dy, dx);
    else nn_multiply(count, dy, layer->workspace, dx);
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    (void)layer, (void)graph;
    return x;
}

const nn_layer_class NN_DROPOUT = {
    .base = {.name = "Dropout",
             .summary = "sets a random fraction of the inputs to zero while training and scales the "
                        "others by 1 / (1 - rate)",
             .fields = FIELDS,
             .size = sizeof(dropout)},
    .build = build,
    .forward = forward,
    .backward = backward,
    .describe = describe,
    .example = "{layer: Dropout, rate: 0.4}",
    .example_input = {1, {7}}};
