/* blas.h: whether the CBLAS makes use of this processor, and may be called by several threads. */
#ifndef NN_KERNELS_BLAS_H
#define NN_KERNELS_BLAS_H

#include "util/status.h"

/** An OpenBLAS that is older than the processor falls back to kernels for processors of 2004, which
 * are several times slower. Then this gives the name of better kernels that run here, to be put into
 * the environment as OPENBLAS_CORETYPE before the program starts; otherwise, also where the variable
 * is set already, NULL. Local. */
const char *nn_blas_better_core(void);

/** Fails where a team of `threads` threads must not call this CBLAS: OpenBLAS's serial build hands two
 * callers the same buffer now and then, and then multiplies wrongly. Local. Errors: NN_BAD_CONFIG. */
nn_status nn_blas_check(int threads) NN_CHECKED;

#endif
