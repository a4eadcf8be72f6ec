/* train.c: the loop over epochs and steps, and what happens between them. */
#include "train/train.h"

#include "comm/watchdog.h"
#include "io/publish.h"
#include "train/checkpoint.h"
#include "train/decide.h"
#include "train/evaluate.h"
#include "train/folder.h"
#include "train/replicas.h"
#include "train/signals.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A run while it runs. */
typedef struct {
    nn_training *training;
    const nn_train_options *options;
    nn_folder folder;
    bool is_first;        /* this is rank 0 */
    size_t written;       /* bytes of the history that metrics.csv holds */
    double started;       /* when this part of the run began, less what earlier parts took */
    double epoch_started; /* likewise for the training of this epoch */
    double validated;     /* seconds that the last validation took */
    double last_saved;    /* when the last checkpoint was written */
    int64_t saved_step;   /* its step; -1: none yet */
    int64_t checked_step; /* of the last check of the replicas; -1: none yet */
    const char *end;      /* why the run ends before its last epoch; NULL: it does not */
    double slowest_step; /* seconds, where the long ones are forgotten with time */
    double slowest_take; /* seconds, of taking the state for a checkpoint */
} run_state;

static void note(run_state *state, const char *text) {
    const nn_observer *observer = &state->options->observer;
    if (state->is_first && observer->noted) observer->noted(observer->context, text);
}

static void note_damaged(void *context, const char *text) {
    note(context, text);
}

/* ---- saving ---- */

static nn_status diverged(const run_state *state, const char *what) {
    const nn_progress *progress = &state->training->progress;
    return nn_fail(NN_DIVERGED,
                   "step %" PRId64 " (epoch %" PRId64
                   "): %s; a smaller learning rate, clipnorm or a "
                   "Normalization layer may help",
                   progress->step, progress->epoch + 1, what);
}

/* A step looks at the loss before its update; the last update shows in the weights alone. */
static nn_status check_weights(const run_state *state) {
    bool finite = nn_model_is_finite(state->training->model);
    return nn_comm_agree(state->training->comm,
                         finite ? NN_OK : diverged(state, "a weight is NaN or infinite"));
}

/* Before a step's weights are kept or judged. */
static nn_status check_replicas(run_state *state) {
    const nn_training *training = state->training;
    const int64_t step = training->progress.step;
    if (!training->run->replica_check || state->checked_step == step) return NN_OK;
    state->checked_step = step;
    return nn_replicas_check(training->comm, training->model, training->optimizer,
                             training->progress.step);
}

/* What has come of the last checkpoint, on rank 0; a failure that the run file wants to survive is only
 * told. */
static nn_status settle(run_state *state, bool wait) {
    const nn_training *training = state->training;
    nn_status status = NN_OK;
    if (wait) nn_watchdog_doing(NN_DOING_SAVE);
    if (training->saver)
        status = wait ? nn_saver_wait(training->saver) : nn_saver_result(training->saver);
    if (status == NN_OK) return NN_OK;
    if (training->run->checkpoint->on_error == NN_ON_ERROR_STOP) return status;
    nn_within(status, "training goes on without a new checkpoint");
    note(state, nn_message());
    return NN_OK;
}

/* Takes the state as it is; it is written while training goes on. The time that this takes does not
 * count as training. */
