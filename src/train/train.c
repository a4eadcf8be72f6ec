/* train.c: the loop over epochs and steps, and what happens between them. */
#include "train/train_private.h"

#include "comm/watchdog.h"
#include "train/checkpoint.h"
#include "train/decide.h"
#include "train/epoch.h"
#include "train/evaluate.h"
#include "train/signals.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- leaving ---- */

/* Whether the job of which the run is a part ends soon; rank 0's clock counts. */
static bool is_job_ending(const nn_train_state *state) {
    const nn_deadline *deadline = &state->options->deadline;
    if (deadline->end == 0) return false;
    nn_saver *saver = state->training->saver;
    const double save = state->slowest_take + (saver ? nn_saver_seconds(saver) : 0);
    return nn_deadline_is_near(deadline, (double)time(NULL), save, state->slowest_step);
}

static bool is_asked(const nn_train_state *state) {
    const nn_train_options *options = state->options;
    return (options->asked && options->asked(options->asked_context)) || nn_signals_came();
}

/* Whether this rank wants to save and leave. */
static bool wants_to_leave(void *context) {
    const nn_train_state *state = context;
    return is_asked(state) || (state->is_first && is_job_ending(state));
}

/* The signal of the first rank that got one, and which rank that is where there are several; empty where none did,
 * as in a sweep, where that may have been a rank of another run. */
static void find_signal(nn_comm *comm, char *text, size_t room) {
    char own[NN_SIGNAL_TEXT];
    const int size = nn_comm_size(comm), rank = nn_comm_rank(comm);
    const int first = (int)-nn_comm_max(comm, nn_signals_describe(own, sizeof own) ? -rank : -size);
    text[0] = '\0';
    if (first == size) return;
    nn_comm_broadcast_from(comm, first, own, sizeof own);
    if (size > 1) snprintf(text, room, ": %s, to rank %d", own, first);
    else snprintf(text, room, ": %s", own);
}

/* What it has saved by then is what a resumed run begins with, the rest of an epoch's end included. */
static nn_status leave(nn_train_state *state) {
    const int64_t step = state->training->progress.step;
    const char *const path = state->folder.path;
    char signal[NN_SIGNAL_TEXT + 32];
    find_signal(state->training->comm, signal, sizeof signal);
    nn_status status = nn_train_save_and_wait(state);
    if (status != NN_OK) return status;
    if (is_asked(state) || !is_job_ending(state))
        return nn_fail(NN_INTERRUPTED,
                       "a signal came%s; step %" PRId64 " is saved in %s: go on with --resume", signal,
                       step, path);
    return nn_fail(NN_INTERRUPTED,
                   "the job ends in %.0f seconds (SLURM_JOB_END_TIME); step %" PRId64
                   " is saved in %s: go on with --resume",
                   state->options->deadline.end - (double)time(NULL), step, path);
}

/* ---- an epoch's end ---- */

static void tell_validation(void *context, int64_t batches, int64_t of) {
    nn_train_state *state = context;
    nn_train_tell_validation(state, state->validation_began, batches, of);
}

/* Fails with NN_INTERRUPTED where a rank wanted to leave before all was validated. */
static nn_status validate(nn_train_state *state) {
    nn_training *training = state->training;
    const nn_leave may_leave = {wants_to_leave, tell_validation, state};
    const double begin = nn_now();
    nn_status status = NN_OK;
    state->validation_began = begin;
    if (training->validation)
        status = nn_evaluate(training->comm, training->model, training->objective,
                             training->validation, training->threads, &may_leave,
                             training->val_sums);
    state->validated = nn_now() - begin;
    if (status != NN_INTERRUPTED) return status;
    state->epoch_started += state->validated; /* it is made again */
    return leave(state);
}

/* The end of an epoch that has all its steps. What can be saved is saved, even where metrics.csv
 * cannot be written. */
static nn_status end_epoch(nn_train_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status status = NN_OK;
    double train_seconds = nn_now() - state->epoch_started;
    NN_TRY(nn_train_check_replicas(state));
    NN_TRY(nn_epoch_check_weights(training));
    NN_TRY(validate(state));
    nn_history_line line = nn_train_line(state, train_seconds);
    if (line.values.val_sums && !isfinite(line.values.val_loss))
        NN_TRY(nn_epoch_diverged(training, "the validation loss is NaN or infinite"));
    NN_TRY(nn_train_check_folder(state));
    const char *end = nn_decide(training, &line.values);
    if (end) state->end = end;
    nn_status reported = nn_comm_agree(training->comm, nn_train_tell_epoch(state, &line));
    nn_epoch_next(training);
    state->epoch_started = nn_now();
    if (reported != NN_OK) status = nn_train_save_and_wait(state);
    else if (progress->stopped || nn_train_is_save_due(state, true)) status = nn_train_save(state);
    if (status == NN_OK) status = reported;
done:
    return status;
}

