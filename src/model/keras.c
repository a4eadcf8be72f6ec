/* keras.c: a model in the layout of Keras's whole-model files. */
#include "model/keras.h"

#include "io/json.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const KERAS_VERSION = "3.0.0"; /* of the layout */

/* ---- the configuration ---- */

/* Keras 2 knows batch_input_shape alone, Keras 3 takes it too. */
static nn_status add_input_layer(const nn_model *model, nn_node *layers) {
    nn_status status = NN_OK;
    nn_node *layer, *config, *shape;
    nn_shape input = nn_model_input_shape(model);
    NN_TRY(nn_node_add(layers, NULL, NN_NODE_MAP, "model", &layer));
    NN_TRY(nn_node_add_text(layer, "class_name", "InputLayer"));
    NN_TRY(nn_node_add(layer, "config", NN_NODE_MAP, "model", &config));
    NN_TRY(nn_node_add(config, "batch_input_shape", NN_NODE_LIST, "model", &shape));
    NN_TRY(nn_node_add_null(shape, NULL));
    for (int i = 0; i < input.rank; i++) NN_TRY(nn_node_add_int(shape, NULL, input.dim[i]));
    NN_TRY(nn_node_add_text(config, "dtype", "float32"));
    NN_TRY(nn_node_add_text(config, "name", "input_layer"));
done:
    return status;
}

static nn_status add_layer(const nn_layer *layer, nn_node *layers) {
    nn_status status = NN_OK;
    nn_node *config;
    NN_TRY(nn_object_write(&NN_LAYERS, &layer->object, NN_STYLE_KERAS, layers, NULL));
    config = nn_node_get(layers->items[layers->count - 1], "config");
    NN_TRY(nn_node_add_text(config, "name", layer->name));
    NN_TRY(nn_node_add_bool(config, "trainable", true));
    NN_TRY(nn_node_add_text(config, "dtype", "float32"));
done:
    return status;
}

nn_status nn_keras_config(const nn_model *model, char **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL, *config, *layers;
    *out = NULL;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "model", &root));
    NN_TRY(nn_node_add_text(root, "class_name", "Sequential"));
    NN_TRY(nn_node_add(root, "config", NN_NODE_MAP, "model", &config));
    NN_TRY(nn_node_add_text(config, "name", "sequential"));
    NN_TRY(nn_node_add(config, "layers", NN_NODE_LIST, "model", &layers));
    NN_TRY(add_input_layer(model, layers));
    for (int64_t i = 0; i < nn_model_layers(model); i++)
        NN_TRY(add_layer(nn_model_layer(model, i), layers));
    NN_TRY(nn_json_format(root, out));
done:
    nn_node_destroy(&root);
    return status;
}

/* ---- writing ---- */

/* "/layers/dense_1/vars/0": the class in snake case, numbered among its kind, whatever the layer is
 * called. */
static void vars_path(const nn_model *model, const nn_layer *layer, int variable, char *path,
                      size_t room) {
    char snake[NN_LAYER_NAME];
    nn_layer_class_name(layer, snake, sizeof snake);
    int same = 0;
    for (uint32_t i = 0; i < layer->index; i++)
        same += nn_model_layer(model, i)->object.isa == layer->object.isa;
    char number[16] = "";
    if (same) snprintf(number, sizeof number, "_%d", same);
    if (variable < 0) snprintf(path, room, "/layers/%s%s", snake, number);
    else snprintf(path, room, "/layers/%s%s/vars/%d", snake, number, variable);
}

enum { PATH_ROOM = 4 * NN_LAYER_NAME };

