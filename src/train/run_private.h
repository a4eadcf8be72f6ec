/* run_private.h: what the files of run files know of each other. */
#ifndef NN_TRAIN_RUN_PRIVATE_H
#define NN_TRAIN_RUN_PRIVATE_H

#include "train/run.h"

/** Makes the section data of a run file speak of rows in memory: whatever names a file or a group of one
 * gives way. With `validated` there are rows to validate with. Local. Errors: NN_USAGE where the section
 * is none; NN_INTERNAL. */
nn_status nn_run_place_in_memory(nn_node *root, bool validated) NN_CHECKED;

#endif
