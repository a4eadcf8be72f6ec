/* test_h5_texts.c: datasets of texts: written and read in pieces, those of other programs, equal bytes, what
 * is refused. */
#include "scratch.h"

#include "io/h5.h"

#include <hdf5.h>

enum { ROWS = 1000 };

/* A text that belongs to a row: empty, short, longer than a heap's block, in several bytes a letter. */
static const char *text_of(int64_t row) {
    static char text[8192];
    snprintf(text, sizeof text, "%.*s%d.png", (int)(row % 7 == 3 ? 0 : 9), "Ordner/\xc3\xa4", (int)row);
    if (row % 100 == 50) memset(text, 'l', 6000), text[6000] = '\0';
    return row % 100 == 1 ? "" : text;
}

static void write_texts(const char *path, int64_t piece) {
    nn_h5 *file = NULL;
    nn_h5_texts *texts = NULL;
    assert_ok(nn_h5_create(path, 0, &file));
    assert_ok(nn_h5_texts_create(file, "/test/files", ROWS, &texts));
    for (int64_t first = 0; first < ROWS; first += piece) {
        char *values[ROWS];
        const int64_t count = ROWS - first < piece ? ROWS - first : piece;
        for (int64_t i = 0; i < count; i++) values[i] = strdup(text_of(first + i));
        assert_ok(nn_h5_texts_write(texts, first, count, (const char *const *)values));
        for (int64_t i = 0; i < count; i++) free(values[i]);
    }
    assert_ok(nn_h5_texts_close(&texts));
    assert_null(texts);
    assert_ok(nn_h5_close(&file));
}

static void texts_are_read_as_they_were_written(void **state) {
    (void)state;
    nn_h5 *file = NULL;
    nn_h5_texts *texts = NULL;
    nn_h5_info info;
    char *read[ROWS];
    write_texts(scratch("texts.h5"), 77);
    assert_ok(nn_h5_open(scratch("texts.h5"), &file));
    assert_ok(nn_h5_describe(file, "/test/files", &info));
    assert_true(info.kind == NN_H5_OTHER && info.is_text);
    assert_ok(nn_h5_texts_open(file, "/test/files", &texts));
    assert_int_equal(nn_h5_texts_rows(texts), ROWS);
    static const int64_t pieces[] = {1, 300, ROWS};
    for (int k = 0; k < 3; k++)
        for (int64_t first = 0; first < ROWS; first += pieces[k]) {
            const int64_t count = ROWS - first < pieces[k] ? ROWS - first : pieces[k];
            assert_ok(nn_h5_texts_read(texts, first, count, read));
            for (int64_t i = 0; i < count; i++) {
                assert_string_equal(read[i], text_of(first + i));
                free(read[i]);
            }
        }
    assert_ok(nn_h5_texts_read(texts, ROWS, 0, read));
    assert_fails(nn_h5_texts_read(texts, ROWS - 1, 2, read), NN_BAD_DATA, "has 1000 rows; 2 rows from 999 on");
    assert_null(read[0]);
    assert_ok(nn_h5_texts_close(&texts));
    assert_ok(nn_h5_texts_close(&texts));
    assert_ok(nn_h5_close(&file));
}

static void equal_texts_are_equal_bytes(void **state) {
    (void)state;
    size_t a_bytes, b_bytes;
    write_texts(scratch("a.h5"), 50);
    write_texts(scratch("b.h5"), 50);
    char *a = read_bytes(scratch("a.h5"), &a_bytes), *b = read_bytes(scratch("b.h5"), &b_bytes);
    assert_int_equal(a_bytes, b_bytes);
    assert_memory_equal(a, b, a_bytes);
    free(a);
    free(b);
}

static void put_theirs(hid_t file, const char *name, hid_t type, int rank, const void *data) {
    const hsize_t extent[2] = {2, 1};
    hid_t space = H5Screate_simple(rank, extent, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, rank, extent);
    H5Pset_deflate(how, 6);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    assert_true(set >= 0);
    if (data) assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Pclose(how);
    H5Sclose(space);
}

static void texts_of_others_are_read(void **state) {
    (void)state;
    nn_h5 *opened = NULL;
    nn_h5_texts *texts = NULL;
    hid_t file = H5Fcreate(scratch("theirs.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t padded = H5Tcopy(H5T_C_S1), spaced = H5Tcopy(H5T_C_S1), variable = H5Tcopy(H5T_C_S1);
    H5Tset_size(padded, 5);
    H5Tset_strpad(padded, H5T_STR_NULLPAD);
    H5Tset_size(spaced, 5);
    H5Tset_strpad(spaced, H5T_STR_SPACEPAD);
    H5Tset_size(variable, H5T_VARIABLE);
    const char *const pair[2] = {"a.png", "b"};
    const int numbers[2] = {1, 2};
    put_theirs(file, "padded", padded, 1, "a.pngb\0\0\0");
    put_theirs(file, "spaced", spaced, 1, "a.pngb    ");
    put_theirs(file, "variable", variable, 1, pair);
    put_theirs(file, "unwritten", variable, 1, NULL);
    put_theirs(file, "column", variable, 2, pair);
    put_theirs(file, "numbers", H5T_NATIVE_INT, 1, numbers);
    H5Tclose(padded);
    H5Tclose(spaced);
    H5Tclose(variable);
    H5Fclose(file);
    assert_ok(nn_h5_open(scratch("theirs.h5"), &opened));
    static const char *const names[] = {"/padded", "/spaced", "/variable", "/unwritten"};
    for (int k = 0; k < 4; k++) {
        char *read[2];
        assert_ok(nn_h5_texts_open(opened, names[k], &texts));
        assert_ok(nn_h5_texts_read(texts, 0, 2, read));
        assert_string_equal(read[0], k == 3 ? "" : "a.png");
        assert_string_equal(read[1], k == 3 ? "" : "b");
        free(read[0]);
        free(read[1]);
        assert_ok(nn_h5_texts_close(&texts));
    }
    assert_fails(nn_h5_texts_open(opened, "/column", &texts), NN_BAD_DATA, "/column is no list of texts");
    assert_null(texts);
    assert_fails(nn_h5_texts_open(opened, "/numbers", &texts), NN_BAD_DATA, "/numbers is no list of texts");
    assert_fails(nn_h5_texts_open(opened, "/nothing", &texts), NN_BAD_DATA, "/nothing");
    assert_ok(nn_h5_close(&opened));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_read_as_they_were_written),
                                       cmocka_unit_test(equal_texts_are_equal_bytes),
                                       cmocka_unit_test(texts_of_others_are_read)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
