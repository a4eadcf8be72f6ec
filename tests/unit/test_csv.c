/* test_csv.c: fields of CSV lines come back as they were written, whatever is in them. */
#include "check.h"

#include "data/csv.h"

#include <string.h>

static void fields_come_back(void **state) {
    (void)state;
    static const char *const fields[] = {"plain", "0.5",   "a,b",         "say \"so\"", "\"",
                                         " front", "back\t", "two\nlines", "",           "a;b\r\nc"};
    enum { COUNT = sizeof fields / sizeof *fields };
    nn_text line = {0};
    nn_csv *csv;
    bool end;
    for (int i = 0; i < COUNT; i++) {
        if (i > 0) nn_text_add(&line, ",");
        nn_text_add_field(&line, fields[i]);
    }
    nn_text_add(&line, "\nnext\n");
    assert_false(line.failed);
    assert_int_equal(strncmp(line.bytes, "plain,0.5,\"a,b\",\"say \"\"so\"\"\",", 29), 0);
    assert_ok(nn_csv_open_text("a text", line.bytes, ',', &csv));
    assert_ok(nn_csv_next(csv, &end));
    assert_false(end);
    assert_int_equal(csv->count, COUNT);
    for (int i = 0; i < COUNT; i++) assert_string_equal(csv->fields[i], fields[i]);
    assert_ok(nn_csv_next(csv, &end));
    assert_int_equal(csv->count, 1);
    assert_string_equal(csv->fields[0], "next");
    nn_csv_close(&csv);
    nn_text_free(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fields_come_back)};
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
