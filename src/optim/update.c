/* update.c: the pass of an optimizer over the arena of variables, piece by piece: the gradient of a
 * piece is fetched, penalties are added, it is clipped, and the piece is updated while all of it is in
 * the cache. Pieces depend on the model alone, so that results depend neither on threads nor on which
 * rank updates which part. */
#include "optim/optimizer_private.h"

#include "kernels/team.h"
#include "util/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces ---- */

static bool has_penalty(const nn_parameter *parameter) {
    const nn_penalty penalty = nn_regularizer_penalty(parameter->variable->regularizer);
    return penalty.l1 > 0 || penalty.l2 > 0;
}

/* Variables side by side make one run where nothing tells them apart, the gaps between them included. */
static int64_t run_end(const nn_optimizer *self, int64_t first) {
    const int64_t count = nn_model_parameters(self->model);
    int64_t next = first + 1;
    const bool apart = !isnan(self->args->clipnorm);
    while (next < count && !apart && !has_penalty(nn_model_parameter(self->model, first)) &&
           !has_penalty(nn_model_parameter(self->model, next)))
        next++;
    return next;
}

/* The pieces of the run of variables first .. next - 1, written from self->pieces[at] on where there is
 * room; their number. */
static int64_t cut_run(nn_optimizer *self, int64_t first, int64_t next, int64_t at, int64_t norm) {
    const nn_parameter *from = nn_model_parameter(self->model, first);
    const nn_parameter *last = nn_model_parameter(self->model, next - 1);
    const int64_t end = last->offset + last->count, length = end - from->offset;
    for (int64_t done = 0; self->pieces && done < length; done += NN_OPTIMIZER_PIECE) {
        const int64_t left = length - done;
        self->pieces[at++] = (nn_optimizer_piece){
            .begin = from->offset + done,
            .count = left < NN_OPTIMIZER_PIECE ? left : NN_OPTIMIZER_PIECE,
            .penalty = nn_regularizer_penalty(from->variable->regularizer),
            .norm = norm};
    }
    return nn_chunks(length, NN_OPTIMIZER_PIECE);
}

static int64_t cut_all(nn_optimizer *self) {
    int64_t pieces = 0, runs = 0;
    for (int64_t first = 0, next; first < nn_model_parameters(self->model); first = next, runs++) {
        next = run_end(self, first);
        pieces += cut_run(self, first, next, pieces, isnan(self->args->clipnorm) ? 0 : runs);
    }
    self->norm_count = isnan(self->args->clipnorm) ? 1 : runs;
    return pieces;
}

nn_status nn_optimizer_make_pieces(nn_optimizer *self) {
    nn_status status = NN_OK;
    self->piece_count = cut_all(self);
    NN_TRY(nn_allocate("the pieces of the weights", self->piece_count, sizeof *self->pieces,
                       &self->pieces));
    NN_TRY(nn_allocate("factors", self->norm_count, sizeof *self->factors, &self->factors));
    cut_all(self);
done:
    return status;
}

/* The first piece that begins at `offset` or behind it. */
static int64_t piece_at(const nn_optimizer *self, int64_t offset) {
    int64_t low = 0, high = self->piece_count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (self->pieces[middle].begin < offset) low = middle + 1;
        else high = middle;
    }
    return low;
}

int64_t nn_optimizer_cut(const nn_optimizer *optimizer, int part, int parts) {
    const int64_t count = nn_model_values(optimizer->model).count;
    const int64_t piece = piece_at(optimizer, count * part / parts);
    return piece < optimizer->piece_count ? optimizer->pieces[piece].begin : count;
}

/* ---- a piece ---- */

typedef struct {
    nn_optimizer *self;
    const nn_optimizer_part *part;
    int64_t first; /* piece of the part */
    double learning_rate, rate;
} job;

/* The gradient of a piece with its penalty, in `room` or where it is; the penalty goes to the sums. */
static const nn_real *penalized_gradient(const job *of, int64_t number, nn_real *room) {
    const nn_optimizer_piece *piece = &of->self->pieces[number];
    const nn_optimizer_part *part = of->part;
    const nn_real *g = part->gradient
                           ? part->gradient(part->context, piece->begin, piece->count, room)
                           : nn_model_gradients(of->self->model).data + piece->begin;
    if (!(piece->penalty.l1 > 0 || piece->penalty.l2 > 0)) return g;
    if (g != room) memcpy(room, g, (size_t)piece->count * sizeof *room);
    of->self->sums[number] = nn_penalty_add(
        piece->penalty, piece->count, nn_model_values(of->self->model).data + piece->begin, room);
    return room;
}

