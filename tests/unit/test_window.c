/* test_window.c: how a dataset that is not in memory is cut: each row comes exactly once in an
 * epoch, in another order each time, two windows fit into the buffer, and blocks are whole chunks.
 */
#include "check.h"

#include "data/shards.h"
#include "data/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t least_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The rows of an epoch in their order. */
static void list_rows(const nn_windows *windows, int64_t epoch, int64_t *out) {
    const nn_window_order order = nn_windows_order(windows, epoch);
    int64_t *in_window = malloc((size_t)windows->max_rows * sizeof *in_window), seen = 0;
    assert_non_null(in_window);
    for (int64_t window = 0; window < windows->count; window++) {
        int64_t count = 0, rows;
        assert_int_equal(nn_window_begin(&order, window), seen);
        for (int64_t block = nn_window_blocks(windows, window);
             block < nn_window_blocks(windows, window + 1); block++) {
            int64_t first = nn_window_block(&order, block, &rows);
            assert_int_equal(first % windows->block_rows, 0);
            assert_in_range(rows, 1, windows->block_rows);
            for (int64_t i = 0; i < rows; i++) {
                assert_in_range(count, 0, windows->max_rows - 1);
                in_window[count++] = first + i;
            }
        }
        assert_int_equal(nn_window_begin(&order, window + 1), seen + count);
        const nn_permutation samples = nn_window_samples(&order, window);
        for (int64_t i = 0; i < count; i++) {
            assert_int_equal(nn_window_of(&order, seen), window);
            out[seen++] =
                windows->shuffle ? in_window[nn_permute(&samples, (uint64_t)i)] : in_window[i];
        }
    }
    assert_int_equal(seen, windows->rows);
    free(in_window);
}

static void check_cut(const nn_windows_wish *wish, const nn_windows *windows) {
    assert_int_equal(windows->blocks, (wish->rows + windows->block_rows - 1) / windows->block_rows);
    assert_in_range(windows->count, 1, windows->blocks);
    assert_in_range(windows->max_rows, 1, wish->rows);
    const int64_t chunk = wish->chunk_rows > 0 ? wish->chunk_rows : 1;
    if (windows->count == 1)
        assert_int_equal(windows->max_rows, wish->rows);
    else if (wish->least_rows <= 1) /* the buffer bounds the memory, but a row is a row */
        assert_true(
            windows->max_rows <=
            (wish->buffer / 2 / wish->row_bytes > 1 ? wish->buffer / 2 / wish->row_bytes : 1));
    if (4 * chunk <= windows->max_rows / 2) assert_int_equal(windows->block_rows % chunk, 0);
    const nn_window_order order = nn_windows_order(windows, 3);
    for (int64_t i = 0; windows->count > 2 && i < windows->count; i++)
        assert_true(nn_window_begin(&order, i + 1) - nn_window_begin(&order, i) >=
                    least_of(wish->least_rows, wish->rows));
}

static void check_epochs(const nn_windows *windows) {
    int64_t *rows = malloc((size_t)windows->rows * sizeof *rows);
    char *seen = malloc((size_t)windows->rows);
    assert_true(rows && seen);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        list_rows(windows, epoch, rows);
        memset(seen, 0, (size_t)windows->rows);
        for (int64_t i = 0; i < windows->rows; i++) {
            assert_in_range(rows[i], 0, windows->rows - 1);
            assert_int_equal(seen[rows[i]]++, 0);
            if (!windows->shuffle) assert_int_equal(rows[i], i);
        }
    }
    free(rows);
    free(seen);
}

/* Rows, bytes of a row, rows of a chunk, buffer, least rows. */
static const int64_t CASES[][5] = {
    {1, 1, 0, 1, 1},
    {1, 1000, 0, 1, 1},
    {2, 1000, 0, 1, 1},
    {23, 16, 0, 1, 1},
    {23, 16, 0, 1, 3},
    {23, 16, 0, 100, 1},
    {23, 16, 5, 100, 7},
    {23, 16, 23, 400, 23},
    {1000, 1, 0, 100, 1},
    {1000, 1, 1, 100, 64},
    {1000, 1, 7, 100, 64},
    {1000, 1, 333, 100, 50},
    {1000, 1, 1000, 100, 50},
    {1001, 1, 10, 80, 1},
    {4096, 784, 64, 400000, 256},
    {4097, 784, 64, 400000, 256},
    {60000, 784, 1337, 16 << 20, 256},
    {60000, 785, 1337, 256 << 20, 256},
    {7, 3 << 20, 1, 8 << 20, 1},
    {100, 3 << 20, 1, 1 << 20, 1},
    {100, 3 << 20, 1, 64 << 20, 16},
    {50000, 100, 10000, 2 << 20, 128},
    {12345, 10, 100, 12345 * 10 - 1, 1},
};

static void test_each_row_once(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * sizeof CASES / sizeof *CASES; i++) {
        const int64_t *of = CASES[i / 2];
        const nn_windows_wish wish = {of[0], of[1], of[2], of[3], of[4], i % 2 == 0, 7};
        const nn_windows windows = nn_windows_make(&wish);
        check_cut(&wish, &windows);
        check_epochs(&windows);
    }
}

