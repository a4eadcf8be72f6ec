/* test_dataset.c: an epoch gives every row exactly once, in the order of its permutation, on any
 * number of ranks and for any batch size; the rows are the same from memory and from the file, through
 * a buffer of any size, whatever type they have there.
 * test: NP 1 2 3 4 TIMEOUT 240 LABELS sanitize */
#include "dataset_file.h"

#include "data/loader.h"
#include "kernels/team.h"
#include "util/random.h"

/* ---- an epoch ---- */

/* The values that a rank got of one row. */
typedef struct {
    float x[COLUMNS], y, w;
    int32_t label, present;
} got_row;

static void assemble_body(void *context) {
    nn_loader_assemble(context);
}

/* A shard, as records of a fixed number. */
static void take_shard(nn_loader *loader, got_row *rows, int64_t most) {
    nn_team_run(size == 1 ? 2 : 1, assemble_body, loader);
    const nn_batch *share = nn_loader_batch(loader);
    assert_in_range(share->rows, 1, most);
    memset(rows, 0, (size_t)most * sizeof *rows);
    for (int64_t i = 0; i < share->rows; i++) {
        memcpy(rows[i].x, share->x + i * COLUMNS, sizeof rows[i].x);
        if (share->targets.values) rows[i].y = share->targets.values[i];
        if (share->targets.classes) rows[i].label = share->targets.classes[i];
        rows[i].w = share->targets.weights ? share->targets.weights[i] : -1;
        rows[i].present = 1;
    }
}

/* What the file holds of a row. */
static got_row row_of(int64_t row, const file_options *options) {
    got_row made = {.present = 1, .w = options->weights ? (float)row / 4 : -1};
    for (int j = 0; j < COLUMNS; j++) made.x[j] = (float)x_of(row, j);
    if (options->classes)
        made.label = class_of(row);
    else
        made.y = (float)row - 0.5F;
    return made;
}

/* The row of the dataset at a place of an epoch's order. */
static int64_t row_at(const nn_loader *loader, const nn_loader_options *how, int64_t epoch,
                      int64_t place) {
    const nn_windows *windows = nn_loader_windows(loader);
    if (!how->shuffle) return place;
    if (!windows || windows->count == 1) {
        nn_random_stream stream = {how->seed, NN_RANDOM_SHUFFLE, 0, (uint32_t)epoch};
        nn_permutation permutation = nn_permutation_make(stream, ROWS);
        return (int64_t)nn_permute(&permutation, (uint64_t)place);
    }
    const nn_window_order order = nn_windows_order(windows, epoch);
    const int64_t window = nn_window_of(&order, place), begin = nn_window_begin(&order, window);
    const nn_permutation samples = nn_window_samples(&order, window);
    int64_t in_window = (int64_t)nn_permute(&samples, (uint64_t)(place - begin)), rows, first;
    for (int64_t block = nn_window_blocks(windows, window);; block++, in_window -= rows) {
        first = nn_window_block(&order, block, &rows);
        if (in_window < rows) return first + in_window;
    }
}

/* All shards of a batch together, on rank 0, are the rows of the permutation. */
static void check_batch(nn_loader *loader, const nn_loader_options *how, int64_t epoch,
                        int64_t batch, const file_options *options) {
    const nn_shards *shards = &how->shards;
    const int64_t begin = batch * shards->batch_rows;
    const int64_t count = ROWS - begin < shards->batch_rows ? ROWS - begin : shards->batch_rows;
    const int64_t most = (count + shards->shard_rows - 1) / shards->shard_rows * shards->shard_rows;
    got_row *mine = calloc((size_t)most, sizeof *mine);
    got_row *all = calloc((size_t)(most * size), sizeof *all);
    assert_true(mine && all);
    assert_int_equal(nn_loader_batch_rows(loader, batch), count);
    int64_t taken = nn_shards_begin(shards, count, rank);
    for (int64_t shard = 0; shard < nn_loader_count(loader, batch); shard++) {
        assert_ok(nn_loader_choose(loader, epoch, batch, shard));
        take_shard(loader, mine + shard * shards->shard_rows, shards->shard_rows);
        const nn_batch *share = nn_loader_batch(loader);
        assert_int_equal(share->batch_rows, count);
        assert_int_equal(share->first, taken);
        assert_int_equal(share->slot, shards->fixed > 0 ? taken / shards->shard_rows : 0);
        taken += share->rows;
    }
    assert_int_equal(taken, nn_shards_begin(shards, count, rank + 1));
    nn_comm_gather(comm, mine, most * (int64_t)sizeof *mine, all);
    int64_t seen = 0;
    for (int64_t i = 0; rank == 0 && i < most * size; i++) {
        if (!all[i].present) continue;
        got_row expected = row_of(row_at(loader, how, epoch, begin + seen++), options);
        assert_memory_equal(&all[i], &expected, sizeof expected);
    }
    if (rank == 0) assert_int_equal(seen, count);
    free(mine);
    free(all);
}

