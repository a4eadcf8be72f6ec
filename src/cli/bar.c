/* bar.c: fitting a line into a terminal, and drawing it: a carriage return, the line, and "erase to the end of
 * the line" behind it, so that nothing flickers. No colours. */
#include "cli/bar.h"

#include "io/descriptor.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST_CELLS = 5, MOST_CELLS = 40, FRAME = 2 };

void nn_bar_add(nn_bar *bar, int order, const char *format, ...) {
    if (bar->count == NN_BAR_PARTS) return;
    nn_bar_part *part = &bar->parts[bar->count];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(part->text, sizeof part->text, format, arguments);
    va_end(arguments);
    part->order = order;
    bar->count += length > 0 && length < NN_BAR_PART;
}

/* The bar itself, in so many cells between its frame. */
static void add_cells(double filled, int cells, bool blocks, nn_text *text) {
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int steps = blocks ? 8 : 1, full = (int)floor(fmin(fmax(filled, 0), 1) * cells * steps);
    nn_text_add(text, blocks ? "▕" : "[");
    for (int i = 0; i < cells; i++) {
        if (i < full / steps) nn_text_add(text, blocks ? "█" : "=");
        else if (i == full / steps) nn_text_add(text, "%s", blocks ? eighths[full % 8] : ">");
        else nn_text_add(text, " ");
    }
    nn_text_add(text, blocks ? "▏" : "]");
}

/* Which parts fit beside a bar of the least width; returns the columns that they take. */
static int choose(const nn_bar *bar, int columns, bool *chosen) {
    int taken = (int)strlen(bar->parts[0].text) + 1 + FRAME + LEAST_CELLS;
    chosen[0] = true;
    for (int order = 0, left = bar->count; left > 0 && order < 100; order++) {
        for (int i = 1; i < bar->count; i++) {
            const int width = (int)strlen(bar->parts[i].text) + 2;
            if (bar->parts[i].order != order) continue;
            left--;
            chosen[i] = taken + width <= columns;
            if (chosen[i]) taken += width;
        }
    }
    return taken;
}

void nn_bar_format(const nn_bar *bar, int columns, nn_text *text) {
    bool chosen[NN_BAR_PARTS] = {false};
    const char *label = bar->parts[0].text;
    if ((int)strlen(label) + 1 + FRAME + LEAST_CELLS > columns) { /* hardly a terminal */
        nn_text_add(text, "%.*s", columns, label);
        return;
    }
    const int spare = columns - choose(bar, columns, chosen);
    const int cells = LEAST_CELLS + spare < MOST_CELLS ? LEAST_CELLS + spare : MOST_CELLS;
    nn_text_add(text, "%s ", label);
    add_cells(bar->filled, cells, bar->blocks, text);
    for (int i = 1; i < bar->count; i++)
        if (chosen[i]) nn_text_add(text, "  %s", bar->parts[i].text);
}

int nn_bar_columns(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const char *columns = getenv("COLUMNS");
    const int given = columns ? atoi(columns) : 0;
    return given > 0 ? given : 80;
}

bool nn_bar_blocks(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale) return false;
    const bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

void nn_bar_draw(const nn_bar *bar) {
    nn_text text = {0};
    nn_text_add(&text, "\r");
    nn_bar_format(bar, nn_bar_columns() - 1, &text); /* in its last column it would wrap */
    nn_text_add(&text, "\033[K");
    if (!text.failed && !nn_write_all(STDERR_FILENO, text.bytes, (int64_t)text.length)) {
        /* a terminal that has gone: the run goes on */
    }
    nn_text_free(&text);
}
