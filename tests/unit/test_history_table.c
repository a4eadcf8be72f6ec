/* test_history_table.c: metrics.csv read back: whole, in part, while it is being written, and damaged. */
#include "check.h"

#include "train/history_table.h"

#include <math.h>

static const char TEXT[] = "epoch,loss,val_loss\n1,0.5,0.25\n2,0.125,inf\n3,,1e-3\n";

static void numbers_come_back(void **state) {
    (void)state;
    nn_history_table table;
    assert_ok(nn_history_table_read(TEXT, NULL, "metrics.csv", &table));
    assert_int_equal(table.columns, 3);
    assert_int_equal(table.rows, 3);
    assert_int_equal(nn_history_table_find(&table, "val_loss"), 2);
    assert_int_equal(nn_history_table_find(&table, "lo"), -1);
    assert_true(nn_history_table_value(&table, 1, "loss") == 0.125);
    assert_true(isinf(nn_history_table_value(&table, 1, "val_loss")));
    assert_true(isnan(nn_history_table_value(&table, 2, "loss")));
    assert_true(nn_history_table_value(&table, 2, "val_loss") == 1e-3);
    assert_true(isnan(nn_history_table_value(&table, 0, "accuracy")));
    nn_history_table_free(&table);
}

static void parts_have_the_header_too(void **state) {
    (void)state;
    nn_history_table table;
    assert_ok(nn_history_table_read(TEXT, strstr(TEXT, "3,,"), "metrics.csv", &table));
    assert_int_equal(table.rows, 1);
    assert_true(nn_history_table_value(&table, 0, "epoch") == 3);
    nn_history_table_free(&table);
    assert_ok(nn_history_table_read(TEXT, TEXT + strlen(TEXT), "metrics.csv", &table));
    assert_int_equal(table.rows, 0);
    nn_history_table_free(&table);
}

static void a_line_that_is_being_written_is_left_out(void **state) {
    (void)state;
    nn_history_table table;
    assert_ok(nn_history_table_read("epoch,loss\n1,2\n2,0.", NULL, "metrics.csv", &table));
    assert_int_equal(table.rows, 1);
    nn_history_table_free(&table);
    assert_ok(nn_history_table_read("epoch,lo", NULL, "metrics.csv", &table));
    assert_int_equal(table.rows, 0);
    nn_history_table_free(&table);
    assert_ok(nn_history_table_read("", NULL, "metrics.csv", &table));
    assert_int_equal(table.rows, 0);
    nn_history_table_free(&table);
}

static void damage_is_named(void **state) {
    (void)state;
    nn_history_table table;
    assert_fails(nn_history_table_read("epoch,loss\n1,2\n2,abc\n", NULL, "metrics.csv", &table),
                 NN_BAD_DATA, "metrics.csv:3: the column 'loss' holds 'abc', which is no number");
    nn_history_table_free(&table);
    assert_fails(nn_history_table_read("epoch,loss\n1,2\n2\n", NULL, "metrics.csv", &table), NN_BAD_DATA,
                 "metrics.csv:3: it has 1 fields, but the first line has 2");
    nn_history_table_free(&table);
    assert_fails(nn_history_table_read("epoch,loss\n1,2,3\n", NULL, "metrics.csv", &table), NN_BAD_DATA,
                 "metrics.csv:2: it has 3 fields");
    nn_history_table_free(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_come_back),
                                       cmocka_unit_test(parts_have_the_header_too),
                                       cmocka_unit_test(a_line_that_is_being_written_is_left_out),
                                       cmocka_unit_test(damage_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
