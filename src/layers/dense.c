/* dense.c: y = activation(x W + b) over the last axis (keras.layers.Dense).
 * With z = x W + b:  dz = dy * f'(z),  dW = x^T dz,  db = sum of dz over rows,  dx = dz W^T. */
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "layers/initializer.h"
#include "layers/layer.h"
#include "layers/regularizer.h"

typedef struct {
    nn_layer layer;
    int64_t units;
    int activation;
    bool use_bias;
    nn_object *kernel_initializer, *bias_initializer;
    nn_object *kernel_regularizer, *bias_regularizer;
} dense;

static const nn_field FIELDS[] = {
    {.name = "units", .type = NN_FIELD_INT, .offset = offsetof(dense, units),
     .flags = NN_FIELD_REQUIRED, .min = 1, .max = 1 << 24, .help = "number of outputs"},
    {.name = "activation", .type = NN_FIELD_CHOICE, .offset = offsetof(dense, activation),
     .text = "linear", .choices = NN_ACTIVATION_NAMES, .help = "activation function"},
    {.name = "use_bias", .type = NN_FIELD_BOOL, .offset = offsetof(dense, use_bias), .number = 1,
     .help = "whether to add a bias"},
    {.name = "kernel_initializer", .type = NN_FIELD_OBJECT,
     .offset = offsetof(dense, kernel_initializer), .text = "glorot_uniform",
     .registry = &NN_INITIALIZERS, .help = "initial weights"},
    {.name = "bias_initializer", .type = NN_FIELD_OBJECT,
     .offset = offsetof(dense, bias_initializer), .text = "zeros", .registry = &NN_INITIALIZERS,
     .help = "initial bias"},
    {.name = "kernel_regularizer", .type = NN_FIELD_OBJECT,
     .offset = offsetof(dense, kernel_regularizer), .flags = NN_FIELD_NULLABLE,
     .registry = &NN_REGULARIZERS, .help = "penalty on the weights"},
    {.name = "bias_regularizer", .type = NN_FIELD_OBJECT,
     .offset = offsetof(dense, bias_regularizer), .flags = NN_FIELD_NULLABLE,
     .registry = &NN_REGULARIZERS, .help = "penalty on the bias"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

/* The activation, or none where the loss applies it. */
static nn_activation applied(const dense *self) {
    return self->layer.bare ? NN_LINEAR : (nn_activation)self->activation;
}

static nn_status build(nn_layer *layer) {
    dense *self = (dense *)layer;
    if (layer->input_shape.rank < 1)
        return nn_fail(NN_BAD_CONFIG, "Dense needs at least one input per sample");
    int64_t inputs = nn_shape_last(layer->input_shape);
    layer->output_shape = layer->input_shape;
    layer->output_shape.dim[layer->output_shape.rank - 1] = self->units;

    nn_shape kernel_shape = {2, {inputs, self->units}}, bias_shape = {1, {self->units}};
    nn_variable *kernel = nn_layer_add_variable(layer, "kernel", kernel_shape, true);
    kernel->initializer = self->kernel_initializer;
    kernel->regularizer = self->kernel_regularizer;
    if (self->use_bias) {
        nn_variable *bias = nn_layer_add_variable(layer, "bias", bias_shape, true);
        bias->initializer = self->bias_initializer;
        bias->regularizer = self->bias_regularizer;
    }
    if (nn_activation_needs_input(applied(self)))
        layer->workspace_per_row = nn_shape_count(layer->output_shape);
    return NN_OK;
}

/* Dense works on the last axis: the axes in front of it count as rows. */
static int64_t all_rows(const dense *self, const nn_pass *pass) {
    return pass->rows * nn_shape_count(self->layer.output_shape) / self->units;
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    dense *self = (dense *)layer;
    int64_t rows = all_rows(self, pass), inputs = nn_shape_last(layer->input_shape);
    bool softmax = applied(self) == NN_SOFTMAX; /* over whole rows, so not tile by tile */
    nn_epilogue epilogue = {.bias = self->use_bias ? layer->variables[1].value : NULL,
                            .activation = softmax ? NN_LINEAR : applied(self),
                            .before = layer->workspace_per_row ? layer->workspace : NULL};
    nn_gemm(rows, self->units, inputs, x, layer->variables[0].value, y, &epilogue);
    if (softmax) nn_activation_forward(NN_SOFTMAX, rows, self->units, y, y);
}

static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    dense *self = (dense *)layer;
    int64_t rows = all_rows(self, pass), inputs = nn_shape_last(layer->input_shape);
    nn_activation activation = applied(self);
    nn_real *db = self->use_bias ? layer->variables[1].gradient : NULL;
    if (activation == NN_SOFTMAX) {
        nn_activation_backward(NN_SOFTMAX, rows, self->units, NULL, y, dy, dy);
        activation = NN_LINEAR;
    }
    if (activation != NN_LINEAR || db)
        nn_bias_backward(activation, rows, self->units, layer->workspace, y, dy, dy, db);
    nn_gemm_ta(inputs, self->units, rows, x, dy, layer->variables[0].gradient);
    if (dx) nn_gemm_tb(rows, inputs, self->units, dy, layer->variables[0].value, dx);
}

static int64_t units_of(const nn_layer *layer) {
    return ((const dense *)layer)->units;
}

static nn_activation activation_of(const nn_layer *layer) {
    return (nn_activation)((const dense *)layer)->activation;
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    const dense *self = (const dense *)layer;
    nn_value kernel = nn_layer_constant(layer, 0, graph), y;
    if (self->use_bias && layer->input_shape.rank == 1) {
        y = nn_graph_add(graph, "Gemm", x, kernel, nn_layer_constant(layer, 1, graph));
    } else {
        y = nn_graph_add(graph, "MatMul", x, kernel);
        if (self->use_bias) y = nn_graph_add(graph, "Add", y, nn_layer_constant(layer, 1, graph));
    }
    return nn_graph_activation(graph, (nn_activation)self->activation, y);
}

const nn_layer_class NN_DENSE = {
    .base = {.name = "Dense",
             .summary = "y = activation(x W + b) over the last axis",
             .fields = FIELDS,
             .size = sizeof(dense)},
    .build = build,
    .forward = forward,
    .backward = backward,
    .activation = activation_of,
    .units = units_of,
    .describe = describe,
    .example = "{layer: Dense, units: 4, activation: gelu, kernel_regularizer: {l2: 0.01}}",
    .example_input = {2, {3, 5}}};
