/* exchange_node.c: the ranks of a node hold one model, its optimizer's state and all their gradients in
 * memory that they share. Each owns a slice: it adds up that slice of their gradients, with the owners
 * of the same slice on other nodes too where there are any, and updates that slice of the model. No
 * gradient is copied within a node. Nodes may have different numbers of ranks: there are as many
 * slices as the smallest has. */
#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "train/bf16.h"
#include "train/exchange_private.h"
#include "train/plan.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SUM_GRAIN = 4096, LINE = NN_ALIGNMENT / (int)sizeof(nn_real) };

typedef struct {
    nn_exchange exchange;
    nn_shared *shared;
    int rank, size;     /* among the ranks of the node */
    nn_real *buffers;   /* (size, buffers of a rank, length), shared */
    int64_t per_rank;   /* numbers of a rank in it */
    nn_forest *nodes;   /* (size), shared: what each rank is left with */
    double *messages;   /* (size + 1, options.message), shared: each rank's, and their sum */
    nn_plan *plan;      /* of the tree; NULL: gradients are added in the order of the ranks */
    nn_real **sources;  /* (sources): the gradients that are added */
    int64_t source_count;
    nn_bf16 *halves; /* NULL: float32 goes from node to node */
} node;

/* Where the parts of the shared memory begin that follow the ranks' own, in bytes; and their end. */
typedef struct {
    int64_t values, slots, sums, nodes, messages, end;
} layout;

static layout lay_out(const node *self) {
    const nn_exchange *exchange = &self->exchange;
    const int64_t length = nn_gradients_length(exchange->gradients);
    const int64_t slots = nn_optimizer_slots(exchange->optimizer) * length;
    const int64_t real = sizeof(nn_real), sums = nn_optimizer_sums(exchange->optimizer);
    layout at = {.values = self->size * self->per_rank * real};
    at.slots = at.values + nn_round_up(length * real, NN_ALIGNMENT);
    at.sums = at.slots + nn_round_up(slots * real, NN_ALIGNMENT);
    at.nodes = at.sums + nn_round_up(sums * (int64_t)sizeof(double), NN_ALIGNMENT);
    at.messages = at.nodes + nn_round_up(self->size * (int64_t)sizeof(nn_forest), NN_ALIGNMENT);
    at.end = at.messages + (self->size + 1) * exchange->options.message * (int64_t)sizeof(double);
    return at;
}

/* Moves everything into the shared memory. The ranks of a node write the same model there. */
static void move_in(node *self, layout at) {
    nn_exchange *exchange = &self->exchange;
    char *memory = nn_shared_data(self->shared);
    self->buffers = (nn_real *)memory;
    self->nodes = (nn_forest *)(memory + at.nodes);
    self->messages = (double *)(memory + at.messages);
    nn_real *mine = self->buffers + self->rank * self->per_rank;
    nn_model_move(exchange->model, (nn_real *)(memory + at.values), mine);
    nn_optimizer_move(exchange->optimizer, (nn_real *)(memory + at.slots),
                      (double *)(memory + at.sums));
    nn_gradients_move(exchange->gradients, mine);
}

static nn_status allocate(node *self) {
    nn_status status = NN_OK;
    nn_exchange *exchange = &self->exchange;
    const nn_shards *shards = nn_gradients_shards(exchange->gradients);
    int64_t sources = self->size;
    if (shards->fixed > 0) {
        NN_TRY(nn_plan_create(shards, exchange->options.last_rows, &self->plan));
        sources = nn_plan_most(self->plan);
    }
    NN_TRY(nn_allocate("a list of gradients", sources, sizeof *self->sources, &self->sources));
    if (exchange->options.precision == NN_BF16 && nn_comm_nodes(exchange->comm) > 1 &&
        nn_comm_across(exchange->comm))
        NN_TRY(nn_bf16_create(nn_comm_across(exchange->comm),
                              exchange->part.end - exchange->part.begin, &self->halves));
done:
    return status;
}

static const nn_real *sum_gradients(void *context, int64_t begin, int64_t count, nn_real *room);
static const nn_real *summed_gradients(void *context, int64_t begin, int64_t count, nn_real *room);

static nn_status create(nn_exchange *exchange) {
    node *self = (node *)exchange;
    nn_comm *comm = exchange->comm;
    const int owners = nn_comm_node_least(comm);
    nn_status status = NN_OK;
    self->rank = nn_comm_node_rank(comm);
    self->size = nn_comm_node_size(comm);
    const int part = self->rank < owners ? self->rank : owners;
    exchange->part.begin = nn_optimizer_cut(exchange->optimizer, part, owners);
    exchange->part.end = part == owners ? exchange->part.begin
                                        : nn_optimizer_cut(exchange->optimizer, part + 1, owners);
    exchange->part.context = self;
    exchange->part.gradient = nn_comm_nodes(comm) > 1 || nn_gradients_shards(exchange->gradients)->fixed > 0
                                  ? summed_gradients
                                  : sum_gradients;
    const int64_t buffers = nn_comm_max(comm, nn_gradients_buffers(exchange->gradients));
    self->per_rank = nn_round_up(buffers * nn_gradients_length(exchange->gradients), LINE);
    NN_TRY(nn_comm_agree(comm, allocate(self)));
    const layout at = lay_out(self);
    NN_TRY(nn_shared_create(comm, self->per_rank * (int64_t)sizeof(nn_real), at.end - at.values,
                            &self->shared));
    move_in(self, at);
    nn_shared_sync(self->shared);
done:
    return status;
}

