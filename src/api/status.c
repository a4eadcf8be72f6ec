/* status.c: what the library says of failures and of itself. */
#include "nnmpi.h"

#include "kernels/blas.h"
#include "util/status.h"

#include <stdio.h>

const char *nnmpi_version(void) {
    return nn_version();
}

const char *nnmpi_status_name(nn_status status) {
    return nn_status_name(status);
}

const char *nnmpi_status_meaning(nn_status status) {
    return nn_status_meaning(status);
}

const char *nnmpi_message(void) {
    return nn_message();
}

const char *nnmpi_blas_advice(void) {
    static _Thread_local char text[200];
    const char *core = nn_blas_better_core();
    if (!core) return NULL;
    snprintf(text, sizeof text,
             "OpenBLAS does not know this processor and multiplies several times slower than it could: "
             "export OPENBLAS_CORETYPE=%s before the program starts",
             core);
    return text;
}
