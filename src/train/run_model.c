/* run_model.c: `model: {from: FILE}` in a run file: the layers of a model file of Keras or nnmpi, with their
 * names, in its place. The effective run file spells them out, and needs no such file to be read again. */
#include "io/publish.h"
#include "io/yaml.h"
#include "model/loss.h"
#include "train/run_private.h"
#include "train/saved.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool nn_run_takes_model(const nn_node *root) {
    return nn_node_get(nn_node_get(root, "model"), "from") != NULL;
}

nn_status nn_run_check_model_key(const nn_node *root) {
    static const char *const names[] = {"from"};
    const nn_node *model = nn_node_get(root, "model");
    if (!model || model->kind != NN_NODE_MAP || nn_run_takes_model(root)) return NN_OK;
    for (size_t i = 0; i < model->count; i++)
        if (nn_nearest_name(model->items[i]->key, names, 1))
            return nn_fail(NN_BAD_CONFIG, "%s: model has no key '%.64s'; did you mean 'from'?",
                           nn_node_key_where(model->items[i]), model->items[i]->key);
    return NN_OK;
}

static nn_status check(const nn_node *root) {
    const nn_node *model = nn_node_get(root, "model"), *from = nn_node_get(model, "from");
    const nn_node *weights = nn_node_get(root, "initial_weights");
    for (size_t i = 0; i < model->count; i++)
        if (model->items[i] != from)
            return nn_fail(NN_BAD_CONFIG, "%s: model has no key '%.64s' beside 'from'",
                           nn_node_key_where(model->items[i]), model->items[i]->key);
    if (from->kind != NN_NODE_TEXT || from->text[0] == '\0')
        return nn_fail(NN_BAD_CONFIG, "%s: 'from' must be the path of a model that Keras or nnmpi saved",
                       from->where);
    if (weights && weights->kind != NN_NODE_NULL)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: model: {from: FILE} takes the weights of that file; leave 'initial_weights' out",
                       nn_node_key_where(weights));
    return NN_OK;
}

/* Sets a key of the top level to a text that comes from `where`. */
static nn_status set_text(nn_node *root, const char *key, const char *text, const char *where) {
    nn_node *node = NULL;
    nn_status status = nn_node_make(root, key, where, &node);
    if (status != NN_OK) return status;
    node->kind = NN_NODE_TEXT;
    return nn_copy_text(text, &node->text);
}

static nn_status write_layers(const nn_model *model, nn_node *list) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++)
        status = nn_object_write(&NN_LAYERS, &nn_model_layer(model, i)->object, NN_STYLE_RUN, list, NULL);
    return status;
}

static nn_status take_loss(nn_saved *saved, nn_node *root) {
    const nn_measures none = {NULL, NULL};
    nn_status status = nn_saved_find_loss(saved, &none);
    if (status == NN_OK) status = nn_object_write(&NN_LOSSES, saved->loss, NN_STYLE_RUN, root, "loss");
    return nn_within(status, "%s: 'loss' is not given", root->where);
}

/* Reads the file, its weights too: so that what is wrong with them is seen at once. */
static nn_status take_from_file(nn_node *root, const char *path) {
    nn_status status = NN_OK;
    nn_saved saved = {0};
    nn_node *list = NULL, *model = nn_node_get(root, "model");
    nn_text text = {0};
    char *place = NULL; /* of all of its layers */
    const char *where = nn_node_get(model, "from")->where;
    NN_TRY(nn_within(nn_saved_open(path, 1, NN_KERAS_TRAIN, &saved), "%s", where));
    nn_text_add(&text, "%s: %s", where, path);
    NN_TRY(nn_text_take(&text, &place));
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_LIST, place, &list));
    NN_TRY(write_layers(saved.model, list));
    nn_node_move(model, &list);
    if (!nn_node_get(root, "loss")) NN_TRY(take_loss(&saved, root));
done:
    free(place);
    nn_node_destroy(&list);
    nn_saved_close(&saved);
    return status;
}

/* The layers with which the run in `folder` began, where they came from `path` or from a file that is no
 * longer there. */
static nn_status take_from_run(nn_node *root, const char *folder, char **path, bool *taken) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *name = NULL, *bytes = NULL;
    int64_t length;
    nn_node *run = NULL;
    *taken = false;
    nn_text_add(&text, "%s/config.yaml", folder);
    NN_TRY(nn_text_take(&text, &name));
    if (access(name, R_OK) != 0) goto done;
    NN_TRY(nn_read_file(name, NN_RUN_MOST_BYTES, &bytes, &length));
    NN_TRY(nn_yaml_parse(bytes, name, &run));
    const nn_node *weights = nn_node_get(run, "initial_weights");
    nn_node *layers = nn_node_get(run, "model"), *loss = nn_node_get(run, "loss");
    if (!weights || weights->kind != NN_NODE_TEXT || !layers || layers->kind != NN_NODE_LIST) goto done;
    if (strcmp(weights->text, *path) != 0 && access(*path, F_OK) == 0) goto done;
    free(*path);
    *path = NULL;
    NN_TRY(nn_copy_text(weights->text, path));
    nn_node_swap(layers, nn_node_get(root, "model"));
    if (loss && !nn_node_get(root, "loss")) {
        nn_node *own = NULL;
        NN_TRY(nn_node_make(root, "loss", root->where, &own));
        nn_node_swap(loss, own);
    }
    *taken = true;
done:
    free(name);
    free(bytes);
    nn_node_destroy(&run);
    return status;
}

nn_status nn_run_take_model(nn_node *root, const char *run_file, const char *resumed) {
    nn_status status = NN_OK;
    char *path = NULL, *where = NULL;
    bool taken = false;
    NN_TRY(check(root));
    const nn_node *from = nn_node_get(nn_node_get(root, "model"), "from");
    NN_TRY(nn_copy_text(from->text, &path));
    NN_TRY(nn_copy_text(from->where, &where));
    NN_TRY(nn_run_resolve_path(run_file, &path));
    if (resumed) NN_TRY(take_from_run(root, resumed, &path, &taken));
    if (!taken) NN_TRY(take_from_file(root, path));
    NN_TRY(set_text(root, "initial_weights", path, where));
done:
    free(where);
    free(path);
    return status;
}
