/* epoch.h: what a loop over the steps of an epoch does, whoever runs it: a command (train.c) or a program
 * of which nnmpi is a part (fit.c). */
#ifndef NN_TRAIN_EPOCH_H
#define NN_TRAIN_EPOCH_H

#include "train/training.h"

/** Makes the next step and counts it. Collective. Errors: those of nn_step(). */
nn_status nn_epoch_step(nn_training *training, nn_wishes *wishes) NN_CHECKED;

/** Whether the epoch has all its steps. Local. */
bool nn_epoch_is_whole(const nn_training *training);

/** The values of the epoch until now, after training for `train_seconds` and validating for
 * `validated`. Local. */
nn_history_line nn_epoch_line(nn_training *training, double train_seconds, double validated);

/** Begins the next epoch. Local. */
void nn_epoch_next(nn_training *training);

/** Gives the model the weights of the best epoch, where early_stopping keeps them and there is one; says
 * whether it did. Behind an agreement. Local. */
bool nn_epoch_restore_best(nn_training *training);

/** The failure NN_DIVERGED at this step, because of `what`. Local. */
nn_status nn_epoch_diverged(const nn_training *training, const char *what);

/** Whether the weights are finite: a step looks at the loss before its update, and the last update shows
 * in the weights alone. Collective. Errors: NN_DIVERGED, agreed. */
nn_status nn_epoch_check_weights(const nn_training *training) NN_CHECKED;

#endif
