/* test_step_errors.c: a file that one rank can no longer read in the middle of an epoch. Whichever
 * rank it is, the step, a validation, the statistics of a layer and predictions fail alike on all
 * ranks, nobody waits, and the weights stay as they were. */
#include "failing_file.h"

#include "train/evaluate.h"
#include "train/predict.h"
#include "train/training.h"

enum { ROWS = 6000, COLUMNS = 40, BATCH = 600 };

/* Each rank has a file of its own, read through a buffer of little more than two batches. */
static void write_data(const char *path) {
    static float x[ROWS * COLUMNS], y[ROWS];
    nn_h5 *file;
    for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)(i % 31) / 31 - 0.5F;
    for (int i = 0; i < ROWS; i++) y[i] = x[i * COLUMNS];
    assert_ok(nn_h5_create(path, 0, &file));
    assert_ok(nn_h5_write(file, "/train/y", NN_H5_F32, (nn_shape){1, {ROWS}}, y));
    assert_ok(nn_h5_write(file, "/train/x", NN_H5_F32, (nn_shape){2, {ROWS, COLUMNS}}, x));
    assert_ok(nn_h5_close(&file));
}

static const char *const WAYS[] = {"allreduce", "overlap", "node"};

static nn_training *open_training(const char *way, nn_run **run) {
    nn_training *training;
    char text[1024];
    const char *path = own_file();
    write_data(path);
    snprintf(text, sizeof text,
             "data: {file: \"%.500s\", validation_split: 0.4, in_memory: never, buffer_mb: 0.2, shuffle: false}\n"
             "model: [{layer: Normalization}, {layer: Dense, units: 1}]\n"
             "loss: mean_squared_error\n"
             "communication: %s\n"
             "batch_size: %d\n",
             path, way, BATCH);
    assert_ok(nn_run_read(text, "test.yaml", NULL, 0, run));
    assert_ok(nn_training_create(comm, *run, 2, &training));
    assert_ok(nn_training_prepare(training));
    return training;
}

static nn_status step(nn_training *training, int64_t batch) {
    nn_wishes wishes = {.failed = NN_OK};
    nn_status status = nn_step(&training->stepper, 0, batch, &wishes, training->sums);
    if (status == NN_OK) assert_false(wishes.leave || wishes.end || wishes.save);
    return status;
}

static void test_step(void **state) {
    (void)state;
    for (int i = 0; i < 3 * size; i++) {
        const int k = i % size;
        nn_run *run;
        nn_training *training = open_training(WAYS[i / size], &run);
        nn_span weights = nn_model_values(training->model);
        const size_t bytes = (size_t)weights.count * sizeof *weights.data;
        for (int64_t batch = 0; batch < 3; batch++) assert_ok(step(training, batch));
        cut_off(k);
        void *before = malloc(bytes);
        memcpy(before, weights.data, bytes);
        int64_t batch = 3;
        nn_status status;
        while ((status = step(training, batch)) == NN_OK) { /* what had been read before */
            memcpy(before, weights.data, bytes);
            assert_in_range(++batch, 4, 5);
        }
        double rows = training->sums[NN_SUM_ROWS];
        for (int turn = 0; turn < 3; turn++) { /* also the second time, and any other batch */
            assert_agreed(status, NN_IO, k, "/train/");
            assert_memory_equal(weights.data, before, bytes);
            assert_true(training->sums[NN_SUM_ROWS] == rows);
            status = step(training, turn == 0 ? batch : 0);
        }
        free(before);
        nn_training_destroy(&training);
        nn_run_destroy(&run);
    }
}

static void predict_in_vain(nn_training *training, int k) {
    const nn_prediction prediction = {.model = training->model,
                                      .dataset = training->validation_data,
                                      .loader = training->validation,
                                      .threads = 2};
    const nn_predictions_about about = {.model_file = "model.h5",
                                        .data_file = "data.h5",
                                        .split = "test",
                                        .names = &training->names,
                                        .row = nn_model_output_shape(training->model)};
    nn_predictions *file = NULL;
    if (rank == 0) assert_ok(nn_predictions_create(scratch("predictions.h5"), &about, &file));
    nn_status status = nn_predict(comm, &prediction, file, NULL);
    status = nn_comm_agree(comm, nn_predictions_close(&file, status));
    assert_agreed(status, NN_IO, k, "/train/");
    assert_false(file_exists(scratch("predictions.h5")));
    assert_false(file_exists(scratch("predictions.h5.partial")));
}

static void test_passes(void **state) {
    (void)state;
    for (int k = 0; k < size; k++) {
        nn_run *run;
        nn_training *training = open_training(WAYS[k % 3], &run);
        assert_ok(nn_evaluate(comm, training->model, training->objective, training->validation, 2,
                              NULL, training->val_sums));
        cut_off(k);
        assert_agreed(nn_evaluate(comm, training->model, training->objective, training->validation,
                                  2, NULL, training->val_sums),
                      NN_IO, k, "/train/");
        assert_agreed(nn_training_prepare(training), NN_IO, k, "/train/");
        predict_in_vain(training, k);
        nn_training_destroy(&training);
        nn_run_destroy(&run);
    }
}

/* What one rank wishes, all hear of after the step. */
static void test_wishes(void **state) {
    (void)state;
    nn_run *run;
    nn_training *training = open_training("node", &run);
    for (int k = 0; k < size; k++) {
        nn_wishes wishes = {.leave = rank == k, .end = false, .save = rank == (k + 1) % size};
        assert_ok(nn_step(&training->stepper, 0, k % 3, &wishes, training->sums));
        assert_true(wishes.leave && wishes.save);
        assert_false(wishes.end);
    }
    nn_training_destroy(&training);
    nn_run_destroy(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_wishes),
    };
    ranks_open();
    return ranks_close(
        cmocka_run_group_tests_name("step errors", tests, make_folder, remove_folder));
}
