/* registry.c: the list of layer types. A new one is a file and a line here. */
#include "layers/layer.h"

#include <ctype.h>

extern const nn_layer_class NN_DENSE, NN_ACTIVATION_LAYER, NN_DROPOUT, NN_FLATTEN, NN_RESHAPE,
    NN_RESCALING, NN_NORMALIZATION;

static const nn_class *const LAYERS[] = {
    &NN_DENSE.base,   &NN_ACTIVATION_LAYER.base, &NN_DROPOUT.base,       &NN_FLATTEN.base,
    &NN_RESHAPE.base, &NN_RESCALING.base,        &NN_NORMALIZATION.base, NULL};

const nn_registry NN_LAYERS = {.noun = "layer", .key = "layer", .classes = LAYERS};

nn_status nn_layer_within(const nn_layer *layer, nn_status status) {
    return layer->where ? nn_within(status, "%s", layer->where) : status;
}

nn_variable *nn_layer_add_variable(nn_layer *layer, const char *name, nn_shape shape,
                                   bool trainable) {
    nn_variable *variable = &layer->variables[layer->variable_count++];
    *variable = (nn_variable){.name = name, .shape = shape, .trainable = trainable};
    return variable;
}

nn_value nn_layer_constant(const nn_layer *layer, int index, nn_graph *graph) {
    const nn_variable *variable = &layer->variables[index];
    return nn_graph_array(graph, variable->name, variable->shape, variable->value);
}

/* As Keras does it: an underscore in front of a capital that begins a word (Leaky_ReLU) or ends one
 * (leaky_re_lu), none within capitals and behind digits (conv2d). */
void nn_layer_class_name(const nn_layer *layer, char *name, size_t room) {
    const char *class_name = layer->object.isa->name;
    size_t length = 0;
    for (const char *c = class_name; *c && length + 3 < room; c++) {
        bool capital = c > class_name && isupper((unsigned char)*c);
        if (capital && (islower((unsigned char)c[1]) || islower((unsigned char)c[-1])))
            name[length++] = '_';
        name[length++] = (char)tolower((unsigned char)*c);
    }
    name[length] = '\0';
}
