/* predictions.h: a file of predictions (docs/FILES.md): what a model says about each row, the class that
 * follows and, where it is known, what is true and which file the row came from. HDF5 or CSV, by the ending
 * of its name; written row by row under a temporary name and published as a whole. All functions are Local:
 * rank 0 writes. */
#ifndef NN_TRAIN_PREDICTIONS_H
#define NN_TRAIN_PREDICTIONS_H

#include "data/names.h"
#include "model/decision.h"

typedef struct nn_predictions nn_predictions;

/** What is true of a row, beside what is predicted. */
typedef enum { NN_TRUTH_NONE, NN_TRUTH_CLASSES, NN_TRUTH_VALUES } nn_truth;

/** What the file says of itself; all of it borrowed until it is closed. */
typedef struct {
    const char *model_file, *data_file, *split;
    const nn_names *names;
    int64_t rows;
    nn_shape row; /* of the outputs */
    nn_decision decision;
    nn_truth truth;
    bool files; /* each row comes from a file whose name is known */
} nn_predictions_about;

/** Some rows, one behind the other. */
typedef struct {
    int64_t count;
    const nn_real *outputs;   /* (count, about.row) */
    const void *truth;        /* int32_t (count), or float like the outputs; NULL where there is none */
    const char *const *files; /* (count) names; NULL where there are none */
} nn_predictions_rows;

/** Whether the name of a file of predictions ends in .h5 or .hdf5, or in .csv.
 * Errors: NN_USAGE where it ends otherwise. */
nn_status nn_predictions_check_name(const char *path) NN_CHECKED;

/** Begins a file. One that is there is replaced in the end where it is a file of predictions too: an
 * HDF5 file with /predictions, or a CSV file with the same first line.
 * Errors: NN_USAGE; NN_CANT_CREATE, also where another file is there. */
nn_status nn_predictions_create(const char *path, const nn_predictions_about *about,
                                nn_predictions **out) NN_CHECKED;

/** Appends rows, of which there are to be about.rows in the end. Errors: NN_IO, NN_INTERNAL. */
nn_status nn_predictions_append(nn_predictions *file, const nn_predictions_rows *rows) NN_CHECKED;

/** Notes a text about the whole, an attribute of an HDF5 file; a CSV file has no place for it.
 * Errors: NN_IO. */
nn_status nn_predictions_note(nn_predictions *file, const char *name, const char *text) NN_CHECKED;

/** Publishes it, or, where `status` is a failure, leaves no trace of it; takes NULL. Returns `status`
 * or its own failure. Errors: NN_IO. */
nn_status nn_predictions_close(nn_predictions **file, nn_status status) NN_CHECKED;

/** Whether an open HDF5 file is one of predictions. */
bool nn_predictions_are(nn_h5 *file);

#endif
