/* panels.h: which curves are drawn: a panel for the loss, each metric, the learning rate and the speed;
 * in it a series of each run that has such a column, and another for its validation. All functions are
 * Local. */
#ifndef NN_REPORT_PANELS_H
#define NN_REPORT_PANELS_H

#include "report/curves.h"

typedef struct {
    int64_t run;
    int64_t column; /* of that run's table */
    bool validation;
} nn_series;

typedef struct {
    const char *column; /* its name without val_, borrowed from the curves */
    nn_series *series;
    int64_t count;
    double least, most; /* of the finite values */
    bool logarithmic;   /* the values span more than two decades, and what is not above 0 is missed */
    double floor;       /* where a logarithmic axis begins; NaN: by the values */
    bool from_zero;     /* the axis begins with 0 */
    double scale;       /* values are divided by it, such as 1000, */
    const char *unit;   /* which is called "thousand "; empty for 1 */
} nn_panel;

typedef struct {
    nn_panel *panels;
    int64_t count;
    bool validated;                /* some series is of validation data */
    double first_epoch, last_epoch; /* of all runs */
} nn_panels;

/** Chooses the panels of `count` runs; `metrics` names those that are wanted, in their order, with or
 * without val_; none: all but seconds. Borrows the runs. The caller releases the panels, on failure
 * too. Errors: NN_USAGE where no run has such a metric; NN_BAD_DATA where there is no number to draw;
 * NN_INTERNAL. */
nn_status nn_panels_choose(const nn_curves *runs, int64_t count, const char *const *metrics,
                           int64_t metric_count, nn_panels *out) NN_CHECKED;

/** Releases them. */
void nn_panels_release(nn_panels *panels);

#endif
