/* test_status.c: statuses, messages and their limits; memory and shapes. */
#include "check.h"

#include "util/memory.h"
#include "util/shape.h"

#include <stdio.h>
#include <stdlib.h>

static void messages_are_recorded(void **state) {
    (void)state;
    assert_int_equal(nn_fail(NN_IO, "%s: line %d", "a.csv", 7), NN_IO);
    assert_string_equal(nn_message(), "a.csv: line 7");
    assert_int_equal(nn_within(NN_OK, "elsewhere"), NN_OK);
    assert_string_equal(nn_message(), "a.csv: line 7");
    assert_int_equal(nn_within(NN_IO, "rank %d", 3), NN_IO);
    assert_string_equal(nn_message(), "rank 3: a.csv: line 7");
    assert_int_equal(nn_fail(NN_USAGE, "again: %s", nn_message()), NN_USAGE);
    assert_string_equal(nn_message(), "again: rank 3: a.csv: line 7");
}

static void advice_follows_where_there_is_room(void **state) {
    (void)state;
    char text[NN_MESSAGE_MAX];
    nn_fail(NN_IO, "no %s", "space");
    assert_int_equal(nn_advise(NN_OK, "nothing"), NN_OK);
    assert_string_equal(nn_message(), "no space");
    assert_int_equal(nn_advise(NN_IO, "%s", "remove a file"), NN_IO);
    assert_string_equal(nn_message(), "no space; remove a file");
    memset(text, 'x', sizeof text);
    text[NN_MESSAGE_MAX - 8] = '\0';
    nn_fail(NN_IO, "%s", text);
    nn_advise(NN_IO, "12345");
    assert_int_equal(strlen(nn_message()), NN_MESSAGE_MAX - 1);
    nn_fail(NN_IO, "%s", text);
    nn_advise(NN_IO, "123456");
    assert_string_equal(nn_message(), text);
}

static void control_characters_are_spelled_out(void **state) {
    (void)state;
    char long_text[3 * NN_MESSAGE_MAX];
    assert_int_equal(nn_fail(NN_IO, "%s", "a\nb\r\tc\x1b[31m\x7f\\n \xc3\xa9"), NN_IO);
    assert_string_equal(nn_message(), "a\\nb\\r\\tc\\x1b[31m\\x7f\\n \xc3\xa9");
    assert_int_equal(nn_within(NN_IO, "x\ny"), NN_IO);
    assert_memory_equal(nn_message(), "x\\ny: a\\nb", 10);
    memset(long_text, '\x01', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(nn_fail(NN_IO, "%s", long_text), NN_IO);
    assert_int_equal(strlen(nn_message()), (NN_MESSAGE_MAX - 1) / 4 * 4); /* none is cut in two */
}

static void long_messages_are_cut(void **state) {
    (void)state;
    char long_text[3 * NN_MESSAGE_MAX];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(nn_fail(NN_IO, "%s", long_text), NN_IO);
    assert_int_equal(strlen(nn_message()), NN_MESSAGE_MAX - 1);
    assert_int_equal(nn_within(NN_IO, "file.h5"), NN_IO);
    assert_int_equal(strlen(nn_message()), NN_MESSAGE_MAX - 1);
    assert_memory_equal(nn_message(), "file.h5: xxx", 12);
    assert_int_equal(nn_within(NN_IO, "%s", long_text), NN_IO);
    assert_int_equal(strlen(nn_message()), NN_MESSAGE_MAX - 1);
}

static void statuses_have_names(void **state) {
    (void)state;
    assert_string_equal(nn_status_name(NN_OK), "OK");
    assert_string_equal(nn_status_name(NN_BAD_CONFIG), "BAD_CONFIG");
    assert_string_equal(nn_status_name((nn_status)1), "UNKNOWN");
    assert_string_equal(nn_status_meaning(NN_OK), "done");
    assert_non_null(nn_status_meaning((nn_status)1));
    assert_int_equal(NN_INTERRUPTED, 75);
    assert_true(strlen(nn_version()) >= 5);
}

static void memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    for (int64_t count = 0; count < 300; count += 37) {
        unsigned char *block;
        assert_ok(nn_allocate("a block", count, 1, &block));
        assert_int_equal((uintptr_t)block % NN_ALIGNMENT, 0);
        for (int64_t i = 0; i < count; i++) assert_int_equal(block[i], 0);
        free(block);
    }
    char *copy;
    assert_ok(nn_copy_text("", &copy));
    assert_string_equal(copy, "");
    free(copy);
    assert_int_equal(nn_round_up(0, 16), 0);
    assert_int_equal(nn_round_up(17, 16), 32);
    assert_true(nn_memory_available() > 0); /* where there is /proc */
}

