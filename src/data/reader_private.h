/* reader_private.h: what the lead's side (reader.c) and the thread's side (reader_thread.c) of a
 * reader know of each other.
 *
 * A flow is the sequence of windows from some batch on, epoch after epoch; a jump begins another
 * one, the next generation. Rows and windows of a flow are counted through all epochs: row `place`
 * of an epoch is row epoch * rows + place. Of each rank of the node the board says how many windows
 * of the flow it has read its part of, and which row it needs next. A rank that has not yet said
 * so, because no rows were its own so far, needs the first of its own from the flow's first batch
 * on; so a rank that never has any holds up nobody. */
#ifndef NN_DATA_READER_PRIVATE_H
#define NN_DATA_READER_PRIVATE_H

#include "data/board.h"
#include "data/reader.h"

enum { NN_READER_ARRAYS = 3, NN_READER_SLOTS = 2 };

/* A block of a window, on its way from the file to its place in memory. */
typedef struct {
    int64_t first, rows, place;
} nn_piece;

struct nn_reader {
    nn_comm *comm;
    nn_dataset *dataset;
    nn_windows windows;
    nn_shards shards;
    nn_board board;
    nn_notices *notices; /* the board's */
    const nn_array *arrays[NN_READER_ARRAYS];
    char *memory[NN_READER_ARRAYS]; /* (slots, max_rows, columns); one slot where there is one
                                       window */

    pthread_t thread;
    bool runs;
    atomic_bool stop;

    /* the lead's: */
    double waited;
    int64_t generation; /* of the flow that it is in */
    int64_t base;       /* the flow's first window */
    int64_t complete;   /* windows of the flow known to be in memory */
    int64_t at, next;   /* the first row of the shard at hand, -1 for none, and of the next one */
    int64_t end;        /* where the window of the shard at hand ends */
    nn_window_order order;
    struct {
        int64_t window; /* -1: none */
        nn_permutation order;
    } samples[NN_READER_SLOTS];

    /* the thread's: */
    nn_piece *pieces; /* of this rank's part of a window */
    nn_status failed; /* under the lock, as the message */
    char message[NN_MESSAGE_MAX];
};

/** The window with which the flow of now begins; under the lock. Local. */
int64_t nn_reader_base(const nn_reader *self);

/** What the thread does, with the reader as its argument, until it is stopped or cannot read.
 * Local. */
void *nn_reader_run(void *context);

#endif
