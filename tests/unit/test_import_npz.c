/* test_import_npz.c: dataset files from NPZ archives: what comes out, and what is refused. */
#define _GNU_SOURCE /* memmem */
#include "imported.h"
#include "npy.h"

#ifdef NN_HAS_ZIP

#include <zip.h>

typedef struct {
    const char *name; /* NULL: the end */
    const char *dict;
    const void *data;
    size_t bytes;
} member;

/* An archive whose members are packed by `method`. */
static void write_npz(const char *path, const member *members, zip_int32_t method) {
    static char files[8][NPY_ROOM];
    unlink(path);
    zip_t *zip = zip_open(path, ZIP_CREATE, NULL);
    assert_non_null(zip);
    for (int i = 0; members[i].name; i++) {
        size_t length = make_npy(members[i].dict, members[i].data, members[i].bytes, files[i]);
        zip_source_t *source = zip_source_buffer(zip, files[i], length, 0);
        assert_non_null(source);
        zip_int64_t index = zip_file_add(zip, members[i].name, source, ZIP_FL_ENC_UTF_8);
        assert_true(index >= 0);
        assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, method, 0), 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

static nn_status import_npz(const nn_import_arrays *arrays) {
    static const nn_import_arrays none = {0};
    nn_import_options options = to("out.h5");
    return nn_import_npz(scratch("in.npz"), arrays ? arrays : &none, &options);
}

static const double reals[] = {1.5, -2, 3, 4, 5, 6};
static const int32_t wholes[] = {2, 0, 1};

static const member keras[] = {{"x_train.npy", NPY_DICT("<f8", "(3, 2)"), reals, 48},
                               {"y_train.npy", NPY_DICT("<i4", "(3,)"), wholes, 12},
                               {"x_test.npy", NPY_DICT("<f8", "(1, 2)"), reals + 4, 16},
                               {"y_test.npy", NPY_DICT("<i4", "(1,)"), wholes, 4},
                               {NULL, NULL, NULL, 0}};

static void names_of_custom_are_found(void **state) {
    (void)state;
    static const zip_int32_t methods[] = {ZIP_CM_STORE, ZIP_CM_DEFLATE};
    for (int i = 0; i < 2; i++) {
        write_npz(scratch("in.npz"), keras, methods[i]);
        assert_ok(import_npz(NULL));
        nn_h5 *file = take_output();
        assert_reals(file, "/train/x", (nn_shape){2, {3, 2}}, (float[]){1.5f, -2, 3, 4, 5, 6});
        assert_integers(file, "/train/y", 4, (nn_shape){1, {3}}, (int32_t[]){2, 0, 1});
        assert_reals(file, "/test/x", (nn_shape){2, {1, 2}}, (float[]){5, 6});
        assert_integers(file, "/test/y", 4, (nn_shape){1, {1}}, (int32_t[]){2});
        assert_ok(nn_h5_close(&file));
    }
    write_npz(scratch("in.npz"),
              (member[]){{"x.npy", NPY_DICT("|u1", "(2, 2)"), "abcd", 4},
                         {"y.npy", NPY_DICT("<i4", "(2, 1)"), wholes, 8},
                         {NULL, NULL, NULL, 0}},
              ZIP_CM_DEFLATE);
    assert_ok(import_npz(NULL));
    nn_h5 *file = take_output();
    assert_integers(file, "/train/x", 1, (nn_shape){2, {2, 2}}, (int32_t[]){'a', 'b', 'c', 'd'});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){2, 0});
    assert_ok(nn_h5_close(&file));
    write_npz(scratch("in.npz"),
              (member[]){{"arr_0.npy", NPY_DICT("|u1", "(2, 2)"), "abcd", 4}, {NULL, NULL, NULL, 0}},
              ZIP_CM_STORE);
    assert_fails(import_npz(NULL), NN_USAGE, "which of its arrays are samples?"); /* it may be labels */
    assert_non_null(strstr(nn_message(), "its arrays are: arr_0 (2, 2)"));
}