static nn_status write_layer(nn_model *model, const nn_layer *layer, nn_h5 *file) {
    nn_status status = NN_OK;
    char group[PATH_ROOM], path[PATH_ROOM], link[PATH_ROOM];
    char names[NN_LAYER_VARIABLES][2 * NN_LAYER_NAME];
    const char *list[NN_LAYER_VARIABLES];
    snprintf(group, sizeof group, "/model_weights/%s", layer->name);
    vars_path(model, layer, -1, link, sizeof link);
    NN_TRY(nn_h5_make_group(file, group));
    NN_TRY(nn_h5_make_group(file, link));
    for (int v = 0; v < layer->variable_count; v++) {
        const nn_variable *variable = &layer->variables[v];
        snprintf(names[v], sizeof names[v], "%s/%s", layer->name, variable->name);
        snprintf(path, sizeof path, "/model_weights/%s/%s/%s", layer->name, layer->name,
                 variable->name);
        vars_path(model, layer, v, link, sizeof link);
        list[v] = names[v];
        NN_TRY(nn_h5_write(file, path, NN_H5_NN_REAL, variable->shape, variable->value));
        NN_TRY(nn_h5_link(file, path, link));
    }
    NN_TRY(nn_h5_write_texts(file, group, "weight_names", list, layer->variable_count));
done:
    return status;
}

static nn_status write_layer_names(const nn_model *model, nn_h5 *file) {
    const char **names = NULL;
    int64_t count = nn_model_layers(model);
    nn_status status = nn_allocate("layer names", count, sizeof *names, &names);
    for (int64_t i = 0; i < count && status == NN_OK; i++) names[i] = nn_model_layer(model, i)->name;
    if (status == NN_OK)
        status = nn_h5_write_texts(file, "/model_weights", "layer_names", names, count);
    free(names);
    return status;
}

nn_status nn_keras_write(nn_model *model, nn_h5 *file) {
    nn_status status = NN_OK;
    char *config = NULL;
    NN_TRY(nn_keras_config(model, &config));
    NN_TRY(nn_h5_write_text(file, "/", "model_config", config));
    NN_TRY(nn_h5_make_group(file, "/model_weights/top_level_model_weights"));
    NN_TRY(nn_h5_write_texts(file, "/model_weights/top_level_model_weights", "weight_names", NULL,
                             0));
    const char *const homes[] = {"/", "/model_weights"};
    for (int i = 0; i < 2; i++) {
        NN_TRY(nn_h5_write_text(file, homes[i], "keras_version", KERAS_VERSION));
        NN_TRY(nn_h5_write_text(file, homes[i], "backend", "nnmpi"));
    }
    NN_TRY(write_layer_names(model, file));
    for (int64_t i = 0; i < nn_model_layers(model); i++)
        NN_TRY(write_layer(model, nn_model_layer(model, i), file));
done:
    free(config);
    return status;
}

/* ---- reading ---- */

static nn_status read_layer_weights(nn_layer *layer, nn_h5 *file) {
    nn_status status = NN_OK;
    char group[PATH_ROOM], path[4 * PATH_ROOM];
    char here[NN_SHAPE_TEXT], there[NN_SHAPE_TEXT];
    char **names = NULL;
    int64_t count = 0;
    snprintf(group, sizeof group, "/model_weights/%s", layer->name);
    NN_TRY(nn_h5_read_texts(file, group, "weight_names", &names, &count));
    if (count != layer->variable_count)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it holds %lld weights; %s has %d", nn_h5_path(file),
                       group, (long long)count, layer->object.isa->name, layer->variable_count));
    for (int v = 0; v < layer->variable_count; v++) {
        const nn_variable *variable = &layer->variables[v];
        nn_h5_info info;
        snprintf(path, sizeof path, "%s/%.400s", group, names[v]);
        NN_TRY(nn_h5_describe(file, path, &info));
        if (!nn_shape_equal(info.shape, variable->shape))
            NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: its shape is %s, but %s of this layer has %s",
                           nn_h5_path(file), path, nn_shape_format(info.shape, there),
                           variable->name, nn_shape_format(variable->shape, here)));
        NN_TRY(nn_h5_read(file, path, NN_H5_NN_REAL, nn_shape_count(variable->shape),
                          variable->value));
    }
done:
    for (int64_t i = 0; i < count; i++) free(names[i]);
    free(names);
    return status;
}

nn_status nn_keras_read_weights(nn_model *model, nn_h5 *file) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++)
        status = read_layer_weights(nn_model_layer(model, i), file);
    return status;
}

