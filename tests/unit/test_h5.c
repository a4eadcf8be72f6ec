/* test_h5.c: datasets by rows and whole, conversion, attributes, links, and all that is refused.
 * Files that nnmpi itself would never write are made with HDF5 directly. */
#include "scratch.h"

#include "io/h5.h"

#include <hdf5.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static nn_h5 *create(const char *name) {
    nn_h5 *file = NULL;
    assert_ok(nn_h5_create(scratch(name), 0, &file));
    return file;
}

static nn_h5 *reopen(const char *name, nn_h5 *file) {
    assert_ok(nn_h5_close(&file));
    assert_null(file);
    assert_ok(nn_h5_open(scratch(name), &file));
    return file;
}

/* Rows */

static void rows_round_trip_across_chunks(void **state) {
    (void)state;
    enum { ROWS = 2000, WIDTH = 300 };
    float *x = malloc(sizeof(float) * ROWS * WIDTH), *y = malloc(sizeof(float) * ROWS * WIDTH);
    assert_true(x && y);
    for (int i = 0; i < ROWS * WIDTH; i++) x[i] = (float)i;
    for (int deflate = 0; deflate <= 6; deflate += 6) {
        nn_h5 *file = create("rows.h5");
        nn_h5_rows *rows = NULL;
        nn_h5_info info;
        nn_shape row = {2, {WIDTH / 3, 3}};
        assert_ok(nn_h5_rows_create(file, "/train/x", NN_H5_F32, row, deflate, &rows));
        for (int done = 0, some = 1; done < ROWS; done += some, some = some * 3 % 1009) {
            if (some > ROWS - done) some = ROWS - done;
            assert_ok(nn_h5_rows_append(rows, some, x + done * WIDTH));
        }
        assert_ok(nn_h5_rows_close(&rows));
        assert_null(rows);
        file = reopen("rows.h5", file);
        assert_ok(nn_h5_describe(file, "/train/x", &info));
        assert_int_equal(info.kind, NN_H5_REAL);
        assert_int_equal(info.bytes, 4);
        assert_true(nn_shape_equal(info.shape, (nn_shape){3, {ROWS, WIDTH / 3, 3}}));
        assert_int_equal(info.chunk_rows, (1 << 20) / (4 * WIDTH));
        assert_ok(nn_h5_rows_open(file, "/train/x", &rows));
        for (int first = 0, some = 1; first < ROWS; first += some, some = some * 5 % 1009) {
            if (some > ROWS - first) some = ROWS - first;
            assert_ok(nn_h5_rows_read(rows, first, some, NN_H5_F32, y));
            assert_memory_equal(y, x + first * WIDTH, sizeof(float) * (size_t)(some * WIDTH));
        }
        assert_ok(nn_h5_rows_read(rows, ROWS, 0, NN_H5_F32, NULL));
        assert_fails(nn_h5_rows_read(rows, ROWS - 1, 2, NN_H5_F32, y), NN_BAD_DATA, "2000 rows");
        assert_fails(nn_h5_rows_read(rows, -1, 2, NN_H5_F32, y), NN_BAD_DATA, "2000 rows");
        assert_fails(nn_h5_rows_read(rows, INT64_MAX, 1, NN_H5_F32, y), NN_BAD_DATA, "rows");
        assert_fails(nn_h5_rows_read(rows, 1, INT64_MAX, NN_H5_F32, y), NN_BAD_DATA, "rows");
        assert_ok(nn_h5_rows_close(&rows));
        assert_ok(nn_h5_close(&file));
    }
    free(x);
    free(y);
}

