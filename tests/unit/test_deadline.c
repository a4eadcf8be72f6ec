/* test_deadline.c: when a run leaves before its job ends. */
#include "check.h"

#include "train/deadline.h"

static const double NOW = 1000000;

static nn_deadline read(const char *end, const char *minutes) {
    nn_deadline deadline;
    assert_int_equal(nn_deadline_read(end, minutes, NOW, &deadline), NN_OK);
    return deadline;
}

static void without_an_end_there_is_none(void **state) {
    (void)state;
    const char *const ends[] = {NULL, "", "soon", "0", "999999", "-5"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        nn_deadline deadline = read(ends[i], NULL);
        assert_false(nn_deadline_is_near(&deadline, 1e12, 1, 1));
    }
    nn_deadline off = read("1003600", "0");
    assert_false(nn_deadline_is_near(&off, 1e12, 1, 1));
}

static void two_minutes_or_what_saving_takes(void **state) {
    (void)state;
    nn_deadline hour = read("1003600", NULL);
    assert_true(nn_deadline_margin(&hour, 1, 1) == 120);
    assert_true(nn_deadline_margin(&hour, 60, 40) == 300);
    assert_false(nn_deadline_is_near(&hour, NOW + 3479, 1, 1));
    assert_true(nn_deadline_is_near(&hour, NOW + 3480, 1, 1));
    assert_true(nn_deadline_is_near(&hour, NOW + 3301, 60, 40));
}

static void a_short_job_trains_too(void **state) {
    (void)state;
    nn_deadline minute = read("1000060", NULL);
    assert_true(nn_deadline_margin(&minute, 0, 0) == 6);
    assert_false(nn_deadline_is_near(&minute, NOW + 50, 0, 0));
}

static void the_option_decides(void **state) {
    (void)state;
    nn_deadline hour = read("1003600", "10");
    assert_true(nn_deadline_margin(&hour, 500, 500) == 600);
    nn_deadline half = read("1003600", "0.5");
    assert_true(nn_deadline_margin(&half, 500, 500) == 30);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"1003600", "ten"}, {"1003600", "-1"}, {"1003600", ""},
                                           {"1003600", "nan"}, {NULL, "5"},       {"soon", "5"},
                                           {"999999", "5"}};
    nn_deadline deadline;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(nn_deadline_read(cases[i][0], cases[i][1], NOW, &deadline), NN_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_an_end_there_is_none),
                                       cmocka_unit_test(two_minutes_or_what_saving_takes),
                                       cmocka_unit_test(a_short_job_trains_too),
                                       cmocka_unit_test(the_option_decides),
                                       cmocka_unit_test(what_cannot_be_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
