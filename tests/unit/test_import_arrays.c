/* test_import_arrays.c: dataset files from IDX and NPY: what comes out, and what is refused. */
#include "imported.h"

#include <math.h>
#include <zlib.h>

static nn_status import_idx(const char *x, const char *y, const char *tx, const char *ty) {
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {.train_x = x, .train_y = y, .test_x = tx, .test_y = ty};
    return nn_import_idx(&arrays, &options);
}

static void idx_keeps_shape_and_bytes(void **state) {
    (void)state;
    const char *x = scratch("x.idx"), *y = scratch("y.idx");
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2,   0, 0, 0, 2, 0,  0,
                                           0, 3, 0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 0};
    write_bytes(x, images, sizeof images);
    write_bytes(y, labels, sizeof labels);
    assert_ok(import_idx(x, y, x, y));
    nn_h5 *file = take_output();
    const int32_t pixels[] = {0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11}, classes[] = {7, 0};
    assert_integers(file, "/train/x", 1, (nn_shape){3, {2, 2, 3}}, pixels);
    assert_integers(file, "/test/x", 1, (nn_shape){3, {2, 2, 3}}, pixels);
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, classes);
    assert_integers(file, "/test/y", 4, (nn_shape){1, {2}}, classes);
    assert_ok(nn_h5_close(&file));
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_false(nn_h5_has(file, "/train/y"));
    assert_ok(nn_h5_close(&file));
}

static void idx_numbers_are_big_endian(void **state) {
    (void)state;
    const char *x = scratch("x.idx");
    static const unsigned char shorts[] = {0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFE, 1, 2};
    write_bytes(x, shorts, sizeof shorts);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    nn_h5 *file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){2, {1, 2}}, (int32_t[]){-2, 258});
    assert_ok(nn_h5_close(&file));
    static const unsigned char signed_bytes[] = {0, 0, 9, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 5};
    write_bytes(x, signed_bytes, sizeof signed_bytes);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){2, {1, 2}}, (int32_t[]){-128, 5});
    assert_ok(nn_h5_close(&file));
    static const unsigned char doubles[] = {0, 0, 0x0E, 2,    0, 0, 0, 1, 0, 0,
                                            0, 1, 0xC0, 0x04, 0, 0, 0, 0, 0, 0};
    write_bytes(x, doubles, sizeof doubles);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {1, 1}}, (float[]){-2.5f});
    assert_ok(nn_h5_close(&file));
}

static void wrong_idx_is_refused(void **state) {
    (void)state;
    const char *x = scratch("x.idx"), *y = scratch("y.idx"), *bad = scratch("bad.idx");
    static const unsigned char images[] = {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7};
    static const unsigned char labels[] = {0, 0, 9, 1, 0, 0, 0, 3, 0, 1, 0xFF};
    write_bytes(x, images, sizeof images - 1);
    write_bytes(y, labels, sizeof labels);
    assert_fails(import_idx(x, y, NULL, NULL), NN_BAD_DATA, "row 2 (from 0) holds the class -1");
    for (size_t kept = 0; kept + 1 < sizeof images; kept++) {
        write_bytes(bad, images, kept);
        if (kept + 2 == sizeof images) break;
        assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "cut short");
    }
    write_bytes(bad, images, sizeof images);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "too long");
    write_bytes(bad, labels, sizeof labels - 1);
    assert_fails(import_idx(x, bad, NULL, NULL), NN_BAD_DATA, "cut short");
    static const unsigned char two[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    write_bytes(bad, two, sizeof two);
    assert_fails(import_idx(x, bad, NULL, NULL), NN_BAD_DATA, "has 2 labels");
    assert_fails(import_idx(x, NULL, bad, NULL), NN_BAD_DATA, "differ in shape");
    assert_non_null(strstr(nn_message(), "(3, 2) as uint8, and (2) as uint8"));
    write_bytes(bad, "\0\0\x0A\1\0\0\0\1\0", 9);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "not an IDX file");
    write_bytes(bad, "\0\0\x08\1\0\0\0\0", 8);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "empty");
    write_bytes(bad, "\0\0\x08\0", 4);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "single number");
    write_bytes(bad, "\0\0\x08\x09", 4);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "9 dimensions");
    write_bytes(bad, "\0\0\x0E\4\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                20);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "too large");
    assert_fails(import_idx(NULL, NULL, NULL, NULL), NN_USAGE, "train-x");
    assert_fails(import_idx(x, NULL, NULL, y), NN_USAGE, "test-y");
    assert_fails(import_idx(x, y, x, NULL), NN_USAGE, "both or neither");
    assert_fails(import_idx(scratch("none"), NULL, NULL, NULL), NN_NO_INPUT, "none");
    assert_leaves_nothing("out.h5");
}

static void write_npy(const char *path, const char *dict, const void *data, size_t bytes) {
    char file[1024];
    size_t length = strlen(dict);
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + 10, dict, length);
    if (bytes > 0) memcpy(file + 10 + length, data, bytes);
    write_bytes(path, file, 10 + length + bytes);
}

static nn_status import_npy(const char *x, const char *y) {
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {.train_x = x, .train_y = y};
    return nn_import_npy(&arrays, &options);
}

