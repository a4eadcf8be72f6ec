/* board.c: memory that the ranks of a node share, with a notice board in front of it. */
#include "data/board.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

static int64_t notice_bytes(const nn_comm *comm) {
    const size_t members = (size_t)nn_comm_size(comm); /* a node has no more */
    return nn_round_up((int64_t)(sizeof(nn_notices) + members * sizeof(nn_board_member)),
                       NN_ALIGNMENT);
}

/* A mutex and a condition rather than atomic numbers: who waits sleeps, and costs the others
 * nothing. */
static void clear(nn_notices *notices, int64_t bytes) {
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    memset(notices, 0, (size_t)bytes);
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&notices->lock, &mutex);
    pthread_mutexattr_destroy(&mutex);
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&notices->changed, &condition);
    pthread_condattr_destroy(&condition);
}

nn_status nn_board_open(nn_comm *comm, int64_t bytes, nn_board *out) {
    const int64_t front = notice_bytes(comm);
    *out = (nn_board){.members = 1};
    nn_status status = nn_shared_create(comm, 0, front + bytes, &out->shared);
    if (status != NN_OK)
        status =
            nn_comm_agree(comm, nn_allocate("rows from the file", front + bytes, 1, &out->own));
    if (status != NN_OK) return status;
    char *memory = out->shared ? nn_shared_data(out->shared) : out->own;
    if (out->shared) out->me = nn_shared_rank(out->shared, &out->members);
    out->notices = (nn_notices *)(void *)memory;
    out->memory = memory + front;
    if (out->me == 0) clear(out->notices, front);
    if (out->shared) nn_shared_sync(out->shared);
    out->notices->members[out->me].rank = nn_comm_rank(comm);
    if (out->shared) nn_shared_sync(out->shared);
    return NN_OK;
}

void nn_board_close(nn_board *board) {
    nn_shared_destroy(&board->shared);
    free(board->own);
    *board = (nn_board){0};
}
