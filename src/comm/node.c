/* node.c: what the ranks of one node share: cores, and memory (POSIX shared memory). */
#define _GNU_SOURCE
#include "comm/comm_private.h"

#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
    if (!comm->threads) return 1;
    int threads = CPU_COUNT(&mine) / (sharing > 0 ? sharing : 1);
    return threads > 0 ? threads : 1;
}

nn_status nn_comm_check_threads(const nn_comm *comm, int threads) {
    if (threads == 1 || comm->threads) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "this MPI does not allow threads (MPI_THREAD_FUNNELED), but there are to be %d: set "
                   "OMP_NUM_THREADS=1 and use more ranks",
                   threads);
}

/* POSIX shared memory rather than an MPI window: where /dev/shm is too small, as in many containers,
 * one rank alone sees MPI's failure and the others wait for it; here they agree. */
struct nn_shared {
    MPI_Comm node;
    void *data;
    size_t bytes;
    int rank, size;
    bool mapped; /* otherwise it is this rank's own memory */
};

enum { NAME_ROOM = 64 };

static nn_status cannot_share(size_t bytes, const char *why) {
    return nn_fail(NN_INTERNAL,
                   "the node cannot share %zu bytes of memory between its ranks: %s; is /dev/shm "
                   "too small?",
                   bytes, why);
}

/* The node's first rank makes the memory and reserves all of it, so that nobody meets its end later. */
static nn_status make_object(const nn_shared *self, char *name, int *file) {
    static int number;
    int error = EEXIST;
    for (int attempt = 0; attempt < 100 && error == EEXIST; attempt++) { /* what a killed run left */
        snprintf(name, NAME_ROOM, "/nnmpi-%ld-%d", (long)getpid(), number++);
        *file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        error = *file < 0 ? errno : 0;
    }
    if (error) {
        name[0] = '\0';
        return cannot_share(self->bytes, strerror(error));
    }
    error = posix_fallocate(*file, 0, (off_t)self->bytes);
    return error ? cannot_share(self->bytes, strerror(error)) : NN_OK;
}

static nn_status map_object(nn_shared *self, int file) {
    void *data = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) return cannot_share(self->bytes, strerror(errno));
    self->data = data;
    self->mapped = true;
    return NN_OK;
}

/* Every rank goes through every step, whatever has failed. */
static nn_status share(nn_comm *comm, nn_shared *self) {
    char name[NAME_ROOM] = "";
    int file = -1;
    nn_status status = self->rank == 0 ? make_object(self, name, &file) : NN_OK;
    status = nn_comm_agree(comm, status);
    MPI_Bcast(name, NAME_ROOM, MPI_CHAR, 0, self->node);
    if (status == NN_OK && self->rank != 0) {
        file = shm_open(name, O_RDWR, 0600);
        if (file < 0) status = cannot_share(self->bytes, strerror(errno));
    }
    if (status == NN_OK) status = map_object(self, file);
    if (file >= 0) close(file);
    status = nn_comm_agree(comm, status);
    if (self->rank == 0 && name[0]) shm_unlink(name); /* the memory stays until all let go of it */
    return status;
}

nn_status nn_shared_create(nn_comm *comm, int64_t bytes, nn_shared **out) {
    nn_shared *self = NULL;
    int alone;
    *out = NULL;
    nn_status status = nn_comm_agree(comm, nn_allocate("shared memory", 1, sizeof *self, &self));
    if (status != NN_OK) {
        free(self);
        return status;
    }
    self->node = comm->node;
    self->bytes = (size_t)(bytes > 0 ? bytes : 1);
    MPI_Comm_rank(self->node, &self->rank);
    MPI_Comm_size(self->node, &self->size);
    alone = self->size == 1;
    MPI_Allreduce(MPI_IN_PLACE, &alone, 1, MPI_INT, MPI_MIN, comm->world);
    if (alone) /* on every node */
        status = nn_comm_agree(comm, nn_allocate("the data", bytes, 1, &self->data));
    else status = share(comm, self);
    if (status == NN_OK) *out = self;
    else nn_shared_destroy(&self);
    return status;
}

void *nn_shared_data(const nn_shared *shared) {
    return shared->data;
}

int nn_shared_rank(const nn_shared *shared, int *node_size) {
    *node_size = shared->size;
    return shared->rank;
}

void nn_shared_sync(nn_shared *shared) {
    __sync_synchronize();
    MPI_Barrier(shared->node);
    __sync_synchronize();
}

void nn_shared_destroy(nn_shared **shared) {
    if (!*shared) return;
    if ((*shared)->mapped) munmap((*shared)->data, (*shared)->bytes);
    else free((*shared)->data);
    free(*shared);
    *shared = NULL;
}
