/* csv_like.h: what a dataset that was made from a CSV file says of that file's columns, so that another
 * one gets the same numbers. All functions are Local. */
#ifndef NN_DATA_CSV_LIKE_H
#define NN_DATA_CSV_LIKE_H

#include "data/csv_categories.h"
#include "io/h5.h"

/** A list of texts that was read. */
typedef struct {
    char **texts;
    int64_t count;
} nn_csv_texts;

/** What its y is. */
typedef enum { NN_CSV_NO_Y, NN_CSV_NAMED, NN_CSV_NUMBERED, NN_CSV_VALUES } nn_csv_y;

typedef struct {
    const char *path;      /* borrowed */
    nn_csv_texts features; /* names, those of one-hot columns as COLUMN=TEXT */
    nn_csv_texts one_hot;  /* names of those columns */
    nn_csv_texts labels;   /* names of the label columns */
    nn_csv_texts classes;  /* their names, where y is NN_CSV_NAMED */
    nn_csv_texts fills;    /* what replaced missing values, of each feature; none: they were errors */
    char *fill;            /* what the import was told of them, a number or "mean"; NULL: not noted */
    nn_csv_y y;
    nn_csv_categories class_numbers; /* of `classes` */
    int64_t class_count;             /* of NN_CSV_NUMBERED */
} nn_csv_like;

/** Reads it from a dataset file; with `means`, `fills` are the means of its /train, whether they have filled
 * gaps there or there were none. The caller releases it, on failure too.
 * Errors: those of nn_h5_open(); NN_BAD_DATA where the file does not say it all; NN_USAGE where something else
 * than means has filled gaps there. */
nn_status nn_csv_like_read(const char *path, bool means, nn_csv_like *out) NN_CHECKED;

/** Releases what it holds. */
void nn_csv_like_release(nn_csv_like *like);

#endif
