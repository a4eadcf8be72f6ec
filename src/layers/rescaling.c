/* rescaling.c: y = x * scale + offset (keras.layers.Rescaling). */
#include "kernels/elementwise.h"
#include "layers/layer.h"

typedef struct {
    nn_layer layer;
    double scale, offset;
} rescaling;

static const nn_field FIELDS[] = {
    {.name = "scale", .type = NN_FIELD_REAL, .offset = offsetof(rescaling, scale),
     .flags = NN_FIELD_REQUIRED, .help = "factor"},
    {.name = "offset", .type = NN_FIELD_REAL, .offset = offsetof(rescaling, offset), .number = 0,
     .help = "what is added"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_status build(nn_layer *layer) {
    layer->output_shape = layer->input_shape;
    return NN_OK;
}

static void forward(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y) {
    rescaling *self = (rescaling *)layer;
    nn_affine(pass->rows * nn_shape_count(layer->input_shape), (nn_real)self->scale,
              (nn_real)self->offset, x, y);
}

static void backward(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx) {
    (void)x, (void)y;
    if (!dx) return;
    nn_affine(pass->rows * nn_shape_count(layer->input_shape),
              (nn_real)((rescaling *)layer)->scale, 0, dy, dx);
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    const rescaling *self = (const rescaling *)layer;
    nn_value scale = nn_graph_scalar(graph, "scale", (nn_real)self->scale);
    nn_value y = nn_graph_add(graph, "Mul", x, scale);
    if (self->offset == 0) return y;
    return nn_graph_add(graph, "Add", y, nn_graph_scalar(graph, "offset", (nn_real)self->offset));
}

const nn_layer_class NN_RESCALING = {.base = {.name = "Rescaling",
                                              .summary = "y = x * scale + offset",
                                              .fields = FIELDS,
                                              .size = sizeof(rescaling)},
                                     .build = build,
                                     .forward = forward,
                                     .backward = backward,
                                     .describe = describe,
                                     .example = "{layer: Rescaling, scale: 0.5, offset: -1.0}",
                                     .example_input = {2, {3, 2}}};
