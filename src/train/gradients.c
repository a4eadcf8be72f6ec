/* gradients.c: the sum of a batch's gradients, over shards and ranks. */
#include "train/gradients.h"

#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "train/tree.h"
#include "util/memory.h"

#include <stdlib.h>

/* Gradients go from rank to rank in pieces of so many numbers, so that the room for what comes in
 * is bounded; a slice of a piece begins on a cache line. */
enum { PIECE = 1 << 22, LINE = NN_ALIGNMENT / (int)sizeof(nn_real), ADD_GRAIN = 4096 };

/* Node `from` is added to node `into`. */
typedef struct {
    int64_t into, from;
} addition;

typedef struct {
    int64_t count;
    addition *list;
} additions;

struct nn_gradients {
    nn_comm *comm;
    nn_model *model;
    nn_shards shards;
    nn_real *own;    /* the model's arena of gradients: buffer 0 */
    nn_real *others; /* buffers 1, 2, ..., one behind the other */
    int64_t length;  /* of a buffer */
    int64_t buffers;
    bool *used;          /* (buffers): holds a node, or the shard that is being computed */
    int64_t rows;        /* of the batch */
    int64_t leaf, end;   /* this rank's next shard, and the end of its shards */
    nn_forest mine;      /* the nodes of its shards until now */
    additions completed; /* what the newest shard completes, by buffers */
    int64_t planned_rows;
    nn_forest *sent; /* (ranks): the nodes that each rank has in the end, numbered over all ranks */
    additions plan;  /* what makes all of them the root */
    nn_real **slices;  /* (nodes): this rank's slice of each node */
    nn_real *received; /* (nodes, slice): those of other ranks' nodes */
};

static nn_real *buffer_of(const nn_gradients *self, int64_t number) {
    return number == 0 ? self->own : self->others + (number - 1) * self->length;
}

static void push(nn_forest *forest, nn_subtree node, additions *made) {
    addition next;
    nn_forest_push(forest, node.first, node.width, node.buffer);
    while (nn_forest_join(forest, &next.into, &next.from)) made->list[made->count++] = next;
}

/* The leaves *begin .. *end - 1 of rank r in a batch of `rows` rows, of as many as are returned. By
 * rank, each has a tree of its own. */
static int64_t leaves_of(const nn_gradients *self, int64_t rows, int r, int64_t *begin,
                         int64_t *end) {
    int64_t first = nn_shards_begin(&self->shards, rows, r);
    int64_t last = nn_shards_begin(&self->shards, rows, r + 1);
    if (self->shards.fixed == 0) {
        *begin = 0;
        return *end = nn_shards_of(&self->shards, last - first);
    }
    *begin = nn_shards_of(&self->shards, first);
    *end = nn_shards_of(&self->shards, last);
    return nn_shards_of(&self->shards, rows);
}

/* What each rank sends of a batch of `rows` rows, and how it all adds up; returns how many nodes.
 */
static int64_t plan_exchange(nn_gradients *self, int64_t rows) {
    nn_forest all = {.count = 0};
    int64_t number = 0;
    self->planned_rows = rows;
    self->plan.count = 0;
    for (int r = 0; r < self->shards.ranks; r++) {
        int64_t begin, end;
        all.leaves = leaves_of(self, rows, r, &begin, &end);
        nn_forest_of(all.leaves, begin, end, &self->sent[r]);
        for (int64_t i = 0; i < self->sent[r].count; i++) {
            self->sent[r].nodes[i].buffer = number++;
            push(&all, self->sent[r].nodes[i], &self->plan);
        }
    }
    return number;
}

/* ---- making it ---- */

static nn_status make_buffers(nn_gradients *self) {
    nn_status status = NN_OK;
    int64_t begin, end;
    leaves_of(self, self->shards.batch_rows, nn_comm_rank(self->comm), &begin, &end);
    if (self->shards.fixed == 0) { /* a shorter batch may give this rank more rows: the longest share */
        const int64_t ranks = self->shards.ranks;
        end = nn_shards_of(&self->shards, (self->shards.batch_rows + ranks - 1) / ranks);
    }
    /* of a larger tree, where nothing is joined early: then a shorter batch needs no more */
    self->buffers = nn_forest_of(end + 1, begin, end, &self->mine);
    if (self->buffers == 0) self->buffers = 1;
    NN_TRY(nn_allocate("a list of buffers", self->buffers, sizeof *self->used, &self->used));
    NN_TRY(nn_allocate("a list of sums", self->buffers, sizeof(addition), &self->completed.list));
    NN_TRY(nn_allocate("the gradients of shards", (self->buffers - 1) * self->length,
                       sizeof(nn_real), &self->others));
done:
    return status;
}

