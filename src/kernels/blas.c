/* blas.c: whether the CBLAS makes use of this processor. */
#include "kernels/blas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* OpenBLAS's own; another CBLAS lacks it. */
extern char *openblas_get_corename(void) __attribute__((weak));

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
