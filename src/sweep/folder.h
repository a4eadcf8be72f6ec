/* folder.h: the folder of a sweep: sweep.csv, and a folder for each run. */
#ifndef NN_SWEEP_FOLDER_H
#define NN_SWEEP_FOLDER_H

#include "sweep/table.h"
#include "train/folder.h"

/** Makes the folder and takes its lock until nn_folder_release(), which the caller calls on failure too.
 * Refuses one that a run or another sweep is in, unless that sweep is to go on (`resume`) or to be
 * replaced (`overwrite`). Then *replaces says that there is something to be replaced, of which nothing is removed
 * yet; it is refused where `run_file` is that of one of the runs, or somebody goes on with one. *note as by
 * nn_folder_take(). Local, by rank 0.
 * Errors: NN_CANT_CREATE saying what to do; NN_NO_INPUT where there is no sweep to resume; NN_IO. */
nn_status nn_sweep_folder_enter(const char *path, const nn_sweep *sweep, const char *run_file, bool resume,
                                bool overwrite, nn_folder *out, bool *replaces, char **note) NN_CHECKED;

/** Removes the runs that the sweep of `table` replaces; its own running runs have their folders, and nothing in
 * them, by now. The old table stays until the new one is written. Local, by rank 0.
 * Errors: NN_CANT_CREATE where somebody goes on with a run; NN_IO. */
nn_status nn_sweep_folder_clear(const nn_sweep_table *table) NN_CHECKED;

#endif
