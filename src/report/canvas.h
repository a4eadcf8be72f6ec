/* canvas.h: what is drawn on, a picture file or the terminal, and the pieces that every gnuplot script
 * begins with. Scripts are texts; what comes from outside, such as names of runs, stands in them
 * quoted, and gnuplot interprets nothing of it. All functions are Local. */
#ifndef NN_REPORT_CANVAS_H
#define NN_REPORT_CANVAS_H

#include "util/text.h"

typedef enum { NN_CANVAS_TERMINAL, NN_CANVAS_PNG, NN_CANVAS_SVG, NN_CANVAS_PDF } nn_canvas_kind;

typedef struct {
    nn_canvas_kind kind;
    int columns, lines; /* of the terminal */
} nn_canvas;

/** The kind of picture that a name's ending asks for. Errors: NN_USAGE. */
nn_status nn_canvas_kind_of(const char *path, nn_canvas_kind *out) NN_CHECKED;

/** Begins a script for a picture of width x height pixels of 1/96 inch; of so many characters on the
 * terminal. */
void nn_canvas_begin(nn_text *script, const nn_canvas *canvas, int width, int height);

/** Adds `text` as a string of gnuplot's in which nothing has a meaning: all but letters, digits and what
 * is harmless as numbers, control characters as blanks, bytes that are no UTF-8 replaced, and, where it
 * takes more than `most` columns (0: any number), only its end. */
void nn_script_quote(nn_text *script, const char *text, int most);

/** The same for the name of a tick, in which gnuplot would take % for a format, cut at its end. */
void nn_script_quote_tick(nn_text *script, const char *text, int most);

/** Adds `text` for a terminal: control characters as blanks, likewise cut at its end. */
void nn_text_add_plain(nn_text *out, const char *text, int most);

/** The columns that a text in UTF-8 takes in a terminal, where some characters take two. */
int nn_text_width(const char *text);

/** The colour of series `index` of `count`, as #rrggbb: up to seven that people who are colour-blind
 * tell apart (Okabe and Ito 2008), more of them from a scale of growing lightness. `out` has room for
 * 8 bytes. */
void nn_series_colour(int64_t index, int64_t count, char *out);

/** A distance between ticks of an axis: 1, 2 or 5 times a power of ten such that at most `most` of
 * them lie within `range`; no less than `least`. */
double nn_tick_step(double range, int most, double least);

#endif
