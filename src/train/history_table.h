/* history_table.h: the lines of metrics.csv as numbers, read back from their text (train/history.h). All
 * functions are Local. */
#ifndef NN_TRAIN_HISTORY_TABLE_H
#define NN_TRAIN_HISTORY_TABLE_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

/** Zeros are an empty one. */
typedef struct {
    int64_t columns, rows;
    char **names;   /* of the columns */
    double *values; /* (rows, columns); NAN where a cell is empty */
    char *header;   /* what the names point into */
} nn_history_table;

/** Reads the lines that begin at `lines`, a place in `text`, or all where that is NULL; the columns' names are
 * in the first line of `text`, which messages call `name`. A last line that is not finished is left out: it
 * is being written. The caller releases it, after a failure too.
 * Errors: NN_BAD_DATA with the line where a cell is no number, or there are more or fewer than columns;
 * NN_INTERNAL. */
nn_status nn_history_table_read(const char *text, const char *lines, const char *name,
                                nn_history_table *out) NN_CHECKED;

/** Reads a whole metrics.csv. *cut: its last line is not finished. The caller releases it, after a failure too.
 * Errors: likewise; NN_NO_INPUT, NN_IO. */
nn_status nn_history_table_open(const char *path, nn_history_table *out, bool *cut) NN_CHECKED;

/** The number of a column, or -1. */
int64_t nn_history_table_find(const nn_history_table *table, const char *column);

/** The value of a row's column; NAN where there is no such column. */
double nn_history_table_value(const nn_history_table *table, int64_t row, const char *column);

/** Releases it. */
void nn_history_table_free(nn_history_table *table);

#endif
