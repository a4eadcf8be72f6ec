/* csv_table.h: a CSV file as an import sees it: which columns are features and labels, the features
 * as numbers, the labels as texts. Used by import_csv.c and the csv_*.c files; all functions are Local.
 */
#ifndef NN_DATA_CSV_TABLE_H
#define NN_DATA_CSV_TABLE_H

#include "data/csv.h"
#include "data/csv_categories.h"
#include "data/csv_like.h"
#include "data/import.h"

typedef enum { NN_CSV_FEATURE, NN_CSV_LABEL, NN_CSV_IGNORED } nn_csv_role;

/** The range of a column's numbers, and by how much their rounding to 32 bits changes one at most. */
typedef struct {
    double least, most, error;
    bool any;
} nn_csv_range;

typedef struct {
    int64_t column;
    bool one_hot;                 /* x holds numbers of categories until it is expanded */
    bool fixed;                   /* no other categories than these may occur */
    nn_csv_categories categories; /* of a one-hot column */
    float fill;                   /* replaces missing values; NaN: not known */
    nn_csv_range range;
} nn_csv_feature;

typedef struct {
    const nn_import_csv_options *options; /* borrowed */
    const nn_csv_like *like;              /* borrowed; NULL: none */
    nn_csv *csv;
    int64_t columns, features, labels;
    char **names;             /* of the columns; those without a name are called by their number, from 1 */
    int64_t *roles;           /* nn_csv_role of each column */
    int64_t *place_of;        /* of a feature or label column: its place among these */
    nn_csv_feature *feature;  /* (features) */
    int64_t rows, room;       /* rows read, rows that x and y have room for */
    int64_t dropped, first_dropped; /* rows left out, and the line of the first */
    float *x;                 /* (rows, features); NaN where the value is missing */
    const char **y;           /* (rows, labels); borrowed from csv */
    char **feature_names;     /* after nn_csv_table_expand(), which counts each category as a feature */
} nn_csv_table;

/** Reads the file; `like` may be NULL. The caller releases the table, on failure too.
 * Errors: NN_NO_INPUT; NN_BAD_DATA naming file, line and column; NN_USAGE where the options name a
 * column twice. */
nn_status nn_csv_table_read(const nn_import_csv_options *options, const nn_csv_like *like,
                            nn_csv_table *out) NN_CHECKED;

/** Gives all columns names and roles, by the current record and the options (csv_columns.c).
 * Errors: as nn_csv_table_read(). */
nn_status nn_csv_table_columns(nn_csv_table *table) NN_CHECKED;

/** Makes a column of 0 and 1 for each category of the one-hot columns, and names the features.
 * Errors: NN_BAD_DATA where two have one name; NN_INTERNAL. */
nn_status nn_csv_table_expand(nn_csv_table *table) NN_CHECKED;

/** Releases what a table holds. */
void nn_csv_table_release(nn_csv_table *table);

/** Whether a text is one that stands for a missing value: nothing, NA, N/A, NaN, inf, ?, null. */
bool nn_csv_is_missing(const char *text);

/** Reads a decimal number; false where `text` is none. */
bool nn_csv_number(const char *text, double *out);

/** Whether a text that becomes a name is UTF-8; `what` says which one it is: "the text of column 'a'".
 * Errors: NN_BAD_DATA naming file and line. */
nn_status nn_csv_check_name(const nn_csv_table *table, const char *text, const char *what) NN_CHECKED;

enum { NN_CSV_WHAT = 160 };

/** Counts a value in. */
void nn_csv_range_add(nn_csv_range *range, double value);

/** Leaves a note where rounding to 32 bits moves values of a column by more than a ten-thousandth of their
 * range. */
void nn_csv_note_coarse(const nn_import_options *options, const char *column,
                        const nn_csv_range *range);

/** What y becomes. */
typedef struct {
    int32_t *classes;   /* (rows), or NULL; then values */
    float *values;      /* (rows, labels), or NULL */
    const char **names; /* of the classes, borrowed texts, in their order; NULL where they are numbers */
    int64_t name_count;
} nn_csv_labels;

/** Decides between classes and values, as nn_import_csv() says; nothing where there are no labels. The
 * caller releases it. Errors: NN_BAD_DATA. */
nn_status nn_csv_labels_make(const nn_csv_table *table, const nn_import_options *options,
                             nn_csv_labels *out) NN_CHECKED;

/** Releases what labels hold. */
void nn_csv_labels_release(nn_csv_labels *labels);

#endif
