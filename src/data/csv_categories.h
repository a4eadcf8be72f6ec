/* csv_categories.h: a set of texts, each with a number: the order in which they were added. All functions
 * are Local. */
#ifndef NN_DATA_CSV_CATEGORIES_H
#define NN_DATA_CSV_CATEGORIES_H

#include "util/status.h"

#include <stdint.h>

enum { NN_CSV_CATEGORIES_MAX = 1000 }; /* of a column: more are hardly categories */

/** Start with {0}. */
typedef struct {
    const char **texts; /* borrowed */
    int64_t *sorted;    /* their numbers, sorted by text */
    int64_t count, room;
} nn_csv_categories;

/** The number of a text; -1: it is none of them. */
int64_t nn_csv_categories_find(const nn_csv_categories *categories, const char *text);

/** Adds a text that is not there yet; it is borrowed. Errors: NN_INTERNAL. */
nn_status nn_csv_categories_add(nn_csv_categories *categories, const char *text) NN_CHECKED;

/** Releases what they hold. */
void nn_csv_categories_release(nn_csv_categories *categories);

#endif
