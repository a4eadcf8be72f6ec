/* results.h: a file of predictions with what is true (docs/FILES.md), which eval --save writes, read
 * piece by piece. All functions are Local. */
#ifndef NN_REPORT_RESULTS_H
#define NN_REPORT_RESULTS_H

#include "data/names.h"

#include <stdbool.h>

typedef struct {
    nn_h5 *file;
    nn_names names;
    int64_t rows;
    int64_t columns; /* outputs of a row */
    int64_t targets; /* numbers of a row of /y */
    int64_t classes; /* of a classifier; 0: the outputs are values */
} nn_results;

/** Opens the file; the caller closes it, on failure too. Errors: NN_NO_INPUT; NN_BAD_DATA where it holds
 * no predictions, or nothing that is true. */
nn_status nn_results_open(const char *path, nn_results *out) NN_CHECKED;

/** Closes it. */
void nn_results_close(nn_results *results);

/** What is called with each piece of the rows, of a classifier: the class that is predicted, -1 for
 * none, and the true one. Returns NN_OK to go on. */
typedef nn_status nn_results_classes(void *context, int64_t rows, const int32_t *predicted,
                                     const int32_t *truth);

/** The same for values: (rows, columns) of both. */
typedef nn_status nn_results_values(void *context, int64_t rows, const double *predicted,
                                    const double *truth);

/** Calls `each` with all rows. Errors: NN_BAD_DATA where classes are none of the model's; NN_IO. */
nn_status nn_results_each_class(nn_results *results, nn_results_classes *each,
                                void *context) NN_CHECKED;
nn_status nn_results_each_value(nn_results *results, nn_results_values *each,
                                void *context) NN_CHECKED;

#endif
