/* board.h: memory that the ranks of a node share, with a notice board in front of it: what they
 * tell each other about the windows that lie there (data/reader.c). */
#ifndef NN_DATA_BOARD_H
#define NN_DATA_BOARD_H

#include "comm/comm.h"

#include <pthread.h>
#include <stdatomic.h>

/** A rank of the node. */
typedef struct {
    int rank; /* of all ranks */
    int64_t reads,
        read; /* the generation that its thread is in, and the windows it has read there */
    int64_t needs, needed; /* the generation, and the row before which it needs none */
} nn_board_member;

/** What the ranks of a node tell each other; all but `generation` are looked at under the lock. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic int64_t generation; /* of the flow; 0: nothing was wanted yet. Changed under the lock */
    int64_t epoch, batch;       /* where it begins */
    nn_status failed;           /* of the first rank that could not read on, */
    int failed_rank;            /* which, */
    char message[NN_MESSAGE_MAX]; /* and why */
    bool left;                    /* a rank has gone away */
    nn_board_member members[];
} nn_notices;

typedef struct {
    nn_notices *notices;
    char *memory;    /* what was asked for */
    int me, members; /* this rank's number, of so many of the node */
    nn_shared *shared;
    void *own; /* instead of `shared` */
} nn_board;

/** Takes `bytes` bytes, and a board with nothing on it but the ranks' numbers. Where the ranks of a
 * node cannot share memory, each has a board of its own. Collective. Errors: NN_INTERNAL; agreed.
 */
nn_status nn_board_open(nn_comm *comm, int64_t bytes, nn_board *out) NN_CHECKED;

/** Gives it back, once; a board of zeros is none. Local. */
void nn_board_close(nn_board *board);

#endif
