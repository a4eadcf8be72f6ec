/* network.h: what the programs of this folder share: networks as they are written on the command
 * line, memory, and numbers below 1e-38 flushed to zero as nnmpi does. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif

enum { MAX_LAYERS = 16 };

static inline void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    MPI_Abort(MPI_COMM_WORLD, 64);
}

/* Zeroed and aligned to a cache line. */
static inline void *take(size_t count, size_t size) {
    size_t bytes = (count * size + 63) / 64 * 64;
    void *block = aligned_alloc(64, bytes);
    if (!block) die("out of memory");
    memset(block, 0, bytes);
    return block;
}

/* Reads "784-128-10" into width[0 .. layers], and returns the number of layers. */
static inline int read_widths(const char *text, int width[MAX_LAYERS + 1]) {
    int n = 0;
    for (const char *p = text; *p && n <= MAX_LAYERS;) {
        char *end;
        width[n] = (int)strtol(p, &end, 10);
        if (end == p || width[n++] < 1) die("a network is written as 784-128-10");
        p = *end == '-' ? end + 1 : end;
    }
    if (n < 2) die("a network needs two widths");
    return n - 1;
}

/* Arithmetic with numbers below 1e-38 is some hundred times slower. */
static inline void flush_denormals(void) {
#ifdef __SSE__
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

#endif
