/* learning.h: the picture of learning curves, as a gnuplot script. */
#ifndef NN_REPORT_LEARNING_H
#define NN_REPORT_LEARNING_H

#include "report/canvas.h"
#include "report/panels.h"

/** Adds the script that draws the panels of `count` runs: in a grid with one legend below, or one below
 * the other on the terminal. Training is drawn solid, validation dashed in the same colour. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_learning_script(const nn_canvas *canvas, const nn_curves *runs, int64_t count,
                             const nn_panels *panels, nn_text *script) NN_CHECKED;

#endif
