/* scatter_script.c: what is predicted against what is true, as a gnuplot script: a square panel for each
 * output with equal axes, thin points and the diagonal, on which a perfect model's points lie. */
#include "report/scatter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
    SIDE = 250, /* all in pixels of 1/96 inch */
    LEFT = 72,
    RIGHT = 20,
    TOP = 34,
    BOTTOM = 46,
    NOTE = 22 /* a line below all */
};

typedef struct {
    const nn_canvas *canvas;
    const nn_scatter *of;
    nn_text *script;
    int across, down, width, height;
    bool noted;
} drawing;

static void add_points(const drawing *self) {
    const nn_scatter *of = self->of;
    nn_text_add(self->script, "$points << END\n");
    for (int64_t i = 0; i < of->drawn; i++) {
        for (int64_t k = 0; k < 2 * of->panels; k++) {
            const double value = of->points[2 * of->panels * i + k];
            if (isfinite(value)) nn_text_add(self->script, "%.7g ", value);
            else nn_text_add(self->script, "NaN ");
        }
        nn_text_add(self->script, "\n");
    }
    nn_text_add(self->script, "END\n");
}

static void add_name(const nn_scatter *of, int64_t panel, nn_text *script) {
    char number[32];
    const char *name = nn_names_get(of->names, NN_NAMES_TARGETS, of->columns, panel);
    snprintf(number, sizeof number, "y%" PRId64, panel);
    nn_script_quote(script, name ? name : number, 36);
}

static void add_stats(const nn_agreement *agreement, nn_text *script) {
    nn_text_add(script, "RMSE %.3g", agreement->rmse);
    if (isfinite(agreement->r2)) nn_text_add(script, ", R\xc2\xb2 %.4g", agreement->r2);
}

/* Both axes alike, a little longer than the points reach. */
static void add_axes(const nn_agreement *agreement, nn_text *script) {
    double least = agreement->least, most = agreement->most;
    double room = 0.04 * (most - least);
    if (!(room > 0)) room = least != 0 ? 0.1 * fabs(least) : 1;
    least -= room;
    most += room;
    const double step = nn_tick_step(most - least, 5, 0);
    nn_text_add(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset xtics %.9g\nset ytics %.9g\n",
                least, most, least, most, step, step);
}

static bool is_drawn(const nn_scatter *of, int64_t panel) {
    return of->agreement[panel].pairs > 0;
}

/* Output k, in place `at` of the page. */
static void add_panel(const drawing *self, int64_t k, int at) {
    nn_text *script = self->script;
    const int column = at % self->across, row = at / self->across;
    const int left = column * (LEFT + SIDE + RIGHT) + LEFT;
    const int top = self->height - row * (TOP + SIDE + BOTTOM) - TOP;
    const double width = self->width, height = self->height;
    nn_text_add(script,
                "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen "
                "%.5f\nset bmargin at screen %.5f\n",
                left / width, (left + SIDE) / width, top / height, (top - SIDE) / height);
    nn_text_add(script, "set title ");
    add_name(self->of, k, script);
    nn_text_add(script, " offset 0,-0.4\nset label 1 '");
    add_stats(&self->of->agreement[k], script);
    nn_text_add(script, "' at graph 0.04,0.94 left front textcolor rgb '#333333'\n"
                        "set xlabel 'true' offset 0,0.35\nset ylabel 'predicted' offset 1.2,0\n");
    add_axes(&self->of->agreement[k], script);
    nn_text_add(script,
                "plot x with lines lw 1 dt (6,5) lc rgb '#888888' notitle, $points using %" PRId64
                ":%" PRId64 " with points pt 7 ps %s lc rgb '#%s0072b2' notitle\n",
                2 * k + 1, 2 * k + 2, self->of->drawn > 500 ? "0.25" : "0.4",
                self->of->drawn > 2000 ? "c0" : self->of->drawn > 500 ? "90" : "60");
}

/* What is not drawn. */
static void add_note(const drawing *self) {
    const nn_scatter *of = self->of;
    nn_text *script = self->script;
    if (!self->noted) return;
    nn_text_add(script, "set label 2 '");
    if (of->drawn < of->rows)
        nn_text_add(script, "%" PRId64 " of %" PRId64 " rows are drawn", of->drawn, of->rows);
    if (of->panels < of->columns)
        nn_text_add(script, "%sthe first %" PRId64 " of %" PRId64 " outputs",
                    of->drawn < of->rows ? ", " : "", of->panels, of->columns);
    nn_text_add(script, "' at screen 0.5,%.5f center textcolor rgb '#666666'\n",
                NOTE / 2.0 / self->height);
}

static void add_page(drawing *self) {
    int count = 0, at = 0;
    for (int64_t k = 0; k < self->of->panels; k++) count += is_drawn(self->of, k);
    self->across = count == 4 ? 2 : count > 3 ? 3 : count > 0 ? count : 1; /* one is (nn_scatter_read()) */
    self->down = (count + self->across - 1) / self->across;
    self->noted = self->of->drawn < self->of->rows || self->of->panels < self->of->columns;
    self->width = self->across * (LEFT + SIDE + RIGHT);
    self->height = self->down * (TOP + SIDE + BOTTOM) + (self->noted ? NOTE : 0);
    nn_canvas_begin(self->script, self->canvas, self->width, self->height);
    add_points(self);
    nn_text_add(self->script, "set samples 2\nset multiplot\n");
    add_note(self);
    for (int64_t k = 0; k < self->of->panels; k++) {
        if (!is_drawn(self->of, k)) continue;
        add_panel(self, k, at++);
        if (at == 1) nn_text_add(self->script, "unset label 2\n");
    }
    nn_text_add(self->script, "unset multiplot\n");
}

static void add_screens(const drawing *self) {
    const nn_scatter *of = self->of;
    int lines = of->panels == 1 ? self->canvas->lines - 2 : self->canvas->lines / 2;
    if (lines > 40) lines = 40;
    if (lines < 16) lines = 16;
    int columns = self->canvas->columns < 3 * lines ? self->canvas->columns : 3 * lines;
    nn_canvas_begin(self->script, self->canvas, columns, lines);
    add_points(self);
    nn_text_add(self->script, "set samples 200\nunset key\nset tics nomirror\nset xlabel 'true'\n");
    for (int64_t k = 0; k < of->panels; k++) {
        if (!is_drawn(of, k)) continue;
        nn_text_add(self->script, "set title ");
        add_name(of, k, self->script);
        nn_text_add(self->script, ".\": ");
        add_stats(&of->agreement[k], self->script);
        nn_text_add(self->script, "\"\n");
        add_axes(&of->agreement[k], self->script);
        nn_text_add(self->script,
                    "plot x with dots notitle, $points using %" PRId64 ":%" PRId64
                    " with points pt 15 notitle\n",
                    2 * k + 1, 2 * k + 2);
    }
}

nn_status nn_scatter_script(const nn_canvas *canvas, const nn_scatter *scatter, nn_text *script) {
    drawing self = {.canvas = canvas, .of = scatter, .script = script};
    if (canvas->kind == NN_CANVAS_TERMINAL) add_screens(&self);
    else add_page(&self);
    return script->failed ? nn_fail(NN_INTERNAL, "out of memory: a picture") : NN_OK;
}
