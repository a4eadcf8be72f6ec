/* loader.h: the batches of an epoch, and this rank's share of each.
 *
 * Batch s of an epoch holds the samples perm(s * B) .. perm((s + 1) * B - 1), the last one what is
 * left; perm depends on seed and epoch alone and takes no memory. Rank r of p takes the rows from
 * n * r / p to n * (r + 1) / p of a batch of n, which may be none. */
#ifndef NN_DATA_LOADER_H
#define NN_DATA_LOADER_H

#include "data/dataset.h"
#include "model/objective.h"

typedef struct nn_loader nn_loader;

/** This rank's share of a batch. */
typedef struct {
    int64_t rows;       /* of the share */
    int64_t first;      /* number of its first row within the batch */
    int64_t batch_rows; /* of the whole batch */
    const nn_real *x;   /* (rows, sample shape) */
    nn_targets targets;
} nn_batch;

/** How the batches are made. */
typedef struct {
    int64_t batch_size; /* over all ranks */
    bool shuffle;
    uint64_t seed;
} nn_loader_options;

/** Makes a loader over a loaded dataset, which is borrowed. Local. Errors: NN_INTERNAL. */
nn_status nn_loader_create(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                           nn_loader **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_loader_destroy(nn_loader **loader);

/** The number of batches of an epoch, and the longest share of a batch. Local. */
int64_t nn_loader_batches(const nn_loader *loader);
int64_t nn_loader_max_rows(const nn_loader *loader);

/** Chooses the rows of this rank's share of batch `batch` of epoch `epoch` (counted from 0) and, for
 * a dataset that is not in memory, reads them. By one thread, before nn_loader_assemble(). Local.
 * Errors: NN_IO; the share is then of no rows. */
nn_status nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch) NN_CHECKED;

/** Converts the chosen rows to reals. Team. Local. */
void nn_loader_assemble(nn_loader *loader);

/** The share, a view that the next nn_loader_choose() overwrites. Local. */
const nn_batch *nn_loader_batch(const nn_loader *loader);

#endif
