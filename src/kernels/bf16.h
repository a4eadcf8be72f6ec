/* bf16.h: bfloat16, the upper half of a float32: its sign, its exponent and 7 bits behind the point,
 * rounded to the nearest, in doubt to the even one. NaN stays NaN. All are Team. and Local. */
#ifndef NN_KERNELS_BF16_H
#define NN_KERNELS_BF16_H

#include "util/real.h"

/** y = x, rounded. x, y: (count). */
void nn_to_bf16(int64_t count, const nn_real *x, uint16_t *y);

/** y = x. x, y: (count). */
void nn_from_bf16(int64_t count, const uint16_t *x, nn_real *y);

/** y += x. x, y: (count). */
void nn_add_bf16(int64_t count, const uint16_t *x, nn_real *y);

#endif
