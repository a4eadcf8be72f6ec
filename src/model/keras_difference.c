/* keras_difference.c: in what two models differ, by the JSON that nn_keras_config() makes of them: the shape of a
 * sample, the kind of a layer, the first of its arguments, or the number of layers. */
#include "io/json.h"
#include "model/keras.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const nn_node *node) {
    return node && node->kind == NN_NODE_TEXT ? node->text : "";
}

static const nn_node *layers_of(const nn_node *root) {
    return nn_node_get(nn_node_get(root, "config"), "layers");
}

/* A value as JSON; the caller frees it. */
static nn_status format(const nn_node *node, char **out) {
    nn_text text = {0};
    if (node) return nn_json_format(node, out);
    nn_text_add(&text, "nothing");
    return nn_text_take(&text, out);
}

/* Whether the value of an argument is another, and what it is. */
static nn_status compare(const nn_node *theirs, const nn_node *ours, const char *layer, const char *key, nn_text *text,
                         bool *same) {
    nn_status status = NN_OK;
    char *there = NULL, *here = NULL;
    NN_TRY(format(theirs, &there));
    NN_TRY(format(ours, &here));
    *same = strcmp(there, here) == 0;
    if (!*same) nn_text_add(text, "%s of the layer '%.64s' is %s there and %s here", key, layer, there, here);
done:
    free(there);
    free(here);
    return status;
}

/* [null, 8, 8] as (8, 8). */
static void add_shape(const nn_node *shape, nn_text *text) {
    for (size_t i = 1; shape && i < shape->count; i++)
        nn_text_add(text, "%s%lld", i > 1 ? ", " : "(", (long long)shape->items[i]->integer);
    nn_text_add(text, ")");
}

static bool is_same_input(const nn_node *theirs, const nn_node *ours, nn_text *text) {
    nn_text there = {0}, here = {0};
    add_shape(nn_node_get(nn_node_get(theirs, "config"), "batch_input_shape"), &there);
    add_shape(nn_node_get(nn_node_get(ours, "config"), "batch_input_shape"), &here);
    const bool same = !there.bytes || !here.bytes || strcmp(there.bytes, here.bytes) == 0;
    if (!same) nn_text_add(text, "its samples have the shape %s, those of the data %s", there.bytes, here.bytes);
    nn_text_free(&there);
    nn_text_free(&here);
    return same;
}

static nn_status compare_layer(const nn_node *theirs, const nn_node *ours, size_t number, nn_text *text, bool *same) {
    const nn_node *there = nn_node_get(theirs, "config"), *here = nn_node_get(ours, "config");
    const char *kind = text_of(nn_node_get(theirs, "class_name")), *own = text_of(nn_node_get(ours, "class_name"));
    const char *name = text_of(nn_node_get(here, "name"));
    nn_status status = NN_OK;
    *same = strcmp(kind, own) == 0;
    if (!*same) nn_text_add(text, "layer %zu is of the kind %.64s there and %.64s here", number, kind, own);
    for (size_t i = 0; here && i < here->count && *same && status == NN_OK; i++) {
        const nn_node *value = here->items[i];
        status = compare(nn_node_get(there, value->key), value, name, value->key, text, same);
    }
    return status;
}

nn_status nn_keras_tell_difference(const char *theirs, const char *ours, nn_text *text) {
    nn_status status = NN_OK;
    nn_node *there = NULL, *here = NULL;
    bool same = true;
    NN_TRY(nn_json_parse(theirs, "model_config", &there));
    NN_TRY(nn_json_parse(ours, "model_config", &here));
    const nn_node *a = layers_of(there), *b = layers_of(here);
    const size_t many = a ? a->count : 0, own = b ? b->count : 0;
    if (many > 0 && own > 0) same = is_same_input(a->items[0], b->items[0], text);
    for (size_t i = 1; i < many && i < own && same; i++)
        NN_TRY(compare_layer(a->items[i], b->items[i], i, text, &same));
    if (same && many != own) nn_text_add(text, "it has %zu layers, here there are %zu", many - 1, own - 1);
done:
    nn_node_destroy(&there);
    nn_node_destroy(&here);
    return status;
}
