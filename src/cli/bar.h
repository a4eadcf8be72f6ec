/* bar.h: a line of a terminal that is drawn over and over: a label, a bar, and as many figures as the
 * terminal has room for. All functions are Local. */
#ifndef NN_CLI_BAR_H
#define NN_CLI_BAR_H

#include "util/text.h"

#include <stdbool.h>

enum { NN_BAR_PARTS = 12, NN_BAR_PART = 96 };

/** A figure of the line; narrow terminals show those of the lowest order alone. */
typedef struct {
    char text[NN_BAR_PART];
    int order;
} nn_bar_part;

/** What a line shows. */
typedef struct {
    bool blocks;   /* the bar is of Unicode's block elements, otherwise of ASCII */
    double filled; /* the part of it, 0 to 1 */
    nn_bar_part parts[NN_BAR_PARTS];
    int count;
} nn_bar;

/** Adds a figure, to the right of those before; where there is no room for more, or it is too long, it is
 * left out. The first one stands in front of the bar. */
void nn_bar_add(nn_bar *bar, int order, const char *format, ...) NN_PRINTF(3, 4);

/** Adds the line to `text`, no wider than `columns`. */
void nn_bar_format(const nn_bar *bar, int columns, nn_text *text);

/** Draws it over what stands in the terminal's line, in one write to stderr. */
void nn_bar_draw(const nn_bar *bar);

/** The columns of the terminal that stderr is; where it is none, COLUMNS of the environment, or 80. */
int nn_bar_columns(void);

/** Whether the locale of the environment is one of UTF-8. */
bool nn_bar_blocks(void);

#endif
