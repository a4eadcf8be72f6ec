/* test_cores.c: sets of cores, what the kernel's files say about cores and processor time, and how
 * many threads suit ranks that share them. */
#include "check.h"

#include "comm/place.h"
#include "scratch.h"

static nn_cores range(int first, int last) {
    nn_cores cores = {{0}};
    for (int i = first; i <= last; i++) nn_cores_add(&cores, i);
    return cores;
}

static void expect_text(const nn_cores *cores, const char *expected) {
    nn_text text = {0};
    nn_cores_format(cores, &text);
    assert_string_equal(text.bytes, expected);
    nn_text_free(&text);
}

static void test_sets(void **state) {
    (void)state;
    nn_cores a = range(0, 3), b = range(2, 5), none = {{0}};
    assert_int_equal(nn_cores_count(&a), 4);
    assert_int_equal(nn_cores_common(&a, &b), 2);
    assert_false(nn_cores_equal(&a, &b));
    nn_cores_add(&a, 8);
    nn_cores_add(&a, -1);
    nn_cores_add(&a, NN_CORES_MOST); /* no room: left out */
    expect_text(&a, "0-3,8");
    expect_text(&none, "none");
    nn_cores_join(&a, &b);
    nn_cores_add(&a, 9);
    nn_cores_add(&a, NN_CORES_MOST - 1);
    nn_cores_add(&a, 64);
    expect_text(&a, "0-5,8,9,64,1023");
    assert_true(nn_cores_have(&a, 64));
    assert_false(nn_cores_have(&a, 63));
    assert_false(nn_cores_have(&a, NN_CORES_MOST));
}

static void make_folder(const char *name) {
    assert_int_equal(mkdir(scratch(name), 0700), 0);
}

/* 4 cores of 2 hardware threads, numbered as Linux mostly does: 0 and 4 are one core. */
static void test_hardware_threads(void **state) {
    (void)state;
    const char *folder = scratch("cores");
    make_folder("cores");
    for (int i = 0; i < 8; i++) {
        char name[64], text[64];
        snprintf(name, sizeof name, "cores/cpu%d", i);
        make_folder(name);
        snprintf(name, sizeof name, "cores/cpu%d/topology", i);
        make_folder(name);
        snprintf(name, sizeof name, "cores/cpu%d/topology/thread_siblings_list", i);
        snprintf(text, sizeof text, "%d,%d\n", i % 4, i % 4 + 4);
        write_string(scratch(name), text);
    }
    nn_cores all = range(0, 7), second = range(4, 5), unknown = range(7, 9);
    nn_cores cores = nn_cores_whole(&all, folder);
    expect_text(&cores, "0-3");
    cores = nn_cores_whole(&second, folder); /* one of two is a core, no less */
    expect_text(&cores, "0,1");
    cores = nn_cores_whole(&unknown, folder);
    expect_text(&cores, "3,8,9");
    cores = nn_cores_whole(&all, "nowhere");
    expect_text(&cores, "0-7");
}

static void test_quota(void **state) {
    (void)state;
    const char *second = scratch("second"), *first = scratch("first");
    make_folder("second");
    make_folder("first");
    assert_true(nn_quota_of_group(second).cpus == 0);
    write_string(scratch("second/cpu.max"), "150000 100000\n");
    assert_true(nn_quota_of_group(second).cpus == 1.5);
    assert_true(nn_quota_of_group(second).group != 0);
    write_string(scratch("second/cpu.max"), "max 100000\n");
    assert_true(nn_quota_of_group(second).cpus == 0);
    write_string(scratch("first/cpu.cfs_quota_us"), "-1\n");
    write_string(scratch("first/cpu.cfs_period_us"), "50000\n");
    assert_true(nn_quota_of_group(first).cpus == 0);
    write_string(scratch("first/cpu.cfs_quota_us"), "200000\n");
    assert_true(nn_quota_of_group(first).cpus == 4);
    write_string(scratch("second/cpu.max"), "100000 100000\n");
    assert_true(nn_quota_of_group(first).group != nn_quota_of_group(second).group);
}

/* ---- shares ---- */

enum { MOST = 64 };
static nn_place places[MOST];

static void place(int rank, int node, nn_cores cores) {
    places[rank] = (nn_place){.node = node, .cores = cores};
}

