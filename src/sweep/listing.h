/* listing.h: what the folder of a sweep tells of it from outside, and to one that goes on with it: the lines
 * of sweep.csv (docs/FILES.md). All functions are Local. */
#ifndef NN_SWEEP_LISTING_H
#define NN_SWEEP_LISTING_H

#include "data/csv.h"

/** Zeros are an empty one. */
typedef struct {
    int64_t keys, columns, runs; /* the swept keys are the columns from the second on */
    char **names;                /* (columns) */
    char **fields;               /* (runs, columns) */
    char **folders;              /* (runs): their paths */
    const char **labels;         /* (runs): "learning_rate=0.01,units=32", as in the folders' names */
    const char *by;              /* what runs are compared by; NULL: the table does not say */
    int64_t best;                /* of the runs that are done; -1: none */
    nn_csv *csv;                 /* which holds the texts */
} nn_sweep_listing;

/** Whether the folder holds a sweep's table. */
bool nn_sweep_is_in(const char *folder);

/** Reads the table of a folder. The caller releases it, after a failure too.
 * Errors: NN_NO_INPUT, NN_BAD_DATA, NN_IO, NN_INTERNAL. */
nn_status nn_sweep_listing_read(const char *folder, nn_sweep_listing *out) NN_CHECKED;

/** What stands in a run's column; "": there is no such column. */
const char *nn_sweep_listing_field(const nn_sweep_listing *listing, int64_t run, const char *column);

/** Releases it. */
void nn_sweep_listing_free(nn_sweep_listing *listing);

#endif