static const nn_real *clipped_gradient(const job *of, int64_t number, nn_real *room) {
    const nn_optimizer_args *args = of->self->args;
    const nn_optimizer_piece *piece = &of->self->pieces[number];
    const nn_real *g = penalized_gradient(of, number, room);
    if (!isnan(args->clipvalue)) {
        const nn_real bound = (nn_real)args->clipvalue;
        for (int64_t i = 0; i < piece->count; i++) {
            nn_real below = g[i] > bound ? bound : g[i];
            room[i] = below < -bound ? -bound : below;
        }
        return room;
    }
    const nn_real factor = nn_optimizer_clips_norms(of->self) ? of->self->factors[piece->norm] : 1;
    if (factor == 1) return g;
    for (int64_t i = 0; i < piece->count; i++) room[i] = g[i] * factor;
    return room;
}

static void update_pieces(int64_t begin, int64_t end, void *context) {
    const job *of = context;
    nn_optimizer *self = of->self;
    nn_real room[NN_OPTIMIZER_PIECE] __attribute__((aligned(64)));
    for (int64_t number = of->first + begin; number < of->first + end; number++) {
        const nn_optimizer_piece *piece = &self->pieces[number];
        nn_update update = {.count = piece->count,
                            .value = nn_model_values(self->model).data + piece->begin,
                            .gradient = clipped_gradient(of, number, room),
                            .rate = of->rate};
        for (int i = 0; i < self->slot_count; i++)
            update.slots[i] = self->slots[i].data + piece->begin;
        if (!isnan(self->args->weight_decay)) {
            const nn_real kept = (nn_real)(self->args->weight_decay * of->learning_rate);
            for (int64_t i = 0; i < piece->count; i++) update.value[i] -= update.value[i] * kept;
        }
        nn_optimizer_methods(self)->update(&self->args->object, &update);
    }
}

static void measure_pieces(int64_t begin, int64_t end, void *context) {
    const job *of = context;
    nn_optimizer *self = of->self;
    nn_real room[NN_OPTIMIZER_PIECE] __attribute__((aligned(64)));
    for (int64_t number = of->first + begin; number < of->first + end; number++) {
        const nn_real *g = penalized_gradient(of, number, room);
        double sum = 0;
        for (int64_t i = 0; i < self->pieces[number].count; i++) sum += (double)g[i] * (double)g[i];
        self->sums[self->piece_count + number] = sum;
    }
}

/* ---- all of them ---- */

static int64_t count_pieces(const nn_optimizer *self, const nn_optimizer_part *part) {
    return piece_at(self, part->end) - piece_at(self, part->begin);
}

bool nn_optimizer_clips_norms(const nn_optimizer *optimizer) {
    return !isnan(optimizer->args->clipnorm) || !isnan(optimizer->args->global_clipnorm);
}

void nn_optimizer_measure(nn_optimizer *optimizer, const nn_optimizer_part *part) {
    job all = {.self = optimizer, .part = part, .first = piece_at(optimizer, part->begin)};
    nn_team_for(count_pieces(optimizer, part), 1, measure_pieces, &all);
}

/* What the gradients of each norm are multiplied by, from the sums over all pieces, in their order. */
static void find_factors(nn_optimizer *self) {
    const double most =
        isnan(self->args->clipnorm) ? self->args->global_clipnorm : self->args->clipnorm;
    for (int64_t first = 0, next; first < self->piece_count; first = next) {
        const int64_t norm = self->pieces[first].norm;
        double square = 0;
        for (next = first; next < self->piece_count && self->pieces[next].norm == norm; next++)
            square += self->sums[self->piece_count + next];
        const double length = sqrt(square);
        self->factors[norm] = length > most ? (nn_real)(most / length) : 1;
    }
}

void nn_optimizer_update(nn_optimizer *optimizer, const nn_optimizer_part *part) {
    nn_optimizer *self = optimizer;
    job all = {.self = self,
               .part = part,
               .first = piece_at(self, part->begin),
               .learning_rate = nn_optimizer_learning_rate(self)};
    const nn_optimizer_class *methods = nn_optimizer_methods(self);
    all.rate = methods->rate ? methods->rate(&self->args->object, all.learning_rate, self->steps + 1)
                             : all.learning_rate;
    if (nn_optimizer_clips_norms(self)) {
        if (nn_team_is_lead()) find_factors(self);
        nn_team_barrier();
    }
    nn_team_for(count_pieces(self, part), 1, update_pieces, &all);
    if (nn_team_is_lead()) self->steps++;
    nn_team_barrier();
}

double nn_optimizer_penalty(const nn_optimizer *optimizer) {
    double sum = 0;
    for (int64_t i = 0; i < optimizer->piece_count; i++) sum += optimizer->sums[i];
    return sum;
}

void nn_optimizer_apply(nn_optimizer *optimizer) {
    const nn_optimizer_part whole = {.end = nn_model_values(optimizer->model).count};
    if (nn_optimizer_clips_norms(optimizer)) nn_optimizer_measure(optimizer, &whole);
    nn_optimizer_update(optimizer, &whole);
}
