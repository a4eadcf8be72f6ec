/* dataset_private.h: what the dataset*.c files know of a dataset. */
#ifndef NN_DATA_DATASET_PRIVATE_H
#define NN_DATA_DATASET_PRIVATE_H

#include "data/dataset.h"

enum { NN_DATASET_X, NN_DATASET_Y, NN_DATASET_W, NN_DATASET_ARRAYS };
extern const char *const NN_DATASET_ARRAY_NAMES[NN_DATASET_ARRAYS];

struct nn_dataset {
    nn_comm *comm;
    const nn_samples *given; /* this rank's rows, where they come from memory; NULL: from the file. */
    int64_t *begins;         /* Then: the first row of each rank, and the end */
    nn_h5 *file;
    char *group; /* "/train", or "" for the root */
    char *name;
    char *description;
    nn_names names;
    int64_t first, rows; /* the part of the group that is used */
    nn_h5_info info[NN_DATASET_ARRAYS];
    bool present[NN_DATASET_ARRAYS];
    nn_h5_rows *source[NN_DATASET_ARRAYS];
    nn_h5_texts *files; /* NULL: nobody has asked for them, or there are none */
    nn_array array[NN_DATASET_ARRAYS];
    nn_shared *shared;
    uint64_t checksum; /* the sum, modulo 2^64, of a hash of each row under its number */
};

/** Makes up the description from the arrays. Local. Errors: NN_INTERNAL. */
nn_status nn_dataset_describe(nn_dataset *self) NN_CHECKED;

/** Of the rows that are used, those that this rank has given: *begin .. *end - 1. Local. */
void nn_dataset_given_part(const nn_dataset *self, int64_t *begin, int64_t *end);

/** The number, among those that this rank has given, of a row of all. Local. */
int64_t nn_dataset_given_row(const nn_dataset *self, int64_t row);

/** Brings all rows to all nodes, once each node holds its ranks'. Collective. */
void nn_dataset_given_spread(nn_dataset *self);

#endif
