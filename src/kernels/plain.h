/* plain.h: the plain twins of the kernels: the same functions as the most obvious loops, added up
 * in double, by one thread. Tests compare the kernels with them; nothing else calls them. Arguments
 * are those of the kernel of the same name. All functions are Local. */
#ifndef NN_KERNELS_PLAIN_H
#define NN_KERNELS_PLAIN_H

#include "kernels/elementwise.h"
#include "kernels/gemm.h"

/** Twins of gemm.h. */
void nn_plain_gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c,
                   const nn_epilogue *epilogue);
void nn_plain_gemm_ta(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                      nn_real *c);
void nn_plain_gemm_tb(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                      nn_real *c);

/** f(z) and f'(z) by their textbook formulas; softmax is not elementwise. */
double nn_plain_activation(nn_activation activation, double z);
double nn_plain_derivative(nn_activation activation, double z);

/** Twins of activation.h; backward takes z alone. */
void nn_plain_activation_forward(nn_activation activation, int64_t rows, int64_t columns,
                                 const nn_real *z, nn_real *y);
void nn_plain_activation_backward(nn_activation activation, int64_t rows, int64_t columns,
                                  const nn_real *z, const nn_real *dy, nn_real *dz);

/** Twins of elementwise.h; bias_backward takes z alone. */
void nn_plain_bias_backward(nn_activation activation, int64_t rows, int64_t columns,
                            const nn_real *z, const nn_real *dy, nn_real *dz, nn_real *db);
void nn_plain_affine(int64_t count, nn_real scale, nn_real offset, const nn_real *x, nn_real *y);
void nn_plain_add(int64_t count, const nn_real *x, nn_real *y);
void nn_plain_multiply(int64_t count, const nn_real *x, const nn_real *y, nn_real *z);
void nn_plain_normalize(int64_t rows, int64_t columns, const nn_real *mean, const nn_real *variance,
                        const nn_real *x, nn_real *y);
void nn_plain_dropout(int64_t rows, int64_t columns, double rate, nn_random_stream stream,
                      int64_t first, const nn_real *x, nn_real *y, nn_real *mask);
void nn_plain_gather(int64_t count, int64_t columns, const uint8_t *u8, const float *f32,
                     const int64_t *index, nn_real *out);
void nn_plain_gather_classes(int64_t count, const int32_t *classes, const int64_t *index,
                             int32_t *out);

/** Of bf16.h: the bfloat16 nearest to x, in doubt the even one; infinity beyond the greatest. Local. */
uint16_t nn_plain_to_bf16(double x);

#endif
