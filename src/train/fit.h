/* fit.h: training within a program that holds the rows and decides what follows: no folder, no files, no
 * signals, nothing printed. */
#ifndef NN_TRAIN_FIT_H
#define NN_TRAIN_FIT_H

#include "train/epoch.h"

/** Who watches, on every rank; on any, true ends the training on all: where an epoch has ended at once,
 * after a step with the next one. */
typedef struct {
    bool (*stepped)(void *context, const nn_training *training);
    bool (*epoch_ended)(void *context, const nn_training *training, const nn_history_line *line);
    void *context;
} nn_fit_watcher;

/** Trains until `epochs` more epochs have ended (0: until the run file's have), or what the run file says
 * (early_stopping, stop_at, max_steps, max_minutes) or a watcher ends it. Where the run file has ended it,
 * the model has its best weights if early_stopping is to restore them. A training that early_stopping or
 * stop_at had ended begins to wait anew. Collective. Errors: NN_DIVERGED; those of steps; agreed. */
nn_status nn_fit(nn_training *training, int64_t epochs, const nn_fit_watcher *watcher) NN_CHECKED;

typedef struct {
    bool wish;        /* before: this rank wants to end the training with this step */
    bool epoch_ended; /* after: it was an epoch's last, */
    bool stop;        /* and the training ends, on all ranks */
} nn_fit_turn;

/** One step, and where it was an epoch's last what ends an epoch: validation, the rules, the next epoch; that
 * alone where an epoch has all its steps and has not ended, because it was left (a checkpoint of `nnmpi train`
 * may be such) or its end has failed. Collective. Errors: likewise. */
nn_status nn_fit_step(nn_training *training, const nn_fit_watcher *watcher,
                      nn_fit_turn *turn) NN_CHECKED;

#endif
