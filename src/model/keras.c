/* keras.c: a model in the layout of Keras's whole-model files: its weights, written and read. What stands in
 * the attribute model_config, keras_config.c reads and writes. */
#include "model/keras.h"

#include "util/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const KERAS_VERSION = "3.0.0"; /* of the layout */

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

static void free_names(char **names, int64_t count) {
    for (int64_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

static nn_status weight_names(nn_h5 *file, const char *layer, char ***names, int64_t *count) {
    char group[PATH_ROOM];
    snprintf(group, sizeof group, "/model_weights/%.200s", layer);
    return nn_h5_read_texts(file, group, "weight_names", names, count);
}

/* Whether the statistics of a layer are given as arguments: Keras then writes no weights of it. */
static bool has_given_statistics(const nn_layer *layer) {
    return nn_layer_methods(layer)->statistics_passes > 0 && layer->statistics == 0;
}

/* What the file calls `name` may have another name here. */
static nn_status read_layer_weights(nn_layer *layer, nn_h5 *file, const char *name) {
    nn_status status = NN_OK;
    char path[4 * PATH_ROOM], here[NN_SHAPE_TEXT], there[NN_SHAPE_TEXT];
    char **names = NULL;
    int64_t count = 0;
    NN_TRY(weight_names(file, name, &names, &count));
    if (count == 0 && has_given_statistics(layer)) {
        nn_layer_methods(layer)->initialize(layer);
        goto done;
    }
    if (count != layer->variable_count)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s:/model_weights/%.64s: it holds %lld weights; the layer '%s' (%s) has %d",
                       nn_h5_path(file), name, (long long)count, layer->name, layer->object.isa->name,
                       layer->variable_count));
    for (int v = 0; v < layer->variable_count; v++) {
        const nn_variable *variable = &layer->variables[v];
        nn_h5_info info;
        snprintf(path, sizeof path, "/model_weights/%.200s/%.400s", name, names[v]);
        NN_TRY(nn_h5_describe(file, path, &info));
        if (info.kind == NN_H5_OTHER)
            NN_TRY(nn_fail(NN_BAD_DATA,
                           "%s:%s: it holds no numbers of a type that HDF5 knows, as where Keras saves bfloat16; a "
                           "model with dtype=\"float32\" that takes its weights (set_weights) can be read",
                           nn_h5_path(file), path));
        if (!nn_shape_equal(info.shape, variable->shape))
            NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: its shape is %s, but %s of the layer '%s' has %s",
                           nn_h5_path(file), path, nn_shape_format(info.shape, there), variable->name,
                           layer->name, nn_shape_format(variable->shape, here)));
        NN_TRY(nn_h5_read(file, path, NN_H5_NN_REAL, nn_shape_count(variable->shape),
                          variable->value));
    }
done:
    free_names(names, count);
    return status;
}

nn_status nn_keras_read_weights(nn_model *model, nn_h5 *file) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        status = read_layer_weights(layer, file, layer->name);
    }
    return status;
}

static nn_status count_weights(nn_h5 *file, const char *layer, int64_t *count) {
    char **names = NULL;
    nn_status status = weight_names(file, layer, &names, count);
    free_names(names, *count);
    return status;
}

/* Leaves those that have weights. */
static nn_status drop_empty(nn_h5 *file, char **layers, int64_t *count) {
    int64_t kept = 0, all = *count;
    for (int64_t i = 0; i < all; i++) {
        int64_t weights = 0;
        nn_status status = count_weights(file, layers[i], &weights);
        if (status != NN_OK) return status;
        char *layer = layers[i];
        if (weights == 0) continue;
        layers[i] = layers[kept];
        layers[kept++] = layer;
    }
    *count = kept;
    return NN_OK;
}

