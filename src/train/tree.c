/* tree.c: the fixed binary tree in which gradients are added. */
#include "train/tree.h"

void nn_forest_push(nn_forest *forest, int64_t first, int64_t width, int64_t buffer) {
    forest->nodes[forest->count++] = (nn_subtree){first, width, buffer};
}

/* A left half without leaves on its right is the whole node. */
static void widen(nn_subtree *node, int64_t leaves) {
    while (node->first % (2 * node->width) == 0 && node->first + node->width >= leaves &&
           node->width < leaves)
        node->width *= 2;
}

bool nn_forest_join(nn_forest *forest, int64_t *into, int64_t *from) {
    if (forest->count == 0) return false;
    nn_subtree *right = &forest->nodes[forest->count - 1];
    widen(right, forest->leaves);
    if (forest->count == 1) return false;
    nn_subtree *left = right - 1;
    if (left->width != right->width ||
        left->first + left->width != right->first || left->first % (2 * left->width) != 0)
        return false;
    *into = left->buffer;
    *from = right->buffer;
    left->width *= 2;
    forest->count--;
    return true;
}

int64_t nn_forest_add(nn_forest *forest, nn_subtree node, nn_addition *made) {
    int64_t count = 0;
    nn_forest_push(forest, node.first, node.width, node.buffer);
    while (nn_forest_join(forest, &made[count].into, &made[count].from)) count++;
    return count;
}

int64_t nn_forest_of(int64_t leaves, int64_t begin, int64_t end, nn_forest *forest) {
    int64_t buffers = 0, into, from;
    forest->leaves = leaves;
    forest->count = 0;
    for (int64_t leaf = begin; leaf < end; leaf++) {
        nn_forest_push(forest, leaf, 1, 0);
        if (forest->count > buffers) buffers = forest->count;
        while (nn_forest_join(forest, &into, &from)) continue;
    }
    return buffers;
}