/* The extents of one sample from [null, 8, 8]. */
static nn_status read_input_shape(const nn_node *config, nn_shape *input) {
    const nn_node *shape = nn_node_get(config, "batch_input_shape");
    if (!shape) shape = nn_node_get(config, "batch_shape");
    if (!shape || shape->kind != NN_NODE_LIST || shape->count < 2 ||
        shape->count > NN_SHAPE_MAX + 1)
        return nn_fail(NN_BAD_DATA, "model_config: the input has no shape");
    input->rank = (int)shape->count - 1;
    for (int i = 0; i < input->rank; i++) {
        const nn_node *extent = shape->items[i + 1];
        if (extent->kind != NN_NODE_INT || extent->integer < 1)
            return nn_fail(NN_BAD_DATA, "model_config: the input's shape is not fixed");
        input->dim[i] = extent->integer;
    }
    return NN_OK;
}

/* Keras 2 writes `silu` by its other name. */
static nn_status rename_activation(const nn_node *config) {
    nn_node *activation = nn_node_get(config, "activation");
    if (!activation || activation->kind != NN_NODE_TEXT || strcmp(activation->text, "swish") != 0)
        return NN_OK;
    free(activation->text);
    return nn_copy_text("silu", &activation->text);
}

static nn_status read_layers(const nn_node *layers, nn_shape *input, nn_object_list *out) {
    nn_status status =
        nn_allocate("layers", (int64_t)layers->count, sizeof *out->items, &out->items);
    for (size_t i = 0; i < layers->count && status == NN_OK; i++) {
        const nn_node *layer = layers->items[i], *name = nn_node_get(layer, "class_name");
        const nn_node *config = nn_node_get(layer, "config");
        bool is_input = name && name->kind == NN_NODE_TEXT && strcmp(name->text, "InputLayer") == 0;
        if (is_input || (i == 0 && nn_node_get(config, "batch_input_shape")))
            status = read_input_shape(config, input);
        if (is_input || status != NN_OK) continue;
        status = rename_activation(config);
        if (status != NN_OK) continue;
        status = nn_object_read(&NN_LAYERS, layer, NN_STYLE_KERAS, &out->items[out->count]);
        out->count += status == NN_OK;
    }
    if (status == NN_OK && input->rank == 0)
        status = nn_fail(NN_BAD_DATA, "model_config: the input has no shape");
    return status;
}

nn_status nn_keras_build(const char *config, int64_t max_rows, nn_model **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    nn_object_list layers = {0};
    nn_shape input = {0};
    *out = NULL;
    NN_TRY(nn_json_parse(config, "model_config", &root));
    const nn_node *name = nn_node_get(root, "class_name");
    const nn_node *list = nn_node_get(nn_node_get(root, "config"), "layers");
    if (!name || name->kind != NN_NODE_TEXT || strcmp(name->text, "Sequential") != 0 || !list ||
        list->kind != NN_NODE_LIST)
        NN_TRY(nn_fail(NN_BAD_DATA, "model_config: nnmpi reads Sequential models, not '%s'",
                       name && name->kind == NN_NODE_TEXT ? name->text : "this"));
    NN_TRY(read_layers(list, &input, &layers));
    NN_TRY(nn_model_create(&layers, input, max_rows, out));
done:
    for (int64_t i = 0; i < layers.count; i++) nn_object_destroy(&layers.items[i]);
    free(layers.items);
    nn_node_destroy(&root);
    return status;
}

nn_status nn_keras_read(nn_h5 *file, int64_t max_rows, nn_model **out) {
    nn_status status = NN_OK;
    char *text = NULL;
    *out = NULL;
    if (!nn_h5_has_attribute(file, "/", "model_config"))
        NN_TRY(nn_fail(NN_BAD_DATA, "it is no model: the attribute model_config is missing"));
    NN_TRY(nn_h5_read_text(file, "/", "model_config", &text));
    NN_TRY(nn_keras_build(text, max_rows, out));
    NN_TRY(nn_keras_read_weights(*out, file));
done:
    if (status != NN_OK) nn_model_destroy(out);
    free(text);
    return nn_within(status, "%s", nn_h5_path(file));
}
