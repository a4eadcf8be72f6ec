/* exchange_tree.c: the sum along the tree of a batch's shards, so that it has the same bits on any
 * number of ranks: each rank gets a slice of all nodes that the others are left with, adds them in the
 * tree's order, and gives its slice of the sum to all. */
#include "kernels/team.h"
#include "train/exchange_private.h"
#include "train/plan.h"
#include "util/memory.h"

#include <stdlib.h>

/* Gradients go from rank to rank in pieces of so many numbers, so that the room for what comes in
 * is bounded; a slice of a piece begins on a cache line. */
enum { PIECE = 1 << 22, LINE = NN_ALIGNMENT / (int)sizeof(nn_real), ADD_GRAIN = 4096 };

typedef struct {
    nn_exchange exchange;
    nn_plan *plan;
    nn_real **slices;  /* (nodes): this rank's slice of each node */
    nn_real *received; /* (nodes, slice): those of other ranks' nodes */
} tree;

static int64_t slice_begin(int64_t count, int rank, int size) {
    int64_t begin = nn_share_begin((count + LINE - 1) / LINE, rank, size) * LINE;
    return begin < count ? begin : count;
}

static nn_status allocate(tree *self) {
    nn_status status = NN_OK;
    const nn_gradients *gradients = self->exchange.gradients;
    const nn_shards *shards = nn_gradients_shards(gradients);
    const int64_t length = nn_gradients_length(gradients), piece = length < PIECE ? length : PIECE;
    const int64_t slice =
        ((piece + LINE - 1) / LINE / shards->ranks + 1) * LINE; /* the longest of any piece */
    NN_TRY(nn_plan_create(shards, self->exchange.options.last_rows, &self->plan));
    const int64_t nodes = nn_plan_most(self->plan);
    NN_TRY(nn_allocate("a list of nodes", nodes, sizeof *self->slices, &self->slices));
    NN_TRY(nn_allocate("the ranks' gradients", nodes * slice, sizeof(nn_real), &self->received));
done:
    return status;
}

static nn_status create(nn_exchange *exchange) {
    return nn_comm_agree(exchange->comm, allocate((tree *)exchange));
}

static void destroy(nn_exchange *exchange) {
    tree *self = (tree *)exchange;
    nn_plan_destroy(&self->plan);
    free(self->slices);
    free(self->received);
}

/* A part of a piece. */
typedef struct {
    int64_t begin, length;
} part;

static part slice_of(int64_t count, int rank, int size) {
    int64_t begin = slice_begin(count, rank, size);
    return (part){begin, slice_begin(count, rank + 1, size) - begin};
}

static int64_t bytes(int64_t numbers) {
    return numbers * (int64_t)sizeof(nn_real);
}

/* Sends each rank its slice of this rank's nodes, and receives this rank's slice of theirs. */
static void scatter_nodes(tree *self, int64_t at, int64_t count) {
    nn_comm *comm = self->exchange.comm;
    const nn_gradients *gradients = self->exchange.gradients;
    const nn_forest *mine = nn_gradients_nodes(gradients);
    const int rank = nn_comm_rank(comm), size = nn_comm_size(comm);
    const part own = slice_of(count, rank, size);
    int64_t first;
    nn_plan_nodes(self->plan, rank, &first);
    for (int64_t i = 0; i < mine->count; i++)
        self->slices[first + i] =
            nn_gradients_buffer(gradients, mine->nodes[i].buffer) + at + own.begin;
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const part theirs = slice_of(count, to, size);
        const int64_t coming = nn_plan_nodes(self->plan, from, &first);
        for (int64_t i = 0; i < mine->count || i < coming; i++) {
            const nn_real *out = NULL;
            nn_real *in = NULL;
            if (i < mine->count)
                out = nn_gradients_buffer(gradients, mine->nodes[i].buffer) + at + theirs.begin;
            if (i < coming) self->slices[first + i] = in = self->received + (first + i) * own.length;
            nn_comm_exchange(comm, out, out ? bytes(theirs.length) : 0, to, in,
                             in ? bytes(own.length) : 0, from);
        }
    }
}

typedef struct {
    const tree *self;
    nn_real *sum; /* where the root goes */
} add_job;

static void add_nodes(int64_t begin, int64_t end, void *context) {
    const add_job *job = context;
    nn_plan_add(job->self->plan, job->self->slices, begin, end, job->sum);
}

/* Gives this rank's slice of the sum to all, and receives theirs. */
static void gather_sum(nn_comm *comm, nn_real *sum, int64_t count) {
    const int rank = nn_comm_rank(comm), size = nn_comm_size(comm);
    const part own = slice_of(count, rank, size);
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const part theirs = slice_of(count, from, size);
        nn_comm_exchange(comm, sum + own.begin, bytes(own.length), to, sum + theirs.begin,
                         bytes(theirs.length), from);
    }
}

/* Piece by piece. The sum goes to buffer 0, whose piece all have by then. */
static void reduce(nn_exchange *exchange) {
    tree *self = (tree *)exchange;
    nn_comm *comm = exchange->comm;
    const bool leads = nn_team_is_lead();
    const int64_t length = nn_gradients_length(exchange->gradients);
    nn_real *sum = nn_gradients_buffer(exchange->gradients, 0);
    if (leads) nn_plan_make(self->plan, nn_gradients_rows(exchange->gradients));
    for (int64_t at = 0; at < length; at += PIECE) {
        const int64_t count = length - at < PIECE ? length - at : PIECE;
        const part own = slice_of(count, nn_comm_rank(comm), nn_comm_size(comm));
        add_job job = {self, sum + at + own.begin};
        if (leads) scatter_nodes(self, at, count);
        nn_team_barrier();
        nn_team_for(own.length, ADD_GRAIN, add_nodes, &job);
        if (leads) gather_sum(comm, sum + at, count);
    }
    if (leads) nn_model_use_gradients(exchange->model, sum);
    nn_team_barrier();
}

const nn_exchange_class NN_EXCHANGE_TREE = {.name = "tree",
                                            .say = "along the tree of reproducible: true, by messages",
                                            .size = sizeof(tree),
                                            .create = create,
                                            .destroy = destroy,
                                            .message = nn_exchange_sum_message,
                                            .reduce = reduce};
