/* node.c: what the ranks of one node share: cores, and memory (an MPI-3 shared window). */
#define _GNU_SOURCE
#include "comm/comm_private.h"

#include "util/memory.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

int nn_comm_threads(nn_comm *comm, int requested) {
    cpu_set_t mine, *all = NULL;
    int node_size, sharing = 0;
    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0) CPU_SET(0, &mine);
    MPI_Comm_size(comm->node, &node_size);
    nn_status status = nn_allocate("core masks", node_size, sizeof *all, &all);
    if (nn_comm_agree(comm, status) != NN_OK) {
        free(all);
        return requested > 0 ? requested : 1;
    }
    MPI_Allgather(&mine, (int)sizeof mine, MPI_BYTE, all, (int)sizeof mine, MPI_BYTE, comm->node);
    for (int i = 0; i < node_size; i++) {
        cpu_set_t both;
        CPU_AND(&both, &mine, &all[i]);
        sharing += CPU_COUNT(&both) > 0;
    }
    free(all);
    if (requested > 0) return requested;
    int threads = CPU_COUNT(&mine) / (sharing > 0 ? sharing : 1);
    return threads > 0 ? threads : 1;
}

struct nn_shared {
    MPI_Win window;
    MPI_Comm node;
    void *data;
    int rank, size;
};

nn_status nn_shared_create(nn_comm *comm, int64_t bytes, nn_shared **out) {
    nn_shared *self = NULL;
    MPI_Aint length = 0;
    int unit = 1;
    *out = NULL;
    nn_status status = nn_allocate("shared memory", 1, sizeof *self, &self);
    status = nn_comm_agree(comm, status);
    if (status != NN_OK) {
        free(self);
        return status;
    }
    self->node = comm->node;
    MPI_Comm_rank(self->node, &self->rank);
    MPI_Comm_size(self->node, &self->size);
    void *own = NULL;
    MPI_Comm_set_errhandler(self->node, MPI_ERRORS_RETURN);
    int error = MPI_Win_allocate_shared(self->rank == 0 ? (MPI_Aint)bytes : 0, 1, MPI_INFO_NULL,
                                        self->node, &own, &self->window);
    MPI_Comm_set_errhandler(self->node, MPI_ERRORS_ARE_FATAL);
    if (error != MPI_SUCCESS)
        status = nn_fail(NN_INTERNAL,
                         "the node cannot share %lld bytes of memory between its ranks; is its "
                         "/dev/shm or its memory full?",
                         (long long)bytes);
    status = nn_comm_agree(comm, status);
    if (status != NN_OK) {
        free(self);
        return status;
    }
    MPI_Win_shared_query(self->window, 0, &length, &unit, &self->data);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, self->window);
    *out = self;
    return NN_OK;
}

void *nn_shared_data(const nn_shared *shared) {
    return shared->data;
}

int nn_shared_rank(const nn_shared *shared, int *node_size) {
    *node_size = shared->size;
    return shared->rank;
}

void nn_shared_sync(nn_shared *shared) {
    MPI_Win_sync(shared->window);
    MPI_Barrier(shared->node);
    MPI_Win_sync(shared->window);
}

void nn_shared_destroy(nn_shared **shared) {
    if (!*shared) return;
    MPI_Win_unlock_all((*shared)->window);
    MPI_Win_free(&(*shared)->window);
    free(*shared);
    *shared = NULL;
}
