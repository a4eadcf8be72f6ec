/* learning.c: the picture of learning curves, as a gnuplot script. Numbers stand in the script itself,
 * a block $runR of each run; panels lie at places that are computed here, in pixels, so that titles,
 * axes and the legend never meet. */
#include "report/learning.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PANEL_WIDTH = 400, /* all in pixels of 1/96 inch */
    PANEL_HEIGHT = 262,
    LEFT = 62, /* room for the numbers of an axis */
    RIGHT = 18,
    TOP = 34,
    BOTTOM = 26,
    LABEL = 28, /* of the axis, in the last row */
    LEGEND_LINE = 20,
    LEGEND_EDGE = 8,
    LEGEND_SAMPLE = 66, /* a line and the space around it */
    LETTER = 7,
    NAME_MOST = 48, /* letters of a name in the legend */
    FEW_EPOCHS = 12 /* are marked by points */
};

typedef struct {
    const nn_canvas *canvas;
    const nn_curves *runs;
    int64_t count;
    const nn_panels *panels;
    nn_text *script;
    int across, down, width, height; /* panels; pixels in all */
    int cell, cells, legend; /* of the legend: pixels of an entry, entries in a row, rows */
} drawing;

static void add_number(nn_text *script, double value) {
    if (isfinite(value)) nn_text_add(script, " %.9g", value);
    else nn_text_add(script, " NaN");
}

static void add_data(const drawing *self) {
    for (int64_t r = 0; r < self->count; r++) {
        const nn_curves *run = &self->runs[r];
        const int64_t epoch = nn_history_table_find(&run->table, "epoch");
        nn_text_add(self->script, "$run%" PRId64 " << END\n", r);
        for (int64_t row = 0; row < run->table.rows; row++) {
            add_number(self->script, nn_curves_value(run, row, epoch));
            for (int64_t i = 0; i < run->table.columns; i++)
                add_number(self->script, nn_curves_value(run, row, i));
            nn_text_add(self->script, "\n");
        }
        nn_text_add(self->script, "END\n");
    }
}

/* ---- what a panel looks like ---- */

/* The name of a column in words. */
static void add_title(nn_text *script, const nn_panel *panel) {
    nn_text title = {0};
    nn_text_add(&title, "%s%s", panel->unit, panel->column);
    for (char *c = title.bytes; c && *c; c++)
        if (*c == '_') *c = ' ';
    nn_script_quote(script, title.bytes ? title.bytes : "", 52);
    script->failed |= title.failed;
    nn_text_free(&title);
}

static void add_axes(const drawing *self, const nn_panel *panel) {
    nn_text *script = self->script;
    double first = self->panels->first_epoch, last = self->panels->last_epoch;
    if (first == last || self->canvas->kind == NN_CANVAS_TERMINAL) {
        const double room = first == last ? 1 : (last - first) / 60; /* letters do not lie on the frame */
        first -= room;
        last += room;
    }
    nn_text_add(script, "set xrange [%.9g:%.9g]\nset xtics %.9g\n", first, last,
                nn_tick_step(last - first, 8, 1));
    nn_text_add(script, "unset logscale\nset yrange [*:*]\nset ytics autofreq\nset format y '%%g'\n");
    const double least = panel->least / panel->scale, most = panel->most / panel->scale;
    const double bottom = panel->from_zero && least > 0 ? 0 : least;
    if (panel->logarithmic) {
        nn_text_add(script, "set logscale y\n");
        if (isfinite(panel->floor)) nn_text_add(script, "set yrange [%.9g:*]\n", panel->floor);
        return;
    }
    const double range = least == most ? 1.25 * fabs(least) : most - bottom;
    nn_text_add(script, "set ytics %.9g\n", nn_tick_step(range, 6, 0));
    if (least == most) /* a constant would be drawn on an axis without a range */
        nn_text_add(script, "set yrange [%.9g:%.9g]\n", least > 0 ? 0 : least == 0 ? -1 : 1.25 * least,
                    least > 0 ? 1.25 * least : least == 0);
    else if (panel->from_zero) nn_text_add(script, "set yrange [0:*]\n");
}

/* How many rows of a series can be drawn. */
static int64_t count_numbers(const nn_curves *run, int64_t column) {
    int64_t numbers = 0;
    for (int64_t row = 0; row < run->table.rows; row++)
        numbers += isfinite(nn_curves_value(run, row, column));
    return numbers;
}

