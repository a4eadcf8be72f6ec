/* activation.c: y = f(x), an activation function as a layer of its own (keras.layers.Activation). */
#include "kernels/activation.h"

#include "layers/layer.h"

typedef struct {
    nn_layer layer;
    int activation;
    nn_activation applied; /* the activation, or linear where the loss applies it */
} activation_layer;

static const nn_field FIELDS[] = {
    {.name = "activation", .type = NN_FIELD_CHOICE,
     .offset = offsetof(activation_layer, activation), .flags = NN_FIELD_REQUIRED,
     .choices = NN_ACTIVATION_NAMES, .help = "activation function; softmax is over the last axis"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_status build(nn_layer *layer) {
    activation_layer *self = (activation_layer *)layer;
    self->applied = (nn_activation)self->activation;
    layer->output_shape = layer->input_shape;
    return NN_OK;
}

static int64_t all_rows(const nn_layer *layer, const nn_pass *pass) {
    int64_t columns = nn_shape_last(layer->input_shape);
    return pass->rows * (nn_shape_count(layer->input_shape) / columns);
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    activation_layer *self = (activation_layer *)layer;
    nn_activation_forward(self->applied, all_rows(layer, pass), nn_shape_last(layer->input_shape),
                          x, y);
}

static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    activation_layer *self = (activation_layer *)layer;
    if (!dx) return;
    nn_activation_backward(self->applied, all_rows(layer, pass), nn_shape_last(layer->input_shape),
                           x, y, dy, dx);
}

static nn_activation *activation_of(nn_layer *layer) {
    return &((activation_layer *)layer)->applied;
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    return nn_graph_activation(graph, (nn_activation)((const activation_layer *)layer)->activation, x);
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
