/* confusion_script.c: the confusion matrix as a picture: a cell for each pair of classes, coloured by
 * its share of the true class's rows; up to 20 classes with their counts. */
#include "report/confusion.h"

#include <inttypes.h>

enum {
    COUNTED = 20, /* classes whose cells can hold a number */
    NAMED = 45,   /* classes that can all be named at the axes */
    LETTERS = 65, /* pixels that ten letters take; all in pixels of 1/96 inch */
    NAME_MOST = 24,
    TOP = 40,
    EDGE = 24,
    LABEL = 24, /* the name of an axis */
    SCALE = 76  /* the scale of colours at the right */
};

typedef struct {
    int cell, side; /* of a cell, of all */
    int names;      /* letters of the longest name */
    bool turned;    /* names below do not fit side by side */
    int left, bottom, right, width, height;
} layout;

static layout lay_out(const nn_confusion *self) {
    char number[NN_CLASS_NUMBER];
    layout at = {.names = 1};
    const int64_t count = self->classes;
    for (int64_t i = 0; i < count; i++) {
        const int letters = nn_text_width(nn_confusion_name(self, i, number));
        if (letters > at.names) at.names = letters;
    }
    if (at.names > NAME_MOST) at.names = NAME_MOST;
    at.cell = count <= 3 ? 92 : count <= 6 ? 68 : count <= 10 ? 48 : count <= COUNTED ? 38 : 0;
    at.side = count <= COUNTED ? at.cell * (int)count : 620;
    at.turned = count > NAMED || at.names * LETTERS / 10 > at.side / count - 4;
    if (count > NAMED) at.names = 4;
    at.left = EDGE + LABEL + at.names * LETTERS / 10;
    at.bottom = EDGE + LABEL + (at.turned && count <= NAMED ? at.names * LETTERS / 10 : 14);
    at.right = count > COUNTED ? SCALE : EDGE;
    if (at.side + at.right < 250) at.right = 250 - at.side; /* room for the title */
    at.width = at.left + at.side + at.right;
    at.height = TOP + at.side + at.bottom;
    return at;
}

static void add_names(const nn_confusion *self, char axis, nn_text *script) {
    char number[NN_CLASS_NUMBER];
    const int64_t count = self->classes;
    const int64_t step = count <= NAMED ? 1 : (int64_t)nn_tick_step((double)count, 10, 1);
    nn_text_add(script, "set %ctics (", axis);
    for (int64_t i = 0; i < count; i += step) {
        nn_text_add(script, "%s", i ? ", " : "");
        if (count <= NAMED) nn_script_quote_tick(script, nn_confusion_name(self, i, number), NAME_MOST);
        else nn_text_add(script, "'%" PRId64 "'", i);
        nn_text_add(script, " %" PRId64, i);
    }
    nn_text_add(script, ") scale 0\n");
}

static double share_of(const nn_confusion *self, int64_t truth, int64_t predicted) {
    const int64_t *counts = self->counts + truth * self->classes;
    int64_t rows = 0;
    for (int64_t k = 0; k < self->classes; k++) rows += counts[k];
    return rows > 0 ? (double)counts[predicted] / (double)rows : 0;
}

/* A block of "predicted true share count"; `dark` 1 or 0: of the cells above or below half alone, where
 * there is a count. Whether it holds any. */
static bool add_block(const nn_confusion *self, const char *name, int dark, nn_text *script) {
    bool any = false;
    nn_text_add(script, "$%s << END\n", name);
    for (int64_t i = 0; i < self->classes; i++) {
        for (int64_t k = 0; k < self->classes; k++) {
            const double share = share_of(self, i, k);
            const int64_t count = self->counts[i * self->classes + k];
            if (dark >= 0 && (count == 0 || (share > 0.5) != (dark == 1))) continue;
            nn_text_add(script, "%" PRId64 " %" PRId64 " %.4f %" PRId64 "\n", k, i, share, count);
            any = true;
        }
    }
    nn_text_add(script, "END\n");
    return any;
}

