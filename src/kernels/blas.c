/* blas.c: which CBLAS there is, whether it makes use of this processor, and whether several threads may
 * call it. */
#include "kernels/blas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS's own; another CBLAS lacks them. */
extern char *openblas_get_corename(void) __attribute__((weak));
extern char *openblas_get_config(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak)); /* 0: serial, 1: pthread, 2: OpenMP */

const char *nn_blas_better_core(void) {
    if (!openblas_get_corename || getenv("OPENBLAS_CORETYPE")) return NULL;
#ifdef __x86_64__
    bool fallback = strcmp(openblas_get_corename(), "Prescott") == 0;
    if (fallback && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (fallback && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return NULL;
}

const char *nn_blas_name(void) {
    return openblas_get_config ? openblas_get_config() : "unknown";
}

nn_status nn_blas_check(int threads) {
    if (threads == 1 || !openblas_get_parallel || openblas_get_parallel() != 0) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "this OpenBLAS is its serial build, which computes wrongly when %d threads call it "
                   "at once: install its OpenMP build (Debian: libopenblas0-openmp) and build nnmpi "
                   "again, or set OMP_NUM_THREADS=1 and use more ranks",
                   threads);
}
