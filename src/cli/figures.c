/* figures.c: numbers as people read them. */
#include "cli/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *nn_figure_count(double number, char *text) {
    char digits[NN_FIGURE];
    int length = snprintf(digits, sizeof digits, "%.0f", number), used = 0;
    if (length >= NN_FIGURE) length = NN_FIGURE - 1;
    for (int i = 0; i < length && used < NN_FIGURE - 2; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

const char *nn_figure_rate(double rate, char *text) {
    static const char units[] = " kMGT";
    int unit = 0;
    for (; rate >= 999.5 && unit < 4; unit++) rate /= 1000;
    const int digits = rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0;
    if (unit == 0) snprintf(text, NN_FIGURE, "%.*f/s", digits, rate);
    else snprintf(text, NN_FIGURE, "%.*f%c/s", digits, rate, units[unit]);
    return text;
}

const char *nn_figure_duration(double seconds, char *text) {
    static const struct {
        double large, small;
        char of_large, of_small;
    } units[] = {{86400, 3600, 'd', 'h'}, {3600, 60, 'h', 'm'}, {60, 1, 'm', 's'}};
    if (!isfinite(seconds) || seconds > 1e9) return strcpy(text, "?");
    for (int i = 0; i < 3; i++) {
        const double small = round(fmax(seconds, 0) / units[i].small), each = units[i].large / units[i].small;
        if (small < each) continue;
        snprintf(text, NN_FIGURE, "%.0f%c%02.0f%c", floor(small / each), units[i].of_large,
                 fmod(small, each), units[i].of_small);
        return text;
    }
    snprintf(text, NN_FIGURE, "%.0fs", fmax(seconds, 0));
    return text;
}

const char *nn_figure_value(double value, char *text) {
    const double size = fabs(value);
    if (size >= 0.01 && size < 1) snprintf(text, NN_FIGURE, "%.4f", value);
    else if (size == 0 || (size >= 1e-4 && size < 1e3)) snprintf(text, NN_FIGURE, "%#.4g", value);
    else if (size < 1e-4) snprintf(text, NN_FIGURE, "%.3e", value);
    else snprintf(text, NN_FIGURE, "%.4g", value);
    return text;
}

const char *nn_figure_bytes(double bytes, char *text) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; bytes >= 1000 && unit < 4; unit++) bytes /= 1000;
    snprintf(text, NN_FIGURE, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}
