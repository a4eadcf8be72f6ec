/* csv_table.h: a CSV file as an import sees it: which columns are features and labels, the features
 * as numbers, the labels as texts. Used by import_csv.c and csv_labels.c; all functions are Local.
 */
#ifndef NN_DATA_CSV_TABLE_H
#define NN_DATA_CSV_TABLE_H

#include "data/csv.h"
#include "data/import.h"

typedef enum { NN_CSV_FEATURE, NN_CSV_LABEL, NN_CSV_IGNORED } nn_csv_role;

typedef struct {
    const nn_import_csv_options *options; /* borrowed */
    nn_csv *csv;
    int64_t columns, features, labels;
    char **names;      /* of the columns; those without a name are called by their number, from 1 */
    int64_t *roles;    /* nn_csv_role of each column */
    int64_t *label_of; /* of a label column: its place in the list of labels */
    int64_t rows, room; /* rows read, rows that x and y have room for */
    float *x;           /* (rows, features); NaN where the value is missing */
    const char **y;     /* (rows, labels); borrowed from csv */
} nn_csv_table;

/** Reads the file. The caller releases the table, on failure too.
 * Errors: NN_NO_INPUT; NN_BAD_DATA naming file, line and column; NN_USAGE where the options name a
 * column twice. */
nn_status nn_csv_table_read(const nn_import_csv_options *options, nn_csv_table *out) NN_CHECKED;

/** Releases what a table holds. */
void nn_csv_table_release(nn_csv_table *table);

/** Whether a text is one that stands for a missing value: nothing, NA, N/A, NaN, inf, ?, null. */
bool nn_csv_is_missing(const char *text);

/** Reads a decimal number; false where `text` is none. */
bool nn_csv_number(const char *text, double *out);

/** What y becomes. */
typedef struct {
    int32_t *classes;   /* (rows), or NULL; then values */
    float *values;      /* (rows, labels), or NULL */
    const char **names; /* of the classes, sorted, borrowed texts; NULL where they are numbers */
    int64_t name_count;
} nn_csv_labels;

/** Decides between classes and values, as nn_import_csv() says. The caller releases it.
 * Errors: NN_BAD_DATA. */
nn_status nn_csv_labels_make(const nn_csv_table *table, nn_csv_labels *out) NN_CHECKED;

/** Releases what labels hold. */
void nn_csv_labels_release(nn_csv_labels *labels);

#endif