static void small_dataset_takes_little_room(void **state) {
    (void)state;
    nn_h5 *file = create("small.h5");
    nn_h5_rows *rows = NULL;
    nn_h5_info info;
    struct stat about;
    unsigned char x[5][64] = {{1}};
    assert_ok(nn_h5_rows_create(file, "/x", NN_H5_U8, (nn_shape){1, {64}}, 0, &rows));
    assert_ok(nn_h5_rows_append(rows, 2, x));
    assert_ok(nn_h5_rows_append(rows, 3, x[2]));
    assert_ok(nn_h5_rows_close(&rows));
    assert_ok(nn_h5_rows_create(file, "/none", NN_H5_I32, (nn_shape){0}, 0, &rows));
    assert_ok(nn_h5_rows_close(&rows));
    file = reopen("small.h5", file);
    assert_ok(nn_h5_describe(file, "/x", &info));
    assert_int_equal(info.chunk_rows, 5);
    assert_int_equal(info.kind, NN_H5_INTEGER);
    assert_false(info.is_signed);
    assert_ok(nn_h5_describe(file, "/none", &info));
    assert_true(nn_shape_equal(info.shape, (nn_shape){1, {0}}));
    assert_true(info.is_signed);
    assert_ok(nn_h5_close(&file));
    assert_int_equal(stat(scratch("small.h5"), &about), 0);
    assert_true(about.st_size < 16384);
}

/* Whole datasets and conversion */

static void scalars_and_arrays_round_trip(void **state) {
    (void)state;
    nn_h5 *file = create("whole.h5");
    const double scalar = 2.5;
    const int64_t big[3] = {INT64_MIN, -1, INT64_MAX};
    double real = 0.0;
    int64_t back[3];
    nn_h5_info info;
    assert_ok(nn_h5_write(file, "/a/b/scalar", NN_H5_F64, (nn_shape){0}, &scalar));
    assert_ok(nn_h5_write(file, "/a/big", NN_H5_I64, (nn_shape){1, {3}}, big));
    assert_ok(nn_h5_write(file, "/a/none", NN_H5_F32, (nn_shape){2, {0, 4}}, NULL));
    assert_fails(nn_h5_write(file, "/a/big", NN_H5_I64, (nn_shape){1, {3}}, big), NN_IO, "/a/big");
    assert_fails(nn_h5_write(file, "/a/big/x", NN_H5_I64, (nn_shape){1, {3}}, big), NN_IO,
                 "/a/big");
    file = reopen("whole.h5", file);
    assert_ok(nn_h5_read(file, "/a/b/scalar", NN_H5_F64, 1, &real));
    assert_true(real == 2.5);
    assert_ok(nn_h5_read(file, "/a/big", NN_H5_I64, 3, back));
    assert_memory_equal(back, big, sizeof big);
    assert_ok(nn_h5_read(file, "/a/none", NN_H5_F32, 0, NULL));
    assert_ok(nn_h5_describe(file, "/a/b/scalar", &info));
    assert_int_equal(info.shape.rank, 0);
    assert_int_equal(info.chunk_rows, 0);
    assert_fails(nn_h5_read(file, "/a/big", NN_H5_I64, 2, back), NN_BAD_DATA, "expected 2");
    assert_fails(nn_h5_read(file, "/a/b/scalar", NN_H5_F64, 0, back), NN_BAD_DATA, "expected 0");
    assert_ok(nn_h5_close(&file));
}

static void values_that_do_not_fit_are_refused(void **state) {
    (void)state;
    nn_h5 *file = create("fit.h5");
    const double values[] = {0.5, NAN, 1e300, 3e9, -1.0, INFINITY, 256.0};
    const nn_shape one = {0};
    for (int i = 0; i < 7; i++) {
        char path[8];
        snprintf(path, sizeof path, "/%d", i);
        assert_ok(nn_h5_write(file, path, NN_H5_F64, one, &values[i]));
    }
    const int64_t large = INT64_C(1) << 40;
    assert_ok(nn_h5_write(file, "/large", NN_H5_I64, one, &large));
    file = reopen("fit.h5", file);
    int32_t integer;
    unsigned char byte;
    float real;
    assert_fails(nn_h5_read(file, "/0", NN_H5_I32, 1, &integer), NN_BAD_DATA, "32-bit integer");
    assert_fails(nn_h5_read(file, "/1", NN_H5_I32, 1, &integer), NN_BAD_DATA, "/1");
    assert_fails(nn_h5_read(file, "/2", NN_H5_F32, 1, &real), NN_BAD_DATA, "32-bit real");
    assert_fails(nn_h5_read(file, "/3", NN_H5_I32, 1, &integer), NN_BAD_DATA, "/3");
    assert_fails(nn_h5_read(file, "/4", NN_H5_U8, 1, &byte), NN_BAD_DATA, "unsigned byte");
    assert_fails(nn_h5_read(file, "/6", NN_H5_U8, 1, &byte), NN_BAD_DATA, "unsigned byte");
    assert_fails(nn_h5_read(file, "/large", NN_H5_I32, 1, &integer), NN_BAD_DATA, "/large");
    assert_ok(nn_h5_read(file, "/4", NN_H5_I32, 1, &integer));
    assert_int_equal(integer, -1);
    assert_ok(nn_h5_read(file, "/large", NN_H5_F32, 1, &real)); /* rounding is fine */
    assert_ok(nn_h5_read(file, "/1", NN_H5_F32, 1, &real));
    assert_true(isnan(real));
    assert_ok(nn_h5_read(file, "/5", NN_H5_F32, 1, &real));
    assert_true(isinf(real));
    assert_ok(nn_h5_close(&file));
}

