/* curves.h: what a run's metrics.csv holds (docs/FILES.md), as a table of numbers with a name.
 * All functions are Local. */
#ifndef NN_REPORT_CURVES_H
#define NN_REPORT_CURVES_H

#include "train/history_table.h"

typedef struct {
    char *name; /* of the run: its folder's */
    char *path; /* of the file */
    nn_history_table table;
    bool cut; /* the last line was not whole yet */
} nn_curves;

/** Reads the metrics.csv of a run: `run` is its folder, or the file itself. A last line that is not
 * whole is left out, since the run may be writing it. The caller releases the curves.
 * Errors: NN_NO_INPUT where there is none; NN_BAD_DATA naming file, line and column where it is no
 * metrics.csv, or damaged. */
nn_status nn_curves_read(const char *run, nn_curves *out) NN_CHECKED;

/** The value of a row in a column. */
static inline double nn_curves_value(const nn_curves *curves, int64_t row, int64_t column) {
    return curves->table.values[row * curves->table.columns + column];
}

/** Releases what they hold. */
void nn_curves_release(nn_curves *curves);

#endif
