/* gradients.h: the gradients of this rank's shards, and their sum.
 *
 * Each shard's gradient gets a buffer with the layout of the model's gradients; a rank adds its
 * buffers along a binary tree (train/tree.h), as far as its own shards go: all the way to one sum
 * where shards are cut by rank, to a few nodes of the batch's tree where they are fixed. What all
 * ranks make of these is train/exchange.h. */
#ifndef NN_TRAIN_GRADIENTS_H
#define NN_TRAIN_GRADIENTS_H

#include "data/shards.h"
#include "model/model.h"
#include "train/tree.h"

typedef struct nn_gradients nn_gradients;

/** Makes room for rank `rank`'s gradients of batches cut as `shards` says. `model` is borrowed. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_gradients_create(nn_model *model, const nn_shards *shards, int rank,
                              nn_gradients **out) NN_CHECKED;

/** Releases it, before the model; takes NULL. Local. */
void nn_gradients_destroy(nn_gradients **gradients);

/** Begins the sum of a batch of `rows` rows. By the lead. Local. */
void nn_gradients_begin(nn_gradients *gradients, int64_t rows);

/** From now on the model's backward pass fills the buffer of this rank's next shard. By the lead,
 * with a barrier behind it. Local. */
void nn_gradients_next(nn_gradients *gradients);

/** Adds the gradient of the shard to those before it, as far as the tree goes, after its backward
 * pass. Team. Local. */
void nn_gradients_add(nn_gradients *gradients);

/** What is left after this rank's last shard: nodes of the batch's tree and the numbers of the buffers
 * that hold them; none where the rank had no rows, one where shards are cut by rank. Local. */
const nn_forest *nn_gradients_nodes(const nn_gradients *gradients);

/** A buffer, of nn_gradients_length() numbers, and how many there are. Local. */
nn_real *nn_gradients_buffer(const nn_gradients *gradients, int64_t number);
int64_t nn_gradients_buffers(const nn_gradients *gradients);
int64_t nn_gradients_length(const nn_gradients *gradients);

/** How the batches are cut, and the rows of the present one. Local. */
const nn_shards *nn_gradients_shards(const nn_gradients *gradients);
int64_t nn_gradients_rows(const nn_gradients *gradients);

/** Moves the buffers into `memory`, (buffers, length), which begins with the model's gradients as
 * nn_model_move() was told. Borrowed. By one thread. Local. */
void nn_gradients_move(nn_gradients *gradients, nn_real *memory);

#endif
