/* predictions_private.h: what the predictions*.c files know of each other: the two formats. */
#ifndef NN_TRAIN_PREDICTIONS_PRIVATE_H
#define NN_TRAIN_PREDICTIONS_PRIVATE_H

#include "train/predictions.h"

/** A format: functions over a writer of its own. All Local. */
typedef struct {
    /** Whether what is at `path` may be replaced. Errors: NN_CANT_CREATE. */
    nn_status (*check)(const char *path, const nn_predictions_about *about);
    nn_status (*create)(const char *temporary, const nn_predictions_about *about, void **writer);
    nn_status (*append)(void *writer, const nn_predictions_rows *rows, const int32_t *classes);
    nn_status (*note)(void *writer, const char *name, const char *text);
    /** Releases the writer whatever happens; takes NULL. */
    nn_status (*close)(void *writer);
} nn_predictions_format;

extern const nn_predictions_format NN_PREDICTIONS_HDF5, NN_PREDICTIONS_CSV;

/** The message where another file is in the way. Local. */
nn_status nn_predictions_refuse(const char *path, const char *what) NN_CHECKED;

#endif
