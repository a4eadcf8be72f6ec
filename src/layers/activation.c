/* activation.c: y = f(x), an activation function as a layer of its own (keras.layers.Activation). */
#include "kernels/activation.h"

#include "layers/layer.h"

typedef struct {
    nn_layer layer;
    int activation;
} activation_layer;

static const nn_field FIELDS[] = {
    {.name = "activation", .type = NN_FIELD_CHOICE,
     .offset = offsetof(activation_layer, activation), .flags = NN_FIELD_REQUIRED,
     .choices = NN_ACTIVATION_NAMES, .help = "activation function; softmax is over the last axis"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_activation activation_of(const nn_layer *layer) {
    return (nn_activation)((const activation_layer *)layer)->activation;
}

/* The activation, or none where the loss applies it. */
static nn_activation applied(const nn_layer *layer) {
    return layer->bare ? NN_LINEAR : activation_of(layer);
}

static nn_status build(nn_layer *layer) {
    layer->output_shape = layer->input_shape;
    return NN_OK;
}

static int64_t all_rows(const nn_layer *layer, const nn_pass *pass) {
    int64_t columns = nn_shape_last(layer->input_shape);
    return pass->rows * (nn_shape_count(layer->input_shape) / columns);
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    nn_activation_forward(applied(layer), all_rows(layer, pass), nn_shape_last(layer->input_shape),
                          x, y);
}

static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    if (!dx) return;
    nn_activation_backward(applied(layer), all_rows(layer, pass), nn_shape_last(layer->input_shape),
                           x, y, dy, dx);
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    return nn_graph_activation(graph, activation_of(layer), x);
}

const nn_layer_class NN_ACTIVATION_LAYER = {
    .base = {.name = "Activation",
             .summary = "y = activation(x)",
             .fields = FIELDS,
             .size = sizeof(activation_layer)},
    .build = build,
    .forward = forward,
    .backward = backward,
    .activation = activation_of,
    .describe = describe,
    .example = "{layer: Activation, activation: softplus}",
    .example_input = {1, {6}}};