static void expect_share(int count, int rank, int threads) {
    assert_int_equal(nn_place_share(places, count, rank), threads);
}

static void test_equal_shares(void **state) {
    (void)state;
    for (int cores = 1; cores <= 48; cores++) {
        for (int ranks = 1; ranks <= MOST; ranks++) {
            for (int r = 0; r < ranks; r++) place(r, 0, range(0, cores - 1));
            expect_share(ranks, ranks / 2, ranks > cores ? 1 : cores / ranks);
        }
    }
}

static void test_overlaps(void **state) {
    (void)state;
    place(0, 0, range(0, 3)); /* 0-3 and 2-5: each has 2 alone and half of 2 */
    place(1, 0, range(2, 5));
    expect_share(2, 0, 3);
    expect_share(2, 1, 3);
    place(0, 0, range(0, 7)); /* one that may go everywhere, and one that is bound */
    place(1, 0, range(0, 0));
    expect_share(2, 0, 7);
    expect_share(2, 1, 1);
    place(0, 0, range(0, 1)); /* not on the same node */
    place(1, 1, range(0, 1));
    expect_share(2, 0, 2);
    expect_share(2, 1, 2);
    for (int r = 0; r < 3; r++) place(r, 0, range(5, 5)); /* all on one core */
    for (int r = 0; r < 3; r++) expect_share(3, r, 1);
}

/* Whatever the masks, threads are no more than cores, but for a rank's one. */
static void test_never_too_many(void **state) {
    (void)state;
    unsigned random = 7;
    for (int turn = 0; turn < 2000; turn++) {
        nn_cores all = {{0}};
        int ranks = 1 + turn % 12, threads = 0, poor = 0;
        for (int r = 0; r < ranks; r++) {
            random = random * 1664525u + 1013904223u;
            int first = (int)(random >> 20 & 31), last = first + (int)(random >> 26 & 15);
            place(r, 0, range(first, last));
            nn_cores_join(&all, &places[r].cores);
        }
        for (int r = 0; r < ranks; r++) {
            int share = nn_place_share(places, ranks, r);
            assert_true(share >= 1 && share <= nn_cores_count(&places[r].cores));
            threads += share;
            poor += share == 1;
        }
        assert_true(threads <= nn_cores_count(&all) + poor);
    }
}

static void test_shares_of_a_quota(void **state) {
    (void)state;
    for (int r = 0; r < 2; r++) {
        place(r, 0, range(0, 15));
        places[r].quota = (nn_quota){6, 1};
    }
    expect_share(2, 0, 3); /* 6 for both */
    places[1].quota.group = 2;
    expect_share(2, 0, 6); /* 6 for each, of 8 cores for each */
    places[0].quota.cpus = 0.5;
    expect_share(2, 0, 1);
    places[0].quota.cpus = 100;
    expect_share(2, 0, 8);
}

/* A process that is bound and let go of again. */
static void test_this_process(void **state) {
    (void)state;
    nn_cores before = nn_cores_allowed(), reachable = nn_cores_reachable(), again;
    assert_true(nn_cores_count(&before) >= 1);
    assert_int_equal(nn_cores_common(&before, &reachable), nn_cores_count(&before));
    for (int core = 0; core < NN_CORES_MOST; core++) {
        if (!nn_cores_have(&before, core)) continue;
        nn_cores one = range(core, core);
        nn_cores_bind(&one);
        again = nn_cores_allowed();
        assert_true(nn_cores_equal(&again, &one));
        again = nn_cores_reachable();
        assert_true(nn_cores_equal(&again, &reachable));
        again = nn_cores_allowed(); /* looking has not moved it */
        assert_true(nn_cores_equal(&again, &one));
        again = nn_cores_widen();
        assert_true(nn_cores_equal(&again, &one));
        break;
    }
    nn_cores_bind(&before);
    again = nn_cores_allowed();
    assert_true(nn_cores_equal(&again, &before));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_hardware_threads),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_equal_shares),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_never_too_many),
        cmocka_unit_test(test_shares_of_a_quota),
        cmocka_unit_test(test_this_process),
    };
    return cmocka_run_group_tests_name("cores", tests, scratch_make, scratch_remove);
}