#define DICT(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }   \n"

static void npy_types_and_byte_orders(void **state) {
    (void)state;
    const char *x = scratch("x.npy"), *y = scratch("y.npy");
    const unsigned char big_doubles[] = {0x40, 0x04, 0, 0, 0, 0, 0, 0,
                                         0xBF, 0xE0, 0, 0, 0, 0, 0, 0};
    const int64_t labels[] = {3, 0};
    write_npy(x, DICT(">f8", "(2, 1)"), big_doubles, sizeof big_doubles);
    write_npy(y, DICT("<i8", "(2,)"), labels, sizeof labels);
    assert_ok(import_npy(x, y));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 1}}, (float[]){2.5f, -0.5f});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){3, 0});
    assert_ok(nn_h5_close(&file));

    const unsigned char flags[] = {1, 0, 0, 1};
    write_npy(x, DICT("|b1", "(2, 2)"), flags, sizeof flags);
    write_npy(y, DICT("<i8", "(2, 1)"), labels, sizeof labels); /* (N, 1) is (N) */
    assert_ok(import_npy(x, y));
    file = take_output();
    assert_integers(file, "/train/x", 1, (nn_shape){2, {2, 2}}, (int32_t[]){1, 0, 0, 1});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){3, 0});
    assert_ok(nn_h5_close(&file));

    const unsigned char halves[] = {0x00, 0x3C, 0x00, 0xC1, 0x01, 0x00, 0xFF, 0x7B};
    write_npy(x, DICT("<f2", "(4,)"), halves, sizeof halves);
    write_npy(y, DICT("|u1", "(4, 1)"), flags, sizeof flags);
    assert_ok(import_npy(x, y));
    file = take_output();
    const float expected[] = {1.0f, -2.5f, 0x1p-24f, 65504.0f};
    assert_reals(file, "/train/x", (nn_shape){1, {4}}, expected);
    assert_ok(nn_h5_close(&file));

    const unsigned char words[] = {0xFF, 0xFF, 1, 0};
    write_npy(x, DICT("<u2", "(2,)"), words, sizeof words);
    write_npy(y, DICT("|u1", "(2, 2)"), flags, sizeof flags); /* one-hot: values */
    assert_ok(import_npy(x, y));
    file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){1, {2}}, (int32_t[]){65535, 1});
    assert_reals(file, "/train/y", (nn_shape){2, {2, 2}}, (float[]){1, 0, 0, 1});
    assert_ok(nn_h5_close(&file));
}

static void unlike_labels_are_told(void **state) {
    (void)state;
    const char *x = scratch("x.idx"), *y = scratch("y.idx"), *reals = scratch("r.idx");
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 0};
    static const unsigned char values[] = {0, 0, 0x0D, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0};
    write_bytes(x, labels, sizeof labels);
    write_bytes(y, labels, sizeof labels);
    write_bytes(reals, values, sizeof values);
    assert_fails(import_idx(x, y, x, reals), NN_BAD_DATA, "y.idx and ");
    assert_non_null(strstr(nn_message(), "r.idx differ in shape or type: (2) as int32, and (2) as float32"));
}

/* Imports so many labels of one byte into a group and checks what is said of them; NULL: nothing. */
static void check_notes(const unsigned char *labels, unsigned char count, const char *group, const char *part) {
    const char *x = scratch("x.idx"), *y = scratch("y.idx");
    unsigned char bytes[8 + 255] = {0, 0, 8, 1, 0, 0, 0, count};
    nn_text notes = {0};
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {.train_x = x, .train_y = y};
    memcpy(bytes + 8, labels, count);
    write_bytes(x, bytes, 8 + (size_t)count);
    write_bytes(y, bytes, 8 + (size_t)count);
    options.notes = &notes;
    options.group = group;
    assert_ok(nn_import_idx(&arrays, &options));
    nn_h5 *file = take_output();
    assert_ok(nn_h5_close(&file));
    if (!part && notes.bytes) fail_msg("'%s' is said", notes.bytes);
    if (part && !(notes.bytes && strstr(notes.bytes, part)))
        fail_msg("'%s' instead of '%s' is said", notes.bytes ? notes.bytes : "nothing", part);
    nn_text_free(&notes);
}

static void labels_that_may_be_none_are_noted(void **state) {
    (void)state;
    unsigned char rows[30];
    for (int i = 0; i < 30; i++) rows[i] = (unsigned char)i;
    check_notes((unsigned char[]){1, 2, 3}, 3, NULL, "y.idx holds whole numbers from 1 to 3, but not all from 0 on");
    check_notes((unsigned char[]){1, 2, 3}, 3, NULL, "so these are 4, some without a row");
    check_notes((unsigned char[]){0, 3, 2}, 3, NULL, "from 0 to 3, but not all");
    check_notes((unsigned char[]){2, 0, 1}, 3, NULL, NULL);
    check_notes((unsigned char[]){1, 2, 3}, 3, "test", NULL); /* another file may have them all */
    check_notes((unsigned char[]){5, 5, 5}, 3, NULL, "y.idx holds 5 in all rows: one class");
    check_notes(rows, 19, NULL, NULL);
    check_notes(rows, 30, NULL, "y.idx: 30 classes in 30 rows, one for nearly each");
    for (int i = 0; i < 30; i++) rows[i] = (unsigned char)(i % 22);
    check_notes(rows, 30, NULL, NULL);
}

