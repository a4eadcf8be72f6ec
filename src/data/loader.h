/* loader.h: the batches of an epoch, and this rank's shards of each.
 *
 * Batch s of an epoch holds the samples perm(s * B) .. perm((s + 1) * B - 1), the last one what is
 * left; perm depends on seed and epoch alone and takes no memory. data/shards.h says which rows of a
 * batch are this rank's, and how they are cut; they may be none. */
#ifndef NN_DATA_LOADER_H
#define NN_DATA_LOADER_H

#include "data/dataset.h"
#include "data/shards.h"
#include "model/objective.h"

typedef struct nn_loader nn_loader;

/** A shard of a batch. */
typedef struct {
    int64_t rows;       /* of the shard */
    int64_t first;      /* number of its first row within the batch */
    int64_t batch_rows; /* of the whole batch */
    int64_t slot;       /* where its sums belong, of nn_shards_slots() */
    const nn_real *x;   /* (rows, sample shape) */
    nn_targets targets;
} nn_batch;

/** How the batches are made. */
typedef struct {
    nn_shards shards;
    bool shuffle;
    uint64_t seed;
} nn_loader_options;

/** Makes a loader over a loaded dataset, which is borrowed. Local. Errors: NN_INTERNAL. */
nn_status nn_loader_create(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                           nn_loader **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_loader_destroy(nn_loader **loader);

/** The number of batches of an epoch, the number of rows of one, and how they are cut. Local. */
int64_t nn_loader_batches(const nn_loader *loader);
int64_t nn_loader_batch_rows(const nn_loader *loader, int64_t batch);
const nn_shards *nn_loader_shards(const nn_loader *loader);

/** How many shards of batch `batch` are this rank's. Local. */
int64_t nn_loader_count(const nn_loader *loader, int64_t batch);

/** Chooses the rows of this rank's shard `shard` of batch `batch` of epoch `epoch` (all counted from
 * 0) and, for a dataset that is not in memory, reads them. By one thread, before
 * nn_loader_assemble(). Local. Errors: NN_IO; the shard is then of no rows. */
nn_status nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch,
                           int64_t shard) NN_CHECKED;

/** Converts the chosen rows to reals. Team. Local. */
void nn_loader_assemble(nn_loader *loader);

/** The shard, a view that the next nn_loader_choose() overwrites. Local. */
const nn_batch *nn_loader_batch(const nn_loader *loader);

#endif