/* Whether the file's layer `name` is the counterpart of one that keeps its given statistics. */
static nn_status holds_as_many(const nn_layer *layer, nn_h5 *file, const char *name, bool *out) {
    int64_t weights = 0;
    nn_status status = count_weights(file, name, &weights);
    *out = status == NN_OK && weights == layer->variable_count;
    return status;
}

/* Reads from those of the `count` layers of the file that have weights, in their order. */
static nn_status take_in_order(nn_model *model, nn_h5 *file, char *const *layers, int64_t count) {
    nn_status status = NN_OK;
    int64_t next = 0;
    for (int64_t i = 0; i < nn_model_layers(model); i++) {
        nn_layer *layer = nn_model_layer(model, i);
        bool same = false;
        if (layer->variable_count == 0) continue;
        if (has_given_statistics(layer)) {
            if (next < count) NN_TRY(holds_as_many(layer, file, layers[next], &same));
            next += same;
            continue;
        }
        if (next == count)
            NN_TRY(nn_fail(NN_BAD_DATA, "%s: it has %lld layers with weights; nothing is left for the layer '%s' (%s)",
                           nn_h5_path(file), (long long)count, layer->name, layer->object.isa->name));
        NN_TRY(read_layer_weights(layer, file, layers[next++]));
    }
    if (next != count)
        status = nn_fail(NN_BAD_DATA, "%s: it has %lld layers with weights; the model of the run file takes %lld",
                         nn_h5_path(file), (long long)count, (long long)next);
done:
    return status;
}

/* Reads from the layers of the file one by one. */
static nn_status take_pairs(nn_model *model, nn_h5 *file, char *const *layers) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        bool same = false;
        if (has_given_statistics(layer)) NN_TRY(holds_as_many(layer, file, layers[i], &same));
        if (!same) status = read_layer_weights(layer, file, layers[i]);
    }
done:
    return status;
}

nn_status nn_keras_take_weights(nn_model *model, nn_h5 *file) {
    nn_status status = NN_OK;
    char **layers = NULL;
    int64_t all = 0, count;
    if (!nn_h5_has_attribute(file, "/model_weights", "layer_names"))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s: it is no model that Keras or nnmpi saved: /model_weights is missing",
                       nn_h5_path(file)));
    NN_TRY(nn_h5_read_texts(file, "/model_weights", "layer_names", &layers, &all));
    if (all == nn_model_layers(model)) {
        status = take_pairs(model, file, layers);
    } else {
        count = all;
        NN_TRY(drop_empty(file, layers, &count));
        status = take_in_order(model, file, layers, count);
    }
done:
    free_names(layers, all);
    return status;
}

nn_status nn_keras_read_config(nn_h5 *file, char **out) {
    static const char *const arrays[] = {"/x", "/train/x", "/validation/x", "/test/x", "/predictions"};
    *out = NULL;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!nn_h5_has_attribute(file, "/", "model_config") && nn_h5_is_dataset(file, arrays[i]))
            return nn_fail(NN_BAD_DATA, "it is no model: it holds %s, so it is a %s",
                           arrays[i], strcmp(arrays[i], "/predictions") == 0 ? "file of predictions" : "dataset");
    if (!nn_h5_has_attribute(file, "/", "model_config"))
        return nn_fail(NN_BAD_DATA,
                       "it is no model: the attribute model_config is missing (a file of weights alone does "
                       "not say of which layers; in Keras, model.save(\"model.h5\") does)");
    return nn_h5_read_text(file, "/", "model_config", out);
}

nn_status nn_keras_read(nn_h5 *file, int64_t max_rows, nn_model **out) {
    nn_status status = NN_OK;
    char *text = NULL;
    *out = NULL;
    status = nn_keras_read_config(file, &text);
    if (status == NN_OK) status = nn_keras_build(text, max_rows, out);
    NN_TRY(nn_within(status, "%s", nn_h5_path(file)));
    NN_TRY(nn_keras_read_weights(*out, file));
done:
    if (status != NN_OK) nn_model_destroy(out);
    free(text);
    return status;
}
