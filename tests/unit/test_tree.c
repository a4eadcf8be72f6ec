/* test_tree.c: the sum along the tree is the same expression whichever ranks hold which leaves; few
 * nodes travel; and shards, shares and batches fit together. */
#include "check.h"

#include "comm/comm.h"
#include "data/shards.h"
#include "train/tree.h"

#include <stdlib.h>

enum { MOST_LEAVES = 70, MOST_RANKS = 64 };

/* A "sum" that depends on what is added to what, and on which side it stands. */
static uint64_t joined(uint64_t left, uint64_t right) {
    uint64_t mixed = (left ^ (right * 0x9E3779B97F4A7C15u + 0x7F4A7C15u)) * 0xBF58476D1CE4E5B9u;
    return mixed ^ mixed >> 29;
}

/* The definition: left half plus right half, as far as there are leaves. */
static uint64_t expected_sum(int64_t leaves, int64_t first, int64_t width) {
    if (width == 1) return (uint64_t)first + 1;
    uint64_t left = expected_sum(leaves, first, width / 2);
    if (first + width / 2 >= leaves) return left;
    return joined(left, expected_sum(leaves, first + width / 2, width / 2));
}

static void push(nn_forest *forest, int64_t first, int64_t width, int64_t buffer, uint64_t *sums) {
    int64_t into, from;
    nn_forest_push(forest, first, width, buffer);
    while (nn_forest_join(forest, &into, &from)) sums[into] = joined(sums[into], sums[from]);
}

/* Leaves cut at random places, as if each part were a rank's. */
static void check_cut(int64_t leaves, unsigned cuts) {
    uint64_t sums[MOST_LEAVES], all_sums[MOST_LEAVES];
    nn_forest all = {.leaves = leaves};
    int64_t sent = 0;
    for (int64_t begin = 0, end; begin < leaves; begin = end) {
        nn_forest mine = {.leaves = leaves};
        for (end = begin + 1; end < leaves && !(cuts >> (end % 31) & 1); end++) continue;
        for (int64_t leaf = begin; leaf < end; leaf++) {
            sums[leaf] = (uint64_t)leaf + 1;
            push(&mine, leaf, 1, leaf, sums);
        }
        nn_forest same;
        assert_true(nn_forest_of(leaves, begin, end, &same) >= mine.count);
        assert_int_equal(same.count, mine.count);
        for (int64_t i = 0; i < mine.count; i++) {
            assert_int_equal(same.nodes[i].first, mine.nodes[i].first);
            assert_int_equal(same.nodes[i].width, mine.nodes[i].width);
            all_sums[sent] = sums[mine.nodes[i].buffer];
            push(&all, mine.nodes[i].first, mine.nodes[i].width, sent++, all_sums);
        }
    }
    int64_t width = 1;
    while (width < leaves) width *= 2;
    assert_int_equal(all.count, 1);
    assert_int_equal(all.nodes[0].buffer, 0);
    assert_true(all_sums[0] == expected_sum(leaves, 0, width));
}

static void test_any_cut_is_one_sum(void **state) {
    (void)state;
    unsigned cuts = 1;
    for (int64_t leaves = 1; leaves <= MOST_LEAVES; leaves++) {
        check_cut(leaves, 0);
        check_cut(leaves, ~0u);
        for (int i = 0; i < 50; i++) {
            cuts = cuts * 1664525u + 1013904223u;
            check_cut(leaves, i % 2 ? cuts : cuts & cuts << 1 & cuts >> 2);
        }
    }
}

/* Shares begin at whole shards, which cover all rows, whatever the number of ranks. */
static void check_shares(const nn_shards *shards, int64_t rows) {
    assert_int_equal(nn_shards_begin(shards, rows, 0), 0);
    assert_int_equal(nn_shards_begin(shards, rows, shards->ranks), rows);
    for (int r = 0; r < shards->ranks; r++) {
        int64_t begin = nn_shards_begin(shards, rows, r),
                end = nn_shards_begin(shards, rows, r + 1);
        assert_true(begin <= end);
        if (shards->fixed == 0) continue;
        assert_true(begin % shards->shard_rows == 0 || begin == rows);
        assert_true((begin == end ? 0 : (end - 1) / shards->shard_rows) < shards->fixed);
    }
}

static void test_fixed_shards(void **state) {
    (void)state;
    for (int64_t rows = 1; rows < 5000; rows += rows < 300 ? 1 : 97) {
        const nn_shards one = nn_shards_fixed(rows, 1);
        assert_true(one.fixed >= 1 && one.shard_rows <= 128);
        assert_int_equal(nn_shards_of(&one, rows), one.fixed);
        assert_int_equal(nn_shards_slots(&one), one.fixed);
        if (rows >= 64) assert_true(one.fixed >= 4);
        if (one.fixed > 1) assert_true(one.shard_rows >= 16);
        for (int ranks = 1; ranks < 20; ranks++) {
            const nn_shards shards = nn_shards_fixed(rows, ranks);
            assert_int_equal(shards.shard_rows, one.shard_rows);
            assert_int_equal(shards.fixed, one.fixed);
            check_shares(&shards, rows);
            check_shares(&shards, rows / 3 + 1); /* an epoch's last batch */
        }
    }
}

static void test_shards_by_rank(void **state) {
    (void)state;
    for (int64_t rows = 1; rows < 60; rows++) {
        for (int64_t pass = 1; pass < 70; pass += pass < 9 ? 1 : 20) {
            for (int ranks = 1; ranks < 9; ranks++) {
                const nn_shards shards = nn_shards_by_rank(rows, pass, ranks);
                assert_int_equal(nn_shards_slots(&shards), 1);
                assert_true(shards.shard_rows * ranks < pass + ranks);
                for (int64_t n = 1; n <= rows; n++) { /* also shorter batches */
                    check_shares(&shards, n);
                    for (int r = 0; r < ranks; r++)
                        assert_true(nn_shards_begin(&shards, n, r + 1) -
                                        nn_shards_begin(&shards, n, r) <=
                                    (rows + ranks - 1) / ranks);
                }
            }
        }
    }
}

/* Each node that a rank sends is as many bytes as half of MPI_Allreduce's: at most three a rank on
 * average, so that with the sum that comes back it is at most twice as many. Where there are four
 * shards a rank or more, no rank has more than 1.4 times its part of the work. */
static void test_few_nodes_travel(void **state) {
    (void)state;
    for (int64_t count = 1; count <= 1024; count += count < 130 ? 1 : 59) {
        for (int ranks = 2; ranks <= MOST_RANKS; ranks++) {
            const nn_shards shards = {count, 1, count, ranks};
            int64_t nodes = 0, most = 0;
            for (int r = 0; r < ranks; r++) {
                nn_forest forest;
                int64_t begin = nn_shards_begin(&shards, count, r);
                int64_t end = nn_shards_begin(&shards, count, r + 1);
                nn_forest_of(count, begin, end, &forest);
                nodes += forest.count;
                if (end - begin > most) most = end - begin;
            }
            if (!(nodes <= 3 * ranks))
                fail_msg("%lld shards on %d ranks: %lld nodes", (long long)count, ranks,
                         (long long)nodes);
            if (count >= 4 * ranks) assert_true(most * ranks * 10 <= count * 14);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut_is_one_sum),
        cmocka_unit_test(test_fixed_shards),
        cmocka_unit_test(test_shards_by_rank),
        cmocka_unit_test(test_few_nodes_travel),
    };
    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
