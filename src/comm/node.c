/* node.c: what the ranks of one node share: memory (POSIX shared memory). */
#include "comm/comm_private.h"

#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- who shares a node ---- */

/* How many ranks of a node count as one node: all, but for tests. */
static int ranks_a_node(void) {
    const char *text = getenv("NNMPI_NODE_RANKS");
    int number = text ? atoi(text) : 0;
    return number > 0 ? number : INT_MAX;
}

void nn_comm_open_node(nn_comm *comm, nn_comm *across) {
    MPI_Comm host;
    int rank, least;
    MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL, &host);
    MPI_Comm_rank(host, &rank);
    MPI_Comm_split(host, rank / ranks_a_node(), rank, &comm->node);
    MPI_Comm_free(&host);
    MPI_Comm_rank(comm->node, &comm->node_rank);
    MPI_Comm_size(comm->node, &comm->node_size);
    comm->nodes = comm->node_rank == 0;
    NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, &comm->nodes, 1, MPI_INT, MPI_SUM, comm->world));
    NN_WAITS(MPI_Allreduce(&comm->node_size, &least, 1, MPI_INT, MPI_MIN, comm->world));
    comm->node_least = least;
    *across = *comm;
    MPI_Comm_split(comm->world, comm->node_rank < least ? comm->node_rank : MPI_UNDEFINED, comm->rank,
                   &across->world);
    comm->across = NULL;
    if (across->world == MPI_COMM_NULL) return;
    MPI_Comm_rank(across->world, &across->rank);
    MPI_Comm_size(across->world, &across->size);
    comm->across = across;
}

void nn_comm_close_node(nn_comm *comm) {
    if (comm->across) MPI_Comm_free(&comm->across->world);
    MPI_Comm_free(&comm->node);
}

int nn_comm_nodes(const nn_comm *comm) {
    return comm->nodes;
}

int nn_comm_node_size(const nn_comm *comm) {
    return comm->node_size;
}

int nn_comm_node_rank(const nn_comm *comm) {
    return comm->node_rank;
}

int nn_comm_node_least(const nn_comm *comm) {
    return comm->node_least;
}

nn_comm *nn_comm_across(nn_comm *comm) {
    return comm->across;
}

/* ---- memory that they share ---- */

/* Where the ranks meet. The last one to arrive opens the next turn. */
typedef struct {
    _Alignas(64) _Atomic int arrived;
    _Alignas(64) _Atomic unsigned turn;
} barrier;

/* POSIX shared memory rather than an MPI window: where /dev/shm is too small, as in many containers,
 * one rank alone sees MPI's failure and the others wait for it; here they agree. */
struct nn_shared {
    nn_comm *comm;
    MPI_Comm node;
    void *data; /* the barrier, then what was asked for */
    size_t bytes, each; /* all, and what each rank has of its own */
    int rank, size;
    int patience; /* how often it looks before it lets others run */
    bool mapped;  /* otherwise it is this rank's own memory */
};

enum { PATIENCE = 500 };

enum { NAME_ROOM = 64 };

/* A name that is still to be removed, should the process end early; `has_name` is set when it is whole. */
static char made_name[NAME_ROOM];
static _Atomic bool has_name;

void nn_shared_abandon(void) {
    if (atomic_exchange(&has_name, false)) shm_unlink(made_name);
}

static nn_status cannot_share(size_t bytes, const char *why) {
    return nn_fail(NN_INTERNAL,
                   "the node cannot share %zu bytes of memory between its ranks: %s; is /dev/shm "
                   "too small?",
                   bytes, why);
}

/* The node's first rank makes the memory. */
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
    memcpy(made_name, name, NAME_ROOM);
    atomic_store(&has_name, true);
    return ftruncate(*file, (off_t)self->bytes) == 0 ? NN_OK : cannot_share(self->bytes, strerror(errno));
}

static int reserve(int file, size_t begin, size_t end) {
    return end > begin ? posix_fallocate(file, (off_t)begin, (off_t)(end - begin)) : 0;
}

/* Each rank reserves its own part and its share of the rest: so nobody meets the memory's end later,
 * and pages lie near the rank that reserved them. */
