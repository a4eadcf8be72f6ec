/* elementwise.c: kernels over rows and elements. */
#include "kernels/elementwise.h"

#include "kernels/math.h"
#include "kernels/team.h"

#include <string.h>

enum { GRAIN = 4096, COLUMN_GRAIN = 64 };

typedef struct {
    nn_real scale, offset;
    const nn_real *x;
    nn_real *y;
} affine_job;

static void affine_some(int64_t begin, int64_t end, void *context) {
    const affine_job *job = context;
    const nn_real scale = job->scale, offset = job->offset;
    for (int64_t i = begin; i < end; i++) job->y[i] = job->x[i] * scale + offset;
}

void nn_affine(int64_t count, nn_real scale, nn_real offset, const nn_real *x, nn_real *y) {
    affine_job job = {scale, offset, x, y};
    nn_team_for(count, GRAIN, affine_some, &job);
}

typedef struct {
    int64_t rows, columns;
    const nn_real *mean, *variance, *x;
    nn_real *y;
} normalize_job;

static void normalize_columns(int64_t begin, int64_t end, void *context) {
    const normalize_job *job = context;
    const nn_real least = (nn_real)NN_LEAST_DEVIATION;
    nn_real mean[COLUMN_GRAIN], inverse[COLUMN_GRAIN];
    for (int64_t j = begin; j < end; j++) {
        nn_real deviation = nn_sqrt(job->variance[j]);
        inverse[j - begin] = 1 / (deviation > least ? deviation : least);
        mean[j - begin] = job->mean ? job->mean[j] : 0;
    }
    for (int64_t i = 0; i < job->rows; i++) {
        const nn_real *x = job->x + i * job->columns + begin;
        nn_real *y = job->y + i * job->columns + begin;
        for (int64_t j = 0; j < end - begin; j++)
            /* the loop above has set as many: NOLINTNEXTLINE(clang-analyzer-core.*) */
            y[j] = (x[j] - mean[j]) * inverse[j]; // cppcheck-suppress uninitvar
    }
}

void nn_normalize(int64_t rows, int64_t columns, const nn_real *mean, const nn_real *variance,
                  const nn_real *x, nn_real *y) {
    normalize_job job = {rows, columns, mean, variance, x, y};
    nn_team_for(columns, COLUMN_GRAIN, normalize_columns, &job);
}

static void copy_some(int64_t begin, int64_t end, void *context) {
    const affine_job *job = context;
    memcpy(job->y + begin, job->x + begin, (size_t)(end - begin) * sizeof(nn_real));
}

void nn_copy(int64_t count, const nn_real *x, nn_real *y) {
    affine_job job = {.x = x, .y = y};
    nn_team_for(count, GRAIN, copy_some, &job);
}

static void add_some(int64_t begin, int64_t end, void *context) {
    const affine_job *job = context;
    for (int64_t i = begin; i < end; i++) job->y[i] += job->x[i];
}

void nn_add(int64_t count, const nn_real *x, nn_real *y) {
    affine_job job = {.x = x, .y = y};
    nn_team_for(count, GRAIN, add_some, &job);
}

static void zero_some(int64_t begin, int64_t end, void *context) {
    memset((nn_real *)context + begin, 0, (size_t)(end - begin) * sizeof(nn_real));
}

void nn_zero(int64_t count, nn_real *x) {
    nn_team_for(count, GRAIN, zero_some, x);
}

typedef struct {
    int64_t columns, first;
    double rate;
    nn_random_stream stream;
    const nn_real *x;
    nn_real *y, *mask;
} dropout_job;

static void dropout_rows(int64_t begin, int64_t end, void *context) {
    const dropout_job *job = context;
    const uint64_t blocks = (uint64_t)nn_chunks(job->columns, 4); /* of a row */
    const uint32_t threshold = (uint32_t)fmin(ceil(job->rate * 0x1p32), UINT32_MAX);
    const nn_real kept = (nn_real)(1 / (1 - job->rate));
    uint32_t words[NN_RANDOM_WORDS];
    for (int64_t i = begin; i < end; i++) {
        const uint64_t row = (uint64_t)(job->first + i) * blocks;
        for (int64_t j = 0; j < job->columns; j += NN_RANDOM_WORDS) {
            int64_t left = job->columns - j, at = i * job->columns + j;
            int64_t width = left < NN_RANDOM_WORDS ? left : NN_RANDOM_WORDS;
            nn_random_lanes(job->stream, row + (uint64_t)j / 4, words);
            for (int64_t k = 0; k < width; k++) {
                nn_real factor = words[k] >= threshold ? kept : 0;
                job->mask[at + k] = factor;
                job->y[at + k] = job->x[at + k] * factor;
            }
        }
    }
}

