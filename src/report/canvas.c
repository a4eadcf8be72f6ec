/* canvas.c: what is drawn on, and how all pictures look: sans-serif letters, thin dark-grey axes at the
 * left and below, a light grid. */
#include "report/canvas.h"

#include "report/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

nn_status nn_canvas_kind_of(const char *path, nn_canvas_kind *out) {
    static const struct {
        const char *ending;
        nn_canvas_kind kind;
    } kinds[] = {{".png", NN_CANVAS_PNG}, {".svg", NN_CANVAS_SVG}, {".pdf", NN_CANVAS_PDF}};
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (length <= 4 || strcasecmp(path + length - 4, kinds[i].ending) != 0) continue;
        *out = kinds[i].kind;
        return NN_OK;
    }
    return nn_fail(NN_USAGE,
                   "%s: the ending of its name says what kind of picture it becomes: .png, .svg or "
                   ".pdf",
                   path);
}

/* Twice the pixels in a PNG, so that it is sharp in print; a gnuplot without cairo has another way to
 * write PNG. */
static void add_terminal(nn_text *script, const nn_canvas *canvas, int width, int height) {
    switch (canvas->kind) {
    case NN_CANVAS_TERMINAL:
        nn_text_add(script, "set terminal dumb noenhanced size %d,%d\n", width, height);
        break;
    case NN_CANVAS_PNG:
        nn_text_add(script,
                    "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo noenhanced "
                    "size %d,%d font 'sans,8.5' fontscale 2 linewidth 2 pointscale 2 background "
                    "'#ffffff' } else { set terminal png noenhanced truecolor size %d,%d }\n",
                    2 * width, 2 * height, width, height);
        break;
    case NN_CANVAS_SVG:
        nn_text_add(script,
                    "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,sans-serif,11.5' "
                    "background '#ffffff'\n",
                    width, height);
        break;
    case NN_CANVAS_PDF:
        nn_text_add(script,
                    "set terminal pdfcairo noenhanced size %.3fin,%.3fin font 'sans,8' linewidth 1\n",
                    width / 96.0, height / 96.0);
        break;
    }
}

void nn_canvas_begin(nn_text *script, const nn_canvas *canvas, int width, int height) {
    nn_text_add(script, "set encoding utf8\n");
    add_terminal(script, canvas, width, height);
    if (canvas->kind == NN_CANVAS_TERMINAL) return;
    nn_text_add(script, "set border 3 lw 1 lc rgb '#555555'\n"
                        "set tics nomirror out scale 0.6 textcolor rgb '#333333'\n"
                        "set grid xtics ytics lt 1 lw 0.7 lc rgb '#e4e4e4'\n"
                        "unset key\n");
}

/* The bytes of the character at `at`, and the columns that it takes; 0: it is a byte that U+FFFD replaces. */
static int measure(const char *at, int *columns) {
    unsigned code;
    const int length = nn_utf8_read(at, &code);
    *columns = length > 0 ? nn_character_columns(code) : 1;
    return length;
}

int nn_text_width(const char *text) {
    int width = 0, columns;
    while (*text) {
        const int length = measure(text, &columns);
        width += columns;
        text += length ? length : 1;
    }
    return width;
}

/* How a text is written: for eyes, as a string of gnuplot's, as one in which it looks for formats. */
typedef enum { PLAIN, STRING, TICK } manner;

/* What could mean something in a string in double quotes, or ends it, is written as its number: not even
 * a backquote, in which gnuplot sees a command for a shell, stands in the script. */
static void add_byte(nn_text *script, unsigned char byte, manner how) {
    if (byte < 0x20 || byte == 0x7f) byte = ' ';
    const bool letter = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                        (byte >= 'A' && byte <= 'Z') || strchr(" .,:;()/_-+=", byte);
    if (how == PLAIN || letter) nn_text_add_bytes(script, &byte, 1);
    else nn_text_add(script, byte == '%' && how == TICK ? "\\%03o\\%03o" : "\\%03o", byte, byte);
}

/* What lies in the columns begin .. end - 1 of a text. Returns the columns that it takes: a wide character may lie
 * in only half. */
static int add_part(nn_text *script, const char *at, int begin, int end, manner how) {
    int taken = 0, columns;
    for (int column = 0; *at && column <= end;) {
        const int length = measure(at, &columns);
        const bool within = column >= begin && column + columns <= end;
        if (within && length == 0) nn_text_add(script, "\xef\xbf\xbd");
        else if (within && length == 1) add_byte(script, (unsigned char)*at, how);
        else if (within) nn_text_add_bytes(script, at, (size_t)length);
        if (within) taken += columns;
        column += columns;
        at += length ? length : 1;
    }
    return taken;
}

static const char ELLIPSIS[] = "\xe2\x80\xa6";

static void add_beginning(nn_text *script, const char *text, int most, manner how) {
    const int width = nn_text_width(text);
    const bool cut = most > 0 && width > most;
    const int taken = add_part(script, text, 0, cut ? most - 1 : width, how);
    if (cut) nn_text_add(script, taken < most - 1 ? "%s " : "%s", ELLIPSIS);
}

void nn_script_quote(nn_text *script, const char *text, int most) {
    const int width = nn_text_width(text);
    const int drop = most > 0 && width > most ? width - most + 1 : 0;
    nn_text_add(script, "\"%s", drop ? ELLIPSIS : "");
    add_part(script, text, drop, width, STRING);
    nn_text_add(script, "\"");
}

void nn_script_quote_tick(nn_text *script, const char *text, int most) {
    nn_text_add(script, "\"");
    add_beginning(script, text, most, TICK);
    nn_text_add(script, "\"");
}

void nn_text_add_plain(nn_text *out, const char *text, int most) {
    add_beginning(out, text, most, PLAIN);
}

void nn_series_colour(int64_t index, int64_t count, char *out) {
    static const char *const few[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000"};
    static const int scale[][3] = {{68, 1, 84},    {65, 68, 135},  {42, 120, 142},
                                   {34, 168, 132}, {122, 209, 81}, {230, 215, 50}}; /* viridis */
    enum { FEW = sizeof few / sizeof *few, STEPS = sizeof scale / sizeof *scale - 1 };
    if (count <= FEW) {
        snprintf(out, 8, "%s", few[index % FEW]);
        return;
    }
    const double at = (double)index / (double)(count - 1) * STEPS;
    const int step = at >= STEPS ? STEPS - 1 : (int)at;
    unsigned colour[3];
    for (int i = 0; i < 3; i++)
        colour[i] = (unsigned)lround(scale[step][i] + (at - step) * (scale[step + 1][i] - scale[step][i]));
    snprintf(out, 8, "#%02x%02x%02x", colour[0] & 255, colour[1] & 255, colour[2] & 255);
}

double nn_tick_step(double range, int most, double least) {
    static const double factors[] = {1, 2, 5, 10};
    double step = least;
    if (!(range > 0) || !isfinite(range)) return least > 0 ? least : 1;
    const double power = pow(10, floor(log10(range / most)));
    for (int i = 0; i < 4; i++) {
        step = factors[i] * power;
        if (range / step <= most) break;
    }
    return step > least ? step : least;
}
