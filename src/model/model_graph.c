/* model_graph.c: a model as a graph of operators: those of its layers, one behind the other. */
#include "model/model.h"

nn_status nn_model_graph(const nn_model *model, nn_graph **out) {
    nn_value y = NN_GRAPH_INPUT;
    nn_status status = nn_graph_create(nn_model_input_shape(model), out);
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++) {
        const nn_layer *layer = nn_model_layer(model, i);
        nn_graph_begin_layer(*out, layer->name);
        if (nn_layer_methods(layer)->describe)
            y = nn_layer_methods(layer)->describe(layer, *out, y);
        else
            status = nn_fail(NN_BAD_CONFIG,
                             "layer '%s': no operators of ONNX are known for the class %s; a "
                             ".safetensors file can hold its weights",
                             layer->name, layer->object.isa->name);
    }
    if (status == NN_OK) status = nn_graph_finish(*out, y, nn_model_output_shape(model));
    if (status != NN_OK) nn_graph_destroy(out);
    return status;
}
