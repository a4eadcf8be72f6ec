/* optimizer_private.h: what optimizer.c and optimizer_file.c know of an optimizer. */
#ifndef NN_OPTIM_OPTIMIZER_PRIVATE_H
#define NN_OPTIM_OPTIMIZER_PRIVATE_H

#include "optim/optimizer.h"

struct nn_optimizer {
    const nn_optimizer_args *args;
    nn_model *model;
    const char *names[NN_OPTIMIZER_SLOTS + 1];
    nn_span slots[NN_OPTIMIZER_SLOTS];
    int slot_count;
    int64_t steps;
    double factor;               /* of reduce_lr_on_plateau */
    double scale, warmup_steps; /* of learning_rate_scaling */
    double *partials;
};

static inline const nn_optimizer_class *nn_optimizer_methods(const nn_optimizer *self) {
    return (const nn_optimizer_class *)self->args->object.isa;
}

#endif
