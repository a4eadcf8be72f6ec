/* shape.h: the extents of an array, row-major, channels last. */
#ifndef NN_UTIL_SHAPE_H
#define NN_UTIL_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

enum { NN_SHAPE_MAX = 8 };

/** `rank` extents; rank 0 is a scalar. In nn_shape "rank" is the number of dimensions. */
typedef struct {
    int rank;
    int64_t dim[NN_SHAPE_MAX];
} nn_shape;

/** The number of elements: the product of the extents, 1 for rank 0; INT64_MAX where it is larger,
 * which no allocation will give. Local. */
int64_t nn_shape_count(nn_shape shape);

/** The last extent; 1 for rank 0. Local. */
int64_t nn_shape_last(nn_shape shape);

/** Whether two shapes are the same. Local. */
bool nn_shape_equal(nn_shape a, nn_shape b);

/** Writes "(28, 28, 1)", or "()" for rank 0, into `text` with room for NN_SHAPE_TEXT bytes and
 * returns it. Local. */
const char *nn_shape_format(nn_shape shape, char *text);
enum { NN_SHAPE_TEXT = 24 * NN_SHAPE_MAX };

#endif
