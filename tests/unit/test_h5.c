/* test_h5.c: datasets by rows and whole, conversion, groups and links; files that are missing, cut
 * short or can't be written. */
#include "scratch.h"

#include "io/h5.h"

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
        char path[16];
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
        nn_h5_info info;
        if (nn_h5_has(file, "/nowhere") || nn_h5_describe(file, "/nowhere", &info) == NN_OK ||
            !strstr(nn_message(), "nowhere"))
            status = NN_INTERNAL;
        if (nn_h5_close(&file) != NN_OK || status != NN_OK || data[0] != 1.0f) return path;
    }
    return NULL;
}

static void threads_take_turns(void **state) {
    (void)state;
    pthread_t threads[4];
    make_some_file("shared.h5");
    void *path = (void *)(uintptr_t)scratch("shared.h5"); /* threads take no pointer to const */
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
        cmocka_unit_test(equal_content_gives_equal_bytes),
        cmocka_unit_test(threads_take_turns),
        cmocka_unit_test(full_disk_is_reported),
    };
    return cmocka_run_group_tests_name("h5", tests, scratch_make, scratch_remove);
}