static void destroy(nn_exchange *exchange) {
    node *self = (node *)exchange;
    nn_shared_destroy(&self->shared);
    nn_plan_destroy(&self->plan);
    nn_bf16_destroy(&self->halves);
    free(self->sources);
}

/* ---- the message, with which the ranks also learn whose gradients are where ---- */

static void message(nn_exchange *exchange, double *numbers, int64_t count) {
    node *self = (node *)exchange;
    const nn_forest *mine = nn_gradients_nodes(exchange->gradients);
    const int64_t room = exchange->options.message;
    const size_t bytes = (size_t)count * sizeof *numbers;
    double *total = self->messages + self->size * room;
    nn_forest *told = &self->nodes[self->rank];
    told->count = mine->count;
    memcpy(told->nodes, mine->nodes, (size_t)mine->count * sizeof *mine->nodes);
    memcpy(self->messages + self->rank * room, numbers, bytes);
    nn_shared_sync(self->shared);
    memcpy(numbers, self->messages, bytes);
    for (int r = 1; r < self->size; r++)
        for (int64_t i = 0; i < count; i++) numbers[i] += self->messages[r * room + i];
    if (nn_comm_nodes(exchange->comm) == 1) return;
    if (self->rank == 0) {
        nn_comm_sum_double(nn_comm_across(exchange->comm), numbers, count);
        memcpy(total, numbers, bytes);
    }
    nn_shared_sync(self->shared);
    memcpy(numbers, total, bytes);
}

/* ---- the sum ---- */

static nn_real *buffer_of(const node *self, int rank, int64_t number) {
    return self->buffers + rank * self->per_rank +
           number * nn_gradients_length(self->exchange.gradients);
}

/* Where the sum of this rank's slice goes, unless it is added up on the way to the update. */
static nn_real *own_slice(const node *self) {
    return buffer_of(self, self->rank, 0);
}

static void find_sources(node *self) {
    self->source_count = 0;
    for (int r = 0; r < self->size; r++)
        for (int64_t i = 0; i < self->nodes[r].count; i++)
            self->sources[self->source_count++] =
                buffer_of(self, r, self->nodes[r].nodes[i].buffer);
}

static void add_sources(const node *self, int64_t begin, int64_t count, nn_real *sum) {
    const nn_real *first = self->sources[0] + begin, *second = self->sources[1] + begin;
    for (int64_t i = 0; i < count; i++) sum[i] = first[i] + second[i];
    for (int64_t s = 2; s < self->source_count; s++) {
        const nn_real *next = self->sources[s] + begin;
        for (int64_t i = 0; i < count; i++) sum[i] += next[i];
    }
}

/* On one node: the optimizer's pass adds up piece by piece what it is about to use. */
static const nn_real *sum_gradients(void *context, int64_t begin, int64_t count, nn_real *room) {
    const node *self = context;
    if (self->source_count == 1) return self->sources[0] + begin;
    add_sources(self, begin, count, room);
    return room;
}

/* Otherwise they were added up before. */
static const nn_real *summed_gradients(void *context, int64_t begin, int64_t count, nn_real *room) {
    (void)count, (void)room;
    return own_slice(context) + begin;
}

static void sum_some(int64_t begin, int64_t end, void *context) {
    const node *self = context;
    const int64_t from = self->exchange.part.begin + begin;
    nn_real *sum = own_slice(self) + from;
    if (self->plan) {
        nn_plan_add(self->plan, self->sources, from, from + end - begin, own_slice(self));
    } else if (self->source_count > 1) {
        nn_real room[SUM_GRAIN]; /* own_slice() may be one of the sources */
        add_sources(self, from, end - begin, room);
        memcpy(sum, room, (size_t)(end - begin) * sizeof *sum);
    } else if (self->source_count == 1) {
        memmove(sum, self->sources[0] + from, (size_t)(end - begin) * sizeof *sum);
    } else {
        memset(sum, 0, (size_t)(end - begin) * sizeof *sum);
    }
}

static void reduce(nn_exchange *exchange) {
    node *self = (node *)exchange;
    const int64_t count = exchange->part.end - exchange->part.begin;
    nn_comm *across = nn_comm_across(exchange->comm);
    if (nn_team_is_lead()) {
        find_sources(self);
        if (self->plan) nn_plan_make(self->plan, nn_gradients_rows(exchange->gradients));
    }
    nn_team_barrier();
    if (exchange->part.gradient == sum_gradients) return;
    nn_team_for(count, SUM_GRAIN, sum_some, self);
    if (nn_comm_nodes(exchange->comm) == 1 || !across) return;
    nn_real *sum = own_slice(self) + exchange->part.begin;
    if (self->halves) nn_bf16_sum(self->halves, sum, count);
    else if (nn_team_is_lead()) nn_comm_sum_float(across, sum, count);
    nn_team_barrier();
}

static void meet(nn_exchange *exchange) {
    if (nn_team_is_lead()) nn_shared_sync(((node *)exchange)->shared);
    nn_team_barrier();
}

const nn_exchange_class NN_EXCHANGE_NODE = {.name = "node",
                                            .size = sizeof(node),
                                            .create = create,
                                            .destroy = destroy,
                                            .message = message,
                                            .reduce = reduce,
                                            .meet = meet};