/* Light lines between the cells. */
static void add_lines(const nn_confusion *self, nn_text *script) {
    for (int64_t i = 1; i < self->classes; i++) {
        const double at = (double)i - 0.5;
        nn_text_add(script,
                    "set arrow from %g,graph 0 to %g,graph 1 nohead front lw 0.5 lc rgb '#dddddd'\n"
                    "set arrow from graph 0,first %g to graph 1,first %g nohead front lw 0.5 lc rgb "
                    "'#dddddd'\n",
                    at, at, at, at);
    }
}

static void add_look(const nn_confusion *self, const layout *at, nn_text *script) {
    const double width = at->width, height = at->height;
    nn_text_add(script,
                "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset bmargin at screen "
                "%.5f\nset tmargin at screen %.5f\n",
                at->left / width, (at->left + at->side) / width, at->bottom / height,
                (at->bottom + at->side) / height);
    nn_text_add(script, "unset grid\nset border 15 lw 0.7 lc rgb '#999999'\n"
                        "set palette defined (0 '#ffffff', 0.02 '#eef4fb', 0.25 '#c0d8ee', 0.5 "
                        "'#6aaed6', 0.75 '#2e7ebc', 1 '#08488a')\nset cbrange [0:1]\n");
    nn_text_add(script, "set xrange [-0.5:%g]\nset yrange [%g:-0.5]\n", (double)self->classes - 0.5,
                (double)self->classes - 0.5);
    if (self->classes > COUNTED)
        nn_text_add(script, "set colorbox user origin screen %.5f,screen %.5f size screen %.5f,screen "
                            "%.5f noborder\nset cbtics ('0 %%%%' 0, '50 %%%%' 0.5, '100 %%%%' 1) scale 0\n",
                    (at->left + at->side + 14) / width, at->bottom / height, 12 / width,
                    at->side / height);
    else nn_text_add(script, "unset colorbox\n");
}

static void add_titles(const nn_confusion *self, const layout *at, nn_text *script) {
    nn_text_add(script,
                "set label 'accuracy %.2f %% (%" PRId64 " of %" PRId64 " rows%s)' at screen "
                "%.5f,%.5f left\n",
                100.0 * (double)self->right / (double)self->rows, self->right, self->rows,
                self->undecided > 0 ? ", some without a class" : "", (double)at->left / at->width,
                (at->height - TOP / 2.0) / at->height);
    nn_text_add(script, "set label 'predicted' at screen %.5f,%.5f center\n",
                (at->left + at->side / 2.0) / at->width, (EDGE / 2.0 + 4) / at->height);
    nn_text_add(script, "set label 'true' at screen %.5f,%.5f center rotate by 90\n",
                (EDGE / 2.0 + 6) / at->width, (at->bottom + at->side / 2.0) / at->height);
}

nn_status nn_confusion_script(const nn_canvas *canvas, const nn_confusion *matrix,
                              nn_text *script) {
    const layout at = lay_out(matrix);
    const bool counted = matrix->classes <= COUNTED;
    nn_canvas_begin(script, canvas, at.width, at.height);
    add_block(matrix, "cells", -1, script);
    const bool light = counted && add_block(matrix, "light", 0, script);
    const bool dark = counted && add_block(matrix, "dark", 1, script);
    if (counted) add_lines(matrix, script);
    add_look(matrix, &at, script);
    add_names(matrix, 'x', script);
    add_names(matrix, 'y', script);
    if (at.turned && matrix->classes <= NAMED) nn_text_add(script, "set xtics rotate by 90 right\n");
    add_titles(matrix, &at, script);
    nn_text_add(script, "plot $cells using 1:2:3 with image%s notitle",
                matrix->classes <= 100 ? " pixels" : "");
    if (light)
        nn_text_add(script, ", $light using 1:2:4 with labels textcolor rgb '#222222' notitle");
    if (dark)
        nn_text_add(script, ", $dark using 1:2:4 with labels textcolor rgb '#ffffff' notitle");
    nn_text_add(script, "\n");
    return script->failed ? nn_fail(NN_INTERNAL, "out of memory: a picture") : NN_OK;
}
