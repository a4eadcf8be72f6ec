/* reader.h: the windows of a dataset that is not in memory (data/window.h), read ahead of the step.
 *
 * Two windows lie in memory that the ranks of a node share. While the one is trained on, a thread
 * of each rank reads its part of the next one, with the rank's own HDF5 handle. A window is given
 * up when no rank of the node wants any more of it. The ranks of a node tell each other by a few
 * numbers in the shared memory; no thread but the lead speaks MPI.
 *
 * Rows are wanted in the order of the epochs; anything else is a jump, after which reading begins
 * anew. So is the first batch with shuffling; without, it is expected to be that of epoch 0. Before
 * a jump all ranks have finished with what was before it, and before the next batch all with what
 * was jumped to, as they have where a step or an agreement lies between. */
#ifndef NN_DATA_READER_H
#define NN_DATA_READER_H

#include "data/dataset.h"
#include "data/shards.h"
#include "data/window.h"

typedef struct nn_reader nn_reader;

/** Takes the memory and starts the thread, which waits for what is wanted first. The dataset is
 * borrowed. Where the ranks of a node cannot share the memory, each has its own. Collective.
 * Errors: NN_INTERNAL; agreed. */
nn_status nn_reader_create(nn_comm *comm, nn_dataset *dataset, const nn_windows *windows,
                           const nn_shards *shards, nn_reader **out) NN_CHECKED;

/** Ends the thread, whatever it does, and gives the memory back; takes NULL. When all ranks have
 * finished with it: one that still wants rows may get NN_INTERNAL. Local. */
void nn_reader_destroy(nn_reader **reader);

/** Waits until this rank's shard of batch `batch` that begins at place `first` of the epoch's order
 * and has `count` rows is in memory, and says where: row i is row from[i] of nn_reader_memory(). By
 * the lead; the shards of a batch in their order. Local. Errors: NN_IO and others, where a rank of
 * the node cannot read its part. */
nn_status nn_reader_want(nn_reader *reader, int64_t epoch, int64_t batch, int64_t first,
                         int64_t count, int64_t *from) NN_CHECKED;

/** Gives up the shard that was wanted last. By the lead. Local. */
void nn_reader_release(nn_reader *reader);

/** The rows of an array of the dataset in memory, (any, columns). Local. */
const void *nn_reader_memory(const nn_reader *reader, const nn_array *array);

/** The seconds that the lead has waited in nn_reader_want(). Local. */
double nn_reader_waited(const nn_reader *reader);

#endif
