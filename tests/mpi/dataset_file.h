/* dataset_file.h: small dataset files for the tests of several ranks, in a folder that rank 0 makes
 * and removes. Their values tell the row and column that they belong to. */
#ifndef NN_TESTS_MPI_DATASET_FILE_H
#define NN_TESTS_MPI_DATASET_FILE_H

#include "ranks_scratch.h"

#include "data/dataset.h"
#include "io/h5.h"

#include <hdf5.h>

enum { ROWS = 23, COLUMNS = 3, CLASSES = 4 };

/** The types in which x may stand in a file. */
enum { X_U8, X_F32, X_F64, X_I64, X_I16, X_TYPES };

typedef struct {
    const char *path;
    const char *group; /* NULL: "/train" */
    int x;
    bool classes; /* y holds class numbers, otherwise values */
    bool classes_are_columns;
    bool weights;
} file_options;

static inline int x_of(int64_t row, int column) {
    return (int)row * 10 + column;
}

static inline int32_t class_of(int64_t row) {
    return (int32_t)(row * 7 % CLASSES);
}

static inline nn_target_spec target_of(const file_options *options) {
    return (nn_target_spec){.wanted = true,
                            .kind = options->classes ? NN_TARGET_CLASSES : NN_TARGET_VALUES,
                            .outputs = options->classes ? CLASSES : 1};
}

/* 16-bit integers, which nnmpi reads but never writes. */
static inline void write_short(const char *path, const char *name, const short *data) {
    const hsize_t extents[2] = {ROWS, COLUMNS};
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, extents, NULL);
    hid_t set = H5Dcreate2(file, name, H5T_STD_I16BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0 && space >= 0 && set >= 0);
    assert_true(H5Dwrite(set, H5T_NATIVE_SHORT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    assert_true(H5Fclose(file) >= 0);
}

static inline void write_x(nn_h5 *file, const char *name, int type) {
    static uint8_t u8[ROWS * COLUMNS];
    static float f32[ROWS * COLUMNS];
    static double f64[ROWS * COLUMNS];
    static int64_t i64[ROWS * COLUMNS];
    const nn_shape shape = {2, {ROWS, COLUMNS}};
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        i64[i] = x_of(i / COLUMNS, i % COLUMNS);
        u8[i] = (uint8_t)i64[i];
        f32[i] = (float)i64[i];
        f64[i] = (double)i64[i];
    }
    if (type == X_U8) assert_ok(nn_h5_write(file, name, NN_H5_U8, shape, u8));
    if (type == X_F32) assert_ok(nn_h5_write(file, name, NN_H5_F32, shape, f32));
    if (type == X_F64) assert_ok(nn_h5_write(file, name, NN_H5_F64, shape, f64));
    if (type == X_I64) assert_ok(nn_h5_write(file, name, NN_H5_I64, shape, i64));
}

static inline void write_targets(nn_h5 *file, const char *group, const file_options *options) {
    char name[64];
    int32_t labels[ROWS];
    float values[ROWS], weights[ROWS];
    const nn_shape list = {1, {ROWS}}, columns = {2, {ROWS, 1}};
    for (int i = 0; i < ROWS; i++) {
        labels[i] = class_of(i);
        values[i] = (float)i - 0.5F;
        weights[i] = (float)i / 4;
    }
    snprintf(name, sizeof name, "%s/y", group);
    if (options->classes)
        assert_ok(nn_h5_write(file, name, NN_H5_I32, options->classes_are_columns ? columns : list,
                              labels));
    else
        assert_ok(nn_h5_write(file, name, NN_H5_F32, columns, values));
    snprintf(name, sizeof name, "%s/w", group);
    if (options->weights) assert_ok(nn_h5_write(file, name, NN_H5_F32, list, weights));
}

/** Makes a file, on rank 0; returns on all ranks when it is there. Collective. */
static inline void write_file(const file_options *options) {
    char name[64];
    const char *group = options->group ? options->group : "/train";
    snprintf(name, sizeof name, "%s/x", group);
    if (rank == 0) {
        nn_h5 *file;
        assert_ok(nn_h5_create(options->path, 0, &file));
        write_x(file, name, options->x);
        write_targets(file, group, options);
        assert_ok(nn_h5_close(&file));
        short i16[ROWS * COLUMNS];
        for (int i = 0; i < ROWS * COLUMNS; i++) i16[i] = (short)x_of(i / COLUMNS, i % COLUMNS);
        if (options->x == X_I16) write_short(options->path, name, i16);
    }
    assert_ok(nn_comm_agree(comm, NN_OK));
}

#endif
