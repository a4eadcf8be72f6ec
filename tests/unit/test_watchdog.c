/* test_watchdog.c: what the watchdog makes of the ranks' reports: who is missing, what is only slow, and
 * the lines that say so. */
#include "check.h"

#include "comm/watchdog_private.h"

#include <stdio.h>
#include <string.h>

enum { RANKS = 12 };

static nn_watch_rank ranks[RANKS];
static nn_watch_table table;
static char text[NN_WATCH_TEXT];

/* All ranks report at `now`; those in `silent`, a set of bits, do not. */
static void report(double now, unsigned silent, const nn_watch_state *states) {
    for (int i = 0; i < table.size; i++)
        if (!(silent >> i & 1)) nn_watch_hear(&table, i, &states[i], now);
}

static int start(void **state) {
    (void)state;
    memset(ranks, 0, sizeof ranks);
    table = (nn_watch_table){.size = 3, .timeout = 60, .interval = 6, .noticed = -60,
                             .advice = "go on", .ranks = ranks};
    for (int i = 0; i < RANKS; i++) snprintf(ranks[i].host, NN_WATCH_HOST, "n%d", i);
    return 0;
}

static nn_watch_verdict judge(double now) {
    nn_watch_verdict verdict = nn_watch_judge(&table, now);
    if (verdict != NN_WATCH_GOES_ON) nn_watch_describe(&table, verdict, now, text);
    return verdict;
}

static void a_silent_rank_is_named(void **state) {
    (void)state;
    nn_watch_state states[RANKS] = {{1, NN_DOING_STEP, 1, 0, 0}, {1, NN_DOING_STEP, 1, 0, 0},
                                    {1, NN_DOING_STEP, 0, 0, 0}};
    report(10, 0, states);
    for (double now = 16; now < 70; now += 6) {
        report(now, 4, states);
        assert_int_equal(judge(now), NN_WATCH_GOES_ON);
    }
    assert_int_equal(judge(70), NN_WATCH_GOES_ON); /* not before the timeout is over */
    report(71, 4, states);
    assert_int_equal(judge(71), NN_WATCH_HANGS);
    assert_string_equal(text, "nnmpi: the run hangs: no progress for 61 s (--hang-timeout 60): waiting for "
                              "rank 2 on n2 (stopped or cut off: last heard of 61 s ago, in a step); go on\n");
}

static void any_progress_is_enough(void **state) {
    (void)state;
    nn_watch_state states[RANKS] = {{1, NN_DOING_EVALUATION, 0, 0, 0}};
    for (double now = 0; now < 600; now += 6) {
        if ((int)now % 54 == 0) states[1].progress++;
        report(now, 4, states);
        assert_int_equal(judge(now), NN_WATCH_GOES_ON);
    }
}

static void a_live_rank_that_is_stuck_is_named(void **state) {
    (void)state;
    nn_watch_state states[RANKS] = {{1, NN_DOING_STEP, 1, 0, 0}, {1, NN_DOING_STEP, 0, 0, 0},
                                    {1, NN_DOING_STEP, 1, 0, 0}};
    report(0, 0, states);
    report(61, 0, states);
    assert_int_equal(judge(61), NN_WATCH_HANGS);
    assert_non_null(strstr(text, "waiting for rank 1 on n1 (in a step, for 61 s); go on"));
    assert_null(strstr(text, "rank 0"));

    states[1].waiting = 1; /* nobody is missing */
    report(62, 0, states);
    assert_int_equal(judge(62), NN_WATCH_HANGS);
    assert_non_null(strstr(text, "all 3 ranks wait for each other (in a step)"));
}

static void files_take_their_time(void **state) {
    (void)state;
    nn_watch_state states[RANKS] = {{1, NN_DOING_SAVE, 0, 0, 0}, {1, NN_DOING_SAVE, 1, 0, 0},
                                    {1, NN_DOING_SAVE, 1, 0, 0}};
    int said = 0;
    for (double now = 0; now <= 600; now += 6) {
        report(now, 0, states);
        nn_watch_verdict verdict = judge(now);
        assert_int_not_equal(verdict, NN_WATCH_HANGS);
        said += verdict == NN_WATCH_SLOW;
    }
    assert_int_equal(said, 9); /* once in a timeout */
    assert_non_null(strstr(text, "waiting for rank 0 on n0 (saving, for "));
    assert_null(strstr(text, "rank 1"));

    report(606, 1, states); /* it is heard of no more */
    assert_int_not_equal(judge(606), NN_WATCH_HANGS);
    report(640, 1, states);
    assert_int_equal(judge(640), NN_WATCH_HANGS);
    assert_non_null(strstr(text, "waiting for rank 0 on n0 (stopped or cut off: last heard of 40 s ago, saving)"));

    states[2].files = 1; /* a thread of a rank that waits reads on */
    report(641, 0, states);
    assert_true(nn_watch_in_file(&states[2]));
    assert_int_not_equal(judge(641), NN_WATCH_HANGS);
}

static void many_are_counted(void **state) {
    (void)state;
    nn_watch_state states[RANKS] = {{1, NN_DOING_STEP, 1, 0, 0}};
    table.size = RANKS;
    for (int i = 0; i < RANKS; i++) snprintf(ranks[i].host, NN_WATCH_HOST, "%0*d", NN_WATCH_HOST - 1, i);
    report(0, 0, states);
    report(61, ~1U, states);
    assert_int_equal(judge(61), NN_WATCH_HANGS);
    assert_non_null(strstr(text, "rank 8 on "));
    assert_null(strstr(text, "rank 9 on "));
    assert_non_null(strstr(text, " and 3 more; go on\n"));

    nn_watch_describe_first(&table, &ranks[0], 7, "n7", 100, text);
    assert_non_null(strstr(text, "rank 7 on n7 is waiting for rank 0 on "));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(a_silent_rank_is_named, start),
                                       cmocka_unit_test_setup(any_progress_is_enough, start),
                                       cmocka_unit_test_setup(a_live_rank_that_is_stuck_is_named, start),
                                       cmocka_unit_test_setup(files_take_their_time, start),
                                       cmocka_unit_test_setup(many_are_counted, start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