static int64_t slice_begin(int64_t count, int rank, int size) {
    int64_t begin = nn_share_begin((count + LINE - 1) / LINE, rank, size) * LINE;
    return begin < count ? begin : count;
}

static nn_status make_exchange(nn_gradients *self, int64_t last_rows) {
    nn_status status = NN_OK;
    const int ranks = self->shards.ranks;
    if (self->shards.fixed == 0 || ranks == 1) return NN_OK;
    NN_TRY(nn_allocate("the nodes of ranks", ranks, sizeof *self->sent, &self->sent));
    NN_TRY(nn_allocate("a list of sums", self->shards.fixed, sizeof(addition), &self->plan.list));
    int64_t last = plan_exchange(self, last_rows);
    int64_t nodes = plan_exchange(self, self->shards.batch_rows);
    int64_t piece = self->length < PIECE ? self->length : PIECE;
    int64_t slice = ((piece + LINE - 1) / LINE / ranks + 1) * LINE; /* the longest of any piece */
    if (nodes < last) nodes = last;
    NN_TRY(nn_allocate("a list of nodes", nodes, sizeof *self->slices, &self->slices));
    NN_TRY(nn_allocate("the ranks' gradients", nodes * slice, sizeof(nn_real), &self->received));
done:
    return status;
}

nn_status nn_gradients_create(nn_comm *comm, nn_model *model, const nn_shards *shards,
                              int64_t last_rows, nn_gradients **out) {
    nn_status status = NN_OK;
    nn_gradients *self = NULL;
    nn_span arena = nn_model_gradients(model);
    *out = NULL;
    NN_TRY(nn_allocate("the sum of gradients", 1, sizeof *self, &self));
    self->comm = comm;
    self->model = model;
    self->shards = *shards;
    self->own = arena.data;
    self->length = arena.count;
    NN_TRY(make_buffers(self));
    NN_TRY(make_exchange(self, last_rows));
    *out = self;
    self = NULL;
done:
    nn_gradients_destroy(&self);
    return status;
}

void nn_gradients_destroy(nn_gradients **gradients) {
    nn_gradients *self = *gradients;
    if (!self) return;
    if (self->own) nn_model_use_gradients(self->model, self->own);
    free(self->others);
    free(self->used);
    free(self->completed.list);
    free(self->sent);
    free(self->plan.list);
    free(self->slices);
    free(self->received);
    free(self);
    *gradients = NULL;
}

/* ---- the shards of this rank ---- */

void nn_gradients_begin(nn_gradients *gradients, int64_t rows) {
    nn_gradients *self = gradients;
    self->rows = rows;
    self->mine.count = 0;
    self->mine.leaves = leaves_of(self, rows, nn_comm_rank(self->comm), &self->leaf, &self->end);
    for (int64_t i = 0; i < self->buffers; i++) self->used[i] = false;
    nn_model_use_gradients(self->model, self->own);
}

void nn_gradients_next(nn_gradients *gradients) {
    nn_gradients *self = gradients;
    int64_t number = 0;
    while (self->used[number]) number++;
    self->used[number] = true;
    self->completed.count = 0;
    push(&self->mine, (nn_subtree){self->leaf++, 1, number}, &self->completed);
    for (int64_t i = 0; i < self->completed.count; i++)
        self->used[self->completed.list[i].from] = false;
    nn_model_use_gradients(self->model, buffer_of(self, number));
}

void nn_gradients_add(nn_gradients *gradients) {
    const nn_gradients *self = gradients;
    const int64_t count =
        self->completed.count; /* behind the last barrier it may be the next one's */
    for (int64_t i = 0; i < count; i++)
        nn_add(self->length, buffer_of(self, self->completed.list[i].from),
               buffer_of(self, self->completed.list[i].into));
    if (count == 0) nn_team_barrier();
}

/* ---- all ranks ---- */

/* A part of a piece. */
typedef struct {
    int64_t begin, length;
} part;