static void names_may_be_given(void **state) {
    (void)state;
    write_npz(scratch("in.npz"),
              (member[]){{"a.npy", NPY_DICT("<f8", "(3, 2)"), reals, 48},
                         {"b.npy", NPY_DICT("<i4", "(3,)"), wholes, 12},
                         {"texts.npy", NPY_DICT("<U2", "(1,)"), "abcdefgh", 8},
                         {NULL, NULL, NULL, 0}},
              ZIP_CM_DEFLATE);
    assert_fails(import_npz(NULL), NN_USAGE, "which of its arrays are samples?");
    assert_non_null(strstr(nn_message(), "a (3, 2), b (3), texts (not an array of numbers)"));
    assert_fails(import_npz(&(nn_import_arrays){.train_x = "c"}), NN_USAGE, "has no array 'c'");
    assert_fails(import_npz(&(nn_import_arrays){.train_y = "b"}), NN_USAGE, "which of its arrays");
    assert_fails(import_npz(&(nn_import_arrays){.train_x = "texts"}), NN_BAD_DATA, "'<U2'");
    assert_leaves_nothing("out.h5");
    assert_ok(import_npz(&(nn_import_arrays){.train_x = "a",
                                             .train_y = "b.npy",
                                             .validation_x = "a",
                                             .validation_y = "b"}));
    nn_h5 *file = take_output();
    assert_integers(file, "/train/y", 4, (nn_shape){1, {3}}, (int32_t[]){2, 0, 1});
    assert_reals(file, "/validation/x", (nn_shape){2, {3, 2}}, (float[]){1.5f, -2, 3, 4, 5, 6});
    assert_ok(nn_h5_close(&file));
}

static void objects_are_refused(void **state) {
    (void)state;
    write_npz(scratch("in.npz"),
              (member[]){{"x_train.npy", NPY_DICT("|O", "(2,)"), "pickled", 7}, {NULL, NULL, NULL, 0}},
              ZIP_CM_DEFLATE);
    assert_fails(import_npz(NULL), NN_BAD_DATA, "in.npz/x_train.npy holds Python objects");
}

static void what_is_damaged_is_refused(void **state) {
    (void)state;
    size_t length, refused = 0;
    write_npz(scratch("in.npz"), keras, ZIP_CM_DEFLATE);
    char *bytes = read_bytes(scratch("in.npz"), &length);
    for (size_t cut = 0; cut < length; cut += 5) {
        write_bytes(scratch("in.npz"), bytes, cut);
        nn_status status = import_npz(NULL);
        assert_true(status == NN_BAD_DATA || status == NN_USAGE); /* USAGE: an archive without members */
    }
    for (size_t i = 0; i < length; i += 3) {
        bytes[i] = (char)(bytes[i] ^ 0x10);
        write_bytes(scratch("in.npz"), bytes, length);
        refused += import_npz(NULL) != NN_OK;
        bytes[i] = (char)(bytes[i] ^ 0x10);
    }
    assert_true(refused > length / 9); /* times, versions and the like do no harm */
    free(bytes);
    unlink(scratch("out.h5"));
    write_string(scratch("in.npz"), "no archive");
    assert_fails(import_npz(NULL), NN_BAD_DATA, "as a zip archive");
    unlink(scratch("in.npz"));
    assert_fails(import_npz(NULL), NN_NO_INPUT, "in.npz");
    assert_leaves_nothing("out.h5");
}

/* A flipped bit in the data of a member that is stored as it is: only the checksum tells. */
static void checksums_are_compared(void **state) {
    (void)state;
    size_t length;
    write_npz(scratch("in.npz"), keras, ZIP_CM_STORE);
    char *bytes = read_bytes(scratch("in.npz"), &length);
    char *found = memmem(bytes, length, reals, 48);
    assert_non_null(found);
    found[3] = 1;
    write_bytes(scratch("in.npz"), bytes, length);
    free(bytes);
    assert_fails(import_npz(NULL), NN_BAD_DATA, "x_train.npy is damaged or cut short");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_custom_are_found), cmocka_unit_test(names_may_be_given),
        cmocka_unit_test(objects_are_refused), cmocka_unit_test(what_is_damaged_is_refused),
        cmocka_unit_test(checksums_are_compared)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#else

static void says_what_is_missing(void **state) {
    (void)state;
    nn_import_arrays none = {0};
    nn_import_options options = to("out.h5");
    write_string(scratch("in.npz"), "PK");
    assert_fails(nn_import_npz(scratch("in.npz"), &none, &options), NN_BAD_CONFIG, "without libzip");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_is_missing)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#endif
