/* checkpoint_private.h: what checkpoint.c and checkpoint_folder.c know of each other. */
#ifndef NN_TRAIN_CHECKPOINT_PRIVATE_H
#define NN_TRAIN_CHECKPOINT_PRIVATE_H

#include "train/checkpoint.h"

/** Reads a verified checkpoint into the training of this rank alone; `note` hears of what is worth
 * knowing. Local. Errors: NN_BAD_DATA, NN_BAD_CONFIG. */
nn_status nn_checkpoint_read(nn_training *training, const char *path, nn_checkpoint_note *note,
                             void *context) NN_CHECKED;

/** Gives all ranks the state that rank 0 has read. Collective. */
void nn_checkpoint_broadcast(nn_training *training);

#endif