/* To a batch that does not follow. */
static void jump(nn_loader *loader, const nn_loader_options *how, int64_t epoch, int64_t batch,
                 const file_options *options) {
    assert_ok(nn_comm_agree(comm, NN_OK));
    check_batch(loader, how, epoch, batch, options);
    assert_ok(nn_comm_agree(comm, NN_OK));
}

static void check_epochs(const file_options *options, nn_in_memory in_memory, int64_t buffer,
                         nn_shards shards, bool shuffle) {
    nn_dataset *data;
    nn_loader *loader;
    const int64_t batch_size = shards.batch_rows;
    const nn_loader_options how = {shards, shuffle, 77, buffer, 0};
    assert_ok(nn_dataset_open(comm, options->path, "/train", &data));
    assert_int_equal(nn_dataset_rows(data), ROWS);
    assert_true(nn_shape_equal(nn_dataset_sample_shape(data), (nn_shape){1, {COLUMNS}}));
    const nn_target_spec spec = target_of(options);
    assert_ok(nn_dataset_load(data, &spec, in_memory));
    assert_int_equal(nn_dataset_in_memory(data), in_memory == NN_IN_MEMORY_ALWAYS);
    assert_ok(nn_loader_create(comm, data, &how, &loader));
    assert_int_equal(nn_loader_batches(loader), (ROWS + batch_size - 1) / batch_size);
    const nn_windows *windows = nn_loader_windows(loader);
    assert_true((windows != NULL) == (in_memory == NN_IN_MEMORY_NEVER));
    if (windows && buffer > 0) assert_true(windows->count > 1 || shards.shard_rows > 5);
    for (int64_t epoch = 0; epoch < 3; epoch++)
        for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++) {
            check_batch(loader, &how, epoch, batch, options);
            if (epoch + batch == 0) assert_ok(nn_comm_agree(comm, NN_OK));
        }
    jump(loader, &how, 1, 0, options); /* back to an epoch that was */
    if (nn_loader_batches(loader) > 1) check_batch(loader, &how, 1, 1, options);
    jump(loader, &how, 4, nn_loader_batches(loader) - 1, options); /* and on, to a last batch */
    for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++)
        check_batch(loader, &how, 5, batch, options);
    assert_ok(nn_comm_agree(comm, NN_OK));
    nn_loader_destroy(&loader);
    nn_dataset_close(&data);
}

static void test_every_row_once(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 3, 7, 10, ROWS - 1, ROWS, ROWS + 5};
    file_options options = {.path = scratch("rows.h5"), .x = X_F32, .classes = true};
    write_file(&options);
    for (int i = 0; i < 7 * 2 * 4; i++) {
        static const int64_t buffers[] = {0, 1, 100, 0}; /* of the three from the file */
        const bool shuffle = i / 4 % 2;
        const int64_t rows = sizes[i / 8], buffer = buffers[i % 4];
        nn_in_memory in_memory = i % 4 == 3 ? NN_IN_MEMORY_ALWAYS : NN_IN_MEMORY_NEVER;
        check_epochs(&options, in_memory, buffer, nn_shards_by_rank(rows, rows, size), shuffle);
        check_epochs(&options, in_memory, buffer, nn_shards_by_rank(rows, 1 + rows / 3, size), shuffle);
        check_epochs(&options, in_memory, buffer, nn_shards_fixed(rows, size), shuffle);
        check_epochs(&options, in_memory, buffer, (nn_shards){3 * rows, 3, rows, size}, shuffle);
    }
}