static nn_status reserve_parts(const nn_shared *self, int file) {
    const size_t own = sizeof(barrier) + (size_t)self->rank * self->each;
    const size_t common = sizeof(barrier) + (size_t)self->size * self->each;
    const int64_t rest = (int64_t)(self->bytes - common);
    int error = self->rank == 0 ? reserve(file, 0, sizeof(barrier)) : 0;
    if (!error) error = reserve(file, own, own + self->each);
    if (!error)
        error = reserve(file, common + (size_t)nn_share_begin(rest, self->rank, self->size),
                        common + (size_t)nn_share_begin(rest, self->rank + 1, self->size));
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
    NN_WAITS(MPI_Bcast(name, NAME_ROOM, MPI_CHAR, 0, self->node));
    if (status == NN_OK && self->rank != 0) {
        file = shm_open(name, O_RDWR, 0600);
        if (file < 0) status = cannot_share(self->bytes, strerror(errno));
    }
    status = nn_comm_agree(comm, status);
    nn_shared_abandon(); /* all have it, and whoever reserves some has removed the name: nothing stays, */
    if (name[0]) shm_unlink(name); /* whichever ranks are killed from here on */
    if (status == NN_OK) status = reserve_parts(self, file);
    if (status == NN_OK) status = map_object(self, file);
    if (file >= 0) close(file);
    return nn_comm_agree(comm, status);
}

nn_status nn_shared_create(nn_comm *comm, int64_t each, int64_t common, nn_shared **out) {
    nn_shared *self = NULL;
    int alone;
    *out = NULL;
    nn_status status = nn_comm_agree(comm, nn_allocate("shared memory", 1, sizeof *self, &self));
    if (status != NN_OK) {
        free(self);
        return status;
    }
    self->comm = comm;
    self->node = comm->node;
    self->rank = comm->node_rank;
    self->size = comm->node_size;
    self->each = (size_t)nn_round_up(each, NN_ALIGNMENT);
    self->bytes = sizeof(barrier) + (size_t)self->size * self->each + (size_t)common;
    self->patience = sysconf(_SC_NPROCESSORS_ONLN) < self->size ? 0 : PATIENCE;
    alone = self->size == 1;
    NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, &alone, 1, MPI_INT, MPI_MIN, comm->world));
    if (alone) /* on every node */
        status = nn_comm_agree(comm, nn_allocate("the data", (int64_t)self->bytes, 1, &self->data));
    else status = share(comm, self);
    if (status == NN_OK) *out = self;
    else nn_shared_destroy(&self);
    return status;
}

void *nn_shared_data(const nn_shared *shared) {
    return (char *)shared->data + sizeof(barrier);
}

int nn_shared_rank(const nn_shared *shared, int *node_size) {
    *node_size = shared->size;
    return shared->rank;
}

/* Processors have a way of saying that this is a loop that waits. */
static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void nn_shared_sync(nn_shared *shared) {
    barrier *at = shared->data;
    bool waits = false;
    if (shared->size == 1) return;
    const unsigned turn = atomic_load_explicit(&at->turn, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&at->arrived, 1, memory_order_acq_rel) + 1 == shared->size) {
        atomic_store_explicit(&at->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&at->turn, turn + 1, memory_order_release);
        return;
    }
    for (int looks = 0; atomic_load_explicit(&at->turn, memory_order_acquire) == turn;) {
        if (looks++ < shared->patience) {
            pause_briefly();
            continue;
        }
        if (!waits) nn_watchdog_wait(); /* not before: few turns last so long */
        waits = true;
        looks = shared->patience;
        sched_yield();
        if (shared->comm->nodes > 1) nn_comm_progress(shared->comm); /* a rank elsewhere may wait for it */
    }
    if (waits) nn_watchdog_go_on();
}

void nn_shared_destroy(nn_shared **shared) {
    if (!*shared) return;
    if ((*shared)->mapped) munmap((*shared)->data, (*shared)->bytes);
    else free((*shared)->data);
    free(*shared);
    *shared = NULL;
}
