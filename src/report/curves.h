/* curves.h: what a run's metrics.csv holds (docs/FILES.md), as a table of numbers with a name.
 * All functions are Local. */
#ifndef NN_REPORT_CURVES_H
#define NN_REPORT_CURVES_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *name;   /* of the run: its folder's */
    char *path;   /* of the file */
    char **names; /* of the columns */
    int64_t columns;
    double *values; /* (rows, columns); NaN where there is no number */
    int64_t rows;
    bool cut; /* the last line was not whole yet */
} nn_curves;

/** Reads the metrics.csv of a run: `run` is its folder, or the file itself. A last line that is not
 * whole is left out, since the run may be writing it. The caller releases the curves.
 * Errors: NN_NO_INPUT where there is none; NN_BAD_DATA naming file, line and column where it is no
 * metrics.csv, or damaged. */
nn_status nn_curves_read(const char *run, nn_curves *out) NN_CHECKED;

/** The column of a name; -1 where there is none. */
int64_t nn_curves_find(const nn_curves *curves, const char *name);

/** The value of a row in a column. */
static inline double nn_curves_value(const nn_curves *curves, int64_t row, int64_t column) {
    return curves->values[row * curves->columns + column];
}

/** Releases what they hold. */
void nn_curves_release(nn_curves *curves);

#endif
