/* epoch.c: what a loop over the steps of an epoch does, whoever runs it. */
#include "train/epoch.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

nn_status nn_epoch_step(nn_training *training, nn_wishes *wishes) {
    nn_progress *progress = &training->progress;
    const double rows = training->sums[NN_SUM_ROWS];
    nn_status status =
        nn_step(&training->stepper, progress->epoch, progress->batch, wishes, training->sums);
    if (status != NN_OK) return status;
    progress->step++;
    progress->batch++;
    progress->samples += (int64_t)(training->sums[NN_SUM_ROWS] - rows);
    return NN_OK;
}

bool nn_epoch_is_whole(const nn_training *training) {
    return training->progress.batch == nn_loader_batches(training->train);
}

nn_history_line nn_epoch_line(nn_training *training, double train_seconds, double validated) {
    const nn_progress *progress = &training->progress;
    const bool has_validation = training->validation != NULL;
    return (nn_history_line){
        .epoch = progress->epoch + 1,
        .step = progress->step,
        .values = {.objective = training->objective,
                   .loss = nn_objective_loss(training->objective, training->sums),
                   .val_loss =
                       has_validation ? nn_training_loss(training, training->val_sums) : NAN,
                   .sums = training->sums,
                   .val_sums = has_validation ? training->val_sums : NULL},
        .learning_rate = nn_optimizer_learning_rate(training->optimizer),
        .seconds = train_seconds + validated,
        .samples_per_second = training->sums[NN_SUM_ROWS] / fmax(train_seconds, 1e-9)};
}

void nn_epoch_next(nn_training *training) {
    training->progress.epoch++;
    training->progress.batch = 0;
    memset(training->sums, 0, (size_t)nn_objective_sums(training->objective) * sizeof(double));
}

bool nn_epoch_restore_best(nn_training *training) {
    const nn_span weights = nn_model_values(training->model);
    if (!training->best_weights || training->progress.early_stopping.best_epoch < 0) return false;
    memcpy(weights.data, training->best_weights, (size_t)weights.count * sizeof *weights.data);
    return true;
}

nn_status nn_epoch_diverged(const nn_training *training, const char *what) {
    const nn_progress *progress = &training->progress;
    return nn_fail(NN_DIVERGED,
                   "step %" PRId64 " (epoch %" PRId64
                   "): %s; a smaller learning rate, clipnorm or a "
                   "Normalization layer may help",
                   progress->step, progress->epoch + 1, what);
}

nn_status nn_epoch_check_weights(const nn_training *training) {
    const bool finite = nn_model_is_finite(training->model);
    return nn_comm_agree(training->comm,
                         finite ? NN_OK
                                : nn_epoch_diverged(training, "a weight is NaN or infinite"));
}
