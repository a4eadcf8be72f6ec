/* loader.h: the batches of an epoch, and this rank's shards of each.
 *
 * Batch s of an epoch holds the samples perm(s * B) .. perm((s + 1) * B - 1), the last one what is
 * left; perm takes no memory and depends on seed and epoch alone or, for a dataset that is not in memory,
 * on how it is cut too (data/window.h). data/shards.h says which rows of a batch are this rank's, and
 * how they are cut; they may be none. */
#ifndef NN_DATA_LOADER_H
#define NN_DATA_LOADER_H

#include "data/dataset.h"
#include "data/shards.h"
#include "data/window.h"
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
    int64_t buffer;    /* bytes of rows that a node holds of a dataset that is not in memory; 0: 256 MiB */
    int64_t pass_rows; /* of which it holds twice as many rows whatever they take: those of a pass of all
                        * ranks, the same on any number of ranks; 0: those of a shard */
} nn_loader_options;

/** Makes a loader over a loaded dataset, which is borrowed. Where the dataset is not in memory, a thread
 * reads ahead (data/reader.h). Collective. Errors: NN_INTERNAL; agreed. */
nn_status nn_loader_create(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                           nn_loader **out) NN_CHECKED;

/** Releases it, when all ranks have finished with it; takes NULL. Local. */
void nn_loader_destroy(nn_loader **loader);

/** The number of batches of an epoch, the number of rows of one, and how they are cut. Local. */
int64_t nn_loader_batches(const nn_loader *loader);
int64_t nn_loader_batch_rows(const nn_loader *loader, int64_t batch);
const nn_shards *nn_loader_shards(const nn_loader *loader);

/** How a dataset that is not in memory is cut; NULL for one that is. Local. */
const nn_windows *nn_loader_windows(const nn_loader *loader);

/** The bytes of rows that it holds for all ranks of the node; 0 for a dataset in memory. Local. */
int64_t nn_loader_buffer(const nn_loader *loader);

/** The seconds that nn_loader_choose() has waited for rows until now. Local. */
double nn_loader_waited(const nn_loader *loader);

/** How many shards of batch `batch` are this rank's. Local. */
int64_t nn_loader_count(const nn_loader *loader, int64_t batch);

/** Chooses the rows of this rank's shard `shard` of batch `batch` of epoch `epoch` (all counted from
 * 0) and, for a dataset that is not in memory, waits until they are read. By the team's lead, before
 * nn_loader_assemble(); the shards of a batch in their order. Any batch may follow, but where it is not
 * the next one, an agreement or a step must lie before and behind it. Local. Errors: NN_IO, also where
 * another rank of the node could not read; the shard is then of no rows. */
nn_status nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch,
                           int64_t shard) NN_CHECKED;

/** Converts the chosen rows to reals. Team. Local. */
void nn_loader_assemble(nn_loader *loader);

/** The shard, a view that the next nn_loader_choose() overwrites. Local. */
const nn_batch *nn_loader_batch(const nn_loader *loader);

#endif
