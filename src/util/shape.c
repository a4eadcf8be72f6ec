/* shape.c: the extents of an array. */
#include "util/shape.h"

#include <stdio.h>

int64_t nn_shape_count(nn_shape shape) {
    int64_t count = 1;
    for (int i = 0; i < shape.rank; i++)
        if (__builtin_mul_overflow(count, shape.dim[i], &count)) count = INT64_MAX;
    return count;
}

int64_t nn_shape_last(nn_shape shape) {
    return shape.rank > 0 ? shape.dim[shape.rank - 1] : 1;
}

bool nn_shape_equal(nn_shape a, nn_shape b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; i++)
        if (a.dim[i] != b.dim[i]) return false;
    return true;
}

const char *nn_shape_format(nn_shape shape, char *text) {
    int used = snprintf(text, NN_SHAPE_TEXT, "(");
    for (int i = 0; i < shape.rank; i++)
        used += snprintf(text + used, (size_t)(NN_SHAPE_TEXT - used), "%s%lld", i ? ", " : "",
                         (long long)shape.dim[i]);
    snprintf(text + used, (size_t)(NN_SHAPE_TEXT - used), ")");
    return text;
}
