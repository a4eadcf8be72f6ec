/* checkpoint.h: saving a training and taking it up again (docs/FILES.md). A checkpoint is a sealed
 * Keras whole-model file with the optimizer's state and a group /nnmpi that holds the rest. */
#ifndef NN_TRAIN_CHECKPOINT_H
#define NN_TRAIN_CHECKPOINT_H

#include "train/training.h"

/** Saves the training to `path` and waits until it is there: rank 0 makes the file in memory, its saver
 * publishes it, then all agree. Collective. Errors: NN_CANT_CREATE, NN_IO, NN_INTERNAL; agreed. */
nn_status nn_checkpoint_save(nn_training *training, const char *path) NN_CHECKED;

/** Begins to save it to FOLDER/checkpoint-STEP.h5: rank 0 makes the file in memory and hands it to its
 * saver, which publishes it while training goes on, and then removes all but the newest `keep`. Waits
 * for a save that is under way; nn_saver_result() or nn_saver_wait() tell what has come of that one,
 * before. Collective. Errors: NN_INTERNAL, NN_IO; agreed. */
nn_status nn_checkpoint_begin(nn_training *training, const char *folder, int64_t keep) NN_CHECKED;

/** What the search for a checkpoint tells the person in front of the terminal. */
typedef void nn_checkpoint_note(void *context, const char *text);

/** Takes up the newest checkpoint in `folder` that verifies, read by rank 0. A damaged one is named
 * through `note`, set aside (renamed to NAME.damaged), and the one before is tried. Collective.
 * Errors: NN_NO_INPUT where none is left; NN_BAD_CONFIG where it belongs to another model, or is in
 * the middle of an epoch of other batches; agreed. */
nn_status nn_checkpoint_resume(nn_training *training, const char *folder, nn_checkpoint_note *note,
                               void *context) NN_CHECKED;

/** Takes up the checkpoint or model `path`, read by rank 0. Collective. Errors: NN_NO_INPUT; NN_BAD_DATA
 * where it is damaged; as nn_checkpoint_resume(). */
nn_status nn_checkpoint_restore(nn_training *training, const char *path, nn_checkpoint_note *note,
                                void *context) NN_CHECKED;

/** The epoch, counted from 1, that the weights of a run's model.h5 are of, where that is its best one because
 * early stopping restores it; 0: they are what the run ended with. Local.
 * Errors: NN_NO_INPUT; NN_BAD_DATA where it is damaged. */
nn_status nn_checkpoint_best_epoch(const char *path, int64_t *epoch) NN_CHECKED;

/** Of which kinds there are checkpoints in a folder: such as may be whole, and such as were found damaged
 * and set aside. */
typedef struct {
    bool whole, damaged;
} nn_checkpoint_kinds;

/** Looks for them; a folder that is not there has none. Local. Errors: NN_IO where it cannot be listed. */
nn_status nn_checkpoint_look(const char *folder, nn_checkpoint_kinds *out) NN_CHECKED;

/** The steps of a folder's checkpoints, newest first, which the caller frees, after a failure too. Local.
 * Errors: NN_IO where the folder cannot be listed; NN_INTERNAL. */
nn_status nn_checkpoint_list(const char *folder, int64_t **steps, int64_t *count) NN_CHECKED;

/** Removes what saves that were killed have left in a folder. Local, by rank 0. Errors: likewise;
 * NN_INTERNAL. */
nn_status nn_checkpoint_remove_partial(const char *folder) NN_CHECKED;

/** Removes all checkpoints of a folder but the newest `keep` up to step `newest`; what cannot be removed
 * stays until the next time. Local; any thread. Errors: NN_IO where the folder cannot be listed;
 * NN_INTERNAL. */
nn_status nn_checkpoint_remove_old(const char *folder, int64_t newest, int64_t keep) NN_CHECKED;

/** Removes the checkpoints of a folder. Local, by rank 0. Errors: likewise. */
nn_status nn_checkpoint_remove_all(const char *folder) NN_CHECKED;

#endif
