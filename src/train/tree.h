/* tree.h: the fixed binary tree in which the gradients of a batch's shards are added, whoever
 * computed them.
 *
 * Its leaves are the shards 0 .. leaves - 1, in their order. A node of width 2^h has the leaves
 * i 2^h .. (i + 1) 2^h - 1, as far as they exist, and is its left half plus its right one; without
 * leaves on the right it is its left half. So every sum is of the same two numbers, whichever ranks
 * hold them, and rounds to the same bits. A rank that has the leaves a .. b - 1 can add up the
 * nodes within them by itself; at most two of each width are left then, and only those travel. */
#ifndef NN_TRAIN_TREE_H
#define NN_TRAIN_TREE_H

#include <stdbool.h>
#include <stdint.h>

/** A node whose sum is known, and the number of the buffer that holds it. */
typedef struct {
    int64_t first, width; /* its leaves are first .. first + width - 1; width is a power of two */
    int64_t buffer;
} nn_subtree;

enum { NN_TREE_NODES = 128 }; /* more than are left of any leaves of a tree of 2^63 */

/** Nodes side by side, from left to right, those that could be joined joined. */
typedef struct {
    int64_t leaves; /* of the whole tree */
    int64_t count;
    nn_subtree nodes[NN_TREE_NODES];
} nn_forest;

/** Adds the node of `width` leaves from `first` on, to the right of all others. Local. */
void nn_forest_push(nn_forest *forest, int64_t first, int64_t width, int64_t buffer);

/** Joins the last two nodes where they are the halves of one, which then is in the buffer of the
 * left one: the caller adds buffer `*from` to buffer `*into`. False where they are not. To be
 * called after each push until it is false. Local. */
bool nn_forest_join(nn_forest *forest, int64_t *into, int64_t *from);

/** Node `from` is added to node `into`; both by the numbers of their buffers. */
typedef struct {
    int64_t into, from;
} nn_addition;

/** Adds `node` to the right of all others and joins what can be joined; writes the additions that this
 * takes to `made` and returns their number. Local. */
int64_t nn_forest_add(nn_forest *forest, nn_subtree node, nn_addition *made);

/** The nodes that are left of the leaves begin .. end - 1 of a tree of `leaves`; returns how many
 * buffers it takes to come to them leaf by leaf: one for each node that waits, and one for the leaf
 * that is being made. Local. */
int64_t nn_forest_of(int64_t leaves, int64_t begin, int64_t end, nn_forest *forest);

#endif