void nn_dropout(int64_t rows, int64_t columns, double rate, nn_random_stream stream, int64_t first,
                const nn_real *x, nn_real *y, nn_real *mask) {
    dropout_job job = {columns, first, rate, stream, x, y, mask};
    nn_team_for(rows, nn_row_grain(columns), dropout_rows, &job);
}

typedef struct {
    const nn_real *x, *y;
    nn_real *z;
} multiply_job;

static void multiply_some(int64_t begin, int64_t end, void *context) {
    const multiply_job *job = context;
    for (int64_t i = begin; i < end; i++) job->z[i] = job->x[i] * job->y[i];
}

void nn_multiply(int64_t count, const nn_real *x, const nn_real *y, nn_real *z) {
    multiply_job job = {x, y, z};
    nn_team_for(count, GRAIN, multiply_some, &job);
}

typedef struct {
    nn_activation activation;
    int64_t rows, columns;
    const nn_real *z, *y, *dy;
    nn_real *dz, *db;
} bias_job;

static void bias_columns(int64_t begin, int64_t end, void *context) {
    const bias_job *job = context;
    int64_t width = end - begin;
    nn_real sums[COLUMN_GRAIN] = {0};
    const bool together = width == job->columns; /* a call for each short row would take its time */
    if (together)
        nn_activate_backward(job->activation, job->rows * width, job->z, job->y, job->dy, job->dz);
    for (int64_t i = 0; i < job->rows; i++) {
        int64_t at = i * job->columns + begin;
        if (!together)
            nn_activate_backward(job->activation, width, job->z ? job->z + at : NULL, job->y + at,
                                 job->dy + at, job->dz + at);
        for (int64_t j = 0; j < width; j++) sums[j] += job->dz[at + j];
    }
    if (job->db) memcpy(job->db + begin, sums, (size_t)width * sizeof *sums);
}

void nn_bias_backward(nn_activation activation, int64_t rows, int64_t columns, const nn_real *z,
                      const nn_real *y, const nn_real *dy, nn_real *dz, nn_real *db) {
    bias_job job = {activation, rows, columns, z, y, dy, dz, db};
    nn_team_for(columns, COLUMN_GRAIN, bias_columns, &job);
}

typedef struct {
    int64_t columns;
    const uint8_t *u8;
    const float *f32;
    const int64_t *index;
    nn_real *out;
} gather_job;

static void gather_rows(int64_t begin, int64_t end, void *context) {
    const gather_job *job = context;
    int64_t columns = job->columns;
    for (int64_t i = begin; i < end; i++) {
        nn_real *out = job->out + i * columns;
        int64_t from = job->index[i] * columns;
        if (job->u8)
            for (int64_t j = 0; j < columns; j++) out[j] = job->u8[from + j];
        else
            for (int64_t j = 0; j < columns; j++) out[j] = job->f32[from + j];
    }
}

void nn_gather(int64_t count, int64_t columns, const uint8_t *u8, const float *f32,
               const int64_t *index, nn_real *out) {
    gather_job job = {columns, u8, f32, index, out};
    nn_team_for(count, nn_row_grain(columns), gather_rows, &job);
}

typedef struct {
    const int32_t *classes;
    const int64_t *index;
    int32_t *out;
} gather_classes_job;

static void gather_classes(int64_t begin, int64_t end, void *context) {
    const gather_classes_job *job = context;
    for (int64_t i = begin; i < end; i++) job->out[i] = job->classes[job->index[i]];
}

void nn_gather_classes(int64_t count, const int32_t *classes, const int64_t *index, int32_t *out) {
    gather_classes_job job = {classes, index, out};
    nn_team_for(count, GRAIN, gather_classes, &job);
}
