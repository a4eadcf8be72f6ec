/* optimizer.c: the list of optimizers, and what they share: clipping, weight decay, the pass over
 * the arena. */
#include "optim/optimizer_private.h"

#include "kernels/team.h"
#include "optim/schedule.h"
#include "util/memory.h"

#include <math.h>
#include <stdlib.h>

extern const nn_optimizer_class NN_SGD, NN_ADAM, NN_ADAMW, NN_RMSPROP, NN_ADAGRAD;

static const nn_class *const OPTIMIZERS[] = {&NN_SGD.base,     &NN_ADAM.base,    &NN_ADAMW.base,
                                             &NN_RMSPROP.base, &NN_ADAGRAD.base, NULL};

const nn_registry NN_OPTIMIZERS = {.noun = "optimizer", .key = "name", .classes = OPTIMIZERS};

enum { GRAIN = 4096 }; /* elements of a piece: 16 KiB of each array */

nn_status nn_optimizer_check(const nn_object *object) {
    const nn_optimizer_args *args = (const nn_optimizer_args *)object;
    int kinds = !isnan(args->clipnorm) + !isnan(args->clipvalue) + !isnan(args->global_clipnorm);
    if (kinds <= 1) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "only one of 'clipnorm', 'clipvalue' and 'global_clipnorm' can be given");
}

nn_status nn_optimizer_create(const nn_object *args, nn_model *model, nn_optimizer **out) {
    nn_status status = NN_OK;
    nn_optimizer *self = NULL;
    int64_t count = nn_model_values(model).count;
    *out = NULL;
    NN_TRY(nn_allocate("an optimizer", 1, sizeof *self, &self));
    self->args = (const nn_optimizer_args *)args;
    self->model = model;
    self->factor = self->scale = 1;
    nn_optimizer_methods(self)->slots(args, self->names);
    double initial = nn_optimizer_methods(self)->initial ? nn_optimizer_methods(self)->initial(args) : 0;
    for (; self->names[self->slot_count]; self->slot_count++) {
        nn_span *slot = &self->slots[self->slot_count];
        NN_TRY(nn_allocate("the optimizer's state", count, sizeof(nn_real), &slot->data));
        slot->count = count;
        for (int64_t i = 0; i < count; i++) slot->data[i] = (nn_real)initial;
    }
    NN_TRY(nn_allocate("sums", nn_chunks(count, GRAIN), sizeof(double), &self->partials));
    *out = self;
    self = NULL;
done:
    nn_optimizer_destroy(&self);
    return status;
}

void nn_optimizer_destroy(nn_optimizer **optimizer) {
    if (!*optimizer) return;
    for (int i = 0; i < NN_OPTIMIZER_SLOTS; i++) free((*optimizer)->slots[i].data);
    free((*optimizer)->partials);
    free(*optimizer);
    *optimizer = NULL;
}

/* ---- clipping ---- */

static double square_some(int64_t begin, int64_t end, void *context) {
    const nn_real *x = context;
    double sum = 0;
    for (int64_t i = begin; i < end; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

typedef struct {
    nn_real *gradient;
    nn_real factor, bound;
} clip_job;

static void scale_some(int64_t begin, int64_t end, void *context) {
    const clip_job *job = context;
    for (int64_t i = begin; i < end; i++) job->gradient[i] *= job->factor;
}

static void bound_some(int64_t begin, int64_t end, void *context) {
    const clip_job *job = context;
    for (int64_t i = begin; i < end; i++) {
        nn_real g = job->gradient[i];
        g = g > job->bound ? job->bound : g;
        job->gradient[i] = g < -job->bound ? -job->bound : g;
    }
}

static void clip_norm(nn_optimizer *self, nn_real *gradient, int64_t count, double most) {
    double norm = sqrt(nn_team_sum(count, GRAIN, square_some, gradient, self->partials));
    if (norm <= most) return;
    clip_job job = {.gradient = gradient, .factor = (nn_real)(most / norm)};
    nn_team_for(count, GRAIN, scale_some, &job);
}

static void clip(nn_optimizer *self) {
    nn_span gradients = nn_model_gradients(self->model);
    if (!isnan(self->args->clipvalue)) {
        clip_job job = {.gradient = gradients.data, .bound = (nn_real)self->args->clipvalue};
        nn_team_for(gradients.count, GRAIN, bound_some, &job);
    } else if (!isnan(self->args->global_clipnorm)) {
        clip_norm(self, gradients.data, gradients.count, self->args->global_clipnorm);
    } else if (!isnan(self->args->clipnorm)) {
        for (int64_t i = 0; i < nn_model_parameters(self->model); i++) {
            const nn_parameter *parameter = nn_model_parameter(self->model, i);
            clip_norm(self, gradients.data + parameter->offset, parameter->count,
                      self->args->clipnorm);
        }
    }
}

/* ---- the pass over the arena ---- */

typedef struct {
    const nn_optimizer *self;
    double learning_rate;
} update_job;

static void update_some(int64_t begin, int64_t end, void *context) {
    const update_job *job = context;
    const nn_optimizer *self = job->self;
    nn_update piece = {.count = end - begin,
                       .value = nn_model_values(self->model).data + begin,
                       .gradient = nn_model_gradients(self->model).data + begin,
                       .learning_rate = job->learning_rate,
                       .step = self->steps + 1};
    for (int i = 0; i < self->slot_count; i++) piece.slots[i] = self->slots[i].data + begin;
    if (!isnan(self->args->weight_decay)) {
        const nn_real kept = (nn_real)(self->args->weight_decay * job->learning_rate);
        for (int64_t i = 0; i < piece.count; i++) piece.value[i] -= piece.value[i] * kept;
    }
    nn_optimizer_methods(self)->update(&self->args->object, &piece);
}

void nn_optimizer_apply(nn_optimizer *optimizer) {
    clip(optimizer);
    update_job job = {optimizer, nn_optimizer_learning_rate(optimizer)};
    nn_team_for(nn_model_values(optimizer->model).count, GRAIN, update_some, &job);
    if (nn_team_is_lead()) optimizer->steps++;
    nn_team_barrier();
}

void nn_optimizer_scale(nn_optimizer *optimizer, double scale, double warmup_steps) {
    optimizer->scale = scale;
    optimizer->warmup_steps = warmup_steps;
}

double nn_optimizer_learning_rate(const nn_optimizer *optimizer) {
    const nn_optimizer *self = optimizer;
    const double step = (double)self->steps;
    double scale = self->scale;
    if (scale > 1 && step < self->warmup_steps) scale = 1 + (scale - 1) * step / self->warmup_steps;
    return self->factor * scale * nn_schedule_value(self->args->learning_rate, self->steps);
}

double nn_optimizer_factor(const nn_optimizer *optimizer) {
    return optimizer->factor;
}

void nn_optimizer_set_factor(nn_optimizer *optimizer, double factor) {
    optimizer->factor = factor;
}

int64_t nn_optimizer_steps(const nn_optimizer *optimizer) {
    return optimizer->steps;
}

void nn_optimizer_set_steps(nn_optimizer *optimizer, int64_t steps) {
    optimizer->steps = steps;
}

int nn_optimizer_slots(const nn_optimizer *optimizer) {
    return optimizer->slot_count;
}

const char *nn_optimizer_slot_name(const nn_optimizer *optimizer, int slot) {
    return optimizer->names[slot];
}

nn_span nn_optimizer_slot(const nn_optimizer *optimizer, int slot) {
    return optimizer->slots[slot];
}
