/* rows.h: the made-up rows that bare_step and nnmpi (through make_data) are timed on: noise around a
 * centre for each class, with a fifth of the labels drawn at random, so that the loss stays well
 * above zero, as it does on real data. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stddef.h>

typedef struct {
    unsigned state;
} generator;

/* Numbers in 0 .. 1 (Marsaglia's xorshift). */
static inline float uniform(generator *random) {
    random->state ^= random->state << 13;
    random->state ^= random->state >> 17;
    random->state ^= random->state << 5;
    return (float)(random->state >> 8) / 16777216.0f;
}

/* Fills x (rows, features) and y (rows) of `classes` classes, with `centres` (classes, features) as
 * work space. */
static inline void make_rows(int rows, int features, int classes, float *centres, float *x, int *y) {
    generator random = {7};
    for (int k = 0; k < classes * features; k++) centres[k] = uniform(&random);
    for (int i = 0; i < rows; i++) {
        int class = i % classes;
        for (int k = 0; k < features; k++)
            x[(size_t)i * features + k] = 0.5f * (centres[class * features + k] + uniform(&random));
        y[i] = uniform(&random) < 0.2f ? (int)(uniform(&random) * (float)classes) % classes : class;
    }
}

#endif
