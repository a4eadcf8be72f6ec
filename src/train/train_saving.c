/* train_saving.c: when a run saves what it has made, what is checked before, and what is told of it. */
#include "train/train_private.h"

#include "comm/watchdog.h"
#include "train/checkpoint.h"
#include "train/epoch.h"
#include "train/replicas.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

nn_status nn_train_check_folder(nn_train_state *state) {
    return nn_comm_agree(state->training->comm,
                         state->is_first ? nn_folder_check(&state->folder) : NN_OK);
}

nn_status nn_train_check_replicas(nn_train_state *state) {
    const nn_training *training = state->training;
    const int64_t step = training->progress.step;
    if (!training->run->replica_check || state->checked_step == step) return NN_OK;
    state->checked_step = step;
    return nn_replicas_check(training->comm, training->model, training->optimizer,
                             training->progress.step);
}

nn_status nn_train_settle(nn_train_state *state, bool wait) {
    const nn_training *training = state->training;
    nn_status status = NN_OK;
    if (training->saver)
        status = wait ? nn_saver_wait(training->saver) : nn_saver_result(training->saver);
    if (status == NN_OK) return NN_OK;
    if (training->run->checkpoint->on_error == NN_ON_ERROR_STOP) return status;
    nn_within(status, "training goes on without a new checkpoint");
    nn_train_note(state, nn_message());
    return NN_OK;
}

nn_status nn_train_save(nn_train_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status good = nn_train_check_folder(state);
    if (state->saved_step == progress->step) return good;
    nn_watchdog_doing(NN_DOING_SAVE); /* all ranks: those that only wait for rank 0's saver too */
    if (good == NN_OK) good = nn_comm_agree(training->comm, nn_train_settle(state, true));
    if (good == NN_OK) good = nn_train_check_replicas(state);
    if (good == NN_OK) good = nn_epoch_check_weights(training);
    if (good != NN_OK) return good;
    double begin = nn_now();
    progress->seconds = begin - state->started;
    progress->epoch_seconds = progress->batch > 0 ? begin - state->epoch_started : 0;
    nn_status status =
        nn_checkpoint_begin(training, state->folder.path, training->run->checkpoint->keep);
    state->last_saved = nn_now();
    state->saved_step = progress->step;
    state->slowest_take = fmax(state->slowest_take, state->last_saved - begin);
    state->epoch_started += state->last_saved - begin;
    return status;
}

static nn_status save_once(nn_train_state *state) {
    const nn_training *training = state->training;
    nn_status status = nn_train_save(state);
    if (status != NN_OK) return status;
    return nn_comm_agree(training->comm, training->saver ? nn_saver_wait(training->saver) : NN_OK);
}

nn_status nn_train_save_and_wait(nn_train_state *state) {
    const nn_training *training = state->training;
    nn_status status = nn_train_check_folder(state);
    if (status != NN_OK) return status; /* it is another run's, and trying again would not mend that */
    status = save_once(state);
    const bool unwritten = status == NN_IO || status == NN_CANT_CREATE; /* agreed: the same everywhere */
    if (!unwritten || training->run->checkpoint->on_error == NN_ON_ERROR_STOP) return status;
    nn_within(status, "the last checkpoint is tried once more");
    nn_train_note(state, nn_message());
    state->saved_step = -1;
    return save_once(state);
}

void nn_train_tell_last(nn_train_state *state, nn_status failed) {
    char message[NN_MESSAGE_MAX];
    if (!state->training || !state->training->saver) return;
    snprintf(message, sizeof message, "%s", nn_message());
    if (nn_saver_wait(state->training->saver) != NN_OK) nn_train_note(state, nn_message());
    nn_fail(failed, "%s", message);
}

void nn_train_tell_costs(nn_train_state *state) {
    char text[256];
    const nn_saver_cost cost = nn_saver_costs(state->training->saver);
    const double files = cost.files > 0 ? (double)cost.files : 1;
    snprintf(text, sizeof text,
             "saved %" PRId64 " files of %.1f MB; each held training up for %.4f s (%.4f s on a "
             "processor) and was written in %.4f s (%.4f s on a processor); %.4f s waited for",
             cost.files, 1e-6 * (double)cost.bytes / files, cost.making / files,
             cost.copying / files, cost.writing / files, cost.processor / files, cost.waiting / files);
    nn_train_note(state, text);
}

bool nn_train_is_save_due(const nn_train_state *state, bool epoch_ended) {
    const nn_run_checkpoint *wanted = state->training->run->checkpoint;
    const nn_progress *progress = &state->training->progress;
    if (epoch_ended && wanted->every_epochs > 0 && progress->epoch % wanted->every_epochs == 0)
        return true;
    return wanted->every_steps > 0 && progress->step % wanted->every_steps == 0;
}
