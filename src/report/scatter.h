/* scatter.h: what is predicted against what is true, for models of values: how well they agree, and
 * some of the rows as points. All functions are Local. */
#ifndef NN_REPORT_SCATTER_H
#define NN_REPORT_SCATTER_H

#include "report/canvas.h"
#include "report/results.h"

enum { NN_SCATTER_PANELS = 9, NN_SCATTER_POINTS = 4000 };

/** One output. */
typedef struct {
    int64_t pairs;      /* rows with finite numbers; 0: there is nothing to draw, and no other number here counts */
    double least, most; /* of what is predicted and what is true */
    double rmse;        /* root of the mean squared error */
    double r2;          /* coefficient of determination; NaN where what is true is constant */
} nn_agreement;

typedef struct {
    const nn_names *names;   /* borrowed from the results */
    int64_t rows, columns;   /* of all */
    int64_t panels;          /* outputs that are looked at, the first ones */
    nn_agreement agreement[NN_SCATTER_PANELS];
    double *points; /* (drawn, panels, 2): true, predicted */
    int64_t drawn;  /* rows, evenly chosen */
} nn_scatter;

/** Reads all rows, twice. The results must stay open; the caller releases the scatter, on failure too.
 * Errors: NN_BAD_DATA where no output has anything to draw; NN_IO, NN_INTERNAL. */
nn_status nn_scatter_read(nn_results *results, nn_scatter *out) NN_CHECKED;

/** Releases it. */
void nn_scatter_release(nn_scatter *scatter);

/** Adds the script that draws a panel for each output that has pairs, with the diagonal. Errors: NN_INTERNAL. */
nn_status nn_scatter_script(const nn_canvas *canvas, const nn_scatter *scatter,
                            nn_text *script) NN_CHECKED;

#endif
