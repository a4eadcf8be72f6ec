/* gradients.h: the sum of a batch's gradients, over the shards of each rank and over all ranks.
 *
 * Each shard's gradient gets a buffer with the layout of the model's gradients; a rank adds its
 * buffers along a binary tree (train/tree.h). Where shards are cut by rank, MPI_Allreduce adds the
 * ranks' sums. Where they are fixed, the tree goes on across the ranks, so that the sum has the
 * same bits on any number of ranks: each rank gets a slice of all nodes that are left, adds them in
 * the tree's order, and gives its slice of the sum to all. */
#ifndef NN_TRAIN_GRADIENTS_H
#define NN_TRAIN_GRADIENTS_H

#include "comm/comm.h"
#include "data/shards.h"
#include "model/model.h"

typedef struct nn_gradients nn_gradients;

/** Makes room for the sum over batches cut as `shards` says, the last one of an epoch of
 * `last_rows` rows. `comm` and `model` are borrowed. Local. Errors: NN_INTERNAL. */
nn_status nn_gradients_create(nn_comm *comm, nn_model *model, const nn_shards *shards,
                              int64_t last_rows, nn_gradients **out) NN_CHECKED;

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

/** Makes nn_model_gradients() the sum over all shards of all ranks, after this rank's last shard.
 * Team. Collective. */
void nn_gradients_reduce(nn_gradients *gradients);

#endif
