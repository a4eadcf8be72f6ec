/* tensorboard.h: the curves of metrics.csv in TensorBoard's event files, laid out and named as
 * keras.callbacks.TensorBoard does (docs/FILES.md): FOLDER/train and FOLDER/validation hold a file each, with
 * a point an epoch. All functions are Local, by rank 0. */
#ifndef NN_TRAIN_TENSORBOARD_H
#define NN_TRAIN_TENSORBOARD_H

#include "util/text.h"

typedef struct nn_tensorboard nn_tensorboard;

/** Begins new files in `folder` with all that the history holds, which take the place of those of earlier
 * parts of the run. The times of earlier epochs are counted back from now by how long each took.
 * Errors: NN_CANT_CREATE, NN_IO, NN_BAD_DATA, NN_INTERNAL. */
nn_status nn_tensorboard_create(const char *folder, const nn_text *history,
                                nn_tensorboard **out) NN_CHECKED;

/** Adds what the history has more than the files. Where that fails they stay as they were, and the next call
 * adds it too. Errors: NN_IO with errno; NN_BAD_DATA, NN_INTERNAL. */
nn_status nn_tensorboard_append(nn_tensorboard *self, const nn_text *history) NN_CHECKED;

/** Releases it; takes NULL. */
void nn_tensorboard_destroy(nn_tensorboard **self);

/** Removes the files that nnmpi has written in `folder`, and what is empty then; what cannot be removed stays.
 */
void nn_tensorboard_remove(const char *folder);

#endif
