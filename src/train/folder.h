/* folder.h: the folder of a run: config.yaml, metrics.csv, progress.json, tensorboard, checkpoints,
 * model.h5. Rank 0 alone changes anything. */
#ifndef NN_TRAIN_FOLDER_H
#define NN_TRAIN_FOLDER_H

#include "train/lock.h"
#include "util/status.h"

#include <stdbool.h>
#include <stddef.h>

/** The paths within the folder; owned. */
typedef struct {
    char *path, *config, *metrics, *progress, *tensorboard, *model;
    nn_lock lock;
    size_t existed; /* how much of the path was there before the run; 0: not entered */
} nn_folder;

/** Names the files of a run in the folder `path`. Local. Errors: NN_INTERNAL. */
nn_status nn_folder_name(const char *path, nn_folder *out) NN_CHECKED;

/** Makes the folder and takes its lock until nn_folder_release(). *note, which the caller frees, says that a
 * run which was killed had left its lock; NULL: it did not. Local, by rank 0.
 * Errors: NN_CANT_CREATE, where another run is writing to it too; NN_IO. */
nn_status nn_folder_take(nn_folder *folder, char **note) NN_CHECKED;

/** Does so, unless the folder holds a sweep; or a run, or files of its names that are not nnmpi's, and that
 * is neither to go on nor to be replaced. Local, by rank 0.
 * Errors: NN_CANT_CREATE saying what to do; NN_NO_INPUT where there is no run to resume; NN_IO. */
nn_status nn_folder_enter(nn_folder *folder, bool resume, bool overwrite, char **note) NN_CHECKED;

/** Refuses a folder whose config.yaml is the run file that is read, and is not what will be written there,
 * `config`. Local. Errors: NN_CANT_CREATE; those of reading it. */
nn_status nn_folder_check_run_file(const nn_folder *folder, const char *run_file,
                                   const char *config) NN_CHECKED;

/** Makes the folder and, unless the run goes on, removes the run that it holds: the files that
 * nnmpi writes and no others. Local, by rank 0. Errors: NN_CANT_CREATE. */
nn_status nn_folder_prepare(const nn_folder *folder, bool resume) NN_CHECKED;

/** Removes the run that a folder holds, as nn_folder_prepare() does, and the folder if nothing else is in it.
 * Local, by rank 0. Errors: likewise. */
nn_status nn_folder_remove_run(const nn_folder *folder) NN_CHECKED;

/** Whether the folder is still this run's, before something is written to it. Local, by rank 0.
 * Errors: NN_CANT_CREATE where another run has taken it over, naming that. */
nn_status nn_folder_check(nn_folder *folder) NN_CHECKED;

/** Gives the lock back and releases the names; folders that were made and hold nothing go. Local. */
void nn_folder_release(nn_folder *folder);

#endif
