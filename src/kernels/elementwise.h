/* elementwise.h: kernels over rows and elements: assembling a batch, affine maps, dropout, gradients
 * of the bias. All are Team. and Local. */
#ifndef NN_KERNELS_ELEMENTWISE_H
#define NN_KERNELS_ELEMENTWISE_H

#include "kernels/activation.h"
#include "util/random.h"

/** y[i] = x[i] * scale + offset. x, y: (count), y may be x. */
void nn_affine(int64_t count, nn_real scale, nn_real offset, const nn_real *x, nn_real *y);

/** The least divisor, as in Keras: a constant feature becomes zero. */
#define NN_LEAST_DEVIATION 1e-7

/** y[i][j] = (x[i][j] - mean[j]) / max(sqrt(variance[j]), 1e-7); `mean` NULL: zero. x, y: (rows,
 * columns), y may be x; mean, variance: (columns). */
void nn_normalize(int64_t rows, int64_t columns, const nn_real *mean, const nn_real *variance,
                  const nn_real *x, nn_real *y);

/** y = x. x, y: (count). */
void nn_copy(int64_t count, const nn_real *x, nn_real *y);

/** y += x. x, y: (count). */
void nn_add(int64_t count, const nn_real *x, nn_real *y);

/** x = 0. x: (count). */
void nn_zero(int64_t count, nn_real *x);

/** Inverted dropout (Srivastava et al. 2014): mask is 1 / (1 - rate) where an element is kept and 0
 * where it is dropped, y = x * mask. Row i of the piece is row first + i of the global batch, and
 * the mask depends on that. x, y, mask: (rows, columns). */
void nn_dropout(int64_t rows, int64_t columns, double rate, nn_random_stream stream, int64_t first,
                const nn_real *x, nn_real *y, nn_real *mask);

/** z = x * y. x, y, z: (count), z may be x or y. */
void nn_multiply(int64_t count, const nn_real *x, const nn_real *y, nn_real *z);

/** dz = dy * f'(z) and db[j] = sum over i of dz[i][j] in one pass; `db` may be NULL, dz may be dy,
 * softmax is not allowed. z, y, dy, dz: (rows, columns); db: (columns). */
void nn_bias_backward(nn_activation activation, int64_t rows, int64_t columns, const nn_real *z,
                      const nn_real *y, const nn_real *dy, nn_real *dz, nn_real *db);

/** out[i] = rows[index[i]], as real numbers. `u8` and `f32` are the two forms in which datasets are
 * held; just one is not NULL. u8, f32: (any, columns); index: (count); out: (count, columns). */
void nn_gather(int64_t count, int64_t columns, const uint8_t *u8, const float *f32,
               const int64_t *index, nn_real *out);

/** out[i] = classes[index[i]]. index, out: (count). */
void nn_gather_classes(int64_t count, const int32_t *classes, const int64_t *index, int32_t *out);

#endif