/* What is not there, or not what it should be */

static void missing_things_are_named(void **state) {
    (void)state;
    nn_h5 *file = create("some.h5");
    nn_h5_info info;
    nn_h5_rows *rows = NULL;
    float value = 1.0f;
    assert_ok(nn_h5_write(file, "/train/X", NN_H5_F32, (nn_shape){0}, &value));
    assert_fails(nn_h5_describe(file, "/train/x", &info), NN_BAD_DATA, "/train holds: X");
    assert_fails(nn_h5_describe(file, "/test/x", &info), NN_BAD_DATA, "/ holds: train");
    assert_fails(nn_h5_describe(file, "/train/X/y", &info), NN_BAD_DATA, "not a group");
    assert_fails(nn_h5_describe(file, "/train", &info), NN_BAD_DATA, "not a dataset");
    assert_fails(nn_h5_describe(file, "/", &info), NN_BAD_DATA, "not a dataset");
    assert_fails(nn_h5_rows_open(file, "/train/X", &rows), NN_BAD_DATA, "single value");
    assert_null(rows);
    assert_true(nn_h5_has(file, "/"));
    assert_true(nn_h5_is_group(file, "/train"));
    assert_true(nn_h5_is_dataset(file, "train/X"));
    assert_false(nn_h5_is_dataset(file, "/train"));
    assert_false(nn_h5_has(file, "/nowhere/at/all"));
    assert_ok(nn_h5_close(&file));
}

static void files_that_are_none_are_refused(void **state) {
    (void)state;
    nn_h5 *file = NULL;
    assert_fails(nn_h5_open(scratch("missing.h5"), &file), NN_NO_INPUT, "No such file");
    assert_fails(nn_h5_open(scratch(""), &file), NN_NO_INPUT, "folder");
    write_string(scratch("text"), "not HDF5");
    assert_fails(nn_h5_open(scratch("text"), &file), NN_BAD_DATA, "not an HDF5 file");
    write_string(scratch("empty"), "");
    assert_fails(nn_h5_open(scratch("empty"), &file), NN_BAD_DATA, "not an HDF5 file");
    assert_fails(nn_h5_create(scratch("nowhere/x.h5"), 0, &file), NN_CANT_CREATE, "No such file");
    assert_fails(nn_h5_create(scratch(""), 0, &file), NN_CANT_CREATE, "directory");
    assert_null(file);
    assert_ok(nn_h5_close(&file));
    nn_h5_discard(&file);
}

static void truncated_files_are_refused(void **state) {
    (void)state;
    nn_h5 *file = create("whole.h5");
    float data[1000] = {0};
    size_t length = 0;
    assert_ok(nn_h5_write(file, "/x", NN_H5_F32, (nn_shape){1, {1000}}, data));
    assert_ok(nn_h5_close(&file));
    char *bytes = read_bytes(scratch("whole.h5"), &length);
    for (size_t kept = 0; kept < length; kept += 53) {
        write_bytes(scratch("cut.h5"), bytes, kept);
        assert_int_equal(nn_h5_open(scratch("cut.h5"), &file), NN_BAD_DATA);
        assert_null(file);
    }
    free(bytes);
}

/* Groups and links */

