/* saved.h: a trained model in a file, ready to be used: the network with its weights and, where
 * nnmpi trained it, the run that it came from; or, where Keras saved it, what it was compiled with. */
#ifndef NN_TRAIN_SAVED_H
#define NN_TRAIN_SAVED_H

#include "comm/comm.h"
#include "data/names.h"
#include "model/keras.h"
#include "model/objective.h"
#include "train/run.h"

typedef struct {
    char *path;
    nn_model *model;
    nn_run *run;           /* the effective run file; NULL where the file holds none */
    nn_names names;        /* of the data that it was trained on */
    char *config;          /* the layers, as Keras's JSON */
    char *training_config; /* Keras's; NULL where the file holds none */
    const nn_object *loss; /* after nn_saved_measure(): of the run, or owned */
    const nn_object_list *metrics;
    nn_object *own_loss;
    nn_object_list own_metrics;
} nn_saved;

/** What a model is to be measured by, as in a run file: a loss, and metrics with commas between. NULL: what
 * the file says. */
typedef struct {
    const char *loss, *metrics;
} nn_measures;

/** Opens the model of a file, after verifying its seal where it has one, for passes of at most
 * `max_rows` rows. Local; each rank reads by itself.
 * Errors: NN_NO_INPUT, NN_BAD_DATA naming the file and what is wrong, or what nnmpi does not know of it and
 * this use needs. */
nn_status nn_saved_open(const char *path, int64_t max_rows, nn_keras_use use,
                        nn_saved *out) NN_CHECKED;

/** The same for all ranks: rank 0 alone reads the file, and what it has of it, `names` aside, the others get.
 * Collective. Errors: likewise; agreed. */
nn_status nn_saved_open_once(nn_comm *comm, const char *path, int64_t max_rows, nn_keras_use use,
                             nn_saved *out) NN_CHECKED;

/** Settles the loss, once: the measures', the run's, or Keras's. Local.
 * Errors: NN_BAD_DATA where there is none; NN_BAD_CONFIG naming one that nnmpi does not know. */
nn_status nn_saved_find_loss(nn_saved *saved, const nn_measures *measures) NN_CHECKED;

/** Settles loss and metrics likewise (no metrics where nothing says which), and joins them to the model.
 * Local. Errors: likewise; those of nn_objective_create(). */
nn_status nn_saved_measure(nn_saved *saved, const nn_measures *measures,
                           nn_objective **out) NN_CHECKED;

/** Releases it. Local. */
void nn_saved_close(nn_saved *saved);

#endif
