/* decide.h: what follows from an epoch's values. */
#ifndef NN_TRAIN_DECIDE_H
#define NN_TRAIN_DECIDE_H

#include "train/training.h"

/** Lets early_stopping, reduce_lr_on_plateau and stop_at look at an epoch's values: the best weights, the
 * learning rate, progress.stopped. Rank 0's decisions are everyone's. Why training ends; NULL where it
 * goes on. Collective. */
const char *nn_decide(nn_training *training, const nn_epoch_values *values);

/** Of a run that ends with an unfinished epoch: whether its weights are the best that early_stopping has seen,
 * which it keeps then. Nothing else follows from it. Collective. */
void nn_decide_best(nn_training *training, const nn_epoch_values *values);

#endif
