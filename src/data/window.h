/* window.h: how the rows of a dataset that is not in memory are cut, and in which order an epoch
 * takes them.
 *
 * A block is some rows that lie together in the file: whole chunks, about 1 MiB. A window is some
 * blocks that are in memory together. With shuffling, an epoch takes the blocks in an order of its
 * own, window by window, and the rows of a window in an order of their own: "block-then-sample".
 * Both orders come from the counter-based generator, keyed on seed, epoch and window, and take no
 * memory; so they depend on the dataset, the seed and the size of the buffer alone. Where all rows
 * fit into one window, the order is that of a dataset in memory. All functions are Local. */
#ifndef NN_DATA_WINDOW_H
#define NN_DATA_WINDOW_H

#include "util/random.h"

#include <stdbool.h>
#include <stdint.h>

/** What the cut depends on. */
typedef struct {
    int64_t rows;       /* of the dataset, 1 or more */
    int64_t row_bytes;  /* of a row in memory, all arrays together */
    int64_t chunk_rows; /* of a chunk in the file; 0: no chunks */
    int64_t buffer;     /* bytes that two windows may take together */
    int64_t least_rows; /* of a window, whatever that takes: those that are wanted at a time */
    bool shuffle;
    uint64_t seed;
} nn_windows_wish;

/** The cut. */
typedef struct {
    int64_t rows;
    int64_t block_rows; /* the dataset's last block may have fewer */
    int64_t blocks;
    int64_t count;    /* windows of an epoch */
    int64_t max_rows; /* of a window */
    bool shuffle;
    uint64_t seed;
} nn_windows;

/** Cuts a dataset: into one window where all rows fit into the buffer, otherwise into windows of
 * nearly the same number of blocks, of which two fit into it; more only as `least_rows` asks for.
 */
nn_windows nn_windows_make(const nn_windows_wish *wish);

/** The order of one epoch. */
typedef struct {
    const nn_windows *of; /* borrowed */
    int64_t epoch;
    nn_permutation blocks; /* of the whole blocks */
    int64_t short_at;      /* which in the order is the last, perhaps short block of the dataset */
} nn_window_order;

/** The order of an epoch, counted from 0; without shuffling that of the file. */
nn_window_order nn_windows_order(const nn_windows *windows, int64_t epoch);

/** The place in the epoch's order of the first row of window 0 .. count; it ends where the next one
 * begins. */
int64_t nn_window_begin(const nn_window_order *order, int64_t window);

/** The window of the row at place `position` of the epoch's order. */
int64_t nn_window_of(const nn_window_order *order, int64_t position);

/** Where the blocks of window 0 .. count begin in the order of the blocks; they end where those of
 * the next one begin. */
int64_t nn_window_blocks(const nn_windows *windows, int64_t window);

/** The dataset's first row of the block at place `index` of the order, and the number of its rows.
 */
int64_t nn_window_block(const nn_window_order *order, int64_t index, int64_t *rows);

/** The order of the rows of a window: row begin + i of the epoch is row nn_permute(i) of the
 * window, as its blocks follow each other. Only with shuffling. */
nn_permutation nn_window_samples(const nn_window_order *order, int64_t window);

#endif
