/* shards.h: how the rows of a batch are cut into shards, and which of them each rank takes. A shard
 * goes through the model in one pass; a rank takes a contiguous share of the batch, shard by shard.
 *
 * By rank: rank r of p takes the rows from n r / p to n (r + 1) / p of a batch of n, in as many
 * shards as are asked for; so a batch may be larger than what there is memory for.
 * Fixed: the shards depend on the number of rows alone, and each rank takes whole ones. So a shard
 * is the same computation on any number of ranks, and what is summed shard by shard can be the same
 * bits (train/gradients.h). */
#ifndef NN_DATA_SHARDS_H
#define NN_DATA_SHARDS_H

#include <stdint.h>

typedef struct {
    int64_t batch_rows; /* of every batch but an epoch's last, which may have fewer */
    int64_t shard_rows; /* of a shard; the last one of a share may have fewer */
    int64_t fixed;      /* shards of a whole batch where they are fixed; 0: by rank */
    int ranks;
} nn_shards;

/** By rank, with at most `pass_rows` rows of all ranks together in a pass. Local. */
nn_shards nn_shards_by_rank(int64_t batch_rows, int64_t pass_rows, int ranks);

/** Fixed, of at most 128 rows; a batch of fewer than 512 rows is cut into 4 as long as each has 16
 * or more. Local. */
nn_shards nn_shards_fixed(int64_t batch_rows, int ranks);

/** Fixed, one of `shard_rows` rows for each rank. Local. */
nn_shards nn_shards_one_each(int64_t shard_rows, int ranks);

/** The first row of rank `rank`'s share in a batch of `rows` rows; it ends where that of the next
 * rank begins. A share may be empty. Local. */
int64_t nn_shards_begin(const nn_shards *shards, int64_t rows, int rank);

/** The rows of all epochs are counted through: row `place` of epoch e of `rows` rows is number
 * e * rows + place. The first such number that is rank `rank`'s from a batch of an epoch on, and the
 * first of the shard behind the one that begins with `at`; NN_SHARDS_NEVER where no row ever is. Local. */
int64_t nn_shards_first(const nn_shards *shards, int64_t rows, int rank, int64_t epoch,
                        int64_t batch);
int64_t nn_shards_next(const nn_shards *shards, int64_t rows, int rank, int64_t at);
#define NN_SHARDS_NEVER INT64_MAX

/** How many shards `rows` rows make. Local. */
static inline int64_t nn_shards_of(const nn_shards *shards, int64_t rows) {
    return (rows + shards->shard_rows - 1) / shards->shard_rows;
}

/** The numbers *begin .. *end - 1 of rank `rank`'s shards in a batch of `rows` rows, of as many as are
 * returned: fixed ones are counted over the batch, others over the rank alone. Local. */
int64_t nn_shards_numbers(const nn_shards *shards, int64_t rows, int rank, int64_t *begin,
                          int64_t *end);

/** How many sums over rows are kept apart, one for each fixed shard of a batch, so that they can be
 * added in the shards' order in the end; by rank one is enough. Local. */
static inline int64_t nn_shards_slots(const nn_shards *shards) {
    return shards->fixed > 0 ? shards->fixed : 1;
}

#endif
