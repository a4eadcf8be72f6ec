/* test_measure.c: places of ranks, figures over ranks, and that measuring ends together on all of
 * them; what is measured depends on the machine. */
#include "dataset_file.h"

#include "comm/layout.h"
#include "doctor/measure.h"

#include <math.h>
#include <stdlib.h>

static void test_places(void **state) {
    (void)state;
    nn_place mine, *all;
    assert_ok(nn_place_find(comm, 0, &mine));
    assert_int_equal(mine.threads, nn_comm_threads(comm, 0));
    assert_int_equal(mine.node, 0); /* the test runs on one node */
    assert_int_equal(mine.node_ranks, size);
    assert_string_equal(mine.host, nn_comm_host(comm));
    assert_true(nn_cores_count(&mine.cores) >= 1 && mine.core_threads >= 1);
    assert_true(nn_cores_count(&mine.cores) <= nn_cores_count(&mine.allowed));
    assert_int_equal(nn_cores_common(&mine.cores, &mine.reachable), nn_cores_count(&mine.cores));
    assert_ok(nn_place_find(comm, 3 + rank, &mine));
    assert_int_equal(mine.threads, 3 + rank);
    assert_ok(nn_place_gather(comm, &mine, &all));
    assert_true((all != NULL) == (rank == 0));
    for (int r = 0; all && r < size; r++) {
        assert_int_equal(all[r].requested, 3 + r);
        assert_int_equal(all[r].node, 0);
    }
    free(all);
}

static void test_spread(void **state) {
    (void)state;
    nn_spread spread;
    assert_ok(nn_measure_spread(comm, 10.0 * (size - rank), &spread));
    assert_true(spread.least == 10 && spread.greatest == 10 * size);
    assert_true(fabs(spread.median - 5.0 * (size + 1)) < 1e-12);
    assert_true(fabs(spread.sum - 5.0 * size * (size + 1)) < 1e-12);
}

static void count_call(void *context) {
    ++*(int64_t *)context;
}

static void test_seconds(void **state) {
    (void)state;
    int64_t calls = 0;
    double seconds = nn_measure_seconds(count_call, &calls, 0.01);
    assert_true(calls > 3 && seconds > 0 && seconds < 1);
}

static void test_figures(void **state) {
    (void)state;
    const int64_t shape[3] = {20, 30, 40};
    nn_spread spread;
    double seconds;
    for (int threads = 1; threads <= 2; threads++) {
        assert_ok(nn_measure_product(comm, threads, shape, &spread));
        assert_true(spread.least > 0 && isfinite(spread.greatest));
        assert_ok(nn_measure_memory(comm, threads, 1 << 16, &spread));
        assert_true(spread.least > 0 && isfinite(spread.greatest));
    }
    for (int64_t count = 1; count < 100000; count *= 300) {
        assert_ok(nn_measure_exchange(comm, count, &seconds));
        assert_true(size == 1 ? seconds == 0 : seconds > 0);
        assert_true(nn_comm_is_same(comm, (uint64_t)(seconds * 1e12)));
    }
}

/* Fewer rows than some ranks would take, the samples in the group or at the root. */
static void test_reading(void **state) {
    (void)state;
    nn_reading reading;
    for (int type = X_U8; type < X_TYPES; type++) {
        const file_options options = {.path = scratch("read.h5"),
                                      .x = type,
                                      .group = type % 2 ? "" : NULL,
                                      .classes = true};
        write_file(&options);
        assert_ok(nn_measure_reading(comm, options.path, "/train", &reading));
        assert_int_equal(reading.rows, ROWS);
        assert_int_equal(reading.row_bytes, COLUMNS * (type == X_U8 ? 1 : 4));
        assert_int_equal(reading.bytes, ROWS * reading.row_bytes);
        assert_true(reading.first > 0 && reading.again > 0);
        assert_same_on_all(&reading.first, sizeof reading.first);
    }
    for (int fails = 0; fails < size; fails++)
        assert_agreed(nn_measure_reading(comm, rank == fails ? "nowhere.h5" : scratch("read.h5"),
                                         "train", &reading),
                      NN_NO_INPUT, fails, "nowhere.h5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),  cmocka_unit_test(test_spread),
        cmocka_unit_test(test_seconds), cmocka_unit_test(test_figures),
        cmocka_unit_test(test_reading),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("measure", tests, make_folder, remove_folder));
}
