/* train_private.h: a run while it runs, and what the loop (train.c) asks of saving (train_saving.c)
 * and of telling (train_telling.c). */
#ifndef NN_TRAIN_TRAIN_PRIVATE_H
#define NN_TRAIN_TRAIN_PRIVATE_H

#include "train/folder.h"
#include "train/progress_file.h"
#include "train/tensorboard.h"
#include "train/train.h"

/* A run while it runs. */
typedef struct {
    nn_training *training;
    const nn_train_options *options;
    nn_folder folder;
    bool is_first;        /* this is rank 0 */
    size_t written;       /* bytes of the history that metrics.csv holds */
    double started;       /* when this part of the run began, less what earlier parts took */
    double epoch_started; /* likewise for the training of this epoch */
    double validation_began;
    double validated;     /* seconds that the last validation took */
    double last_saved;    /* when the last checkpoint was written */
    int64_t saved_step;   /* its step; -1: none yet */
    int64_t checked_step; /* of the last check of the replicas; -1: none yet */
    bool is_cut;          /* the run ends with an unfinished epoch */
    nn_monitor_state before_cut; /* then: early stopping before it saw what that is worth */
    const char *end;      /* why the run ends before its last epoch; NULL: it does not */
    double slowest_step; /* seconds, where the long ones are forgotten with time */
    double slowest_take; /* seconds, of taking the state for a checkpoint */
    nn_progress_file progress_file; /* on rank 0 */
    nn_tensorboard *tensorboard;    /* on rank 0; NULL: not wanted */
    bool curves_failed;             /* its last point could not be written, and that has been told */
} nn_train_state;

/** Tells the observer of something that is worth a line, on rank 0. Local. */
void nn_train_note(nn_train_state *state, const char *text);

/** Writes what stands in the folder from the start: config.yaml, metrics.csv as it is so far, TensorBoard's
 * files and progress.json. Local, by rank 0. Errors: NN_CANT_CREATE, NN_IO, NN_BAD_DATA, NN_INTERNAL. */
nn_status nn_train_begin_telling(nn_train_state *state) NN_CHECKED;

/** A step is done at `now`; so many batches of a validation are, which began at `begin`. Local. */
void nn_train_tell_step(nn_train_state *state, double now);
void nn_train_tell_validation(nn_train_state *state, double begin, int64_t batches, int64_t of);

/** The line of an epoch that is done, in which training took so long. Local. */
nn_history_line nn_train_line(const nn_train_state *state, double train_seconds);

/** Tells of it, on rank 0. Local. Errors: NN_IO where metrics.csv cannot be written. */
nn_status nn_train_tell_epoch(nn_train_state *state, const nn_history_line *line) NN_CHECKED;

/** How the run has ended, whose message stays. Local. */
void nn_train_tell_end(nn_train_state *state, nn_status result);

/** Whether the folder is still this run's. Collective. Errors: those of nn_folder_check(), agreed. */
nn_status nn_train_check_folder(nn_train_state *state) NN_CHECKED;

/** Whether all ranks hold the same model, before a step's weights are kept or judged; once a step.
 * Collective. Errors: those of nn_replicas_check(). */
nn_status nn_train_check_replicas(nn_train_state *state) NN_CHECKED;

/** What has come of the last checkpoint, on rank 0, with `wait` when it is written; a failure that the
 * run file wants to survive is only told. Local. Errors: those of the saver. */
nn_status nn_train_settle(nn_train_state *state, bool wait) NN_CHECKED;

/** Takes the state as it is, unless it was taken; it is written while training goes on. The time that
 * this takes does not count as training. Collective. Errors: those of nn_folder_check(), of the last
 * checkpoint, of the checks, of nn_checkpoint_begin(); agreed. */
nn_status nn_train_save(nn_train_state *state) NN_CHECKED;

/** Saves what is not saved yet, and comes back when it is on the disk, or fails, whatever on_error says:
 * nothing comes after it. Where failures are to be survived it is tried once more. Collective.
 * Errors: those of nn_train_save() and of writing; agreed. */
nn_status nn_train_save_and_wait(nn_train_state *state) NN_CHECKED;

/** Whether the run file asks for a checkpoint after this step or, with `epoch_ended`, this epoch.
 * Local. */
bool nn_train_is_save_due(const nn_train_state *state, bool epoch_ended);

/** Tells how the last checkpoint ended, even where the run `failed` for another reason, whose message
 * stays. Local. */
void nn_train_tell_last(nn_train_state *state, nn_status failed);

/** Tells what the checkpoints have cost. Local. */
void nn_train_tell_costs(nn_train_state *state);

#endif