static part slice_of(const nn_gradients *self, int64_t count, int rank) {
    int64_t begin = slice_begin(count, rank, self->shards.ranks);
    return (part){begin, slice_begin(count, rank + 1, self->shards.ranks) - begin};
}

/* Sends each rank its slice of this rank's nodes, and receives this rank's slice of theirs. */
static void scatter_nodes(nn_gradients *self, int64_t at, int64_t count) {
    const int rank = nn_comm_rank(self->comm), size = self->shards.ranks;
    const part own = slice_of(self, count, rank);
    for (int64_t i = 0; i < self->mine.count; i++)
        self->slices[self->sent[rank].nodes[i].buffer] =
            buffer_of(self, self->mine.nodes[i].buffer) + at + own.begin;
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const part theirs = slice_of(self, count, to);
        const nn_forest *coming = &self->sent[from];
        for (int64_t i = 0; i < self->mine.count || i < coming->count; i++) {
            const nn_real *out = NULL;
            nn_real *in = NULL;
            if (i < self->mine.count)
                out = buffer_of(self, self->mine.nodes[i].buffer) + at + theirs.begin;
            if (i < coming->count) {
                const int64_t node = coming->nodes[i].buffer;
                self->slices[node] = in = self->received + node * own.length;
            }
            nn_comm_exchange(self->comm, out, out ? theirs.length : 0, to, in, in ? own.length : 0,
                             from);
        }
    }
}

typedef struct {
    const nn_gradients *self;
    nn_real *sum; /* where the root goes */
} add_job;

/* sum = x + y; either may be sum. */
static void add_slices(int64_t begin, int64_t end, const nn_real *x, const nn_real *y,
                       nn_real *sum) {
    for (int64_t i = begin; i < end; i++) sum[i] = x[i] + y[i];
}

static void add_nodes(int64_t begin, int64_t end, void *context) {
    const add_job *job = context;
    const additions *plan = &job->self->plan;
    nn_real *const *slices = job->self->slices;
    for (int64_t i = 0; i < plan->count; i++) {
        nn_real *into = slices[plan->list[i].into];
        const bool last = i == plan->count - 1;
        add_slices(begin, end, into, slices[plan->list[i].from], last ? job->sum : into);
    }
    for (int64_t i = begin; i < end && plan->count == 0; i++) job->sum[i] = slices[0][i];
}

/* Gives this rank's slice of the sum to all, and receives theirs. */
static void gather_sum(nn_gradients *self, nn_real *sum, int64_t count) {
    const int rank = nn_comm_rank(self->comm), size = self->shards.ranks;
    const part own = slice_of(self, count, rank);
    for (int step = 1; step < size; step++) {
        const int to = (rank + step) % size, from = (rank + size - step) % size;
        const part theirs = slice_of(self, count, from);
        nn_comm_exchange(self->comm, sum + own.begin, own.length, to, sum + theirs.begin,
                         theirs.length, from);
    }
}

/* Along the tree, piece by piece. The sum goes to buffer 0, whose piece all have by then. */
static void reduce_fixed(nn_gradients *self) {
    const bool leads = nn_team_is_lead();
    if (leads && self->planned_rows != self->rows) plan_exchange(self, self->rows);
    for (int64_t at = 0; at < self->length; at += PIECE) {
        const int64_t count = self->length - at < PIECE ? self->length - at : PIECE;
        const part own = slice_of(self, count, nn_comm_rank(self->comm));
        add_job job = {self, self->own + at + own.begin};
        if (leads) scatter_nodes(self, at, count);
        nn_team_barrier();
        nn_team_for(own.length, ADD_GRAIN, add_nodes, &job);
        if (leads) gather_sum(self, self->own + at, count);
    }
    if (leads) nn_model_use_gradients(self->model, self->own);
    nn_team_barrier();
}

void nn_gradients_reduce(nn_gradients *gradients) {
    nn_gradients *self = gradients;
    if (self->sent) {
        reduce_fixed(self);
        return;
    }
    nn_real *sum = self->mine.count > 0 ? buffer_of(self, self->mine.nodes[0].buffer) : self->own;
    if (self->mine.count == 0) nn_zero(self->length, sum);
    if (nn_team_is_lead()) {
        nn_comm_sum_float(self->comm, sum, self->length);
        nn_model_use_gradients(self->model, sum);
    }
    nn_team_barrier();
}
