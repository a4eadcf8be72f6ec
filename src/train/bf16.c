/* bf16.c: sums over the ranks of numbers that travel as bfloat16. */
#include "train/bf16.h"

#include "kernels/bf16.h"
#include "kernels/team.h"
#include "util/memory.h"

#include <stdlib.h>

struct nn_bf16 {
    nn_comm *comm;
    uint16_t *sent;     /* (most) */
    uint16_t *received; /* (ranks, slice) */
};

static int64_t slice_rows(const nn_bf16 *self, int64_t count) {
    return nn_chunks(count, nn_comm_size(self->comm));
}

nn_status nn_bf16_create(nn_comm *comm, int64_t most, nn_bf16 **out) {
    nn_status status = NN_OK;
    nn_bf16 *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("sums of bfloat16", 1, sizeof *self, &self));
    self->comm = comm;
    const int64_t slice = slice_rows(self, most);
    NN_TRY(nn_allocate("gradients as bfloat16", most, sizeof *self->sent, &self->sent));
    NN_TRY(nn_allocate("gradients as bfloat16", nn_comm_size(comm) * slice, sizeof *self->received,
                       &self->received));
    *out = self;
    self = NULL;
done:
    nn_bf16_destroy(&self);
    return status;
}

void nn_bf16_destroy(nn_bf16 **bf16) {
    if (!*bf16) return;
    free((*bf16)->sent);
    free((*bf16)->received);
    free(*bf16);
    *bf16 = NULL;
}

/* Slice `rank` of `count` numbers. */
typedef struct {
    int64_t begin, bytes;
} slice;

static slice slice_of(const nn_bf16 *self, int64_t count, int rank) {
    const int64_t rows = slice_rows(self, count);
    int64_t begin = rank * rows, end = begin + rows;
    if (begin > count) begin = count;
    if (end > count) end = count;
    return (slice){begin, (end - begin) * (int64_t)sizeof(uint16_t)};
}

/* Each rank's slice goes to it; those for this rank arrive in self->received. */
static void scatter(nn_bf16 *self, int64_t count) {
    const int rank = nn_comm_rank(self->comm), size = nn_comm_size(self->comm);
    const slice own = slice_of(self, count, rank);
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const slice theirs = slice_of(self, count, to);
        nn_comm_exchange(self->comm, self->sent + theirs.begin, theirs.bytes, to,
                         self->received + from * slice_rows(self, count), own.bytes, from);
    }
}

static void gather(nn_bf16 *self, int64_t count) {
    const int rank = nn_comm_rank(self->comm), size = nn_comm_size(self->comm);
    const slice own = slice_of(self, count, rank);
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const slice theirs = slice_of(self, count, from);
        nn_comm_exchange(self->comm, self->sent + own.begin, own.bytes, to,
                         self->sent + theirs.begin, theirs.bytes, from);
    }
}

void nn_bf16_sum(nn_bf16 *bf16, nn_real *data, int64_t count) {
    nn_bf16 *self = bf16;
    const int rank = nn_comm_rank(self->comm), size = nn_comm_size(self->comm);
    const slice own = slice_of(self, count, rank);
    const int64_t rows = own.bytes / (int64_t)sizeof(uint16_t);
    nn_to_bf16(count, data, self->sent);
    if (nn_team_is_lead()) scatter(self, count);
    nn_team_barrier();
    for (int r = 0; r < size; r++)
        if (r != rank)
            nn_add_bf16(rows, self->received + r * slice_rows(self, count), data + own.begin);
    nn_to_bf16(rows, data + own.begin, self->sent + own.begin);
    if (nn_team_is_lead()) gather(self, count);
    nn_team_barrier();
    nn_from_bf16(count, self->sent, data);
}
