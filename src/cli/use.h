/* use.h: what eval and predict have in common: a saved model, a group of a dataset file, and the
 * batches of it. */
#ifndef NN_CLI_USE_H
#define NN_CLI_USE_H

#include "data/loader.h"
#include "train/predict.h"
#include "train/saved.h"

typedef struct {
    const char *model_file, *data_file, *split;
    nn_measures measures; /* the options */
    nn_saved saved;
    nn_names names; /* the model's, on rank 0, and, where it has none, the data's */
    nn_decision decision;
    nn_objective *objective; /* NULL: predictions alone */
    nn_dataset *dataset;
    nn_loader *loader;
    const char *hang_timeout; /* the option; NULL: not given */
    double timeout;           /* seconds */
    int threads;
} nn_use;

/** Opens the model and the data and checks that they fit; with `objective` the targets, loss
 * and metrics too. The loader's shards are fixed, so that results have the same bits on any
 * number of ranks. Collective. Errors: those of models and datasets, NN_BAD_DATA where they do
 * not fit; agreed. */
nn_status nn_use_open(nn_comm *comm, bool objective, nn_use *use) NN_CHECKED;

/** Writes what the model says about each row to a file of predictions by rank 0, with what is true of it
 * where there is an objective. `sums`: as nn_predict(). What `finish` adds before the file is published
 * it does by rank 0 alone; NULL: nothing. Collective. Errors: those of nn_predict() and of
 * nn_predictions_create(); agreed. */
nn_status nn_use_predict(nn_comm *comm, const nn_use *use, const char *path, double *sums,
                         nn_status (*finish)(const nn_use *use, const double *sums,
                                             nn_predictions *file)) NN_CHECKED;

/** Releases what was opened. Collective. */
void nn_use_close(nn_use *use);

#endif
