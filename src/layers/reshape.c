/* reshape.c: the same elements in another shape (keras.layers.Reshape). */
#include "layers/layer.h"

#include <math.h>

typedef struct {
    nn_layer layer;
    nn_shape target_shape;
} reshape;

static const nn_field FIELDS[] = {
    {.name = "target_shape", .type = NN_FIELD_SHAPE, .offset = offsetof(reshape, target_shape),
     .flags = NN_FIELD_REQUIRED, .min = -1, .max = INFINITY,
     .help = "new extents of one sample; one may be -1 and follows from the others"},
    NN_LAYER_NAME_FIELD,
    {.name = NULL}};

static nn_status check(const nn_object *object) {
    const nn_shape shape = ((const reshape *)object)->target_shape;
    int open = 0;
    for (int i = 0; i < shape.rank; i++) {
        open += shape.dim[i] < 0;
        if (shape.dim[i] == 0 || open > 1)
            return nn_fail(NN_BAD_CONFIG, "target_shape: extents are positive; one may be -1");
    }
    return NN_OK;
}

static nn_status build(nn_layer *layer) {
    nn_shape shape = ((reshape *)layer)->target_shape;
    int64_t known = 1;
    int open = -1;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dim[i] < 0) open = i;
        else if (__builtin_mul_overflow(known, shape.dim[i], &known)) known = INT64_MAX;
    }
    int64_t count = nn_shape_count(layer->input_shape);
    if (open >= 0 && count % known == 0) shape.dim[open] = count / known;
    if (nn_shape_count(shape) != count) {
        char from[NN_SHAPE_TEXT], to[NN_SHAPE_TEXT];
        return nn_fail(NN_BAD_CONFIG,
                       "target_shape %s does not fit the input %s: it has %lld elements",
                       nn_shape_format(shape, to), nn_shape_format(layer->input_shape, from),
                       (long long)count);
    }
    layer->output_shape = shape;
    return NN_OK;
}

static nn_value describe(const nn_layer *layer, nn_graph *graph, nn_value x) {
    return nn_graph_reshape(graph, x, layer->output_shape);
}

const nn_layer_class NN_RESHAPE = {.base = {.name = "Reshape",
                                            .summary = "the same elements in another shape",
                                            .fields = FIELDS,
                                            .size = sizeof(reshape),
                                            .check = check},
                                   .build = build,
                                   .describe = describe,
                                   .example = "{layer: Reshape, target_shape: [3, -1]}",
                                   .example_input = {1, {12}}};
