/* test_advice.c: what measured times say about the batch and about ranks and threads. */
#include "check.h"

#include "doctor/advice.h"

#include <math.h>

static void near(double a, double b) {
    if (!(fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b)) + 1e-15))
        fail_msg("%.15g is not %.15g", a, b);
}

static void test_fit(void **state) {
    (void)state;
    const nn_pass_point line[] = {{8, 1e-3 + 8e-5}, {32, 1e-3 + 32e-5}, {512, 1e-3 + 512e-5}};
    nn_pass_time time = nn_pass_time_fit(line, 3);
    near(time.fixed, 1e-3);
    near(time.per_row, 1e-5);
    time = nn_pass_time_fit(line, 1);
    near(time.fixed, 0);
    near(time.per_row, (1e-3 + 8e-5) / 8);
    const nn_pass_point steep[] = {{8, 1e-4}, {32, 1e-3}}; /* would be negative at 0 */
    time = nn_pass_time_fit(steep, 2);
    assert_true(time.fixed == 0 && time.per_row > 1e-4 / 8 && time.per_row < 1e-3 / 32);
    const nn_pass_point falling[] = {{8, 2e-3}, {32, 1e-3}};
    time = nn_pass_time_fit(falling, 2);
    assert_true(time.per_row == 0 && time.fixed > 1e-3 && time.fixed < 2e-3);
    time = nn_pass_time_fit(NULL, 0);
    assert_true(time.fixed == 0 && time.per_row == 0);
}

static void test_rows(void **state) {
    (void)state;
    nn_step_time step = {{1e-3, 1e-5}, 2e-3, 9e-3};
    near(nn_step_seconds(&step, 100), 13e-3);
    near(nn_step_exchange_part(&step, 100), 9.0 / 13);
    assert_int_equal(nn_step_rows_for(&step, 0.5), 600); /* 9 ms = 1 + 2 + 600 / 100 */
    near(nn_step_exchange_part(&step, 600), 0.5);
    assert_int_equal(nn_step_rows_for(&step, 0.1), 7800); /* 81 ms = 1 + 2 + 78 */
    near(nn_step_exchange_part(&step, 7800), 0.1);
    for (int64_t rows = nn_step_rows_for(&step, 0.3); rows < 5000; rows += 97)
        assert_true(nn_step_exchange_part(&step, (double)rows) <= 0.3 + 1e-12);
    assert_true(nn_step_exchange_part(&step, (double)nn_step_rows_for(&step, 0.3) - 1) > 0.3);
    step.exchange = 1e-3; /* less than what is fixed: any batch will do */
    assert_int_equal(nn_step_rows_for(&step, 0.5), 1);
    step.exchange = 0;
    assert_int_equal(nn_step_rows_for(&step, 0.1), 1);
    step = (nn_step_time){{1e-3, 0}, 0, 9e-3}; /* no number of rows will do */
    assert_int_equal(nn_step_rows_for(&step, 0.5), 0);
    step = (nn_step_time){{0, 0}, 0, 0};
    near(nn_step_exchange_part(&step, 1), 0);
}

static void test_teams(void **state) {
    (void)state;
    const nn_pass_time one = {1e-3, 8e-5}, four = {1e-3, 2e-5}, slower = {2e-3, 9e-5};
    nn_pass_time time = nn_pass_time_of_team(one, four, 4, 2); /* all of it is shared */
    near(time.fixed, 1e-3);
    near(time.per_row, 4e-5);
    near(nn_pass_time_of_team(one, four, 4, 1).per_row, 8e-5);
    near(nn_pass_time_of_team(one, four, 4, 4).per_row, 2e-5);
    near(nn_pass_time_of_team(one, four, 4, 8).per_row, 1e-5);
    near(nn_pass_time_of_team(one, (nn_pass_time){1e-3, 5e-5}, 4, 2).per_row,
         6e-5); /* half of it */
    near(nn_pass_time_of_team(one, slower, 4, 2).per_row, 9e-5);
    near(nn_pass_time_of_team(one, (nn_pass_time){0, 0}, 1, 1).per_row, 8e-5);
}

