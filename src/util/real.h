/* real.h: the number type of weights, gradients and activations.
 *
 * nnmpi computes in float. The contract tests build the same sources once more with NN_DOUBLE, so
 * that gradients can be compared with central differences beyond float's rounding. */
#ifndef NN_UTIL_REAL_H
#define NN_UTIL_REAL_H

#include <stdint.h>

#ifdef NN_DOUBLE
typedef double nn_real;
#else
typedef float nn_real;
#endif

/** A view of `count` numbers somewhere in an arena. */
typedef struct {
    nn_real *data;
    int64_t count;
} nn_span;

#endif
