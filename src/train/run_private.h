/* run_private.h: what the files of run files know of each other. */
#ifndef NN_TRAIN_RUN_PRIVATE_H
#define NN_TRAIN_RUN_PRIVATE_H

#include "train/run.h"

/** Makes the section data of a run file speak of rows in memory: whatever names a file or a group of one
 * gives way. With `validated` there are rows to validate with. Local. Errors: NN_USAGE where the section
 * is none; NN_INTERNAL. */
nn_status nn_run_place_in_memory(nn_node *root, bool validated) NN_CHECKED;

/** Puts the folder of `run_file` in front of a relative path, which becomes absolute. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_run_resolve_path(const char *run_file, char **path) NN_CHECKED;

/** Whether the run file takes its model from a file: `model: {from: FILE}`. Local. */
bool nn_run_takes_model(const nn_node *root);

/** Refuses a `model` that is a map with a misspelt `from`. Local. Errors: NN_BAD_CONFIG. */
nn_status nn_run_check_model_key(const nn_node *root) NN_CHECKED;

/** Puts the layers of FILE in place of `model: {from: FILE}`, and its path into `initial_weights`; its loss
 * where the run file gives none. Of a run that is resumed in a folder (`resumed`; otherwise NULL) the layers
 * are those that its config.yaml holds. Local.
 * Errors: those of nn_saved_open(), with the place in the run file. */
nn_status nn_run_take_model(nn_node *root, const char *run_file, const char *resumed) NN_CHECKED;

/** Whether what a run file says fits together, as far as that can be told without its data; `root` is what it
 * was read from. What early_stopping and reduce_lr_on_plateau monitor gets the name of its column in
 * metrics.csv. Local. Errors: NN_BAD_CONFIG with file:line:column; NN_INTERNAL. */
nn_status nn_run_check(nn_run *run, const nn_node *root) NN_CHECKED;

/** The most bytes of a run file: libyaml takes a hundred for one. */
enum { NN_RUN_MOST_BYTES = 2 << 20 };

#endif
