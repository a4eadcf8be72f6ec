/* saved.h: a trained model in a file, ready to be used: the network with its weights and, where
 * nnmpi trained it, the run that it came from. */
#ifndef NN_TRAIN_SAVED_H
#define NN_TRAIN_SAVED_H

#include "data/names.h"
#include "model/model.h"
#include "train/run.h"

typedef struct {
    nn_model *model;
    nn_run *run; /* the effective run file; NULL where the file holds none */
    nn_names names; /* of the data that it was trained on */
} nn_saved;

/** Opens the model of a file, after verifying its seal where it has one, for passes of at most
 * `max_rows` rows. Local; each rank reads by itself.
 * Errors: NN_NO_INPUT, NN_BAD_DATA naming the file and what is wrong. */
nn_status nn_saved_open(const char *path, int64_t max_rows, nn_saved *out) NN_CHECKED;

/** Releases it. Local. */
void nn_saved_close(nn_saved *saved);

#endif