static void test_combinations(void **state) {
    (void)state;
    nn_combination list[NN_COMBINATIONS_MAX];
    int best;
    nn_combination_facts facts = {.nodes = 1,
                                  .cores = 8,
                                  .ranks = 8,
                                  .threads = 1,
                                  .batch = 800,
                                  .update = 0,
                                  .exchange = 30e-3,
                                  .one = {0, 1e-4},
                                  .team = {0, 1e-4 / 8},
                                  .many = 8,
                                  .contention = 1};
    int count = nn_combinations(&facts, list, &best); /* 1x1, 1x8, 2x4, 4x2, 8x1 */
    assert_int_equal(count, 5);
    assert_true(list[0].ranks == 1 && list[0].threads == 1 && !list[0].present);
    near(list[0].seconds, 80e-3);
    for (int i = 1; i < count; i++) {
        assert_int_equal(list[i].ranks * list[i].threads, 8);
        assert_true(list[i].present == (list[i].ranks == 8));
        near(list[i].seconds, 10e-3 + 30e-3 * (i - 1) / 3); /* by the logarithm of ranks */
    }
    assert_int_equal(best, 1);
    facts.team = (nn_pass_time){1, 1e-4}; /* a team is slow, and so is the exchange: one thread */
    facts.exchange = 1;
    nn_combinations(&facts, list, &best);
    assert_int_equal(best, 0);
    facts.exchange = 30e-3;
    facts.team = facts.one; /* threads are of no use */
    count = nn_combinations(&facts, list, &best);
    near(list[1].seconds, 80e-3);
    assert_int_equal(list[best].ranks, 4 * 2);
    facts.exchange = 0.4e-3; /* of little weight: as it is now is good enough */
    facts.team.per_row = 1e-4 / 8;
    nn_combinations(&facts, list, &best);
    assert_true(list[best].present);
    facts.nodes = 4; /* the exchange remains where there is a rank on each of four nodes */
    facts.exchange = 50e-3;
    nn_combinations(&facts, list, &best);
    near(list[1].seconds, 2.5e-3 + 50e-3 * 2 / 5);
    facts.contention = 2;
    nn_combinations(&facts, list, &best);
    near(list[1].seconds, 2.5e-3 + 50e-3 * 2 / 5); /* one rank a node */
    near(list[4].seconds, 2 * 2.5e-3 + 50e-3);
    facts.contention = 1;
    facts.ranks = facts.threads = 3; /* 9 on 8 cores: still shown */
    count = nn_combinations(&facts, list, &best);
    assert_int_equal(count, 6);
    assert_true(list[3].ranks == 3 && list[3].threads == 3 && list[3].present);
}

static void test_combinations_of_a_large_node(void **state) {
    (void)state;
    nn_combination list[NN_COMBINATIONS_MAX];
    int best;
    nn_combination_facts facts = {.nodes = 1,
                                  .cores = 1024,
                                  .ranks = 1,
                                  .threads = 1024,
                                  .batch = 1024,
                                  .one = {0, 1e-4},
                                  .team = {0, 1e-6},
                                  .many = 1024,
                                  .contention = 1};
    int count = nn_combinations(&facts, list, &best);
    assert_true(count == 12 && list[1].present);
    facts.cores = 768;
    assert_int_equal(nn_combinations(&facts, list, &best), 19);
}

/* What is said of idle cores follows from the same times as the table of combinations. */
static void test_threads_pay(void **state) {
    (void)state;
    nn_combination list[NN_COMBINATIONS_MAX];
    double seconds[2];
    int best;
    nn_combination_facts facts = {.nodes = 1, .cores = 4, .ranks = 1, .threads = 1, .batch = 100,
                                  .one = {0, 1e-4}, .team = {0, 0.4e-4}, .many = 4, .contention = 1};
    assert_true(nn_threads_pay(&facts, 4, seconds));
    near(seconds[0], 10e-3);
    near(seconds[1], 4e-3);
    assert_true(nn_threads_pay(&facts, 2, seconds)); /* estimated */
    near(seconds[1], 6e-3);
    assert_false(nn_threads_pay(&facts, 1, seconds));
    facts.team.per_row = 0.97e-4; /* hardly faster */
    assert_false(nn_threads_pay(&facts, 4, seconds));
    facts.team = (nn_pass_time){2e-2, 1e-4}; /* a small model: threads wait for each other */
    assert_false(nn_threads_pay(&facts, 4, seconds));
    near(seconds[1], 30e-3);
    nn_combinations(&facts, list, &best);
    near(list[1].seconds, seconds[1]);
    assert_false(nn_threads_pay(&facts, 2, seconds));
    facts.ranks = 2; /* half of the rows each, in which less is won beside what the exchange takes */
    facts.exchange = 8e-3;
    facts.team = (nn_pass_time){0, 0.25e-4};
    assert_true(nn_threads_pay(&facts, 2, seconds));
    near(seconds[0], 13e-3);
    near(seconds[1], 10.5e-3);
    facts.exchange = 80e-3;
    assert_false(nn_threads_pay(&facts, 2, seconds));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_teams),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_combinations_of_a_large_node),
        cmocka_unit_test(test_threads_pay),
    };
    return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
