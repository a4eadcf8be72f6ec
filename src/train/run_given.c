/* run_given.c: a run file whose rows a program holds in memory. */
#include "train/run_private.h"
#include "util/memory.h"

#include <stdlib.h>

static nn_status set_text(nn_node *root, const char *path, const char *text) {
    nn_status status = NN_OK;
    nn_node *node, *value = NULL;
    NN_TRY(nn_node_make(root, path, root->where, &node));
    NN_TRY(nn_node_add(NULL, NULL, text ? NN_NODE_TEXT : NN_NODE_NULL, root->where, &value));
    if (text) NN_TRY(nn_copy_text(text, &value->text));
    nn_node_move(node, &value);
done:
    nn_node_destroy(&value);
    return status;
}

nn_status nn_run_place_in_memory(nn_node *root, bool validated) {
    nn_status status = NN_OK;
    if (root->kind != NN_NODE_MAP && root->kind != NN_NODE_NULL) return NN_OK; /* its reader tells */
    NN_TRY(set_text(root, "data.file", "memory"));
    NN_TRY(set_text(root, "data.validation", validated ? "/validation" : NULL));
done:
    return status;
}
