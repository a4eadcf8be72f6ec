/* fit.c: training within a program that holds the rows and decides what follows. */
#include "train/fit.h"

#include "train/decide.h"
#include "train/evaluate.h"
#include "train/replicas.h"
#include "util/clock.h"

#include <math.h>

static nn_status validate(nn_training *self, double *seconds) {
    const double begin = nn_now();
    nn_status status = NN_OK;
    if (self->validation)
        status = nn_evaluate(self->comm, self->model, self->objective, self->validation,
                             self->threads, NULL, self->val_sums);
    *seconds = nn_now() - begin;
    return status;
}

/* As a command does it (train.c), less what has to do with files. */
static nn_status end_epoch(nn_training *self, const nn_fit_watcher *watcher, bool *stop) {
    nn_status status = NN_OK;
    double validated = 0;
    nn_progress *progress = &self->progress;
    if (self->run->replica_check)
        NN_TRY(nn_replicas_check(self->comm, self->model, self->optimizer, progress->step));
    NN_TRY(nn_epoch_check_weights(self));
    NN_TRY(validate(self, &validated));
    progress->seconds += validated;
    const nn_history_line line = nn_epoch_line(self, progress->epoch_seconds, validated);
    if (line.values.val_sums && !isfinite(line.values.val_loss))
        NN_TRY(nn_epoch_diverged(self, "the validation loss is NaN or infinite"));
    *stop |= nn_decide(self, &line.values) != NULL;
    if (nn_comm_rank(self->comm) == 0) nn_history_add(&self->history, &line);
    if (watcher && watcher->epoch_ended)
        *stop |= watcher->epoch_ended(watcher->context, self, &line);
    progress->epoch_seconds = 0;
    nn_epoch_next(self);
    *stop = nn_comm_max(self->comm, *stop) > 0;
done:
    return status;
}

nn_status nn_fit_step(nn_training *training, const nn_fit_watcher *watcher, nn_fit_turn *turn) {
    nn_progress *progress = &training->progress;
    const double begin = nn_now();
    nn_wishes wishes = {.end = turn->wish};
    if (nn_epoch_is_whole(training)) { /* its end was left, or has failed */
        *turn = (nn_fit_turn){.epoch_ended = true, .stop = turn->wish};
        return end_epoch(training, watcher, &turn->stop);
    }
    nn_status status = nn_epoch_step(training, &wishes);
    if (status != NN_OK) return status;
    *turn = (nn_fit_turn){.epoch_ended = nn_epoch_is_whole(training), .stop = wishes.end};
    progress->epoch_seconds += nn_now() - begin;
    progress->seconds += nn_now() - begin;
    if (watcher && watcher->stepped) turn->wish = watcher->stepped(watcher->context, training);
    if (!turn->epoch_ended) return NN_OK;
    turn->stop |= turn->wish;
    return end_epoch(training, watcher, &turn->stop);
}

/* What had ended it waits anew. */
static void go_on(nn_training *self) {
    nn_progress *progress = &self->progress;
    if (!progress->stopped) return;
    progress->stopped = false;
    progress->early_stopping = progress->plateau = nn_monitor_start();
}

/* Whether the run file has ended the training, on rank 0, whose clock counts; otherwise whoever trains may
 * go on, and does so from the last weights. */
static bool is_over(const nn_training *self, int64_t epochs) {
    const nn_run *run = self->run;
    const nn_progress *progress = &self->progress;
    bool over = progress->stopped || (run->max_steps && progress->step >= run->max_steps) ||
                progress->seconds > 60 * run->max_minutes ||
                (epochs == 0 && progress->epoch >= run->epochs);
    nn_comm_broadcast(self->comm, &over, sizeof over);
    return over;
}

nn_status nn_fit(nn_training *training, int64_t epochs, const nn_fit_watcher *watcher) {
    nn_training *self = training;
    const nn_run *run = self->run;
    nn_progress *progress = &self->progress;
    const int64_t last = epochs > 0 ? progress->epoch + epochs : run->epochs;
    nn_fit_turn turn = {.wish = false};
    nn_status status = NN_OK;
    go_on(self);
    while (progress->epoch < last && !turn.stop) {
        if (run->max_steps && progress->step >= run->max_steps) break;
        if (nn_comm_rank(self->comm) == 0) /* whose clock counts */
            turn.wish |= progress->seconds > 60 * run->max_minutes;
        NN_TRY(nn_fit_step(self, watcher, &turn));
    }
    NN_TRY(nn_comm_agree(self->comm, NN_OK)); /* before ranks write the weights that they share */
    if (is_over(self, epochs) && nn_epoch_restore_best(self)) nn_comm_wait_for_all(self->comm);
done:
    return status;
}
