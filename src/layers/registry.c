/* registry.c: the list of layer types. A new one is a file and a line here. */
#include "layers/layer.h"

extern const nn_layer_class NN_DENSE, NN_ACTIVATION_LAYER, NN_DROPOUT, NN_FLATTEN, NN_RESHAPE,
    NN_RESCALING, NN_NORMALIZATION;

static const nn_class *const LAYERS[] = {
    &NN_DENSE.base,   &NN_ACTIVATION_LAYER.base, &NN_DROPOUT.base,       &NN_FLATTEN.base,
    &NN_RESHAPE.base, &NN_RESCALING.base,        &NN_NORMALIZATION.base, NULL};

const nn_registry NN_LAYERS = {.noun = "layer", .key = "layer", .classes = LAYERS};

nn_variable *nn_layer_add_variable(nn_layer *layer, const char *name, nn_shape shape,
                                   bool trainable) {
    nn_variable *variable = &layer->variables[layer->variable_count++];
    *variable = (nn_variable){.name = name, .shape = shape, .trainable = trainable};
    return variable;
}
