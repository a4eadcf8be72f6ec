/* gradients.c: the gradients of this rank's shards, and their sum. */
#include "train/gradients.h"

#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct nn_gradients {
    nn_model *model;
    nn_shards shards;
    int rank;
    nn_real *first;  /* the model's arena of gradients: buffer 0 */
    nn_real *others; /* buffers 1, 2, ..., one behind the other */
    nn_real *own;    /* the memory of these; NULL where they were moved */
    int64_t length;  /* of a buffer */
    int64_t buffers;
    bool *used;         /* (buffers): holds a node, or the shard that is being computed */
    int64_t rows;       /* of the batch */
    int64_t leaf, end;  /* this rank's next shard, and the end of its shards */
    nn_forest nodes;    /* of its shards until now */
    nn_addition *joins; /* what the newest shard completes, by buffers */
    int64_t join_count;
};

static nn_status make_buffers(nn_gradients *self) {
    nn_status status = NN_OK;
    int64_t begin, end;
    nn_shards_numbers(&self->shards, self->shards.batch_rows, self->rank, &begin, &end);
    if (self->shards.fixed == 0) { /* a shorter batch may give this rank more rows: the longest share */
        const int64_t ranks = self->shards.ranks;
        end = nn_shards_of(&self->shards, (self->shards.batch_rows + ranks - 1) / ranks);
    }
    /* of a larger tree, where nothing is joined early: then a shorter batch needs no more */
    self->buffers = nn_forest_of(end + 1, begin, end, &self->nodes);
    if (self->buffers == 0) self->buffers = 1;
    NN_TRY(nn_allocate("a list of buffers", self->buffers, sizeof *self->used, &self->used));
    NN_TRY(nn_allocate("a list of sums", self->buffers, sizeof *self->joins, &self->joins));
    NN_TRY(nn_allocate("the gradients of shards", (self->buffers - 1) * self->length,
                       sizeof(nn_real), &self->own));
    self->others = self->own;
done:
    return status;
}

nn_status nn_gradients_create(nn_model *model, const nn_shards *shards, int rank,
                              nn_gradients **out) {
    nn_status status = NN_OK;
    nn_gradients *self = NULL;
    nn_span arena = nn_model_gradients(model);
    *out = NULL;
    NN_TRY(nn_allocate("the gradients of a batch", 1, sizeof *self, &self));
    self->model = model;
    self->shards = *shards;
    self->rank = rank;
    self->first = arena.data;
    self->length = arena.count;
    NN_TRY(make_buffers(self));
    *out = self;
    self = NULL;
done:
    nn_gradients_destroy(&self);
    return status;
}

void nn_gradients_destroy(nn_gradients **gradients) {
    nn_gradients *self = *gradients;
    if (!self) return;
    nn_model_use_gradients(self->model, self->first);
    free(self->own);
    free(self->used);
    free(self->joins);
    free(self);
    *gradients = NULL;
}

void nn_gradients_move(nn_gradients *gradients, nn_real *memory) {
    nn_gradients *self = gradients;
    memset(memory, 0, (size_t)(self->buffers * self->length) * sizeof *memory);
    free(self->own);
    self->own = NULL;
    self->first = memory;
    self->others = memory + self->length;
}

void nn_gradients_begin(nn_gradients *gradients, int64_t rows) {
    nn_gradients *self = gradients;
    self->rows = rows;
    self->nodes.count = 0;
    self->nodes.leaves =
        nn_shards_numbers(&self->shards, rows, self->rank, &self->leaf, &self->end);
    for (int64_t i = 0; i < self->buffers; i++) self->used[i] = false;
    nn_model_use_gradients(self->model, self->first);
}

void nn_gradients_next(nn_gradients *gradients) {
    nn_gradients *self = gradients;
    int64_t number = 0;
    while (self->used[number]) number++;
    self->used[number] = true;
    self->join_count = nn_forest_add(&self->nodes, (nn_subtree){self->leaf++, 1, number}, self->joins);
    for (int64_t i = 0; i < self->join_count; i++) self->used[self->joins[i].from] = false;
    nn_model_use_gradients(self->model, nn_gradients_buffer(self, number));
}

void nn_gradients_add(nn_gradients *gradients) {
    const nn_gradients *self = gradients;
    const int64_t count = self->join_count; /* behind the last barrier it may be the next one's */
    for (int64_t i = 0; i < count; i++)
        nn_add(self->length, nn_gradients_buffer(self, self->joins[i].from),
               nn_gradients_buffer(self, self->joins[i].into));
    if (count == 0) nn_team_barrier();
}

const nn_forest *nn_gradients_nodes(const nn_gradients *gradients) {
    return &gradients->nodes;
}

nn_real *nn_gradients_buffer(const nn_gradients *gradients, int64_t number) {
    return number == 0 ? gradients->first : gradients->others + (number - 1) * gradients->length;
}

int64_t nn_gradients_buffers(const nn_gradients *gradients) {
    return gradients->buffers;
}

int64_t nn_gradients_length(const nn_gradients *gradients) {
    return gradients->length;
}

const nn_shards *nn_gradients_shards(const nn_gradients *gradients) {
    return &gradients->shards;
}

int64_t nn_gradients_rows(const nn_gradients *gradients) {
    return gradients->rows;
}