/* An epoch that max_steps or max_minutes cuts short has its line in metrics.csv, and its weights may be the best
 * for model.h5. But the checkpoint, which is written before, does not know of it: a resumed run goes on with the
 * epoch as if nothing had been measured in the middle of it. */
static nn_status end_in_the_middle(nn_train_state *state) {
    nn_status status = nn_train_save_and_wait(state);
    double train_seconds = nn_now() - state->epoch_started;
    if (status == NN_OK) status = validate(state);
    if (status == NN_OK) status = nn_train_check_folder(state);
    if (status != NN_OK) return status;
    nn_history_line line = nn_train_line(state, train_seconds);
    state->is_cut = true;
    state->before_cut = state->training->progress.early_stopping;
    nn_decide_best(state->training, &line.values);
    return nn_comm_agree(state->training->comm, nn_train_tell_epoch(state, &line));
}

/* ---- steps ---- */

static nn_wishes wishes_of(nn_train_state *state) {
    const nn_run *run = state->training->run;
    nn_wishes wishes = {.leave = wants_to_leave(state)};
    if (!state->is_first) return wishes;
    wishes.failed = nn_train_settle(state, false);
    wishes.end = nn_now() - state->started > 60 * run->max_minutes; /* never where it is NAN */
    wishes.save = nn_now() - state->last_saved > 60 * run->checkpoint->every_minutes;
    return wishes;
}

static bool is_check_due(const nn_train_state *state) {
    const nn_run_replica_check *wanted = state->training->run->replica_check;
    return wanted && wanted->every_steps > 0 &&
           state->training->progress.step % wanted->every_steps == 0;
}

static nn_status take_step(nn_train_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    const nn_run *run = training->run;
    nn_wishes wishes = wishes_of(state);
    double begin = nn_now();
    nn_status status = nn_epoch_step(training, &wishes);
    if (status != NN_OK) return status;
    const double end = nn_now();
    state->slowest_step = fmax(0.99 * state->slowest_step, end - begin);
    nn_train_tell_step(state, end);
    if (wishes.leave) return leave(state); /* and end the epoch when the run is resumed */
    bool whole = nn_epoch_is_whole(training);
    if (whole) status = end_epoch(state);
    else if (is_check_due(state)) status = nn_train_check_replicas(state);
    if (status != NN_OK) return status;
    if (run->max_steps && progress->step >= run->max_steps) state->end = "max_steps is reached";
    if (wishes.end) state->end = "max_minutes is reached";
    if (state->end && !whole) return end_in_the_middle(state);
    return wishes.save || nn_train_is_save_due(state, false) ? nn_train_save(state) : NN_OK;
}

static nn_status run_epochs(nn_train_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status status = NN_OK;
    const nn_run *run = training->run;
    if (nn_epoch_is_whole(training)) { /* the earlier part was left before the epoch's end was done */
        state->saved_step = -1;
        NN_TRY(end_epoch(state));
    }
    if (run->max_steps && progress->step >= run->max_steps) state->end = "max_steps is reached";
    if (progress->seconds > 60 * run->max_minutes) state->end = "max_minutes is reached";
    if (state->end && progress->batch > 0)
        NN_TRY(end_in_the_middle(state)); /* its line, again */
    if (progress->epoch >= run->epochs)
        nn_train_note(state, "nothing is left to train: all epochs are done");
    const bool leaves = nn_comm_max(training->comm, is_asked(state)) > 0;
    while (progress->epoch < run->epochs && !progress->stopped && !state->end)
        NN_TRY(leaves ? leave(state) : take_step(state)); /* the first step may be long */
    if (state->end) nn_train_note(state, state->end);
done:
    return status;
}

/* ---- the run ---- */

static void note_damaged(void *context, const char *text) {
    nn_train_note(context, text);
}

/* A class whose number is beyond the names is never right, and has none in what is predicted. */
static void note_outputs(nn_train_state *state) {
    const nn_training *training = state->training;
    const int64_t names = training->names.list[NN_NAMES_CLASSES].count;
    const int64_t outputs = nn_shape_last(nn_model_output_shape(training->model));
    char text[160];
    if (nn_loss_methods(training->run->loss)->target != NN_TARGET_CLASSES || names == 0 || outputs <= names) return;
    snprintf(text, sizeof text,
             "the model has %" PRId64 " outputs, but the data have %" PRId64 " classes: should its last layer have "
             "units: %" PRId64 "?",
             outputs, names, names);
    nn_train_note(state, text);
}

/* What the first step finds that a person may not expect. */
static void note_beginning(nn_train_state *state) {
    const nn_training *training = state->training;
    const char *from = training->run->initial_weights;
    nn_text text = {0};
    if (from) nn_text_add(&text, "training begins with the weights of %s", from);
    if (text.bytes) nn_train_note(state, text.bytes);
    nn_text_free(&text);
    const nn_status names = state->is_first ? nn_training_check_names(training) : NN_OK;
    if (nn_advise(names, "training goes on all the same") != NN_OK) nn_train_note(state, nn_message());
    note_outputs(state);
    nn_objective_ask_for(nn_objective_missing(training->objective), training->run->loss, &text);
    if (text.bytes) nn_train_note(state, text.bytes);
    nn_text_free(&text);
}