static void impossible_sizes_are_errors(void **state) {
    (void)state;
    void *block = &block;
    assert_fails(nn_allocate("weights", -1, 4, &block), NN_INTERNAL, "weights");
    assert_null(block);
    assert_fails(nn_allocate("weights", INT64_MAX, 1, &block), NN_INTERNAL, "overflows");
    assert_fails(nn_allocate("weights", INT64_MAX / 4, 8, &block), NN_INTERNAL, "overflows");
    assert_fails(nn_allocate("weights", INT64_MAX, 0x10000, &block), NN_INTERNAL, "overflows");
}

static void put(const char *name, const char *content) {
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* In the test's own folder, files as the kernel shows them for a control group. */
static void control_groups_limit_memory(void **state) {
    (void)state;
    assert_true(nn_memory_left_in_group("no_such_folder") == INT64_MAX);
    put("memory.limit_in_bytes", "5000\n");
    put("memory.usage_in_bytes", "3000\n");
    assert_int_equal(nn_memory_left_in_group("."), 2000);
    put("memory.stat", "inactive_file 100\ntotal_inactive_file 700\n");
    assert_int_equal(nn_memory_left_in_group("."), 2700);
    put("memory.usage_in_bytes", "8000\n");
    assert_int_equal(nn_memory_left_in_group("."), 0);
    put("memory.current", "1000\n"); /* version 2 comes first */
    put("memory.max", "4000\n");
    assert_int_equal(nn_memory_left_in_group("."), 3100);
    put("memory.max", "max\n");
    remove("memory.limit_in_bytes");
    assert_true(nn_memory_left_in_group(".") == INT64_MAX);
    remove("memory.max");
    remove("memory.current");
    remove("memory.usage_in_bytes");
    remove("memory.stat");
}

static void shapes_count_and_print(void **state) {
    (void)state;
    char text[NN_SHAPE_TEXT];
    nn_shape scalar = {0}, image = {3, {28, 28, 1}}, other = {3, {28, 28, 3}};
    assert_int_equal(nn_shape_count(scalar), 1);
    assert_int_equal(nn_shape_last(scalar), 1);
    assert_string_equal(nn_shape_format(scalar, text), "()");
    assert_int_equal(nn_shape_count(image), 784);
    assert_int_equal(nn_shape_last(other), 3);
    assert_string_equal(nn_shape_format(image, text), "(28, 28, 1)");
    assert_true(nn_shape_equal(image, image));
    assert_false(nn_shape_equal(image, other));
    assert_false(nn_shape_equal(image, scalar));

    nn_shape widest = {.rank = NN_SHAPE_MAX};
    for (int i = 0; i < NN_SHAPE_MAX; i++) widest.dim[i] = INT64_MIN;
    nn_shape_format(widest, text);
    assert_int_equal(text[strlen(text) - 1], ')');
}

static void shapes_do_not_overflow(void **state) {
    (void)state;
    nn_shape huge = {3, {(int64_t)1 << 40, (int64_t)1 << 40, 2}};
    assert_true(nn_shape_count(huge) == INT64_MAX);
    huge.dim[2] = 0;
    assert_int_equal(nn_shape_count(huge), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_recorded),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(advice_follows_where_there_is_room),
        cmocka_unit_test(control_characters_are_spelled_out),
        cmocka_unit_test(statuses_have_names),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(impossible_sizes_are_errors),
        cmocka_unit_test(control_groups_limit_memory),
        cmocka_unit_test(shapes_count_and_print),
        cmocka_unit_test(shapes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
