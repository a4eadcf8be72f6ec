/* training.h: a training: all that a run needs in memory, and its state, which a checkpoint saves and
 * a resumed run takes up again. It holds no rank and no number of ranks. */
#ifndef NN_TRAIN_TRAINING_H
#define NN_TRAIN_TRAINING_H

#include "train/history.h"
#include "train/monitor.h"
#include "train/pace.h"
#include "train/run.h"
#include "train/saver.h"
#include "train/step.h"

/** How far a training has come. */
typedef struct {
    int64_t epoch; /* being trained, counted from 0 */
    int64_t batch; /* the next one of it */
    int64_t step;  /* steps made */
    int64_t samples;
    double seconds;       /* of the whole run until now, earlier parts counted in */
    double epoch_seconds; /* of this epoch until now, while training */
    bool stopped;         /* early stopping or stop_at has ended it */
    nn_monitor_state early_stopping, plateau;
} nn_progress;

typedef struct {
    nn_comm *comm;     /* borrowed */
    const nn_run *run; /* borrowed */
    char *run_text;    /* the effective run file */
    int threads, most_threads;
    bool spares_threads; /* nn_training_spare_threads() */
    int64_t pass_rows; /* that a pass can have, at least */
    nn_dataset *train_data, *validation_data; /* validation_data NULL: none */
    nn_names names; /* of the training data; on rank 0 also those that only a resumed checkpoint has */
    nn_loader *train, *validation;
    nn_model *model;
    nn_objective *objective;
    nn_optimizer *optimizer;
    nn_gradients *gradients;
    nn_exchange *exchange;
    nn_stepper stepper;
    nn_saver *saver; /* on rank 0; NULL on the others */
    nn_progress progress;
    double *sums;          /* of this epoch until now */
    double *val_sums;      /* of the last validation */
    nn_real *best_weights; /* of early stopping, laid out as nn_model_values(); NULL: not wanted */
    nn_text history;       /* rank 0: the text of metrics.csv */
    nn_pace pace;          /* rank 0: how fast it goes */
    bool reproducible;     /* rank 0: so were all steps until now */
} nn_training;

/** Opens and checks the data, builds the model with its initial weights and everything else that
 * `run` asks for. Takes the run's layers over. Collective.
 * Errors: those of datasets and models; NN_BAD_CONFIG; agreed. */
nn_status nn_training_create(nn_comm *comm, nn_run *run, int threads,
                             nn_training **out) NN_CHECKED;

/** Leaves out threads that a step has no work for, and that would only make the others wait: where their number
 * is the share of the cores, and nobody has asked for it. Local. */
void nn_training_spare_threads(nn_training *self);

/** The data of a training whose rows a program holds in memory. */
typedef struct {
    const nn_samples *train, *validation; /* this rank's; validation NULL: none, or a split */
    int64_t pass_rows;                    /* the model is made for passes of so many rows, at least */
} nn_training_data;

/** The same with rows from memory, borrowed until this returns; of the run's data only validation_split
 * and shuffle count. Collective. Errors: likewise. */
nn_status nn_training_create_of(nn_comm *comm, nn_run *run, const nn_training_data *data, int threads,
                                nn_training **out) NN_CHECKED;

/** Puts in the place of a training one of the same run with other rows, at the same progress, with the
 * same weights and state of the optimizer. Where that fails the old one stays. `run` becomes the new
 * one's: the same run file read again, since the old has lost its layers. Collective. Errors: those of
 * nn_training_create_of(). */
nn_status nn_training_renew(nn_training **training, nn_run *run, const nn_training_data *data) NN_CHECKED;

/** Releases it; takes NULL. Collective. */
void nn_training_destroy(nn_training **training);

/** Makes the model ready for its first step, once: gathers what layers want to know of the training data, or,
 * where the run has initial_weights, takes all from that file, which rank 0 reads. Collective.
 * Errors: as nn_adapt(); NN_NO_INPUT, NN_BAD_DATA naming file, layer and shapes; agreed. */
nn_status nn_training_prepare(nn_training *training) NN_CHECKED;

/** Whether the model of initial_weights calls classes, features or targets as the data do; that of other data
 * may be trained further, but is seldom meant to be. Local.
 * Errors: NN_BAD_DATA saying what differs; those of reading the file. */
nn_status nn_training_check_names(const nn_training *training) NN_CHECKED;

/** What learning_rate_scaling multiplies the learning rate by after its warm-up; 1 without it. Local. */
double nn_training_scale(const nn_training *training);

/** Seconds until the epoch's end, its validation included, and until the run's as far as its epochs, max_steps
 * and max_minutes tell; NAN where that is not known yet. Local, on rank 0. */
void nn_training_left(const nn_training *training, double *epoch, double *run);

/** The mean loss of sums, with the penalties on the weights as they are. Local. */
double nn_training_loss(nn_training *training, const double *sums);

#endif