static void add_style(const drawing *self, const nn_series *series) {
    char colour[8];
    const int64_t numbers = count_numbers(&self->runs[series->run], series->column);
    const char *kind = numbers == 1 ? "points" : numbers <= FEW_EPOCHS ? "linespoints" : "lines";
    nn_series_colour(series->run, self->count, colour);
    nn_text_add(self->script, " with %s", kind);
    if (numbers > 1)
        nn_text_add(self->script, " lw 1.6 dt %s", series->validation ? "(10,6)" : "solid");
    if (numbers <= FEW_EPOCHS)
        nn_text_add(self->script, " pt %d ps %s", series->validation ? 6 : 7,
                    numbers == 1 ? "0.7" : "0.4");
    nn_text_add(self->script, " lc rgb '%s'", colour);
}

/* On the terminal each series has a letter of its own, and a title. */
static void add_letters(const drawing *self, const nn_series *series, int64_t number) {
    nn_text title = {0};
    const nn_curves *run = &self->runs[series->run];
    const char *part = series->validation ? "validation" : "training";
    if (self->count == 1) nn_text_add(&title, "%s", part);
    else nn_text_add(&title, "%s%s", run->name, series->validation ? " (validation)" : "");
    nn_text_add(self->script, " with points pt %" PRId64 " title ", number + 1);
    nn_script_quote(self->script, title.bytes ? title.bytes : "", NAME_MOST);
    self->script->failed |= title.failed;
    nn_text_free(&title);
}

static void add_plot(const drawing *self, const nn_panel *panel) {
    nn_text *script = self->script;
    const bool terminal = self->canvas->kind == NN_CANVAS_TERMINAL;
    nn_text_add(script, "plot ");
    for (int64_t i = 0; i < panel->count; i++) {
        const nn_series *series = &panel->series[i];
        nn_text_add(script, "%s$run%" PRId64 " using 1:($%" PRId64 "/%g)", i ? ", " : "", series->run,
                    series->column + 2, panel->scale);
        if (terminal) add_letters(self, series, i);
        else {
            add_style(self, series);
            nn_text_add(script, " notitle");
        }
    }
    nn_text_add(script, "\n");
}

/* ---- the page ---- */

static double across(const drawing *self, double pixels) {
    return pixels / self->width;
}

static double up(const drawing *self, double pixels) {
    return pixels / self->height;
}

/* Rows of as many panels as suit their number: 1, 2, 3; 2 x 2; three in a row beyond. */
static void lay_out(drawing *self) {
    const int count = (int)self->panels->count;
    self->across = count == 4 ? 2 : count < 3 ? count : 3;
    self->down = (count + self->across - 1) / self->across;
    self->width = self->across * PANEL_WIDTH;
    if (count == 1) self->width = 520;
    int longest = 10; /* validation */
    for (int64_t r = 0; self->count > 1 && r < self->count; r++) {
        int letters = nn_text_width(self->runs[r].name);
        if (letters > NAME_MOST) letters = NAME_MOST;
        if (letters > longest) longest = letters;
    }
    self->cell = LEGEND_SAMPLE + LETTER * longest;
    self->cells = (self->width - 2 * RIGHT) / self->cell;
    if (self->cells < 1) self->cells = 1;
    const int runs = self->count > 1 ? (int)self->count : 0, parts = self->panels->validated ? 2 : 0;
    if (runs + parts <= self->cells) self->legend = runs + parts > 0;
    else self->legend = (runs + self->cells - 1) / self->cells + (parts > 0);
    self->height = self->down * PANEL_HEIGHT + LABEL + self->legend * LEGEND_LINE +
                   (self->legend ? LEGEND_EDGE : 0);
}

/* Panels that have none below them name their axis. */
static void add_panel(const drawing *self, int64_t index) {
    nn_text *script = self->script;
    const nn_panel *panel = &self->panels->panels[index];
    const int column = (int)index % self->across, row = (int)index / self->across;
    const int width = self->width / self->across;
    const int top = self->height - row * PANEL_HEIGHT, bottom = top - PANEL_HEIGHT;
    const bool last = index + self->across >= self->panels->count;
    nn_text_add(script, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n",
                across(self, column * width + LEFT), across(self, (column + 1) * width - RIGHT));
    nn_text_add(script, "set tmargin at screen %.5f\nset bmargin at screen %.5f\n", up(self, top - TOP),
                up(self, bottom + BOTTOM));
    nn_text_add(script, "set title ");
    add_title(script, panel);
    nn_text_add(script, " offset 0,-0.4\nset xlabel %s offset 0,0.35\n", last ? "'epoch'" : "''");
    add_axes(self, panel);
    add_plot(self, panel);
}

