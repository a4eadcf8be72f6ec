/* exchange_overlap.c: MPI_Iallreduce over buckets of the arena of gradients, each as soon as the
 * backward pass, which comes from the arena's end, has left it. The lead looks after the messages
 * between the tiles of its products: Open MPI moves them only then. All ranks start the same buckets
 * in the same order, at the latest in front of the step's message, however many rows they have. The
 * sums go to an arena of their own: in place, MPI_Iallreduce takes a slower way. */
#include "kernels/team.h"
#include "train/exchange_private.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKET = 1 << 19 }; /* numbers: 2 MiB */

typedef struct {
    nn_exchange exchange;
    nn_sums_under_way *sums;
    nn_real *total;    /* the arena of the sums */
    int64_t reached;   /* all buckets from here on have been started */
    bool early;        /* this rank has one shard, whose gradients need not wait for others */
} overlap;

/* Starts the buckets that lie within `offset` and the end; all where it is 0. */
static void start_from(overlap *self, int64_t offset) {
    const nn_exchange *exchange = &self->exchange;
    const nn_forest *nodes = nn_gradients_nodes(exchange->gradients);
    const nn_real *own =
        nn_gradients_buffer(exchange->gradients, nodes->count > 0 ? nodes->nodes[0].buffer : 0);
    while (self->reached > offset) {
        const int64_t begin = (self->reached - 1) / BUCKET * BUCKET;
        if (begin < offset) return;
        nn_comm_start_sum(self->sums, own + begin, self->total + begin, self->reached - begin);
        self->reached = begin;
    }
}

static void gradients_ready(void *context, int64_t offset) {
    overlap *self = context;
    if (self->early) start_from(self, offset);
}

static void look_after(void *context) {
    nn_comm_progress_sums(((overlap *)context)->sums);
}

static nn_status allocate(overlap *self) {
    nn_status status = NN_OK;
    const int64_t length = nn_gradients_length(self->exchange.gradients);
    NN_TRY(nn_sums_under_way_create(self->exchange.comm, nn_chunks(length, BUCKET), &self->sums));
    NN_TRY(nn_allocate("the sum of gradients", length, sizeof(nn_real), &self->total));
done:
    return status;
}

static nn_status create(nn_exchange *exchange) {
    nn_status status = nn_comm_agree(exchange->comm, allocate((overlap *)exchange));
    if (status == NN_OK) nn_model_on_gradients(exchange->model, gradients_ready, exchange);
    return status;
}

static void destroy(nn_exchange *exchange) {
    overlap *self = (overlap *)exchange;
    nn_team_meanwhile(NULL, NULL);
    nn_sums_under_way_destroy(&self->sums);
    free(self->total);
}

static void begin(nn_exchange *exchange, int64_t shards) {
    overlap *self = (overlap *)exchange;
    self->reached = nn_gradients_length(exchange->gradients);
    self->early = shards == 1;
    nn_team_meanwhile(self->early ? look_after : NULL, self);
}

static void message(nn_exchange *exchange, double *numbers, int64_t count) {
    overlap *self = (overlap *)exchange;
    const int64_t length = nn_gradients_length(exchange->gradients);
    nn_team_meanwhile(NULL, NULL);
    if (nn_gradients_nodes(exchange->gradients)->count == 0) /* no rows: it adds nothing */
        memset(nn_gradients_buffer(exchange->gradients, 0), 0, (size_t)length * sizeof(nn_real));
    start_from(self, 0);
    nn_comm_sum_double(exchange->comm, numbers, count);
    nn_comm_finish_sums(self->sums);
}

static void reduce(nn_exchange *exchange) {
    if (nn_team_is_lead()) nn_model_use_gradients(exchange->model, ((overlap *)exchange)->total);
    nn_team_barrier();
}

const nn_exchange_class NN_EXCHANGE_OVERLAP = {.name = "overlap",
                                               .size = sizeof(overlap),
                                               .create = create,
                                               .destroy = destroy,
                                               .begin = begin,
                                               .message = message,
                                               .reduce = reduce};
