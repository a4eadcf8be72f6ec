/* flatten.c: (rows, d1, d2, ...) as (rows, d1 * d2 * ...) (keras.layers.Flatten). */
#include "layers/layer.h"

typedef struct {
    nn_layer layer;
} flatten;

static const nn_field FIELDS[] = {NN_LAYER_NAME_FIELD, {.name = NULL}};

static nn_status build(nn_layer *layer) {
    layer->output_shape = (nn_shape){1, {nn_shape_count(layer->input_shape)}};
    return NN_OK;
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    return nn_graph_reshape(graph, x, layer->output_shape);
}

const nn_layer_class NN_FLATTEN = {.base = {.name = "Flatten",
                                            .summary = "one axis instead of several",
                                            .fields = FIELDS,
                                            .size = sizeof(flatten)},
                                   .build = build,
                                   .describe = describe,
                                   .example = "{layer: Flatten}",
                                   .example_input = {3, {2, 3, 2}}};
