/* test_h5_layouts.c: rows in all layouts, those that are read past HDF5 and past its cache too: every
 * range of every layout gives the same values; files that shrink or lie are errors. */
#include "scratch.h"

#include "io/h5.h"
#include "util/memory.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 23, COLUMNS = 6, VALUES = ROWS * COLUMNS };

/* How a dataset of (ROWS, 3, 2), or (ROWS), is stored. */
typedef struct {
    const char *name;
    nn_h5_type type;
    int columns;    /* 1: the dataset is (ROWS) */
    int chunk_rows; /* 0: contiguous */
    int chunk_wide; /* of the 3 that a chunk spans */
    int deflate;
    int user_block;
    bool swapped;  /* big-endian */
    bool growing;  /* no end to the rows */
    int unwritten; /* rows from here on were never written */
} layout;

static const layout layouts[] = {
    {"bytes in chunks", NN_H5_U8, 6, 5, 3, 0, 0, false, true, ROWS},
    {"reals in chunks", NN_H5_F32, 6, 5, 3, 0, 0, false, true, ROWS},
    {"chunks that the rows end with", NN_H5_F32, 6, 23, 3, 0, 0, false, false, ROWS},
    {"a chunk larger than the rows", NN_H5_F32, 6, 40, 3, 0, 0, false, true, ROWS},
    {"a chunk a row", NN_H5_F64, 6, 1, 3, 0, 0, false, true, ROWS},
    {"whole numbers, (N)", NN_H5_I32, 1, 4, 0, 0, 0, false, true, ROWS},
    {"behind a user block", NN_H5_F32, 6, 5, 3, 0, 512, false, true, ROWS},
    {"compressed", NN_H5_F32, 6, 5, 3, 4, 0, false, true, ROWS},
    {"chunks that cut rows", NN_H5_F32, 6, 5, 2, 0, 0, false, false, ROWS},
    {"big-endian", NN_H5_F32, 6, 5, 3, 0, 0, true, true, ROWS},
    {"big-endian, contiguous", NN_H5_F32, 6, 0, 0, 0, 0, true, false, ROWS},
    {"contiguous", NN_H5_F32, 6, 0, 0, 0, 0, false, false, ROWS},
    {"contiguous bytes, (N)", NN_H5_U8, 1, 0, 0, 0, 0, false, false, ROWS},
    {"contiguous behind a user block", NN_H5_I64, 6, 0, 0, 0, 1024, false, false, ROWS},
    {"chunks that were never written", NN_H5_F32, 6, 5, 3, 0, 0, false, true, 8},
    {"never written, contiguous", NN_H5_F32, 6, 0, 0, 0, 0, false, false, 0},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };
static const int FILL = 99;

static double value_at(const layout *of, int index) {
    return index / of->columns < of->unwritten ? (double)(index * 7 % 251) : FILL;
}

static hid_t stored_type(const layout *of) {
    if (of->swapped) return H5T_IEEE_F32BE;
    return of->type == NN_H5_U8    ? H5T_STD_U8LE
           : of->type == NN_H5_I32 ? H5T_STD_I32LE
           : of->type == NN_H5_I64 ? H5T_STD_I64LE
           : of->type == NN_H5_F32 ? H5T_IEEE_F32LE
                                   : H5T_IEEE_F64LE;
}

static void make_file(const char *path, const layout *of) {
    hsize_t shape[3] = {ROWS, 3, 2}, most[3] = {H5S_UNLIMITED, 3, 2}, start[3] = {0};
    hsize_t chunk[3] = {(hsize_t)of->chunk_rows, (hsize_t)of->chunk_wide, 2};
    hsize_t written[3] = {(hsize_t)of->unwritten, 3, 2};
    int rank = of->columns == 1 ? 1 : 3;
    double values[VALUES];
    for (int i = 0; i < VALUES; i++) values[i] = value_at(of, i);
    hid_t how_file = H5Pcreate(H5P_FILE_CREATE), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_userblock(how_file, (hsize_t)of->user_block);
    if (of->chunk_rows) H5Pset_chunk(how, rank, chunk);
    if (of->deflate) H5Pset_deflate(how, (unsigned)of->deflate);
    H5Pset_fill_value(how, H5T_NATIVE_INT, &FILL);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, how_file, H5P_DEFAULT);
    hid_t space = H5Screate_simple(rank, shape, of->growing ? most : NULL);
    hid_t set = H5Dcreate2(file, "x", stored_type(of), space, H5P_DEFAULT, how, H5P_DEFAULT);
    assert_true(set >= 0);
    if (of->unwritten > 0) {
        hid_t memory = H5Screate_simple(rank, written, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, written, NULL);
        assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) >= 0);
        H5Sclose(memory);
    }
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(how);
    H5Pclose(how_file);
    assert_true(H5Fclose(file) >= 0);
}

static double number(const void *data, nn_h5_type type, int i) {
    switch (type) {
    case NN_H5_U8: return ((const uint8_t *)data)[i];
    case NN_H5_I32: return ((const int32_t *)data)[i];
    case NN_H5_I64: return (double)((const int64_t *)data)[i];
    case NN_H5_F32: return (double)((const float *)data)[i];
    case NN_H5_F64: return ((const double *)data)[i];
    }
    return -1;
}

