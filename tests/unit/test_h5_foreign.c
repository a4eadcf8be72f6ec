/* test_h5_foreign.c: files that nnmpi itself would never write, made with HDF5 directly: what is
 * refused, what is read. */
#include "scratch.h"

#include "io/h5.h"

#include <hdf5.h>

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
    assert_true(nn_h5_has(file, "/soft")); /* not "missing": whoever opens it learns what it is */
    assert_true(nn_h5_has(file, "/outside"));
    assert_true(nn_h5_has(file, "/soft_group/x"));
    assert_false(nn_h5_has(file, "/nowhere"));
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
    assert_non_null(strstr(nn_message(), "write it again with gzip or none (h5py has lzf"));
    assert_ok(nn_h5_close(&opened));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_data_is_refused),
        cmocka_unit_test(missing_filter_is_named),
        cmocka_unit_test(foreign_attributes_are_read),
    };
    return cmocka_run_group_tests_name("h5_foreign", tests, scratch_make, scratch_remove);
}
