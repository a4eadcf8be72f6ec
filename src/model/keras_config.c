/* keras_config.c: Keras's model_config, the JSON of a Sequential model: written of a model, and a model built
 * of it. An argument that nnmpi does not have is refused unless it changes nothing (util/keras_extra.h);
 * those that matter in training alone are looked at by nn_keras_check_use(). */
#include "io/json.h"
#include "model/keras.h"
#include "util/keras_extra.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

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

/* ---- reading ---- */

/* The extents of one sample from [null, 8, 8]. */
static nn_status read_input_shape(const nn_node *config, nn_shape *input) {
    const nn_node *shape = nn_node_get(config, "batch_input_shape");
    if (!shape) shape = nn_node_get(config, "batch_shape");
    if (!shape) shape = nn_node_get(config, "build_input_shape"); /* of the whole model */
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

/* What Keras calls a layer, for messages. */
static const char *name_of(const nn_node *layer) {
    const nn_node *name = nn_node_get(nn_node_get(layer, "config"), "name");
    return name && name->kind == NN_NODE_TEXT ? name->text : "without a name";
}

static bool is_input(const nn_node *layer) {
    const nn_node *name = nn_node_get(layer, "class_name");
    return name && name->kind == NN_NODE_TEXT && strcmp(name->text, "InputLayer") == 0;
}

/* Layers of Keras that compute, unless their arguments say otherwise, what Activation does. */
static nn_status advise_activation(const nn_node *layer, nn_status status) {
    static const char *const same[][2] = {{"ReLU", "relu"}, {"Softmax", "softmax"}};
    const nn_node *name = nn_node_get(layer, "class_name"), *config = nn_node_get(layer, "config");
    const char *activation = NULL;
    for (int i = 0; i < 2 && name && name->kind == NN_NODE_TEXT; i++)
        if (strcmp(name->text, same[i][0]) == 0) activation = same[i][1];
    for (size_t i = 0; config && activation && i < config->count; i++) {
        const nn_node *argument = config->items[i];
        const bool zero = (argument->kind == NN_NODE_INT || argument->kind == NN_NODE_REAL) && argument->real == 0;
        if (!zero && !nn_keras_extra_is_neutral(argument)) activation = NULL;
    }
    if (!activation) return status;
    return nn_advise(status,
                     "in Keras, Activation(\"%s\") in its place computes the same: build the model with that, "
                     "new.set_weights(old.get_weights()), and save it",
                     activation);
}

static nn_status read_layers(const nn_node *layers, nn_shape *input, nn_object_list *out) {
    nn_status status =
        nn_allocate("layers", (int64_t)layers->count, sizeof *out->items, &out->items);
    for (size_t i = 0; i < layers->count && status == NN_OK; i++) {
        const nn_node *layer = layers->items[i], *config = nn_node_get(layer, "config");
        if (is_input(layer) || (i == 0 && nn_node_get(config, "batch_input_shape")))
            status = read_input_shape(config, input);
        if (is_input(layer) || status != NN_OK) continue;
        status = rename_activation(config);
        if (status != NN_OK) continue;
        status = nn_within(
            nn_object_read(&NN_LAYERS, layer, NN_STYLE_KERAS, &out->items[out->count]),
            "layer '%.64s'", name_of(layer));
        status = advise_activation(layer, status);
        if (status == NN_BAD_CONFIG) status = NN_BAD_DATA; /* the file is at fault, no run file */
        out->count += status == NN_OK;
    }
    return status;
}

/* The layers of a Sequential model. */
static nn_status find_layers(const nn_node *root, const nn_node **out) {
    const nn_node *name = nn_node_get(root, "class_name");
    *out = nn_node_get(nn_node_get(root, "config"), "layers");
    if (name && name->kind == NN_NODE_TEXT && strcmp(name->text, "Sequential") != 0)
        return nn_fail(NN_BAD_DATA,
                       "model_config: nnmpi reads Sequential models, not a %.64s one; where its layers stand "
                       "in a row, make a keras.Sequential of them and save that",
                       name->text);
    if (!name || name->kind != NN_NODE_TEXT || !*out || (*out)->kind != NN_NODE_LIST)
        return nn_fail(NN_BAD_DATA, "model_config: nnmpi reads Sequential models, and this is none");
    return NN_OK;
}

nn_status nn_keras_build(const char *config, int64_t max_rows, nn_model **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    const nn_node *list;
    nn_object_list layers = {0};
    nn_shape input = {0};
    *out = NULL;
    NN_TRY(nn_json_parse(config, "model_config", &root));
    NN_TRY(find_layers(root, &list));
    NN_TRY(read_layers(list, &input, &layers));
    if (input.rank == 0) NN_TRY(read_input_shape(nn_node_get(root, "config"), &input));
    status = nn_model_create(&layers, input, max_rows, out);
    if (status == NN_BAD_CONFIG) status = NN_BAD_DATA; /* here too */
done:
    for (int64_t i = 0; i < layers.count; i++) nn_object_destroy(&layers.items[i]);
    free(layers.items);
    nn_node_destroy(&root);
    return status;
}

/* ---- what predictions do not depend on ---- */

typedef struct {
    const char *name;
    nn_keras_use from; /* the least use that it matters to */
    const char *advice;
} side_argument;

static const side_argument SIDE_ARGUMENTS[] = {
    {"activity_regularizer", NN_KERAS_EVALUATE, "nnmpi predict can use the model"},
    {"kernel_constraint", NN_KERAS_TRAIN, "set it to None and save the model again to train it without"},
    {"bias_constraint", NN_KERAS_TRAIN, "set it to None and save the model again to train it without"},
    {"noise_shape", NN_KERAS_TRAIN, "nnmpi drops single values"},
};

static nn_status check_layer(const nn_node *config, const nn_layer *layer, nn_keras_use use) {
    const nn_node *trainable = nn_node_get(config, "trainable");
    for (size_t i = 0; i < sizeof SIDE_ARGUMENTS / sizeof *SIDE_ARGUMENTS; i++) {
        const side_argument *side = &SIDE_ARGUMENTS[i];
        const nn_node *value = nn_node_get(config, side->name);
        if (!value || value->kind == NN_NODE_NULL || use < side->from) continue;
        return nn_fail(NN_BAD_DATA, "layer '%s' (%s) has the argument %s, which nnmpi does not know; %s",
                       layer->name, layer->object.isa->name, side->name, side->advice);
    }
    if (use < NN_KERAS_TRAIN || !trainable || trainable->kind != NN_NODE_BOOL || trainable->boolean)
        return NN_OK;
    for (int v = 0; v < layer->variable_count; v++)
        if (layer->variables[v].trainable)
            return nn_fail(NN_BAD_DATA,
                           "layer '%s' (%s) is frozen (trainable: false), and nnmpi would train it: it "
                           "knows no frozen layers; set layer.trainable = True in Keras and save the model "
                           "again, if it may be trained",
                           layer->name, layer->object.isa->name);
    return NN_OK;
}

nn_status nn_keras_check_use(const char *config, const nn_model *model, nn_keras_use use) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    const nn_node *list;
    int64_t next = 0;
    NN_TRY(nn_json_parse(config, "model_config", &root));
    NN_TRY(find_layers(root, &list));
    for (size_t i = 0; i < list->count && next < nn_model_layers(model); i++) {
        if (is_input(list->items[i])) continue;
        NN_TRY(check_layer(nn_node_get(list->items[i], "config"), nn_model_layer(model, next++), use));
    }
done:
    nn_node_destroy(&root);
    return status;
}