static void wrong_npy_is_refused(void **state) {
    (void)state;
    const char *x = scratch("x.npy");
    const int64_t large[] = {1, INT64_C(1) << 31};
    const uint64_t huge[] = {UINT64_MAX};
    const float nan[] = {1.0f, NAN};
    const double wide[] = {1e300};
    static const struct {
        const char *dict, *part;
    } wrong[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n", "ascontiguousarray"},
        {DICT("<c8", "(1,)"), "'<c8'"},
        {DICT("<U4", "(1,)"), "'<U4'"},
        {DICT("<f16", "(1,)"), "'<f16'"},
        {DICT("|O", "(1,)"), "Python objects"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", "descr"},
        {"{'descr': '<f4', 'shape': (1,), }\n", "fortran_order"},
        {"{'descr': '<f4', 'fortran_order': False}\n", "shape"},
        {DICT("<f4", "('a',)"), "shape"},
        {DICT("<f4", "(-1,)"), "empty or too large"},
        {DICT("<f4", "(0, 3)"), "empty"},
        {DICT("<f4", "()"), "single number"},
        {DICT("<f4", "(1,1,1,1,1,1,1,1,1)"), "9 dimensions"},
        {DICT("<f4", "(9223372036854775807, 9223372036854775807)"), "too large"},
        {DICT("<f4", "(3,)"), "cut short"},
        {"nonsense\n", "no Python dict"},
        {"{'descr\n", "no Python dict"},
        {"", "no Python dict"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_npy(x, wrong[i].dict, nan, sizeof nan);
        assert_fails(import_npy(x, NULL), NN_BAD_DATA, wrong[i].part);
        assert_leaves_nothing("out.h5");
    }
    write_npy(x, DICT("<f4", "(1,)"), nan, sizeof nan);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "too long");
    write_npy(x, DICT("<f4", "(2,)"), nan, sizeof nan);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "row 1 (from 0)");
    write_npy(x, DICT("<f8", "(1,)"), wide, sizeof wide);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit real");
    write_npy(x, DICT("<i8", "(2,)"), large, sizeof large);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit integer");
    write_npy(x, DICT("<u8", "(1,)"), huge, sizeof huge);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit integer");
    write_bytes(x, "\x93NUMPY\x04\x00\x02\x00{}", 12);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "version 4");
    write_bytes(x, "\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF{}", 14);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "too long to be right");
    write_bytes(x, "PK\x03\x04 an npz file", 16);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "not an NPY file");
}

/* More rows than one piece holds, through gzip, split. */
static void large_arrays_stream(void **state) {
    (void)state;
    enum { ROWS = 9000, WIDTH = 300 };
    const char *x = scratch("x.npy.gz"), *dict = DICT("<f4", "(9000, 300)");
    static float row[WIDTH];
    gzFile packed = gzopen(x, "wb1");
    char start[10] = "\x93NUMPY\x01";
    start[8] = (char)strlen(dict);
    gzwrite(packed, start, sizeof start);
    gzputs(packed, dict);
    for (int i = 0; i < ROWS; i++) {
        row[0] = row[WIDTH - 1] = (float)i;
        gzwrite(packed, row, sizeof row);
    }
    gzclose(packed);
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {.train_x = x};
    options.test_fraction = 0.1;
    assert_ok(nn_import_npy(&arrays, &options));
    nn_h5 *file = take_output();
    static const char *const paths[] = {"/train/x", "/test/x"};
    const int counts[] = {ROWS * 9 / 10, ROWS / 10};
    static bool seen[ROWS];
    for (int g = 0; g < 2; g++) {
        nn_h5_rows *rows = NULL;
        assert_ok(nn_h5_rows_open(file, paths[g], &rows));
        for (int i = 0; i < counts[g]; i++) {
            assert_ok(nn_h5_rows_read(rows, i, 1, NN_H5_F32, row));
            assert_true(row[0] == row[WIDTH - 1] && row[1] == 0.0f);
            assert_false(seen[(int)row[0]]);
            seen[(int)row[0]] = true;
        }
        assert_fails(nn_h5_rows_read(rows, counts[g], 1, NN_H5_F32, row), NN_BAD_DATA, "rows");
        assert_ok(nn_h5_rows_close(&rows));
    }
    assert_ok(nn_h5_close(&file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_keeps_shape_and_bytes), cmocka_unit_test(idx_numbers_are_big_endian),
        cmocka_unit_test(wrong_idx_is_refused),      cmocka_unit_test(npy_types_and_byte_orders),
        cmocka_unit_test(wrong_npy_is_refused),      cmocka_unit_test(large_arrays_stream),
        cmocka_unit_test(unlike_labels_are_told),    cmocka_unit_test(labels_that_may_be_none_are_noted),
    };
    return cmocka_run_group_tests_name("import_arrays", tests, scratch_make, scratch_remove);
}