static nn_status begin(nn_train_state *state) {
    nn_training *training = state->training;
    nn_status status = NN_OK;
    if (state->options->resume) {
        status = nn_checkpoint_resume(training, state->folder.path, note_damaged, state);
        state->saved_step = training->progress.step;
        if (training->progress.stopped)
            nn_train_note(state, "the run had ended by early_stopping or stop_at");
    } else {
        status = nn_training_prepare(training);
        if (status == NN_OK) note_beginning(state);
    }
    nn_watchdog_doing(NN_DOING_SAVE);
    if (status == NN_OK && state->is_first && state->options->may_begin)
        status = state->options->may_begin(state->options->asked_context);
    if (status == NN_OK && state->is_first) {
        status = nn_folder_prepare(&state->folder, state->options->resume);
        if (status == NN_OK && state->options->resume) /* where a kill came before they were removed */
            status = nn_checkpoint_remove_old(state->folder.path, training->progress.step,
                                              training->run->checkpoint->keep);
        state->started = nn_now() - training->progress.seconds;
        if (status == NN_OK) status = nn_train_begin_telling(state);
    }
    status = nn_comm_agree(training->comm, status);
    state->started = nn_now() - training->progress.seconds;
    state->epoch_started = nn_now() - training->progress.epoch_seconds;
    state->last_saved = nn_now();
    return status;
}

/* A model with the weights of the last step is a checkpoint too, and those know nothing of an unfinished epoch. */
static nn_status save_last(nn_train_state *state) {
    nn_training *training = state->training;
    const nn_monitor_state seen = training->progress.early_stopping;
    if (state->is_cut) training->progress.early_stopping = state->before_cut;
    nn_status status = nn_checkpoint_save(training, state->folder.model);
    training->progress.early_stopping = seen;
    return status;
}

static nn_status finish(nn_train_state *state) {
    nn_training *training = state->training;
    if (training->progress.batch == 0) {
        nn_status status = nn_train_save_and_wait(state); /* so that more epochs can follow */
        if (status != NN_OK) return status;
    }
    if (!nn_epoch_restore_best(training)) return save_last(state);
    char text[96];
    state->checked_step = -1; /* other weights at the same step */
    nn_status same = nn_train_check_replicas(state);
    if (same != NN_OK) return same;
    snprintf(text, sizeof text, "the model has the weights of its best epoch, %" PRId64,
             training->progress.early_stopping.best_epoch + 1);
    nn_train_note(state, text);
    return nn_checkpoint_save(training, state->folder.model);
}

/* By rank 0. */
static nn_status enter_folder(nn_train_state *state, const nn_run *run) {
    const nn_train_options *options = state->options;
    char *left = NULL, *config = NULL;
    nn_status status = NN_OK;
    if (options->run_file) {
        NN_TRY(nn_run_format(run, &config));
        NN_TRY(nn_folder_check_run_file(&state->folder, options->run_file, config));
    }
    status = nn_folder_enter(&state->folder, options->resume, options->overwrite, &left);
    if (left) nn_train_note(state, left);
done:
    free(left);
    free(config);
    return status;
}

nn_status nn_train(nn_comm *comm, nn_run *run, const nn_train_options *options) {
    nn_status status = NN_OK;
    nn_train_state state = {.options = options, .is_first = nn_comm_rank(comm) == 0, .saved_step = -1,
                       .checked_step = -1};
    NN_TRY(nn_comm_agree(comm, nn_folder_name(options->output, &state.folder)));
    NN_TRY(nn_comm_agree(comm, state.is_first ? enter_folder(&state, run) : NN_OK));
    NN_TRY(nn_training_create(comm, run, options->threads, &state.training));
    if (options->spare_threads) nn_training_spare_threads(state.training);
    const bool threads = nn_comm_check_threads(comm, 2) == NN_OK;
    NN_TRY(nn_comm_agree(comm, state.is_first ? nn_saver_create(threads, &state.training->saver)
                                              : NN_OK));
    NN_TRY(begin(&state));
    if (state.is_first && options->observer.started)
        options->observer.started(options->observer.context, state.training);
    state.training->stepper.profile.wanted = options->profile;
    NN_TRY(run_epochs(&state));
    if (state.is_first && options->profile && options->observer.profiled)
        options->observer.profiled(options->observer.context, &state.training->stepper.profile);
    NN_TRY(finish(&state));
    if (state.is_first && options->profile) nn_train_tell_costs(&state);
done:
    nn_train_tell_last(&state, status);
    nn_train_tell_end(&state, status);
    nn_tensorboard_destroy(&state.tensorboard);
    nn_training_destroy(&state.training);
    nn_folder_release(&state.folder);
    return status;
}