/* Reads a range; all its values must be right, and none behind it touched. */
static void check_range(nn_h5_rows *rows, const layout *of, int first, int count,
                        nn_h5_type type) {
    static const size_t bytes[] = {1, 4, 8, 4, 8};
    static double room[VALUES + 1]; /* aligned for any type */
    memset(room, 0xa5, sizeof room);
    assert_ok(nn_h5_rows_read(rows, first, count, type, room));
    for (int i = 0; i < count * of->columns; i++) {
        double wanted = value_at(of, first * of->columns + i), got = number(room, type, i);
        if (got != wanted)
            fail_msg("%s: rows %d to %d as type %d: value %d is %g, not %g", of->name, first,
                     first + count - 1, (int)type, i, got, wanted);
    }
    const unsigned char *behind = (unsigned char *)room;
    behind += (size_t)(count * of->columns) * bytes[type];
    while (behind < (unsigned char *)(room + VALUES + 1)) assert_int_equal(*behind++, 0xa5);
}

static void every_range_of_every_layout(void **state) {
    (void)state;
    for (int i = 0; i < LAYOUTS; i++) {
        const layout *of = &layouts[i];
        nn_h5 *file = NULL;
        nn_h5_rows *rows = NULL;
        make_file(scratch("layout.h5"), of);
        assert_ok(nn_h5_open(scratch("layout.h5"), &file));
        assert_ok(nn_h5_rows_open(file, "/x", &rows));
        for (int first = 0; first <= ROWS; first++)
            for (int count = 0; first + count <= ROWS; count++)
                for (nn_h5_type type = NN_H5_U8; type <= NN_H5_F64; type++)
                    if (type == of->type || type >= NN_H5_F32)
                        check_range(rows, of, first, count, type);
        assert_fails(nn_h5_rows_read(rows, 20, 4, of->type, NULL), NN_BAD_DATA, "23 rows");
        assert_ok(nn_h5_rows_close(&rows));
        assert_ok(nn_h5_close(&file));
    }
}

/* A file that loses its end between opening and reading: HDF5 by itself reads zeros there. */
static void shrinking_files_are_errors(void **state) {
    (void)state;
    for (int i = 0; i < LAYOUTS; i++) {
        const layout *of = &layouts[i];
        nn_h5 *file = NULL;
        nn_h5_rows *rows = NULL;
        float data[VALUES];
        if (of->unwritten == 0) continue;
        make_file(scratch("short.h5"), of);
        assert_ok(nn_h5_open(scratch("short.h5"), &file));
        assert_ok(nn_h5_rows_open(file, "/x", &rows));
        int descriptor = open(scratch("short.h5"), O_RDWR);
        off_t bytes = lseek(descriptor, 0, SEEK_END);
        assert_int_equal(ftruncate(descriptor, bytes - 8), 0);
        close(descriptor);
        /* where a filter is the first to notice, as for any damaged chunk */
        nn_status status = nn_h5_rows_read(rows, 0, ROWS, NN_H5_F32, data);
        assert_true(status == NN_IO || status == NN_BAD_DATA);
        assert_non_null(strstr(nn_message(), "short.h5"));
        assert_int_equal(nn_h5_rows_read(rows, 0, ROWS, of->type, (double[VALUES]){0}), status);
        assert_non_null(strstr(nn_message(), "short.h5"));
        assert_ok(nn_h5_rows_close(&rows));
        nn_h5_discard(&file);
        assert_fails(nn_h5_open(scratch("short.h5"), &file), NN_BAD_DATA, "cut short");
    }
}

/* An index that claims a chunk of many more bytes than it can have must not write past the memory
 * of the one who reads. */
static void sizes_in_the_index_are_not_trusted(void **state) {
    (void)state;
    nn_h5 *file = NULL;
    nn_h5_rows *rows = NULL;
    static char bytes[1 << 16];
    make_file(scratch("lies.h5"), &layouts[1]);
    FILE *stream = fopen(scratch("lies.h5"), "r+b");
    assert_non_null(stream);
    size_t length = fread(bytes, 1, sizeof bytes, stream), at = 0;
    while (at + 24 < length && (memcmp(bytes + at, "TREE\1", 5) != 0)) at++;
    assert_true(at + 24 < length); /* a B-tree of chunks; its first key is the size of a chunk */
    assert_int_equal(bytes[at + 24], 5 * COLUMNS * 4);
    assert_int_equal(fseek(stream, (long)at + 25, SEEK_SET), 0);
    assert_int_equal(fputc(1, stream), 1); /* 256 bytes more */
    assert_int_equal(fclose(stream), 0);
    assert_ok(nn_h5_open(scratch("lies.h5"), &file));
    assert_ok(nn_h5_rows_open(file, "/x", &rows));
    check_range(rows, &layouts[1], 0, 5, NN_H5_F32);
    check_range(rows, &layouts[1], 5, 10, NN_H5_F32);
    assert_ok(nn_h5_rows_close(&rows));
    assert_ok(nn_h5_close(&file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_of_every_layout),
        cmocka_unit_test(shrinking_files_are_errors),
        cmocka_unit_test(sizes_in_the_index_are_not_trusted),
    };
    return cmocka_run_group_tests_name("h5_layouts", tests, scratch_make, scratch_remove);
}