static void groups_list_in_creation_order(void **state) {
    (void)state;
    nn_h5 *file = create("groups.h5");
    const double value = 4.0;
    double back = 0.0;
    char **names = NULL;
    int64_t count = 0;
    assert_ok(nn_h5_make_group(file, "/layers/z"));
    assert_ok(nn_h5_make_group(file, "/layers/a/deep"));
    assert_ok(nn_h5_make_group(file, "/layers/a"));
    assert_ok(nn_h5_write(file, "/weights/kernel", NN_H5_F64, (nn_shape){0}, &value));
    assert_ok(nn_h5_link(file, "/weights/kernel", "/layers/m/vars/0"));
    assert_fails(nn_h5_link(file, "/weights/none", "/layers/m/vars/1"), NN_IO, "/weights/none");
    assert_fails(nn_h5_link(file, "/weights/kernel", "/layers/m/vars/0"), NN_IO, "vars/0");
    file = reopen("groups.h5", file);
    assert_ok(nn_h5_list(file, "/layers", &names, &count));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "z");
    assert_string_equal(names[1], "a");
    assert_string_equal(names[2], "m");
    free_names(names, count);
    assert_ok(nn_h5_list(file, "/layers/z", &names, &count));
    assert_int_equal(count, 0);
    free_names(names, count);
    assert_fails(nn_h5_list(file, "/weights/kernel", &names, &count), NN_BAD_DATA, "not a group");
    assert_null(names);
    assert_ok(nn_h5_read(file, "/layers/m/vars/0", NN_H5_F64, 1, &back));
    assert_true(back == 4.0);
    assert_ok(nn_h5_close(&file));
}

