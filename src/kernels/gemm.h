/* gemm.h: matrix products, tile by tile: each thread of the team calls the CBLAS on its own
 * tiles, and what follows a product elementwise (bias, activation) is done while the tile is in the
 * cache. The tiles depend on the shapes alone. Matrices are row-major. Local. */
#ifndef NN_KERNELS_GEMM_H
#define NN_KERNELS_GEMM_H

#include "kernels/activation.h"

/** What happens to a product before it is stored. */
typedef struct {
    const nn_real *bias;      /* (N), added to each row; NULL: none */
    nn_activation activation; /* elementwise; not softmax */
    nn_real *before;          /* (M, N), where z = product + bias goes; NULL: it is not kept */
} nn_epilogue;

/** How many tiles a product of `work` = M N K multiplications is cut into, which no more threads can share. */
int nn_gemm_tiles(double work);

/** C = activation(A B + bias). A: (M, K), B: (K, N), C: (M, N). A B is 0 where K is 0. `epilogue` may
 * be NULL. Team. */
void nn_gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c,
             const nn_epilogue *epilogue);

/** C = A^T B. A: (K, M), B: (K, N), C: (M, N). Zeros where K is 0. Team. */
void nn_gemm_ta(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c);

/** C = A B^T. A: (M, K), B: (N, K), C: (M, N). Team. */
void nn_gemm_tb(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c);

#endif