/* Another order for another epoch or seed, the same for the same; what fits is shuffled as in
 * memory. */
static void test_orders(void **state) {
    (void)state;
    enum { ROWS = 1000 };
    static int64_t a[ROWS], b[ROWS];
    nn_windows_wish wish = {ROWS, 1, 10, 200, 1, true, 7};
    nn_windows windows = nn_windows_make(&wish), other = windows;
    assert_int_equal(windows.count, 10);
    assert_int_equal(windows.block_rows, 20);
    list_rows(&windows, 0, a);
    list_rows(&other, 0, b);
    assert_memory_equal(a, b, sizeof a);
    list_rows(&windows, 1, b);
    assert_memory_not_equal(a, b, sizeof a);
    other.seed = 8;
    list_rows(&other, 0, b);
    assert_memory_not_equal(a, b, sizeof a);

    wish.buffer = ROWS;
    windows = nn_windows_make(&wish);
    assert_int_equal(windows.count, 1);
    list_rows(&windows, 5, a);
    const nn_permutation whole =
        nn_permutation_make((nn_random_stream){7, NN_RANDOM_SHUFFLE, 0, 5}, ROWS);
    for (int i = 0; i < ROWS; i++) assert_int_equal(a[i], nn_permute(&whole, (uint64_t)i));
}

/* Over many epochs each block, the short one too, is in each window about equally often, and each
 * row of a window about equally often at each place: chi-square with as many degrees of freedom as
 * there are cells, less one a row; six standard deviations. */
static void test_no_place_is_preferred(void **state) {
    (void)state;
    enum { ROWS = 38, WINDOWS = 5, EPOCHS = 20000 };
    static int64_t rows[ROWS], counts[ROWS][WINDOWS], places[ROWS];
    const nn_windows_wish wish = {ROWS, 1, 2, 16, 1, true, 3};
    const nn_windows windows = nn_windows_make(&wish);
    assert_int_equal(windows.count, WINDOWS);
    assert_int_equal(windows.block_rows, 2);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        const nn_window_order order = nn_windows_order(&windows, epoch);
        list_rows(&windows, epoch, rows);
        for (int i = 0; i < ROWS; i++) counts[rows[i]][nn_window_of(&order, i)]++;
        for (int i = 0; i < ROWS; i++)
            if (rows[i] == 0) places[i]++;
    }
    double square = 0, freedom = (ROWS / 2 - 1) * (WINDOWS - 1);
    for (int i = 0; i < ROWS; i += 2) /* the rows of a block go together */
        for (int w = 0; w < WINDOWS; w++) {
            double expected =
                EPOCHS *
                (double)(nn_window_blocks(&windows, w + 1) - nn_window_blocks(&windows, w)) /
                (double)windows.blocks;
            square +=
                ((double)counts[i][w] - expected) * ((double)counts[i][w] - expected) / expected;
        }
    assert_true(fabs(square - freedom) < 6 * sqrt(2 * freedom));
    square = 0;
    for (int i = 0; i < ROWS; i++)
        square +=
            ((double)places[i] - EPOCHS / 38.0) * ((double)places[i] - EPOCHS / 38.0) * 38 / EPOCHS;
    assert_true(fabs(square - (ROWS - 1)) < 6 * sqrt(2.0 * (ROWS - 1)));
}

/* Which rows are whose, counted through the epochs: a walk from shard to shard meets just the
 * shards that nn_shards_begin() gives, from any batch on. */
static void test_walk(void **state) {
    (void)state;
    for (int ranks = 1; ranks <= 5; ranks++) {
        for (int64_t batch = 1; batch <= 12; batch++) {
            const nn_shards cuts[] = {nn_shards_by_rank(batch, batch, ranks),
                                      nn_shards_by_rank(batch, 1 + batch / 3, ranks),
                                      nn_shards_fixed(batch, ranks),
                                      nn_shards_one_each(batch, ranks)};
            for (int i = 0; i < 4 * ranks; i++) {
                enum { ROWS = 23 };
                const nn_shards *cut = &cuts[i / ranks];
                const int rank = i % ranks;
                const int64_t batches = (ROWS + cut->batch_rows - 1) / cut->batch_rows;
                for (int64_t from = 0; from < batches; from++) {
                    int64_t next = nn_shards_first(cut, ROWS, rank, 2, from);
                    for (int64_t number = 2 * batches + from; number < 4 * batches; number++) {
                        const int64_t begin = number % batches * cut->batch_rows;
                        const int64_t rows = least_of(cut->batch_rows, ROWS - begin);
                        const int64_t end = nn_shards_begin(cut, rows, rank + 1);
                        for (int64_t at = nn_shards_begin(cut, rows, rank); at < end;
                             at += cut->shard_rows) {
                            assert_int_equal(next, number / batches * ROWS + begin + at);
                            next = nn_shards_next(cut, ROWS, rank, next);
                        }
                    }
                    assert_true(next >= 4 * ROWS);
                }
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_once),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_no_place_is_preferred),
        cmocka_unit_test(test_walk),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