/* A file with all kinds of data that nnmpi does not follow. */
static void make_foreign(const char *path) {
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t extent = 4;
    int data[4] = {1, 2, 3, 4};
    hid_t space = H5Screate_simple(1, &extent, NULL);
    hid_t real =
        H5Dcreate2(file, "real", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(real, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(real);
    H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Lcreate_soft("/real", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/group", file, "soft_group", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/x", file, "outside", H5P_DEFAULT, H5P_DEFAULT);

    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(list, "/etc/hostname", 0, sizeof data);
    H5Dclose(
        H5Dcreate2(file, "stored_outside", H5T_NATIVE_INT, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Pclose(list);
    list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_virtual(list, space, ".", "real", space);
    H5Dclose(H5Dcreate2(file, "virtual", H5T_NATIVE_INT, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Pclose(list);

    hid_t text = H5Tcopy(H5T_C_S1);
    H5Dclose(H5Dcreate2(file, "text", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Tclose(text);
    hid_t nothing = H5Screate(H5S_NULL);
    H5Dclose(
        H5Dcreate2(file, "null", H5T_NATIVE_INT, nothing, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(nothing);
    hsize_t many[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    hid_t deep = H5Screate_simple(9, many, NULL);
    H5Dclose(H5Dcreate2(file, "deep", H5T_NATIVE_INT, deep, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(deep);
    H5Sclose(space);
    H5Fclose(file);
}

static void foreign_data_is_refused(void **state) {
    (void)state;
    nn_h5 *file = NULL;
    nn_h5_info info;
    int32_t data[4];
    nn_h5_rows *rows = NULL;
    make_foreign(scratch("foreign.h5"));
    assert_ok(nn_h5_open(scratch("foreign.h5"), &file));
    assert_ok(nn_h5_read(file, "/real", NN_H5_I32, 4, data));
    assert_fails(nn_h5_read(file, "/soft", NN_H5_I32, 4, data), NN_BAD_DATA, "a soft link");
    assert_fails(nn_h5_describe(file, "/soft_group/x", &info), NN_BAD_DATA,
                 "/soft_group is a soft");
    assert_fails(nn_h5_describe(file, "/outside", &info), NN_BAD_DATA, "an external link");
    assert_fails(nn_h5_rows_open(file, "/stored_outside", &rows), NN_BAD_DATA, "another file");
    assert_fails(nn_h5_rows_open(file, "/virtual", &rows), NN_BAD_DATA, "virtual");
    assert_fails(nn_h5_rows_open(file, "/text", &rows), NN_BAD_DATA, "numbers");
    assert_fails(nn_h5_describe(file, "/null", &info), NN_BAD_DATA, "no data");
    assert_fails(nn_h5_describe(file, "/deep", &info), NN_BAD_DATA, "9 dimensions");
    assert_false(nn_h5_has(file, "/soft"));
    assert_false(nn_h5_has(file, "/outside"));
    assert_null(rows);
    assert_ok(nn_h5_close(&file));
}

static size_t pass_on(unsigned flags, size_t count, const unsigned *values, size_t bytes,
                      size_t *size, void **buffer) {
    (void)flags, (void)count, (void)values, (void)size, (void)buffer;
    return bytes;
}

static void missing_filter_is_named(void **state) {
    (void)state;
    enum { FILTER = 300 };
    const H5Z_class2_t filter = {.version = H5Z_CLASS_T_VERS,
                                 .id = FILTER,
                                 .encoder_present = 1,
                                 .decoder_present = 1,
                                 .name = "exotic",
                                 .filter = pass_on};
    hsize_t extent = 4;
    int data[4] = {0};
    nn_h5 *opened = NULL;
    nn_h5_info info;
    assert_true(H5Zregister(&filter) >= 0);
    hid_t file = H5Fcreate(scratch("filter.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(1, &extent, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 1, &extent);
    H5Pset_filter(list, FILTER, H5Z_FLAG_MANDATORY, 0, NULL);
    hid_t set = H5Dcreate2(file, "x", H5T_NATIVE_INT, space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    H5Fclose(file);
    assert_ok(nn_h5_open(scratch("filter.h5"), &opened));
    assert_ok(nn_h5_describe(opened, "/x", &info));
    assert_true(H5Zunregister(FILTER) >= 0);
    assert_fails(nn_h5_describe(opened, "/x", &info), NN_BAD_DATA, "filter 300 (exotic)");
    assert_ok(nn_h5_close(&opened));
}

/* Attributes */

static void attributes_round_trip(void **state) {
    (void)state;
    nn_h5 *file = create("attributes.h5");
    const char *const names[] = {"dense", "", "sch\xC3\xB6n"};
    char *text = NULL, **back = NULL, *config = malloc(200001);
    int64_t count = 0, integer = 0;
    double real = 0.0;
    memset(config, 'x', 200000);
    config[200000] = '\0';
    assert_ok(nn_h5_make_group(file, "/g"));
    assert_ok(nn_h5_write_text(file, "/", "model_config", "replaced"));
    assert_ok(nn_h5_write_text(file, "/", "model_config", config));
    assert_ok(nn_h5_write_text(file, "/", "empty", ""));
    assert_ok(nn_h5_write_texts(file, "/g", "names", names, 3));
    assert_ok(nn_h5_write_texts(file, "/g", "no_names", NULL, 0));
    assert_ok(nn_h5_write_int(file, "/g", "step", INT64_MIN));
    assert_ok(nn_h5_write_real(file, "/g", "rate", -1e-300));
    assert_fails(nn_h5_write_int(file, "/none", "step", 1), NN_BAD_DATA, "/none");
    file = reopen("attributes.h5", file);
    assert_ok(nn_h5_read_text(file, "/", "model_config", &text));
    assert_string_equal(text, config);
    free(text);
    assert_ok(nn_h5_read_text(file, "/", "empty", &text));
    assert_string_equal(text, "");
    free(text);
    assert_ok(nn_h5_read_texts(file, "/g", "names", &back, &count));
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) assert_string_equal(back[i], names[i]);
    free_names(back, count);
    assert_ok(nn_h5_read_texts(file, "/g", "no_names", &back, &count));
    assert_int_equal(count, 0);
    free_names(back, count);
    assert_ok(nn_h5_read_int(file, "/g", "step", &integer));
    assert_true(integer == INT64_MIN);
    assert_ok(nn_h5_read_real(file, "/g", "rate", &real));
    assert_true(real == -1e-300);
    assert_true(nn_h5_has_attribute(file, "/g", "rate"));
    assert_false(nn_h5_has_attribute(file, "/g", "rat"));
    assert_false(nn_h5_has_attribute(file, "/none", "rate"));
    assert_fails(nn_h5_read_int(file, "/g", "rate", &integer), NN_BAD_DATA, "whole number");
    assert_fails(nn_h5_read_real(file, "/g", "names", &real), NN_BAD_DATA, "number");
    assert_fails(nn_h5_read_text(file, "/g", "names", &text), NN_BAD_DATA, "not one text");
    assert_fails(nn_h5_read_text(file, "/g", "step", &text), NN_BAD_DATA, "not one text");
    assert_fails(nn_h5_read_texts(file, "/g", "step", &back, &count), NN_BAD_DATA, "list of texts");
    assert_fails(nn_h5_read_text(file, "/g", "none", &text), NN_BAD_DATA, "no attribute none");
    assert_null(text);
    assert_null(back);
    assert_ok(nn_h5_close(&file));
    free(config);
}

static void long_lists_are_split_as_keras_does(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static char texts[COUNT][32];
    const char *names[COUNT];
    char **back = NULL;
    int64_t count = 0;
    nn_h5 *file = create("long.h5");
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "a_rather_long_layer_%06d", i);
        names[i] = texts[i];
    }
    assert_ok(nn_h5_write_texts(file, "/", "layer_names", names, COUNT));
    file = reopen("long.h5", file);
    assert_false(nn_h5_has_attribute(file, "/", "layer_names"));
    assert_true(nn_h5_has_attribute(file, "/", "layer_names0"));
    assert_true(nn_h5_has_attribute(file, "/", "layer_names2")); /* 130,000 bytes: three */
    assert_false(nn_h5_has_attribute(file, "/", "layer_names3"));
    assert_ok(nn_h5_read_texts(file, "/", "layer_names", &back, &count));
    assert_int_equal(count, COUNT);
    for (int i = 0; i < COUNT; i++) assert_string_equal(back[i], names[i]);
    free_names(back, count);
    assert_ok(nn_h5_close(&file));
}

static void put_foreign(hid_t file, const char *name, hid_t type, hid_t space, const void *data) {
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Awrite(attribute, type, data) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void foreign_attributes_are_read(void **state) {
    (void)state;
    nn_h5 *opened = NULL;
    char *text = NULL, **texts = NULL;
    int64_t count = 0, integer = 0;
    double real = 0.0;
    hsize_t two = 2, none = 0;
    hid_t file = H5Fcreate(scratch("theirs.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t fixed = H5Tcopy(H5T_C_S1), variable = H5Tcopy(H5T_C_S1);
    H5Tset_size(fixed, 6);
    H5Tset_strpad(fixed, H5T_STR_SPACEPAD);
    H5Tset_size(variable, H5T_VARIABLE);
    const char *const pair[2] = {"one", "two"};
    const short small = -7;
    const float half = 0.5f;
    put_foreign(file, "spaces", fixed, H5Screate(H5S_SCALAR), "adam  ");
    put_foreign(file, "full", fixed, H5Screate(H5S_SCALAR), "abcdef");
    put_foreign(file, "variable", variable, H5Screate_simple(1, &two, NULL), pair);
    put_foreign(file, "floats", H5T_NATIVE_DOUBLE, H5Screate_simple(1, &none, NULL), &real);
    put_foreign(file, "small", H5T_STD_I16BE, H5Screate(H5S_SCALAR), &small);
    put_foreign(file, "half", H5T_NATIVE_FLOAT, H5Screate(H5S_SCALAR), &half);
    H5Tclose(fixed);
    H5Tclose(variable);
    H5Fclose(file);
    assert_ok(nn_h5_open(scratch("theirs.h5"), &opened));
    assert_ok(nn_h5_read_text(opened, "/", "spaces", &text));
    assert_string_equal(text, "adam");
    free(text);
    assert_ok(nn_h5_read_text(opened, "/", "full", &text));
    assert_string_equal(text, "abcdef");
    free(text);
    assert_ok(nn_h5_read_texts(opened, "/", "variable", &texts, &count));
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "two");
    free_names(texts, count);
    assert_ok(nn_h5_read_texts(opened, "/", "floats", &texts, &count)); /* as numpy writes [] */
    assert_int_equal(count, 0);
    free_names(texts, count);
    assert_ok(nn_h5_read_int(opened, "/", "small", &integer));
    assert_true(integer == -1537); /* the bytes of -7, swapped */
    assert_ok(nn_h5_read_real(opened, "/", "half", &real));
    assert_true(real == 0.5);
    assert_ok(nn_h5_read_real(opened, "/", "small", &real));
    assert_ok(nn_h5_close(&opened));
}

/* The file as a whole */

static void make_some_file(const char *name) {
    nn_h5 *file = create(name);
    nn_h5_rows *rows = NULL;
    float data[30] = {1.0f};
    const char *const names[] = {"a", "b"};
    assert_ok(nn_h5_rows_create(file, "/train/x", NN_H5_F32, (nn_shape){1, {3}}, 3, &rows));
    assert_ok(nn_h5_rows_append(rows, 10, data));
    assert_ok(nn_h5_rows_close(&rows));
    assert_ok(nn_h5_write(file, "/w/k", NN_H5_F32, (nn_shape){2, {3, 10}}, data));
    assert_ok(nn_h5_write_text(file, "/w", "text", "some text"));
    assert_ok(nn_h5_write_texts(file, "/", "names", names, 2));
    assert_ok(nn_h5_link(file, "/w/k", "/l/0"));
    assert_ok(nn_h5_close(&file));
}

static void equal_content_gives_equal_bytes(void **state) {
    (void)state;
    size_t first = 0, second = 0;
    make_some_file("first.h5");
    sleep(1); /* time stamps would differ */
    make_some_file("second.h5");
    char *a = read_bytes(scratch("first.h5"), &first),
         *b = read_bytes(scratch("second.h5"), &second);
    assert_int_equal(first, second);
    assert_memory_equal(a, b, first);
    free(a);
    free(b);
}

static void *read_much(void *path) {
    for (int i = 0; i < 50; i++) {
        nn_h5 *file = NULL;
        float data[30];
        if (nn_h5_open(path, &file) != NN_OK) return path;
        nn_status status = nn_h5_read(file, "/train/x", NN_H5_F32, 30, data);
        if (nn_h5_has(file, "/nowhere") || !strstr(nn_message(), "nowhere")) status = NN_INTERNAL;
        if (nn_h5_close(&file) != NN_OK || status != NN_OK || data[0] != 1.0f) return path;
    }
    return NULL;
}

static void threads_take_turns(void **state) {
    (void)state;
    pthread_t threads[4];
    char path[512];
    make_some_file("shared.h5");
    snprintf(path, sizeof path, "%s", scratch("shared.h5"));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_much, path), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

/* Writes more than the process may; 0 where that was reported, and only that. */
static int write_past_limit(const char *path) {
    const struct rlimit limit = {100000, 100000};
    nn_h5 *file = NULL;
    static float data[100000];
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 77;
    if (nn_h5_create(path, 0, &file) != NN_OK) return 1;
    nn_status status = nn_h5_write(file, "/x", NN_H5_F32, (nn_shape){1, {100000}}, data);
    nn_status closed = nn_h5_close(&file);
    if (status == NN_OK && closed == NN_OK) return 2;
    return file || !strstr(nn_message(), path) ? 3 : 0;
}

static void full_disk_is_reported(void **state) {
    (void)state;
    int result = 0;
    pid_t child = fork();
    if (child == 0) _exit(write_past_limit(scratch("full.h5")));
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_round_trip_across_chunks),
        cmocka_unit_test(small_dataset_takes_little_room),
        cmocka_unit_test(scalars_and_arrays_round_trip),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(missing_things_are_named),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(groups_list_in_creation_order),
        cmocka_unit_test(foreign_data_is_refused),
        cmocka_unit_test(missing_filter_is_named),
        cmocka_unit_test(attributes_round_trip),
        cmocka_unit_test(long_lists_are_split_as_keras_does),
        cmocka_unit_test(foreign_attributes_are_read),
        cmocka_unit_test(equal_content_gives_equal_bytes),
        cmocka_unit_test(threads_take_turns),
        cmocka_unit_test(full_disk_is_reported),
    };
    return cmocka_run_group_tests_name("h5", tests, scratch_make, scratch_remove);
}
