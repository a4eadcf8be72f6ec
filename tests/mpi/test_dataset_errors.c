/* test_dataset_errors.c: whatever is wrong with a dataset, and on whichever rank, all ranks fail
 * alike, with the file, the path in it and the row in the message. */
#include "dataset_file.h"

/* The status of opening and loading, with its message, after the dataset was closed. */
static nn_status open_and_load(const char *path, nn_in_memory in_memory, nn_target_spec spec) {
    nn_dataset *data;
    nn_status status = nn_dataset_open(comm, path, "/train", &data);
    assert_int_equal(data == NULL, status != NN_OK);
    if (status == NN_OK) status = nn_dataset_load(data, &spec, in_memory);
    char message[NN_MESSAGE_MAX];
    snprintf(message, sizeof message, "%s", nn_message());
    nn_dataset_close(&data);
    return status == NN_OK ? NN_OK : nn_fail(status, "%s", message);
}

/* ---- where the file is ---- */

static void test_missing_on_one_rank(void **state) {
    (void)state;
    file_options options = {.path = scratch("here.h5"), .classes = true};
    const char *missing = scratch("not-here.h5");
    write_file(&options);
    for (int k = 0; k < size; k++) {
        nn_status status = open_and_load(rank == k ? missing : options.path, NN_IN_MEMORY_AUTO,
                                         target_of(&options));
        assert_agreed(status, NN_NO_INPUT, k, "not-here.h5");
    }
    assert_ok(open_and_load(options.path, NN_IN_MEMORY_AUTO, target_of(&options)));
}

/* A file that is damaged where one rank sees it, and one of other extents. */
static void test_another_file_on_one_rank(void **state) {
    (void)state;
    file_options options = {.path = scratch("one.h5"), .classes = true};
    file_options weighted = {.path = scratch("other.h5"), .classes = true, .weights = true};
    const char *damaged = scratch("damaged.h5");
    write_file(&options);
    write_file(&weighted);
    if (rank == 0) write_string(damaged, "this is no HDF5 file");
    assert_ok(nn_comm_agree(comm, NN_OK));
    for (int k = 0; k < size; k++) {
        nn_status status = open_and_load(rank == k ? damaged : options.path, NN_IN_MEMORY_AUTO,
                                         target_of(&options));
        assert_agreed(status, NN_BAD_DATA, k, "damaged.h5");
        status = open_and_load(rank == k ? weighted.path : options.path, NN_IN_MEMORY_AUTO,
                               target_of(&options));
        if (size > 1)
            assert_agreed(status, NN_BAD_CONFIG, k > 0 ? k : 1, "the dataset differs");
        else
            assert_ok(status);
    }
}

static void test_missing_group(void **state) {
    (void)state;
    file_options options = {.path = scratch("group.h5"), .group = "/validation", .classes = true};
    write_file(&options);
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, target_of(&options)), NN_BAD_DATA,
                  0, "group.h5 has no /train/x");
}

/* ---- what the values are ---- */

/* Makes the file with another array in place of /train/x or /train/y. Collective. */
static void replace(const file_options *options, const char *name, nn_h5_type type, nn_shape shape,
                    const void *data) {
    if (rank == 0) {
        nn_h5 *file;
        const bool is_x = strcmp(name, "/train/x") == 0;
        assert_ok(nn_h5_create(options->path, 0, &file));
        if (is_x)
            write_targets(file, "/train", options);
        else
            write_x(file, "/train/x", options->x);
        assert_ok(nn_h5_write(file, name, type, shape, data));
        assert_ok(nn_h5_close(&file));
    }
    assert_ok(nn_comm_agree(comm, NN_OK));
}

/* In each row in turn, so that each rank is the one that sees it. */
static void test_class_out_of_range(void **state) {
    (void)state;
    file_options options = {.path = scratch("classes.h5"), .classes = true};
    for (int row = ROWS - 1; row >= 0; row -= 3) {
        double labels[ROWS];
        static const double wrong[] = {CLASSES, -1, 1.5, NAN};
        char part[128];
        for (int i = 0; i < ROWS; i++) labels[i] = class_of(i);
        labels[row] = wrong[row % 4];
        replace(&options, "/train/y", NN_H5_F64, (nn_shape){1, {ROWS}}, labels);
        for (int in_memory = 0; in_memory < 2; in_memory++) {
            int first = 0;
            while (ROWS * (first + 1) / size <= row) first++; /* who checks that row */
            nn_status status =
                open_and_load(options.path, in_memory ? NN_IN_MEMORY_ALWAYS : NN_IN_MEMORY_NEVER,
                              target_of(&options));
            snprintf(part, sizeof part, "classes.h5:/train/y: row %d holds", row);
            assert_agreed(status, NN_BAD_DATA, first, part);
            assert_non_null(strstr(nn_message(), "0 to 3"));
        }
    }
}

