/* apply.h: a model at work on rows that a program holds in memory. */
#ifndef NN_TRAIN_APPLY_H
#define NN_TRAIN_APPLY_H

#include "comm/comm.h"
#include "data/samples.h"
#include "model/objective.h"

/** What a model says of rows x (rows, input shape) of this rank, at most nn_model_max_rows() of them: a view
 * that the next pass overwrites. `objective` is the one that the model was joined to, or NULL. Local. */
const nn_real *nn_apply(nn_model *model, const nn_objective *objective, int64_t rows, const nn_real *x,
                        int threads);

/** A model, the loss that it was joined to, and whose rows it is to be measured on. */
typedef struct {
    nn_comm *comm;
    nn_model *model;
    nn_objective *objective;
    const nn_object *loss;
    const nn_samples *mine; /* this rank's rows */
    int threads;
} nn_measuring;

enum { NN_MEASURE_ROWS = 128 }; /* that a pass of the model has room for, at least */

/** Sums loss and metrics over the rows of all ranks, as `nnmpi eval` does, into `sums`
 * (nn_objective_sums() numbers). Collective.
 * Errors: those of nn_dataset_of() and nn_dataset_load(); NN_BAD_DATA where samples have another shape; agreed. */
nn_status nn_measure(const nn_measuring *what, double *sums) NN_CHECKED;

#endif
