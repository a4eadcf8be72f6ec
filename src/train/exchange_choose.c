/* exchange_choose.c: which way of exchanging gradients is the fastest here, by trying: as many numbers
 * as the model has, but not more than a few million, are summed in each way, beside some arithmetic
 * where it is about overlap. */
#include "kernels/team.h"
#include "train/exchange_private.h"
#include "util/clock.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1 << 21, FEW = 1 << 16, TURNS = 7, TURNS_OF_FEW = 50, CHUNK = 1 << 14 };

typedef struct {
    nn_comm *comm;
    int64_t count;
    nn_real *data, *sums;
    nn_sums_under_way *under_way;
    nn_shared *shared; /* NULL: there is none to be had, */
    char why_not[192]; /* for this reason */
    volatile nn_real result;
} trial;

static void try_allreduce(trial *self) {
    nn_comm_sum_float(self->comm, self->data, self->count);
}

static void compute(trial *self, int64_t chunks, bool look_after) {
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        nn_real sum = 0;
        for (int64_t i = 0; i < CHUNK; i++) sum += self->data[i % self->count] * (nn_real)i;
        self->result = sum;
        if (look_after) nn_comm_progress_sums(self->under_way);
    }
}

/* Each rank adds its slice of all ranks' numbers on the node, and sums it over the nodes. */
static void try_node(trial *self) {
    int size, rank = nn_shared_rank(self->shared, &size);
    const nn_real *all = nn_shared_data(self->shared);
    const int owners = nn_comm_node_least(self->comm);
    nn_shared_sync(self->shared);
    if (rank < owners) {
        const int64_t begin = nn_share_begin(self->count, rank, owners);
        const int64_t end = nn_share_begin(self->count, rank + 1, owners);
        for (int64_t i = begin; i < end; i++) self->sums[i] = all[i];
        for (int r = 1; r < size; r++)
            for (int64_t i = begin; i < end; i++) self->sums[i] += all[r * self->count + i];
        if (nn_comm_nodes(self->comm) > 1)
            nn_comm_sum_float(nn_comm_across(self->comm), self->sums + begin, end - begin);
    }
    nn_shared_sync(self->shared);
}

/* The least time of some turns. */
static double time_of(trial *self, void (*turn)(trial *self)) {
    double least = INFINITY;
    const int turns = self->count < FEW ? TURNS_OF_FEW : TURNS;
    for (int i = 0; i < turns; i++) {
        nn_comm_wait_for_all(self->comm);
        const double begin = nn_now();
        turn(self);
        const double seconds = nn_now() - begin;
        if (seconds < least) least = seconds;
    }
    return least;
}

/* What is left of a sum's time where it runs beside arithmetic that takes as long: the least time of
 * both less the least time of the arithmetic. */
static double time_overlap(trial *self, double alone) {
    double both = INFINITY, computing = INFINITY;
    compute(self, 8, false);
    double begin = nn_now();
    compute(self, 64, false);
    int64_t chunks = (int64_t)(64 * alone / (nn_now() - begin + 1e-9)) + 1;
    nn_comm_broadcast(self->comm, &chunks, sizeof chunks);
    for (int i = 0; i < TURNS; i++) {
        nn_comm_wait_for_all(self->comm);
        begin = nn_now();
        compute(self, chunks, false);
        computing = fmin(computing, nn_now() - begin);
        nn_comm_wait_for_all(self->comm);
        begin = nn_now();
        nn_comm_start_sum(self->under_way, self->data, self->sums, self->count);
        compute(self, chunks, true);
        nn_comm_finish_sums(self->under_way);
        both = fmin(both, nn_now() - begin);
    }
    return fmax(both - computing, 0);
}

nn_communication nn_exchange_decide(int nodes, double node, double overlap, double allreduce) {
    if (nodes == 1) return node < 4 * allreduce ? NN_COMMUNICATION_NODE : NN_COMMUNICATION_ALLREDUCE;
    const bool overlaps = 2 * overlap < allreduce;
    if (node < 2 * (overlaps ? overlap : allreduce)) return NN_COMMUNICATION_NODE;
    return overlaps ? NN_COMMUNICATION_OVERLAP : NN_COMMUNICATION_ALLREDUCE;
}

static nn_status prepare(trial *self) {
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("numbers to try", self->count, sizeof(nn_real), &self->data));
    NN_TRY(nn_allocate("numbers to try", self->count, sizeof(nn_real), &self->sums));
    NN_TRY(nn_sums_under_way_create(self->comm, 1, &self->under_way));
done:
    return status;
}

static void share_memory(trial *self) {
    const int64_t bytes =
        nn_comm_node_size(self->comm) * self->count * (int64_t)sizeof(nn_real);
    if (nn_comm_max(self->comm, nn_comm_node_size(self->comm)) == 1) return;
    if (nn_shared_create(self->comm, 0, bytes, &self->shared) == NN_OK) return;
    self->shared = NULL;
    snprintf(self->why_not, sizeof self->why_not, "%.190s", nn_message());
}

static void add_time(nn_text *text, const char *way, double seconds) {
    if (isfinite(seconds)) nn_text_add(text, ", %s %.3g ms", way, 1e3 * seconds);
}

static void explain(const trial *self, double node, double overlap, double allreduce, char *why,
                    size_t room) {
    nn_text text = {0};
    nn_text_add(&text, ", after trials with %.3g MB of gradients", 4e-6 * (double)self->count);
    add_time(&text, "node", node);
    add_time(&text, "what overlap leaves", overlap);
    add_time(&text, "allreduce", allreduce);
    if (self->why_not[0]) nn_text_add(&text, "; node is not possible: %s", self->why_not);
    snprintf(why, room, "%s", text.bytes ? text.bytes : "");
    nn_text_free(&text);
}

nn_status nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap, nn_communication *way,
                             char *why, size_t room) {
    trial self = {.comm = comm, .count = length < MOST ? length : MOST};
    double allreduce, overlap = INFINITY, node = INFINITY;
    nn_status status = nn_comm_agree(comm, prepare(&self));
    if (status == NN_OK) {
        share_memory(&self);
        allreduce = time_of(&self, try_allreduce);
        if (may_overlap && nn_comm_nodes(comm) > 1) overlap = time_overlap(&self, allreduce);
        if (self.shared) node = time_of(&self, try_node);
        *way = nn_exchange_decide(nn_comm_nodes(comm), node, overlap, allreduce);
        int64_t chosen = *way; /* rank 0's clock decides */
        nn_comm_broadcast(comm, &chosen, sizeof chosen);
        *way = (nn_communication)chosen;
        explain(&self, node, overlap, allreduce, why, room);
    }
    nn_shared_destroy(&self.shared);
    nn_sums_under_way_destroy(&self.under_way);
    free(self.data);
    free(self.sums);
    return status;
}
