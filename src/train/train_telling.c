/* train_telling.c: what a run tells of itself while it goes: to its observer, in metrics.csv, progress.json
 * and TensorBoard's files. */
#include "train/train_private.h"

#include "comm/watchdog.h"
#include "io/publish.h"
#include "train/epoch.h"
#include "util/clock.h"

#include <math.h>
#include <stdio.h>

void nn_train_note(nn_train_state *state, const char *text) {
    const nn_observer *observer = &state->options->observer;
    if (state->is_first && observer->noted) observer->noted(observer->context, text);
}

/* ---- the beginning ---- */

/* By the watchdog's thread, as the last that is heard of the run. */
static void tell_hang(void *context, const char *message) {
    const nn_train_state *state = context;
    nn_progress_file_fail(state->folder.progress, message);
}

nn_status nn_train_begin_telling(nn_train_state *state) {
    nn_training *training = state->training;
    nn_status status = NN_OK;
    NN_TRY(nn_publish_text(state->folder.config, training->run_text));
    NN_TRY(nn_history_write(&training->history, state->folder.metrics));
    state->written = training->history.length;
    if (training->run->log->tensorboard)
        NN_TRY(nn_tensorboard_create(state->folder.tensorboard, &training->history,
                                     &state->tensorboard));
    state->progress_file.path = state->folder.progress;
    training->pace.started = state->started;
    nn_pace_begin(&training->pace, nn_now());
    nn_progress_file_write(&state->progress_file, training, NN_PHASE_TRAINING, NULL);
    nn_watchdog_tell(tell_hang, state);
done:
    return status;
}

/* ---- steps ---- */

void nn_train_tell_step(nn_train_state *state, double now) {
    nn_training *training = state->training;
    const nn_observer *observer = &state->options->observer;
    if (!state->is_first) return;
    nn_pace_step(&training->pace, now);
    nn_progress_file_tick(&state->progress_file, training, NN_PHASE_TRAINING, now);
    if (observer->stepped) observer->stepped(observer->context, training);
}

void nn_train_tell_validation(nn_train_state *state, double begin, int64_t batches, int64_t of) {
    nn_training *training = state->training;
    const nn_observer *observer = &state->options->observer;
    if (!state->is_first) return;
    const double now = nn_now();
    nn_pace_validated(&training->pace, (double)batches / (double)of, begin, now);
    if (batches == of) return;
    nn_progress_file_tick(&state->progress_file, training, NN_PHASE_VALIDATING, now);
    if (observer->validated) observer->validated(observer->context, training);
}

/* ---- epochs ---- */

nn_history_line nn_train_line(const nn_train_state *state, double train_seconds) {
    return nn_epoch_line(state->training, train_seconds, state->validated);
}

/* Curves are for looking at, and metrics.csv has them too: where they cannot be written the run goes on. */
static void add_to_curves(nn_train_state *state) {
    if (!state->tensorboard) return;
    nn_status status = nn_tensorboard_append(state->tensorboard, &state->training->history);
    const bool is_news = status != NN_OK && !state->curves_failed;
    state->curves_failed = status != NN_OK;
    if (!is_news) return;
    nn_within(status, "training goes on without a new point of TensorBoard's curves");
    nn_train_note(state, nn_message());
}

nn_status nn_train_tell_epoch(nn_train_state *state, const nn_history_line *line) {
    nn_training *training = state->training;
    const nn_observer *observer = &state->options->observer;
    nn_watchdog_doing(NN_DOING_SAVE);
    if (!state->is_first) return NN_OK;
    nn_history_add(&training->history, line);
    if (observer->epoch_ended) observer->epoch_ended(observer->context, training, line);
    add_to_curves(state);
    return nn_history_append(&training->history, &state->written, state->folder.metrics);
}

/* ---- the end ---- */

void nn_train_tell_end(nn_train_state *state, nn_status result) {
    nn_training *training = state->training;
    const nn_observer *observer = &state->options->observer;
    char message[NN_MESSAGE_MAX];
    if (!training || !state->progress_file.path) return; /* other ranks, and runs that did not begin */
    nn_watchdog_tell(NULL, NULL);
    snprintf(message, sizeof message, "%s", nn_message());
    const char *why = result != NN_OK ? message : state->end;
    const nn_run_phase phase = result == NN_OK            ? NN_PHASE_FINISHED
                               : result == NN_INTERRUPTED ? NN_PHASE_INTERRUPTED
                                                          : NN_PHASE_FAILED;
    if (state->folder.lock.held) /* it may be another run's by now */
        nn_progress_file_write(&state->progress_file, training, phase, why);
    if (result == NN_OK && observer->finished)
        observer->finished(observer->context, training, nn_now() - state->started);
    if (result != NN_OK) nn_fail(result, "%s", message);
}
