/* samples.h: rows that a program gives from its own memory: samples x and, optionally, targets y and
 * weights w of the samples, in the program's own types. Each rank has rows of its own, or none;
 * nn_dataset_of() makes one dataset of the rows of all ranks. All functions are Local. */
#ifndef NN_DATA_SAMPLES_H
#define NN_DATA_SAMPLES_H

#include "io/h5.h"
#include "util/shape.h"
#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_samples nn_samples;

enum { NN_SAMPLES_X, NN_SAMPLES_Y, NN_SAMPLES_W, NN_SAMPLES_ARRAYS };

/** What a row of an array is. */
typedef struct {
    bool present;
    nn_h5_type type;
    nn_shape row; /* rank 0: one number */
} nn_samples_array;

/** No rows, of these arrays (NN_SAMPLES_ARRAYS). `name` is for messages. Errors: NN_INTERNAL. */
nn_status nn_samples_create(const char *name, const nn_samples_array *arrays,
                            nn_samples **out) NN_CHECKED;

/** Releases them; takes NULL. */
void nn_samples_destroy(nn_samples **samples);

/** Adds rows behind those that there are: data[which] has (rows, row) elements for each array that is
 * present. They are copied, or borrowed until nn_samples_clear() or the end. Errors: NN_INTERNAL. */
nn_status nn_samples_append(nn_samples *samples, int64_t rows, const void *const *data,
                            bool copy) NN_CHECKED;

/** Forgets all rows. */
void nn_samples_clear(nn_samples *samples);

/** The rows; the name; what the arrays are; a number that grows whenever the rows change. */
int64_t nn_samples_rows(const nn_samples *samples);
const char *nn_samples_name(const nn_samples *samples);
const nn_samples_array *nn_samples_arrays(const nn_samples *samples);
int64_t nn_samples_revision(const nn_samples *samples);

/** The bytes of a number. */
size_t nn_samples_type_bytes(nn_h5_type type);

/** Writes rows first .. first + count - 1 of an array into `out`, as `type`: NN_H5_F32, NN_H5_F64, or the
 * array's own. */
void nn_samples_read(const nn_samples *samples, int which, int64_t first, int64_t count,
                     nn_h5_type type, void *out);

/** Converts numbers; as nn_samples_read(). */
void nn_samples_convert(nn_h5_type from, const void *in, nn_h5_type to, void *out, int64_t count);

#endif
