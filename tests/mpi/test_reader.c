/* test_reader.c: the threads that read ahead, where ranks go at different speeds, stop in the
 * middle, have no rows, or can no longer read. Rows are right or a status says that they are not,
 * and nobody waits for ever.
 * test: NP 1 2 3 4 TIMEOUT 240 LABELS sanitize */
#include "failing_file.h"

#include "data/loader.h"

#include <time.h>

enum { ROWS = 4099, COLUMNS = 64 };

static const nn_target_spec VALUES = {.wanted = true, .kind = NN_TARGET_VALUES, .outputs = 1};

static nn_dataset *open_data(void) {
    static float x[ROWS * COLUMNS], y[ROWS];
    nn_dataset *data;
    nn_h5 *file;
    for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)i;
    for (int i = 0; i < ROWS; i++) y[i] = (float)i;
    assert_ok(nn_h5_create(own_file(), 0, &file));
    assert_ok(nn_h5_write(file, "/train/y", NN_H5_F32, (nn_shape){1, {ROWS}}, y));
    assert_ok(nn_h5_write(file, "/train/x", NN_H5_F32, (nn_shape){2, {ROWS, COLUMNS}}, x));
    assert_ok(nn_h5_close(&file));
    assert_ok(nn_dataset_open(comm, own_file(), "/train", &data));
    assert_ok(nn_dataset_load(data, &VALUES, NN_IN_MEMORY_NEVER));
    return data;
}

static nn_loader *open_loader(nn_dataset *data, nn_shards shards, bool shuffle) {
    nn_loader *loader;
    const nn_loader_options how = {shards, shuffle, 5, 80000, 0}; /* of 1,066,000 bytes */
    assert_ok(nn_loader_create(comm, data, &how, &loader));
    assert_in_range(nn_loader_windows(loader)->count, 20, 40);
    assert_in_range(nn_loader_buffer(loader), 40000, 80000);
    return loader;
}

static void pause_for(int microseconds) {
    const struct timespec time = {0, 1000L * microseconds};
    nanosleep(&time, NULL);
}

/* A batch's rows, those of this rank: adds up their numbers, which are the targets. */
static nn_status take_batch(nn_loader *loader, int64_t epoch, int64_t batch, double *sum) {
    for (int64_t shard = 0; shard < nn_loader_count(loader, batch); shard++) {
        nn_status status = nn_loader_choose(loader, epoch, batch, shard);
        const nn_batch *rows = nn_loader_batch(loader);
        if (status != NN_OK) {
            assert_int_equal(rows->rows, 0);
            return status;
        }
        nn_loader_assemble(loader);
        for (int64_t i = 0; i < rows->rows; i++) {
            const float row = rows->targets.values[i];
            for (int j = 0; j < COLUMNS; j++)
                assert_true(rows->x[i * COLUMNS + j] == row * COLUMNS + (float)j);
            *sum += (double)row;
        }
    }
    return NN_OK;
}

/* How the batches are cut: those that leave ranks without rows too. */
static nn_shards cut_of(int i) {
    const nn_shards cuts[] = {nn_shards_by_rank(100, 100, size),
                              nn_shards_by_rank(1, 1, size),
                              nn_shards_by_rank(130, 40, size),
                              nn_shards_fixed(17, size),
                              nn_shards_one_each(60, size),
                              nn_shards_by_rank(3000, 120, size)};
    return cuts[i];
}
enum { CUTS = 6 };

/* Passes without an agreement between the batches, in which another rank is the slow one each time.
 */
static void test_ranks_out_of_step(void **state) {
    (void)state;
    nn_dataset *data = open_data();
    for (int i = 0; i < 2 * CUTS; i++) {
        nn_loader *loader = open_loader(data, cut_of(i / 2), i % 2);
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            double sum = 0;
            for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++) {
                if (epoch % size == rank && batch % 8 == 0) pause_for(300);
                assert_ok(take_batch(loader, i % 2 ? epoch : 0, batch, &sum));
                if (i % 2 && epoch + batch == 0) assert_ok(nn_comm_agree(comm, NN_OK));
            }
            assert_ok(nn_comm_agree(comm, NN_OK));
            nn_comm_sum_double(comm, &sum, 1);
            assert_true(sum == ROWS * (ROWS - 1) / 2.0);
        }
        assert_true(nn_loader_waited(loader) >= 0);
        nn_loader_destroy(&loader);
    }
    nn_dataset_close(&data);
}

/* Ends at any moment: before the first batch, while windows are read, with a shard at hand. */
static void test_end_in_the_middle(void **state) {
    (void)state;
    nn_dataset *data = open_data();
    for (int i = 0; i < 60; i++) {
        double sum = 0;
        nn_loader *loader = open_loader(data, cut_of(i % CUTS), i % 2);
        const int64_t batches = nn_loader_batches(loader);
        for (int64_t batch = batches / 2; batch < batches / 2 + i / 6 && batch < batches; batch++) {
            assert_ok(take_batch(loader, 1, batch, &sum));
            assert_ok(nn_comm_agree(comm, NN_OK));
        }
        if (i % 3 == 0 && nn_loader_count(loader, 0) > 0)
            assert_ok(nn_loader_choose(loader, 2, 0, 0));
        assert_ok(nn_comm_agree(comm, NN_OK));
        if (i % 4 == 1) pause_for(rank * 2000);
        nn_loader_destroy(&loader);
        assert_null(loader);
    }
    nn_dataset_close(&data);
}

/* One rank can no longer read: all that want rows hear of it within two windows, the message says
 * which, and it stays so. Those that want none have nothing to hear. */
static void test_one_cannot_read(void **state) {
    (void)state;
    for (int i = 0; i < 2 * CUTS * size; i++) {
        const int k = i % size;
        nn_dataset *data = open_data();
        nn_loader *loader = open_loader(data, cut_of(i / size / 2), i / size % 2);
        double sum = 0;
        assert_ok(take_batch(loader, 0, 0, &sum));
        assert_ok(nn_comm_agree(comm, NN_OK));
        cut_off(k);
        int failures = 0, tried = 0;
        for (int64_t batch = 1; batch < nn_loader_batches(loader); batch++) {
            if (nn_loader_count(loader, batch) == 0) continue;
            nn_status status = take_batch(loader, 0, batch, &sum);
            tried++;
            if (status == NN_OK) {
                assert_int_equal(failures, 0);
                continue;
            }
            assert_int_equal(status, NN_IO);
            failures++;
            char part[64];
            snprintf(part, sizeof part, "data%d.h5: reading /train/", k);
            assert_non_null(strstr(nn_message(), part));
            snprintf(part, sizeof part, "rank %d on ", k);
            if (rank != k) assert_memory_equal(nn_message(), part, strlen(part));
        }
        if (tried > 1) assert_true(failures > 0);
        assert_ok(nn_comm_agree(comm, NN_OK));
        nn_loader_destroy(&loader);
        nn_dataset_close(&data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_out_of_step),
        cmocka_unit_test(test_end_in_the_middle),
        cmocka_unit_test(test_one_cannot_read),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("reader", tests, make_folder, remove_folder));
}