/* An entry of the legend: a line, and what it stands for, `place` of `among` in its row. */
static void add_entry(const drawing *self, nn_text *lines, int row, int place, int among,
                      const char *colour, const char *dash, const char *text) {
    const double y = up(self, LEGEND_EDGE + (self->legend - row - 0.5) * LEGEND_LINE);
    const double x = across(self, (self->width - among * self->cell) / 2.0 + place * self->cell + 8.0);
    nn_text_add(lines, "%s[%.5f:%.5f] '+' using 1:(%.5f) with lines lw 1.8 dt %s lc rgb '%s' notitle",
                lines->length ? ", " : "", x, x + across(self, 34), y, dash, colour);
    nn_text_add(self->script, "set label ");
    nn_script_quote(self->script, text, NAME_MOST);
    nn_text_add(self->script, " at screen %.5f,%.5f left textcolor rgb '#333333'\n",
                x + across(self, 42), y);
}

/* Runs, and what solid and dashed mean, in one row where they fit, otherwise in one of its own. */
static void add_entries(const drawing *self, nn_text *lines) {
    char colour[8];
    const int runs = self->count > 1 ? (int)self->count : 0, parts = self->panels->validated ? 2 : 0;
    const bool together = runs + parts <= self->cells;
    const int among = together ? runs + parts : runs < self->cells ? runs : self->cells;
    for (int r = 0; r < runs; r++) {
        nn_series_colour(r, runs, colour);
        add_entry(self, lines, r / self->cells, r % self->cells, among, colour, "solid", self->runs[r].name);
    }
    if (parts == 0) return;
    if (runs > 0) memcpy(colour, "#777777", sizeof colour);
    else nn_series_colour(0, 1, colour);
    const int row = together ? 0 : self->legend - 1, first = together ? runs : 0;
    const int wide = together ? among : self->cells < 2 ? 1 : 2;
    add_entry(self, lines, row, first, wide, colour, "solid", "training");
    add_entry(self, lines, row, first + 1, wide, colour, "(10,6)", "validation");
}

/* The lines are drawn in axes over the whole page that nobody sees: arrows are never dashed in SVG. */
static void add_legend(const drawing *self) {
    nn_text lines = {0};
    if (self->legend == 0) return;
    add_entries(self, &lines);
    nn_text_add(self->script, "set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\n"
                              "set tmargin at screen 1\nset xrange [0:1]\nset yrange [0:1]\nset samples 2\n"
                              "unset border\nunset tics\nunset grid\nunset title\nunset xlabel\nunset logscale\n");
    nn_text_add(self->script, "plot sample %s\n", lines.bytes ? lines.bytes : "");
    self->script->failed |= lines.failed;
    nn_text_free(&lines);
}

static void add_page(drawing *self) {
    lay_out(self);
    nn_canvas_begin(self->script, self->canvas, self->width, self->height);
    add_data(self);
    nn_text_add(self->script, "set multiplot\n");
    for (int64_t i = 0; i < self->panels->count; i++) add_panel(self, i);
    add_legend(self);
    nn_text_add(self->script, "unset multiplot\n");
}

static void add_screens(const drawing *self) {
    const int lines = self->panels->count == 1 ? self->canvas->lines - 2 : self->canvas->lines / 2;
    nn_canvas_begin(self->script, self->canvas, self->canvas->columns,
                    lines < 14 ? 14 : lines > 26 ? 26 : lines);
    add_data(self);
    nn_text_add(self->script, "set key tmargin horizontal left\nset tics nomirror\n");
    for (int64_t i = 0; i < self->panels->count; i++) {
        nn_text_add(self->script, "set title ");
        add_title(self->script, &self->panels->panels[i]);
        nn_text_add(self->script, "\n");
        add_axes(self, &self->panels->panels[i]);
        add_plot(self, &self->panels->panels[i]);
    }
}

nn_status nn_learning_script(const nn_canvas *canvas, const nn_curves *runs, int64_t count,
                             const nn_panels *panels, nn_text *script) {
    drawing self = {.canvas = canvas, .runs = runs, .count = count, .panels = panels, .script = script};
    if (canvas->kind == NN_CANVAS_TERMINAL) add_screens(&self);
    else add_page(&self);
    return script->failed ? nn_fail(NN_INTERNAL, "out of memory: a picture") : NN_OK;
}
