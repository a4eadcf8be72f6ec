/* gnuplot.h: has gnuplot, where it is installed, draw a script. */
#ifndef NN_REPORT_GNUPLOT_H
#define NN_REPORT_GNUPLOT_H

#include "report/canvas.h"

/** Draws the script to the file `path`, published as a whole, or where it is NULL to standard output.
 * No shell is asked, and gnuplot learns no file's name. In a PNG or PDF, characters that no font here has are
 * drawn as '?', which a line on stderr says. Local.
 * Errors: NN_CANT_CREATE where there is no gnuplot, naming the package, the file cannot be made, or one that is
 * no such picture stands there; NN_INTERNAL with what gnuplot says; NN_IO. */
nn_status nn_gnuplot_draw(const nn_canvas *canvas, const nn_text *script, const char *path) NN_CHECKED;

#endif
