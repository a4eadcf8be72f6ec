/* plan.c: how the nodes that the ranks are left with add up. */
#include "train/plan.h"

#include "util/memory.h"

#include <stdlib.h>

/* The nodes of a rank: `count` from number `first` on. */
typedef struct {
    int64_t first, count;
} span;

struct nn_plan {
    nn_shards shards;
    int64_t rows; /* that it is for; -1: none yet */
    int64_t most;
    span *of_rank; /* (ranks) */
    nn_addition *additions;
    int64_t addition_count;
};

nn_status nn_plan_create(const nn_shards *shards, int64_t last_rows, nn_plan **out) {
    nn_status status = NN_OK;
    nn_plan *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a plan", 1, sizeof *self, &self));
    self->shards = *shards;
    NN_TRY(nn_allocate("the nodes of ranks", shards->ranks, sizeof *self->of_rank, &self->of_rank));
    NN_TRY(nn_allocate("a list of sums", shards->fixed, sizeof *self->additions, &self->additions));
    const int64_t rows[] = {last_rows, shards->batch_rows};
    for (int i = 0; i < 2; i++) {
        self->rows = -1;
        nn_plan_make(self, rows[i]);
        const span *last = &self->of_rank[shards->ranks - 1];
        if (last->first + last->count > self->most) self->most = last->first + last->count;
    }
    *out = self;
    self = NULL;
done:
    nn_plan_destroy(&self);
    return status;
}

void nn_plan_destroy(nn_plan **plan) {
    if (!*plan) return;
    free((*plan)->of_rank);
    free((*plan)->additions);
    free(*plan);
    *plan = NULL;
}

int64_t nn_plan_most(const nn_plan *plan) {
    return plan->most;
}

void nn_plan_make(nn_plan *plan, int64_t rows) {
    nn_plan *self = plan;
    nn_forest all = {.count = 0}, mine;
    int64_t number = 0;
    if (self->rows == rows) return;
    self->rows = rows;
    self->addition_count = 0;
    for (int r = 0; r < self->shards.ranks; r++) {
        int64_t begin, end;
        all.leaves = nn_shards_numbers(&self->shards, rows, r, &begin, &end);
        nn_forest_of(all.leaves, begin, end, &mine);
        self->of_rank[r] = (span){number, mine.count};
        for (int64_t i = 0; i < mine.count; i++) {
            mine.nodes[i].buffer = number++;
            self->addition_count += nn_forest_add(&all, mine.nodes[i],
                                                  self->additions + self->addition_count);
        }
    }
}

int64_t nn_plan_nodes(const nn_plan *plan, int rank, int64_t *first) {
    *first = plan->of_rank[rank].first;
    return plan->of_rank[rank].count;
}

/* sum = x + y; either may be sum. */
static void add(int64_t begin, int64_t end, const nn_real *x, const nn_real *y, nn_real *sum) {
    for (int64_t i = begin; i < end; i++) sum[i] = x[i] + y[i];
}

void nn_plan_add(const nn_plan *plan, nn_real *const *nodes, int64_t begin, int64_t end,
                 nn_real *sum) {
    for (int64_t i = 0; i < plan->addition_count; i++) {
        nn_real *into = nodes[plan->additions[i].into];
        const bool last = i == plan->addition_count - 1;
        add(begin, end, into, nodes[plan->additions[i].from], last ? sum : into);
    }
    for (int64_t i = begin; i < end && plan->addition_count == 0; i++) sum[i] = nodes[0][i];
}
