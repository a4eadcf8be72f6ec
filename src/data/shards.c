/* shards.c: how the rows of a batch are cut into shards, and which of them each rank takes. */
#include "data/shards.h"

#include "comm/comm.h"

/* Smaller shards keep more ranks busy, larger ones keep the CBLAS near its peak;
 * docs/REPRODUCIBILITY.md has figures. */
enum { ROWS = 128, LEAST_ROWS = 16, LEAST_COUNT = 4 };

static int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

nn_shards nn_shards_by_rank(int64_t batch_rows, int64_t pass_rows, int ranks) {
    if (pass_rows > batch_rows) pass_rows = batch_rows;
    return (nn_shards){batch_rows, divide_up(pass_rows, ranks), 0, ranks};
}

nn_shards nn_shards_fixed(int64_t batch_rows, int ranks) {
    int64_t count = divide_up(batch_rows, ROWS), small = batch_rows / LEAST_ROWS;
    if (small > LEAST_COUNT) small = LEAST_COUNT;
    if (count < small) count = small;
    int64_t rows = divide_up(batch_rows, count);
    return (nn_shards){batch_rows, rows, divide_up(batch_rows, rows), ranks};
}

nn_shards nn_shards_one_each(int64_t shard_rows, int ranks) {
    return (nn_shards){shard_rows * ranks, shard_rows, ranks, ranks};
}

/* Where a rank has many fixed shards, shares begin at multiples of a power of two of them, so that
 * a share is few whole subtrees of the binary tree of all shards, which are what its rank sends:
 * with 2.5 multiples a rank on average, never more than three of them a rank
 * (tests/unit/test_tree.c). */
static int64_t fixed_begin(const nn_shards *shards, int rank) {
    int64_t unit = 1;
    while (shards->fixed >= 5 * unit * shards->ranks) unit *= 2;
    return nn_share_begin(divide_up(shards->fixed, unit), rank, shards->ranks) * unit;
}

int64_t nn_shards_begin(const nn_shards *shards, int64_t rows, int rank) {
    if (shards->fixed == 0) return nn_share_begin(rows, rank, shards->ranks);
    int64_t begin = fixed_begin(shards, rank) * shards->shard_rows;
    return begin < rows ? begin : rows;
}

int64_t nn_shards_numbers(const nn_shards *shards, int64_t rows, int rank, int64_t *begin,
                          int64_t *end) {
    const int64_t first = nn_shards_begin(shards, rows, rank);
    const int64_t last = nn_shards_begin(shards, rows, rank + 1);
    if (shards->fixed == 0) {
        *begin = 0;
        return *end = nn_shards_of(shards, last - first);
    }
    *begin = nn_shards_of(shards, first);
    *end = nn_shards_of(shards, last);
    return nn_shards_of(shards, rows);
}

static int64_t batch_rows(const nn_shards *shards, int64_t rows, int64_t batch) {
    const int64_t left = rows - batch * shards->batch_rows;
    return left < shards->batch_rows ? left : shards->batch_rows;
}

/* Who has no row in one whole batch has none in any, but perhaps in the last one. */
int64_t nn_shards_first(const nn_shards *shards, int64_t rows, int rank, int64_t epoch,
                        int64_t batch) {
    const int64_t last = (rows - 1) / shards->batch_rows;
    if (batch > last) return nn_shards_first(shards, rows, rank, epoch + 1, 0);
    const int64_t candidates[][2] = {{epoch, batch}, {epoch, last}, {epoch + 1, 0}, {epoch + 1, last}};
    for (int i = 0; i < 4; i++) {
        const int64_t number = candidates[i][1], in_batch = batch_rows(shards, rows, number);
        const int64_t first = nn_shards_begin(shards, in_batch, rank);
        if (first < nn_shards_begin(shards, in_batch, rank + 1))
            return candidates[i][0] * rows + number * shards->batch_rows + first;
    }
    return NN_SHARDS_NEVER;
}

int64_t nn_shards_next(const nn_shards *shards, int64_t rows, int rank, int64_t at) {
    const int64_t epoch = at / rows, batch = at % rows / shards->batch_rows;
    const int64_t in_batch = at % rows - batch * shards->batch_rows;
    const int64_t end = nn_shards_begin(shards, batch_rows(shards, rows, batch), rank + 1);
    if (in_batch + shards->shard_rows < end) return at + shards->shard_rows;
    return nn_shards_first(shards, rows, rank, epoch, batch + 1);
}
