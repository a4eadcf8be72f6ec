/* scaling.h: how the learning rate grows with the number of samples of a step. Never by itself:
 * only where the run file asks for it. */
#ifndef NN_OPTIM_SCALING_H
#define NN_OPTIM_SCALING_H

#include "util/object.h"

/** The arguments that all rules take. */
typedef struct {
    nn_object object;
    int64_t base_batch_size; /* samples a step that the rate is meant for; 0: batch_size */
    double warmup_epochs;
} nn_scaling;

/** All rules. */
extern const nn_registry NN_SCALINGS;

/** The factor on the learning rate for steps of `step_rows` samples, where it is meant for steps of
 * `base_rows`. Local. */
double nn_scaling_factor(const nn_scaling *scaling, int64_t step_rows, int64_t base_rows);

#endif
