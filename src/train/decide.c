/* decide.c: what early stopping, the plateau and stop_at make of an epoch. */
#include "train/decide.h"

#include <string.h>

/* Early stopping: whether training ends; the weights of the best epoch so far are kept. */
static bool watch(nn_training *training, const nn_epoch_values *values) {
    nn_progress *progress = &training->progress;
    bool improved;
    const bool end = nn_early_stopping_decide(training->run->early_stopping, &progress->early_stopping,
                                              progress->epoch, values, &improved);
    nn_span weights = nn_model_values(training->model);
    if (improved && training->best_weights)
        memcpy(training->best_weights, weights.data, (size_t)weights.count * sizeof *weights.data);
    return end;
}

/* Why training ends, or NULL. */
static const char *decide(nn_training *training, const nn_epoch_values *values) {
    const nn_run *run = training->run;
    nn_progress *progress = &training->progress;
    const char *end = NULL;
    if (run->early_stopping && watch(training, values)) end = "early_stopping: no further improvement";
    if (run->reduce_lr_on_plateau)
        nn_plateau_decide(run->reduce_lr_on_plateau, &progress->plateau, values,
                          training->optimizer);
    const nn_run_stop_at *stop_at = run->stop_at;
    if (stop_at && (values->loss <= stop_at->loss || values->val_loss <= stop_at->val_loss))
        end = "stop_at: the loss is reached";
    return end;
}

/* Rounding may let another rank decide otherwise. */
const char *nn_decide(nn_training *training, const nn_epoch_values *values) {
    const char *end = decide(training, values);
    nn_progress *progress = &training->progress;
    double factor = nn_optimizer_factor(training->optimizer);
    progress->stopped = end != NULL;
    nn_comm_broadcast(training->comm, &factor, sizeof factor);
    nn_comm_broadcast(training->comm, progress, sizeof *progress);
    nn_optimizer_set_factor(training->optimizer, factor);
    if (!progress->stopped) return NULL;
    return end ? end : "rank 0 ended it";
}

void nn_decide_best(nn_training *training, const nn_epoch_values *values) {
    nn_progress *progress = &training->progress;
    if (!training->run->early_stopping) return;
    watch(training, values);
    nn_comm_broadcast(training->comm, &progress->early_stopping, sizeof progress->early_stopping);
}
