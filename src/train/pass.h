/* pass.h: one shard of a loader through the model without training, for evaluate.c and predict.c. */
#ifndef NN_TRAIN_PASS_H
#define NN_TRAIN_PASS_H

#include "data/loader.h"

typedef struct {
    nn_model *model;
    nn_objective *objective; /* NULL: predictions alone */
    nn_loader *loader;
    nn_real *output; /* (rows, outputs): what the model says; a view */
    double *slots;   /* the sums of each slot, with an objective */
    nn_real *logits; /* (rows, outputs): keeps the output as it is before an objective makes
                      * probabilities of it; NULL: not wanted */
} nn_pass_job;

/** Runs the chosen shard of the job, an nn_pass_job, through the model. Team. Local. */
void nn_pass_run(void *job);

#endif