static nn_status save(run_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status good = nn_comm_agree(training->comm, state->is_first ? nn_folder_check(&state->folder)
                                                                   : NN_OK);
    if (state->saved_step == progress->step) return good;
    if (good == NN_OK) good = nn_comm_agree(training->comm, settle(state, true));
    if (good == NN_OK) good = check_replicas(state);
    if (good == NN_OK) good = check_weights(state);
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

static nn_status save_once(run_state *state) {
    const nn_training *training = state->training;
    nn_status status = save(state);
    if (status != NN_OK) return status;
    return nn_comm_agree(training->comm, training->saver ? nn_saver_wait(training->saver) : NN_OK);
}

/* Saves what is not saved yet, and comes back when it is on the disk, or fails, whatever on_error says:
 * nothing comes after it. Where failures are to be survived it is tried once more. */
static nn_status save_and_wait(run_state *state) {
    const nn_training *training = state->training;
    nn_status status = save_once(state);
    const bool unwritten = status == NN_IO || status == NN_CANT_CREATE; /* agreed: the same everywhere */
    if (!unwritten || training->run->checkpoint->on_error == NN_ON_ERROR_STOP) return status;
    nn_within(status, "the last checkpoint is tried once more");
    note(state, nn_message());
    state->saved_step = -1;
    return save_once(state);
}

/* How the last checkpoint ended is told even where the run fails for another reason, which stays. */
static void tell_last(run_state *state, nn_status failed) {
    char message[NN_MESSAGE_MAX];
    if (!state->training || !state->training->saver) return;
    snprintf(message, sizeof message, "%s", nn_message());
    if (nn_saver_wait(state->training->saver) != NN_OK) note(state, nn_message());
    nn_fail(failed, "%s", message);
}

static void tell_costs(run_state *state) {
    char text[256];
    const nn_saver_cost cost = nn_saver_costs(state->training->saver);
    const double files = cost.files > 0 ? (double)cost.files : 1;
    snprintf(text, sizeof text,
             "saved %" PRId64 " files of %.1f MB; each held training up for %.4f s (%.4f s on a "
             "processor) and was written in %.4f s (%.4f s on a processor); %.4f s waited for",
             cost.files, 1e-6 * (double)cost.bytes / files, cost.making / files,
             cost.copying / files, cost.writing / files, cost.processor / files, cost.waiting / files);
    note(state, text);
}

/* Whether the run file asks for a checkpoint after this step or, with `epoch_ended`, this epoch. */
static bool is_save_due(const run_state *state, bool epoch_ended) {
    const nn_run_checkpoint *wanted = state->training->run->checkpoint;
    const nn_progress *progress = &state->training->progress;
    if (epoch_ended && wanted->every_epochs > 0 && progress->epoch % wanted->every_epochs == 0)
        return true;
    return wanted->every_steps > 0 && progress->step % wanted->every_steps == 0;
}

/* ---- leaving ---- */

/* Whether the job of which the run is a part ends soon; rank 0's clock counts. */
static bool is_job_ending(const run_state *state) {
    const nn_deadline *deadline = &state->options->deadline;
    if (deadline->end == 0) return false;
    nn_saver *saver = state->training->saver;
    const double save = state->slowest_take + (saver ? nn_saver_seconds(saver) : 0);
    return nn_deadline_is_near(deadline, (double)time(NULL), save, state->slowest_step);
}

/* Whether this rank wants to save and leave. */
static bool wants_to_leave(void *context) {
    const run_state *state = context;
    return nn_signals_came() || (state->is_first && is_job_ending(state));
}

/* What it has saved by then is what a resumed run begins with, the rest of an epoch's end included. */
static nn_status leave(run_state *state) {
    const int64_t step = state->training->progress.step;
    const char *const path = state->folder.path;
    nn_status status = save_and_wait(state);
    if (status != NN_OK) return status;
    if (nn_signals_came() || !is_job_ending(state))
        return nn_fail(NN_INTERRUPTED,
                       "a signal came; step %" PRId64 " is saved in %s: go on with --resume", step,
                       path);
    return nn_fail(NN_INTERRUPTED,
                   "the job ends in %.0f seconds (--stop-before); step %" PRId64
                   " is saved in %s: go on with --resume",
                   state->options->deadline.end - (double)time(NULL), step, path);
}

/* ---- an epoch's end ---- */

/* Fails with NN_INTERRUPTED where a rank wanted to leave before all was validated. */
static nn_status validate(run_state *state) {
    nn_training *training = state->training;
    const nn_leave may_leave = {wants_to_leave, state};
    double begin = nn_now();
    nn_status status = NN_OK;
    if (training->validation)
        status = nn_evaluate(training->comm, training->model, training->objective,
                             training->validation, training->threads, &may_leave,
                             training->val_sums);
    state->validated = nn_now() - begin;
    if (status != NN_INTERRUPTED) return status;
    state->epoch_started += state->validated; /* it is made again */
    return leave(state);
}

static nn_history_line make_line(run_state *state, double train_seconds) {
    nn_training *training = state->training;
    const nn_progress *progress = &training->progress;
    const bool validated = training->validation != NULL;
    nn_history_line line = {
        .epoch = progress->epoch + 1,
        .step = progress->step,
        .values = {.objective = training->objective,
                   .loss = nn_objective_loss(training->objective, training->sums),
                   .val_loss = validated ? nn_training_loss(training, training->val_sums) : NAN,
                   .sums = training->sums,
                   .val_sums = validated ? training->val_sums : NULL},
        .learning_rate = nn_optimizer_learning_rate(training->optimizer),
        .seconds = train_seconds + state->validated,
        .samples_per_second = training->sums[NN_SUM_ROWS] / fmax(train_seconds, 1e-9)};
    return line;
}

static nn_status report_epoch(run_state *state, const nn_history_line *line) {
    nn_training *training = state->training;
    const nn_observer *observer = &state->options->observer;
    nn_watchdog_doing(NN_DOING_SAVE);
    if (!state->is_first) return NN_OK;
    nn_status status = nn_folder_check(&state->folder);
    if (status != NN_OK) return status;
    nn_history_add(&training->history, line);
    if (observer->epoch_ended) observer->epoch_ended(observer->context, training, line);
    return nn_history_append(&training->history, &state->written, state->folder.metrics);
}

/* The end of an epoch that has all its steps. What can be saved is saved, even where metrics.csv
 * cannot be written. */
static nn_status end_epoch(run_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status status = NN_OK;
    double train_seconds = nn_now() - state->epoch_started;
    NN_TRY(check_replicas(state));
    NN_TRY(check_weights(state));
    NN_TRY(validate(state));
    nn_history_line line = make_line(state, train_seconds);
    if (line.values.val_sums && !isfinite(line.values.val_loss))
        NN_TRY(diverged(state, "the validation loss is NaN or infinite"));
    const char *end = nn_decide(training, &line.values);
    if (end) state->end = end;
    nn_status reported = nn_comm_agree(training->comm, report_epoch(state, &line));
    progress->epoch++;
    progress->batch = 0;
    memset(training->sums, 0, (size_t)nn_objective_sums(training->objective) * sizeof(double));
    state->epoch_started = nn_now();
    if (reported != NN_OK) status = save_and_wait(state);
    else if (progress->stopped || is_save_due(state, true)) status = save(state);
    if (status == NN_OK) status = reported;
done:
    return status;
}

/* An epoch that max_steps or max_minutes cuts short has its line in metrics.csv, but a checkpoint
 * does not know of it: a resumed run goes on with the epoch. */
static nn_status end_in_the_middle(run_state *state) {
    nn_status status = save_and_wait(state);
    double train_seconds = nn_now() - state->epoch_started;
    if (status == NN_OK) status = validate(state);
    if (status != NN_OK) return status;
    nn_history_line line = make_line(state, train_seconds);
    return nn_comm_agree(state->training->comm, report_epoch(state, &line));
}

/* ---- steps ---- */

static nn_wishes wishes_of(run_state *state) {
    const nn_run *run = state->training->run;
    nn_wishes wishes = {.leave = wants_to_leave(state)};
    if (!state->is_first) return wishes;
    wishes.failed = settle(state, false);
    wishes.end = nn_now() - state->started > 60 * run->max_minutes; /* never where it is NAN */
    wishes.save = nn_now() - state->last_saved > 60 * run->checkpoint->every_minutes;
    return wishes;
}

static bool is_check_due(const run_state *state) {
    const nn_run_replica_check *wanted = state->training->run->replica_check;
    return wanted && wanted->every_steps > 0 &&
           state->training->progress.step % wanted->every_steps == 0;
}

static bool is_epoch_whole(const nn_training *training) {
    return training->progress.batch == nn_loader_batches(training->train);
}

static nn_status take_step(run_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    const nn_observer *observer = &state->options->observer;
    const nn_run *run = training->run;
    nn_wishes wishes = wishes_of(state);
    double rows = training->sums[NN_SUM_ROWS], begin = nn_now();
    nn_status status =
        nn_step(&training->stepper, progress->epoch, progress->batch, &wishes, training->sums);
    if (status != NN_OK) return status;
    state->slowest_step = fmax(0.99 * state->slowest_step, nn_now() - begin);
    progress->step++;
    progress->batch++;
    progress->samples += (int64_t)(training->sums[NN_SUM_ROWS] - rows);
    if (state->is_first && observer->stepped) observer->stepped(observer->context, training);
    if (wishes.leave) return leave(state); /* and end the epoch when the run is resumed */
    bool whole = is_epoch_whole(training);
    if (whole) status = end_epoch(state);
    else if (is_check_due(state)) status = check_replicas(state);
    if (status != NN_OK) return status;
    if (run->max_steps && progress->step >= run->max_steps) state->end = "max_steps is reached";
    if (wishes.end) state->end = "max_minutes is reached";
    if (state->end && !whole) return end_in_the_middle(state);
    return wishes.save || is_save_due(state, false) ? save(state) : NN_OK;
}

static nn_status run_epochs(run_state *state) {
    nn_training *training = state->training;
    nn_progress *progress = &training->progress;
    nn_status status = NN_OK;
    const nn_run *run = training->run;
    if (is_epoch_whole(training)) { /* the earlier part was left before the epoch's end was done */
        state->saved_step = -1;
        NN_TRY(end_epoch(state));
    }
    if (run->max_steps && progress->step >= run->max_steps) state->end = "max_steps is reached";
    if (progress->seconds > 60 * run->max_minutes) state->end = "max_minutes is reached";
    if (state->end && progress->batch > 0)
        NN_TRY(end_in_the_middle(state)); /* its line, again */
    if (progress->epoch >= run->epochs)
        note(state, "nothing is left to train: all epochs are done");
    const bool is_asked = nn_comm_max(training->comm, nn_signals_came()) > 0;
    while (progress->epoch < run->epochs && !progress->stopped && !state->end)
        NN_TRY(is_asked ? leave(state) : take_step(state)); /* the first step may be long */
    if (state->end) note(state, state->end);
done:
    return status;
}

/* ---- the run ---- */

static nn_status begin(run_state *state) {
    nn_training *training = state->training;
    nn_status status = NN_OK;
    if (state->options->resume) {
        status = nn_checkpoint_resume(training, state->folder.path, note_damaged, state);
        state->saved_step = training->progress.step;
        if (training->progress.stopped)
            note(state, "the run had ended by early_stopping or stop_at");
    } else {
        status = nn_training_adapt(training);
    }
    nn_watchdog_doing(NN_DOING_SAVE);
    if (status == NN_OK && state->is_first) {
        status = nn_folder_prepare(&state->folder, state->options->resume);
        if (status == NN_OK) status = nn_publish_text(state->folder.config, training->run_text);
        if (status == NN_OK) status = nn_history_write(&training->history, state->folder.metrics);
        state->written = training->history.length;
    }
    status = nn_comm_agree(training->comm, status);
    state->started = nn_now() - training->progress.seconds;
    state->epoch_started = nn_now() - training->progress.epoch_seconds;
    state->last_saved = nn_now();
    return status;
}

static nn_status finish(run_state *state) {
    nn_training *training = state->training;
    nn_span weights = nn_model_values(training->model);
    bool best = training->best_weights && training->progress.early_stopping.best_epoch >= 0;
    if (training->progress.batch == 0) {
        nn_status status = save_and_wait(state); /* so that more epochs can follow */
        if (status != NN_OK) return status;
    }
    if (best) {
        char text[96];
        memcpy(weights.data, training->best_weights, (size_t)weights.count * sizeof *weights.data);
        state->checked_step = -1; /* other weights at the same step */
        nn_status same = check_replicas(state);
        if (same != NN_OK) return same;
        snprintf(text, sizeof text, "the model has the weights of its best epoch, %" PRId64,
                 training->progress.early_stopping.best_epoch + 1);
        note(state, text);
    }
    return nn_checkpoint_save(training, state->folder.model);
}

/* By rank 0. */
static nn_status enter_folder(run_state *state) {
    char *left = NULL;
    nn_status status = nn_folder_enter(&state->folder, state->options->resume,
                                       state->options->overwrite, &left);
    if (left) note(state, left);
    free(left);
    return status;
}

nn_status nn_train(nn_comm *comm, nn_run *run, const nn_train_options *options) {
    nn_status status = NN_OK;
    run_state state = {.options = options, .is_first = nn_comm_rank(comm) == 0, .saved_step = -1,
                       .checked_step = -1};
    NN_TRY(nn_comm_agree(comm, nn_folder_name(options->output, &state.folder)));
    NN_TRY(nn_comm_agree(comm, state.is_first ? enter_folder(&state) : NN_OK));
    NN_TRY(nn_training_create(comm, run, options->threads, &state.training));
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
    if (state.is_first && options->profile) tell_costs(&state);
done:
    tell_last(&state, status);
    nn_training_destroy(&state.training);
    nn_folder_release(&state.folder);
    return status;
}
