/* optimizer.c: the list of optimizers, their state and their learning rate. update.c has the pass over
 * the arena. */
#include "optim/optimizer_private.h"

#include "optim/schedule.h"
#include "util/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const nn_optimizer_class NN_SGD, NN_ADAM, NN_ADAMW, NN_RMSPROP, NN_ADAGRAD;

static const nn_class *const OPTIMIZERS[] = {&NN_SGD.base,     &NN_ADAM.base,    &NN_ADAMW.base,
                                             &NN_RMSPROP.base, &NN_ADAGRAD.base, NULL};

const nn_registry NN_OPTIMIZERS = {.noun = "optimizer", .key = "name", .classes = OPTIMIZERS};

nn_status nn_optimizer_check(const nn_object *object) {
    const nn_optimizer_args *args = (const nn_optimizer_args *)object;
    int kinds = !isnan(args->clipnorm) + !isnan(args->clipvalue) + !isnan(args->global_clipnorm);
    if (kinds <= 1) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "only one of 'clipnorm', 'clipvalue' and 'global_clipnorm' can be given");
}

static void lay_out_slots(nn_optimizer *self, nn_real *memory) {
    const int64_t count = nn_model_values(self->model).count;
    for (int i = 0; i < self->slot_count; i++)
        self->slots[i] = (nn_span){.data = memory + i * count, .count = count};
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
    while (self->names[self->slot_count]) self->slot_count++;
    NN_TRY(nn_allocate("the optimizer's state", self->slot_count * count, sizeof(nn_real),
                       &self->own_slots));
    lay_out_slots(self, self->own_slots);
    double initial = nn_optimizer_methods(self)->initial ? nn_optimizer_methods(self)->initial(args) : 0;
    for (int64_t i = 0; i < self->slot_count * count; i++) self->own_slots[i] = (nn_real)initial;
    NN_TRY(nn_optimizer_make_pieces(self));
    NN_TRY(nn_allocate("sums", nn_optimizer_sums(self), sizeof(double), &self->own_sums));
    self->sums = self->own_sums;
    *out = self;
    self = NULL;
done:
    nn_optimizer_destroy(&self);
    return status;
}

void nn_optimizer_destroy(nn_optimizer **optimizer) {
    if (!*optimizer) return;
    free((*optimizer)->own_slots);
    free((*optimizer)->own_sums);
    free((*optimizer)->pieces);
    free((*optimizer)->factors);
    free(*optimizer);
    *optimizer = NULL;
}

void nn_optimizer_move(nn_optimizer *optimizer, nn_real *slots, double *sums) {
    nn_optimizer *self = optimizer;
    const int64_t count = self->slot_count * nn_model_values(self->model).count;
    if (count > 0) memcpy(slots, self->own_slots, (size_t)count * sizeof *slots);
    memset(sums, 0, (size_t)nn_optimizer_sums(self) * sizeof *sums);
    free(self->own_slots);
    free(self->own_sums);
    self->own_slots = NULL;
    self->own_sums = NULL;
    lay_out_slots(self, slots);
    self->sums = sums;
}

int64_t nn_optimizer_sums(const nn_optimizer *optimizer) {
    return 2 * optimizer->piece_count;
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