static void test_not_finite(void **state) {
    (void)state;
    file_options options = {.path = scratch("nan.h5"), .classes = true};
    for (int i = 0; i < 3; i++) {
        double x[ROWS * COLUMNS] = {0};
        const char *part = i == 2 ? "nan.h5: a value of /train/x does not fit into a 32-bit real: row 22"
                                  : "nan.h5:/train/x: row 22 holds";
        x[(ROWS - 1) * COLUMNS + 1] = i == 0 ? NAN : i == 1 ? -INFINITY : 1e300;
        replace(&options, "/train/x", NN_H5_F64, (nn_shape){2, {ROWS, COLUMNS}}, x);
        for (int in_memory = 0; in_memory < 2; in_memory++)
            assert_agreed(open_and_load(options.path,
                                        in_memory ? NN_IN_MEMORY_ALWAYS : NN_IN_MEMORY_NEVER,
                                        target_of(&options)),
                          NN_BAD_DATA, size - 1, part);
    }
}

static void test_targets_that_do_not_fit(void **state) {
    (void)state;
    file_options options = {.path = scratch("shape.h5"), .classes = true};
    float values[2 * (ROWS + 1)] = {0};
    const nn_target_spec classes = target_of(&options);
    const nn_target_spec three = {true, NN_TARGET_VALUES, false, 3, "run.yaml:7:5"};
    const nn_target_spec probabilities = {true, NN_TARGET_VALUES, true, 1, NULL};
    replace(&options, "/train/y", NN_H5_F32, (nn_shape){1, {ROWS + 1}}, values);
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, classes), NN_BAD_DATA, 0,
                  "shape.h5:/train/y: it has 24 rows, but x has 23");
    replace(&options, "/train/y", NN_H5_F32, (nn_shape){2, {ROWS, 2}}, values);
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, classes), NN_BAD_DATA, 0,
                  "one class number a row");
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, three), NN_BAD_DATA, 0,
                  "run.yaml:7:5: ");
    assert_non_null(strstr(nn_message(), "shape.h5:/train/y: its shape is (23, 2), 2 values a row, but the model has 3 outputs"));
    values[ROWS - 1] = 1.25F;
    replace(&options, "/train/y", NN_H5_F32, (nn_shape){1, {ROWS}}, values);
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, probabilities), NN_BAD_DATA,
                  size - 1, "between 0 and 1");
    replace(&options, "/train/x", NN_H5_F32, (nn_shape){2, {ROWS, 0}}, values);
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, classes), NN_BAD_DATA, 0,
                  "it holds no rows");
}

static void test_targets_are_missing(void **state) {
    (void)state;
    file_options options = {.path = scratch("alone.h5"), .classes = true};
    if (rank == 0) {
        nn_h5 *file;
        assert_ok(nn_h5_create(options.path, 0, &file));
        write_x(file, "/train/x", X_F32);
        assert_ok(nn_h5_close(&file));
    }
    assert_ok(nn_comm_agree(comm, NN_OK));
    assert_agreed(open_and_load(options.path, NN_IN_MEMORY_AUTO, target_of(&options)), NN_BAD_DATA,
                  0, "alone.h5:/train: there is no y");
    const nn_target_spec none = {.wanted = false};
    assert_ok(open_and_load(options.path, NN_IN_MEMORY_AUTO, none));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_on_one_rank), cmocka_unit_test(test_another_file_on_one_rank),
        cmocka_unit_test(test_missing_group),       cmocka_unit_test(test_class_out_of_range),
        cmocka_unit_test(test_not_finite),          cmocka_unit_test(test_targets_that_do_not_fit),
        cmocka_unit_test(test_targets_are_missing),
    };
    ranks_open();
    return ranks_close(
        cmocka_run_group_tests_name("dataset errors", tests, make_folder, remove_folder));
}
