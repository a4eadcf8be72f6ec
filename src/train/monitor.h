/* monitor.h: waiting for a value to improve, epoch by epoch: early stopping and reducing the
 * learning rate on a plateau, as keras.callbacks does. All functions are Local; all ranks make the
 * same decisions, because they see the same values. */
#ifndef NN_TRAIN_MONITOR_H
#define NN_TRAIN_MONITOR_H

#include "model/objective.h"
#include "optim/optimizer.h"
#include "train/run.h"

/** The values of an epoch. */
typedef struct {
    const nn_objective *objective;
    double loss, val_loss;         /* penalties included; NAN where there is no validation */
    const double *sums, *val_sums; /* val_sums NULL where there is no validation */
} nn_epoch_values;

/** What is remembered from epoch to epoch; saved in checkpoints. */
typedef struct {
    double best;
    int64_t best_epoch; /* counted from 0; -1: none yet */
    int64_t wait;
    int64_t cooldown;
} nn_monitor_state;

/** How a monitor begins. */
nn_monitor_state nn_monitor_start(void);

/** Checks that what `monitor` watches exists. Errors: NN_BAD_CONFIG naming what there is. */
nn_status nn_monitor_check(const nn_run_monitor *monitor,
                           const nn_objective *objective) NN_CHECKED;

/** Early stopping after epoch `epoch` (counted from 0): whether training stops; *improved says that
 * this epoch is the best so far. */
bool nn_early_stopping_decide(const nn_run_early_stopping *args, nn_monitor_state *state,
                              int64_t epoch, const nn_epoch_values *values, bool *improved);

/** Lowers the optimizer's learning rate after an epoch where it is due; whether it did. */
bool nn_plateau_decide(const nn_run_plateau *args, nn_monitor_state *state,
                       const nn_epoch_values *values, nn_optimizer *optimizer);

#endif