static void test_every_type(void **state) {
    (void)state;
    for (int i = 0; i < X_TYPES * 4; i++) {
        file_options options = {.path = scratch("types.h5"), .x = i / 4};
        options.classes = i % 2;
        options.classes_are_columns = i % 4 == 3; /* (N, 1) */
        options.weights = i % 4 >= 2;
        write_file(&options);
        check_epochs(&options, NN_IN_MEMORY_ALWAYS, 0, nn_shards_by_rank(5, 5, size), true);
        check_epochs(&options, NN_IN_MEMORY_NEVER, 0, nn_shards_by_rank(5, 3, size), true);
        check_epochs(&options, NN_IN_MEMORY_NEVER, 100, nn_shards_by_rank(5, 3, size), true);
    }
}

/* ---- parts of a file ---- */

/* A part of the rows, as a validation split takes it; the targets unasked for. */
static void test_restricted(void **state) {
    (void)state;
    enum { FIRST = 5, SOME = 11 };
    const nn_target_spec none = {.wanted = false};
    file_options options = {.path = scratch("part.h5"), .x = X_U8, .classes = true};
    write_file(&options);
    for (int turn = 0; turn < 3; turn++) {
        const bool in_memory = turn == 2;
        nn_dataset *data;
        nn_loader *loader;
        const nn_loader_options how = {nn_shards_by_rank(4, 4, size), false, 0, turn * 10, 0};
        assert_ok(nn_dataset_open(comm, options.path, "train", &data));
        nn_dataset_restrict(data, FIRST, SOME);
        assert_ok(
            nn_dataset_load(data, &none, in_memory ? NN_IN_MEMORY_ALWAYS : NN_IN_MEMORY_NEVER));
        assert_int_equal(nn_dataset_rows(data), SOME);
        assert_int_equal(nn_dataset_y(data)->columns, 0);
        assert_int_equal(nn_dataset_x(data)->type, NN_H5_U8);
        assert_ok(nn_loader_create(comm, data, &how, &loader));
        double rows = 0, sum = 0;
        for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++) {
            if (nn_loader_count(loader, batch) == 0) continue;
            assert_ok(nn_loader_choose(loader, 0, batch, 0));
            nn_loader_assemble(loader);
            const nn_batch *share = nn_loader_batch(loader);
            rows += (double)share->rows;
            for (int64_t i = 0; i < share->rows; i++) sum += (double)share->x[i * COLUMNS];
        }
        nn_comm_sum_double(comm, &rows, 1);
        nn_comm_sum_double(comm, &sum, 1);
        double expected = 0;
        for (int64_t row = FIRST; row < FIRST + SOME; row++) expected += x_of(row, 0);
        assert_true(rows == SOME && sum == expected);
        assert_true(in_memory ? nn_loader_waited(loader) == 0 && nn_loader_buffer(loader) == 0
                              : nn_loader_waited(loader) < 60 && nn_loader_buffer(loader) > 0);
        nn_loader_destroy(&loader);
        nn_dataset_close(&data);
    }
}

/* Without the group, the root where x stands there. */
static void test_root(void **state) {
    (void)state;
    static const char *const groups[] = {"", "/", "/train"};
    file_options options = {.path = scratch("root.h5"), .group = "", .classes = true};
    write_file(&options);
    for (int i = 0; i < 3; i++) {
        nn_dataset *data;
        assert_ok(nn_dataset_open(comm, options.path, groups[i], &data));
        assert_int_equal(nn_dataset_rows(data), ROWS);
        assert_non_null(strstr(nn_dataset_name(data), "root.h5:/"));
        assert_non_null(strstr(nn_dataset_description(data), "x"));
        nn_dataset_close(&data);
        assert_null(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_once),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_restricted),
        cmocka_unit_test(test_root),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("dataset", tests, make_folder, remove_folder));
}
