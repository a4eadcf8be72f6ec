/* predict.h: a pass over a dataset that keeps what the model says about each row. */
#ifndef NN_TRAIN_PREDICT_H
#define NN_TRAIN_PREDICT_H

#include "comm/comm.h"
#include "data/loader.h"
#include "train/predictions.h"

typedef struct {
    nn_model *model;
    nn_objective *objective; /* NULL: predictions alone */
    nn_dataset *dataset;     /* that of the loader */
    nn_loader *loader;
    int threads;
    nn_truth truth;   /* what is kept of y */
    bool files;       /* on rank 0: the dataset has names of files, which are kept too */
    bool from_logits; /* the objective makes probabilities of what is to be kept */
} nn_prediction;

/** Appends the model's outputs for all rows of the loader, in the order of the dataset, to `to`, a file
 * of rank 0; NULL on the others. With an objective it also does what nn_evaluate() does, and `sums` is
 * as there; otherwise NULL. Collective. Errors: NN_IO, NN_INTERNAL, agreed. */
nn_status nn_predict(nn_comm *comm, const nn_prediction *prediction, nn_predictions *to,
                     double *sums) NN_CHECKED;

#endif
