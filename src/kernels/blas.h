/* blas.h: which CBLAS there is, whether it makes use of this processor, and whether several threads may
 * call it. */
#ifndef NN_KERNELS_BLAS_H
#define NN_KERNELS_BLAS_H

#include "util/status.h"

/** An OpenBLAS that is older than the processor falls back to kernels for processors of 2004, which
 * are several times slower. Then this gives the name of better kernels that run here, to be put into
 * the environment as OPENBLAS_CORETYPE before the program starts; otherwise, also where the variable
 * is set already, NULL. Local. */
const char *nn_blas_better_core(void);

/** What decides about the bits of a product: OpenBLAS's version and the kernels that it has chosen, or
 * "unknown" for another CBLAS. Local. */
const char *nn_blas_name(void);

/** Fails where a team of `threads` threads must not call this CBLAS: OpenBLAS's serial build hands two
 * callers the same buffer now and then, and then multiplies wrongly. Local. Errors: NN_BAD_CONFIG. */
nn_status nn_blas_check(int threads) NN_CHECKED;

#endif
