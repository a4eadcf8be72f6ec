/* window.c: blocks of rows, windows of blocks, and the order in which an epoch takes them. */
#include "data/window.h"

enum {
    BLOCK_BYTES = 1 << 20,
    LEAST_BLOCKS = 4
}; /* of a block; of a window, for the sake of mixing */

static int64_t divide_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static int64_t at_least(int64_t a, int64_t least) {
    return a > least ? a : least;
}

/* Whole chunks as long as a window takes a few of them; otherwise parts of a chunk. */
static int64_t choose_block(const nn_windows_wish *wish, int64_t window_rows) {
    const int64_t chunk = at_least(wish->chunk_rows, 1);
    const int64_t most = at_least(window_rows / LEAST_BLOCKS, 1);
    int64_t rows = chunk * at_least(BLOCK_BYTES / wish->row_bytes / chunk, 1);
    if (rows > most) rows = most / chunk * chunk;
    return rows > 0 ? rows : most;
}

/* The rows by which the dataset's last block is too short. */
static int64_t lacking(const nn_windows *self) {
    return self->blocks * self->block_rows - self->rows;
}

nn_windows nn_windows_make(const nn_windows_wish *wish) {
    nn_windows self = {.rows = wish->rows, .shuffle = wish->shuffle, .seed = wish->seed};
    const int64_t window_rows = at_least(wish->buffer / 2 / wish->row_bytes, 1);
    const bool whole = wish->rows <= wish->buffer / wish->row_bytes;
    self.block_rows = choose_block(wish, whole ? wish->rows : window_rows);
    self.blocks = divide_up(self.rows, self.block_rows);
    self.count = whole ? 1 : divide_up(self.blocks, at_least(window_rows / self.block_rows, 1));
    if (self.count > 2) { /* what is wanted at a time lies in two windows at most */
        int64_t least = divide_up(wish->least_rows + lacking(&self), self.block_rows);
        int64_t most = at_least(self.blocks / at_least(least, 1), 2);
        if (self.count > most) self.count = most;
    }
    self.max_rows = divide_up(self.blocks, self.count) * self.block_rows;
    if (self.max_rows > self.rows) self.max_rows = self.rows;
    return self;
}

static nn_random_stream stream_of(const nn_window_order *order, nn_random_purpose purpose,
                                  int64_t part) {
    return (nn_random_stream){order->of->seed, purpose, (uint32_t)part, (uint32_t)order->epoch};
}

/* A random order of the whole blocks, and a random place in it for the last one: all orders of all
 * blocks are alike, and the places of the windows follow from that of the short block. */
nn_window_order nn_windows_order(const nn_windows *windows, int64_t epoch) {
    nn_window_order order = {.of = windows, .epoch = epoch, .short_at = windows->blocks - 1};
    if (!windows->shuffle || windows->count == 1 || windows->blocks == 1) return order;
    order.blocks =
        nn_permutation_make(stream_of(&order, NN_RANDOM_BLOCKS, 0), (uint64_t)windows->blocks - 1);
    double place = nn_random_uniform(stream_of(&order, NN_RANDOM_BLOCKS, 1), 0);
    order.short_at = (int64_t)(place * (double)windows->blocks);
    return order;
}

int64_t nn_window_blocks(const nn_windows *windows, int64_t window) {
    /* as window * blocks / count, which could overflow */
    const int64_t each = windows->blocks / windows->count, more = windows->blocks % windows->count;
    return window * each + (window < more ? window : more);
}

int64_t nn_window_begin(const nn_window_order *order, int64_t window) {
    const int64_t block = nn_window_blocks(order->of, window);
    return block * order->of->block_rows - (order->short_at < block ? lacking(order->of) : 0);
}

int64_t nn_window_of(const nn_window_order *order, int64_t position) {
    const nn_windows *of = order->of;
    int64_t low = 0, high = of->count; /* begin(low) <= position < begin(high) */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (nn_window_begin(order, middle) <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t nn_window_block(const nn_window_order *order, int64_t index, int64_t *rows) {
    const nn_windows *of = order->of;
    int64_t block = index;
    if (index == order->short_at)
        block = of->blocks - 1;
    else if (order->blocks.count > 0)
        block = (int64_t)nn_permute(&order->blocks,
                                    (uint64_t)(index < order->short_at ? index : index - 1));
    *rows = block == of->blocks - 1 ? of->block_rows - lacking(of) : of->block_rows;
    return block * of->block_rows;
}

nn_permutation nn_window_samples(const nn_window_order *order, int64_t window) {
    const int64_t rows = nn_window_begin(order, window + 1) - nn_window_begin(order, window);
    if (order->of->count == 1) /* as in memory */
        return nn_permutation_make(stream_of(order, NN_RANDOM_SHUFFLE, 0), (uint64_t)rows);
    return nn_permutation_make(stream_of(order, NN_RANDOM_WINDOW, window), (uint64_t)rows);
}
