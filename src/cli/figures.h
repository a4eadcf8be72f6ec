/* figures.h: numbers as people read them. Each writes into `text`, which has room for NN_FIGURE bytes, and
 * returns it. All functions are Local. */
#ifndef NN_CLI_FIGURES_H
#define NN_CLI_FIGURES_H

enum { NN_FIGURE = 32 };

/** 1234567 as "1,234,567". */
const char *nn_figure_count(double number, char *text);

/** So many a second with three digits that count, "943/s", "18.2k/s", "1.98M/s". */
const char *nn_figure_rate(double rate, char *text);

/** A duration in its two largest units, "12s", "4m05s", "1h12m", "3d04h"; "?" where it is not known. */
const char *nn_figure_duration(double seconds, char *text);

/** A loss or a metric, "0.1200", "0.0345", "12.34", "0.001200", "1.200e-05": of six characters, mostly. */
const char *nn_figure_value(double value, char *text);

/** Bytes, "3.4 MB". */
const char *nn_figure_bytes(double bytes, char *text);

#endif
