/* make_dataset.c: a dataset file of made-up numbers for the tests.
 *
 *     make_dataset OUT.h5 [KEY=VALUE]...
 *
 * x is uniform in [-1, 1); the classes are those of the largest of some fixed linear functions of
 * x, the values those functions themselves. Equal arguments make equal files. The keys stand in the
 * table below. */
#include "io/h5.h"
#include "util/random.h"
#include "util/shape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRAIN,
    TEST,
    FEATURES,
    CLASSES,
    VALUES,
    BYTES,
    WEIGHTS,
    ROOT,
    SEED,
    NAN_ROW,
    LABEL_ROW,
    NO_Y
};
static const struct {
    const char *name;
    int64_t value;
} KEYS[] = {
    [TRAIN] = {"train", 100},        /* rows; 0: no such group */
    [TEST] = {"test", 0},            /* rows; 0: no such group */
    [FEATURES] = {"features", 4},    /* of a row of x */
    [CLASSES] = {"classes", 3},      /* y is one of them */
    [VALUES] = {"values", 0},        /* y is so many values; 0: it is a class */
    [BYTES] = {"bytes", 0},          /* 1: x is uint8 */
    [WEIGHTS] = {"weights", 0},      /* 1: there is a w, between 0.5 and 2 */
    [ROOT] = {"root", 0},            /* 1: the training rows stand in the root */
    [SEED] = {"seed", 1},            /* of x */
    [NAN_ROW] = {"nan_row", -1},     /* row of the training rows whose last feature is NaN */
    [LABEL_ROW] = {"label_row", -1}, /* row of the training rows whose class is out of range */
    [NO_Y] = {"no_y", 0},            /* 1: x alone */
};
enum { KEY_COUNT = sizeof KEYS / sizeof *KEYS };

static int64_t given[KEY_COUNT];

static nn_status read_key(const char *argument) {
    const char *equals = strchr(argument, '=');
    for (int i = 0; equals && i < KEY_COUNT; i++) {
        size_t length = strlen(KEYS[i].name);
        if ((size_t)(equals - argument) != length || strncmp(argument, KEYS[i].name, length) != 0)
            continue;
        given[i] = strtoll(equals + 1, NULL, 10);
        return NN_OK;
    }
    return nn_fail(NN_USAGE, "make_dataset: there is no key '%s'", argument);
}

/* Linear function `k` of a row. */
static double linear(const float *row, int64_t k) {
    const nn_random_stream stream = {17, NN_RANDOM_GENERATE, 1, (uint32_t)k};
    double sum = 0;
    for (int64_t j = 0; j < given[FEATURES]; j++)
        sum += (double)row[j] * (2 * nn_random_uniform(stream, (uint64_t)j) - 1);
    return sum;
}

static int32_t class_of(const float *row) {
    int32_t best = 0;
    for (int32_t k = 1; k < given[CLASSES]; k++)
        if (linear(row, k) > linear(row, best)) best = k;
    return best;
}

/* Rows of memory for all arrays of a group. */
typedef struct {
    float *x, *values, *w;
    uint8_t *bytes;
    int32_t *classes;
} group;

static void fill(group *to, int64_t rows, uint32_t part) {
    const nn_random_stream stream = {(uint64_t)given[SEED], NN_RANDOM_GENERATE, 2, part};
    const nn_random_stream weights = {(uint64_t)given[SEED], NN_RANDOM_GENERATE, 3, part};
    for (int64_t i = 0; i < rows; i++) {
        float *row = to->x + i * given[FEATURES];
        for (int64_t j = 0; j < given[FEATURES]; j++) {
            double u = nn_random_uniform(stream, (uint64_t)(i * given[FEATURES] + j));
            to->bytes[i * given[FEATURES] + j] = (uint8_t)(256 * u);
            row[j] = (float)(2 * u - 1);
        }
        to->classes[i] = class_of(row);
        for (int64_t k = 0; k < given[VALUES]; k++)
            to->values[i * given[VALUES] + k] = (float)linear(row, k);
        to->w[i] = (float)(0.5 + 1.5 * nn_random_uniform(weights, (uint64_t)i));
        if (part == TRAIN && i == given[NAN_ROW]) row[given[FEATURES] - 1] = NAN;
        if (part == TRAIN && i == given[LABEL_ROW]) to->classes[i] = (int32_t)given[CLASSES];
    }
}

static nn_status write_array(nn_h5 *file, const char *name, const char *array, nn_h5_type type,
                             nn_shape shape, const void *data) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", name, array);
    return nn_h5_write(file, path, type, shape, data);
}

static nn_status write_group(nn_h5 *file, const char *name, int64_t rows, uint32_t part) {
    nn_status status = NN_OK;
    const size_t room = (size_t)(rows * given[FEATURES]);
    group of = {.x = calloc(room, sizeof(float)),
                .bytes = calloc(room, 1),
                .values = calloc((size_t)(rows * (given[VALUES] + 1)), sizeof(float)),
                .w = calloc((size_t)rows, sizeof(float)),
                .classes = calloc((size_t)rows, sizeof(int32_t))};
    const nn_shape matrix = {2, {rows, given[FEATURES]}}, column = {1, {rows}};
    const nn_shape targets = {2, {rows, given[VALUES]}};
    fill(&of, rows, part);
    if (given[BYTES])
        status = write_array(file, name, "x", NN_H5_U8, matrix, of.bytes);
    else
        status = write_array(file, name, "x", NN_H5_F32, matrix, of.x);
    if (status == NN_OK && !given[NO_Y])
        status = given[VALUES] ? write_array(file, name, "y", NN_H5_F32, targets, of.values)
                               : write_array(file, name, "y", NN_H5_I32, column, of.classes);
    if (status == NN_OK && given[WEIGHTS])
        status = write_array(file, name, "w", NN_H5_F32, column, of.w);
    free(of.x);
    free(of.bytes);
    free(of.values);
    free(of.w);
    free(of.classes);
    return status;
}

static nn_status make(int argc, char **argv) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    for (int i = 0; i < KEY_COUNT; i++) given[i] = KEYS[i].value;
    for (int i = 2; i < argc; i++) NN_TRY(read_key(argv[i]));
    NN_TRY(nn_h5_create(argv[1], 0, &file));
    if (given[TRAIN] > 0)
        NN_TRY(write_group(file, given[ROOT] ? "" : "/train", given[TRAIN], TRAIN));
    if (given[TEST] > 0) NN_TRY(write_group(file, "/test", given[TEST], TEST));
    NN_TRY(nn_h5_close(&file));
done:
    nn_h5_discard(&file);
    return status;
}

int main(int argc, char **argv) {
    nn_status status = argc > 1 ? make(argc, argv) : nn_fail(NN_USAGE, "make_dataset OUT.h5 ...");
    if (status != NN_OK) fprintf(stderr, "%s\n", nn_message());
    return (int)status;
}
