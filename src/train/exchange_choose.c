/* exchange_choose.c: which way of exchanging gradients is the fastest here, by trying: as many numbers
 * as the model has, but not more than a few million, are summed in each way, beside some arithmetic
 * where it is about overlap. */
#include "kernels/team.h"
#include "train/exchange_private.h"
#include "util/clock.h"
#include "util/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1 << 21, FEW = 1 << 16, TURNS = 7, TURNS_OF_FEW = 50, CHUNK = 1 << 14 };

/* Another way than `node` must be so many times faster to be preferred: where two are about as fast,
 * chance must not decide, because from three ranks on their sums differ in the last bits. */
static const double MARGIN = 2;

typedef struct {
    nn_comm *comm;
    int64_t count;
    nn_real *data, *sums;
    nn_sums_under_way *under_way;
    nn_shared *shared; /* NULL: there is none to be had */
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
        if (look_after) nn_comm_look_after(self->under_way);
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

/* What is left of a sum's time when it runs beside arithmetic that takes as long. */
static double time_overlap(trial *self, double alone) {
    double least = INFINITY;
    compute(self, 8, false);
    double begin = nn_now();
    compute(self, 64, false);
    int64_t chunks = (int64_t)(64 * alone / (nn_now() - begin + 1e-9)) + 1;
    nn_comm_broadcast(self->comm, &chunks, sizeof chunks);
    for (int i = 0; i < TURNS; i++) {
        nn_comm_wait_for_all(self->comm);
        begin = nn_now();
        compute(self, chunks, false);
        const double computing = nn_now() - begin;
        nn_comm_wait_for_all(self->comm);
        begin = nn_now();
        nn_comm_start_sum(self->under_way, self->data, self->sums, self->count);
        compute(self, chunks, true);
        nn_comm_finish_sums(self->under_way);
        const double left = nn_now() - begin - computing;
        if (left < least) least = left;
    }
    return least > 0 ? least : 0;
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
    if (nn_comm_most(self->comm, nn_comm_node_size(self->comm)) == 1) return;
    if (nn_shared_create(self->comm, bytes, &self->shared) != NN_OK) self->shared = NULL;
}

nn_status nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap, nn_communication *way,
                             char *why, size_t room) {
    trial self = {.comm = comm, .count = length < MOST ? length : MOST};
    double allreduce, overlap = INFINITY, node = INFINITY;
    nn_status status = nn_comm_agree(comm, prepare(&self));
    if (status == NN_OK) {
        share_memory(&self);
        allreduce = time_of(&self, try_allreduce);
        if (may_overlap) overlap = time_overlap(&self, allreduce);
        if (self.shared) node = time_of(&self, try_node);
        *way = overlap * MARGIN < allreduce ? NN_COMMUNICATION_OVERLAP : NN_COMMUNICATION_ALLREDUCE;
        const double other = overlap * MARGIN < allreduce ? overlap : allreduce;
        if (node < other * MARGIN) *way = NN_COMMUNICATION_NODE;
        int64_t chosen = *way; /* rank 0's clock decides */
        nn_comm_broadcast(comm, &chosen, sizeof chosen);
        *way = (nn_communication)chosen;
        char times[3][32];
        const double seconds[] = {node, overlap, allreduce};
        for (int i = 0; i < 3; i++) {
            if (isinf(seconds[i])) snprintf(times[i], sizeof times[i], "not possible");
            else snprintf(times[i], sizeof times[i], "%.3g ms", 1e3 * seconds[i]);
        }
        snprintf(why, room, ", the fastest in a short trial with %.3g MB: node %s, overlap %s, allreduce %s",
                 4e-6 * (double)self.count, times[0], times[1], times[2]);
    }
    nn_shared_destroy(&self.shared);
    nn_sums_under_way_destroy(&self.under_way);
    free(self.data);
    free(self.sums);
    return status;
}
