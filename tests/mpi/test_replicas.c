/* test_replicas.c: one bit that one rank holds otherwise, in a weight, in the state of a layer or
 * of the optimizer, is found, and the message names the rank, its host and where; in a run it ends
 * all ranks before a checkpoint is written.
 * test: NP 1 2 3 4 TIMEOUT 60 LABELS trust */
#include "ranks_scratch.h"

#include "train/replicas.h"
#include "train/train.h"
#include "train/training.h"


enum { ROWS = 40, COLUMNS = 4 };

static void write_data(const char *path) {
    static float x[ROWS * COLUMNS], y[ROWS];
    nn_h5 *file;
    for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = (float)(i * 7 % 31) / 31 - 0.5F;
    for (int i = 0; i < ROWS; i++) y[i] = x[i * COLUMNS];
    assert_ok(nn_h5_create(path, 0, &file));
    assert_ok(nn_h5_write(file, "/train/x", NN_H5_F32, (nn_shape){2, {ROWS, COLUMNS}}, x));
    assert_ok(nn_h5_write(file, "/train/y", NN_H5_F32, (nn_shape){1, {ROWS}}, y));
    assert_ok(nn_h5_close(&file));
}

static nn_run *read_run(const char *more) {
    nn_run *run;
    char text[1024];
    const char *path = scratch("data.h5");
    if (rank == 0) write_data(path);
    assert_ok(nn_comm_agree(comm, NN_OK));
    snprintf(text, sizeof text,
             "data: {file: \"%.500s\"}\n"
             "model: [{layer: Normalization}, {layer: Dense, units: 3, activation: tanh}, {layer: "
             "Dense, units: 1}]\n"
             "loss: mean_squared_error\n"
             "batch_size: 8\ncommunication: allreduce\n%s",
             path, more);
    assert_ok(nn_run_read(text, "test.yaml", NULL, 0, &run));
    return run;
}

static void flip(void *number) {
    uint32_t bits;
    memcpy(&bits, number, sizeof bits);
    bits ^= 1;
    memcpy(number, &bits, sizeof bits);
}

/* Rank k differs; with two ranks nobody can tell which one is right. */
static void check_found(nn_training *training, int k, const char *where) {
    char one[96];
    nn_status status = nn_replicas_check(comm, training->model, training->optimizer, 5);
    if (size == 1) {
        assert_ok(status);
        return;
    }
    assert_int_equal(status, NN_INTERNAL);
    snprintf(one, sizeof one, "rank %d on %s", k, nn_comm_host(comm));
    if (size == 2) assert_non_null(strstr(nn_message(), "rank 0 on "));
    if (size > 2) assert_ptr_equal(strstr(nn_message(), one), nn_message());
    assert_non_null(strstr(nn_message(), one));
    assert_non_null(strstr(nn_message(), where));
    assert_non_null(strstr(nn_message(), "step 5"));
    char message[NN_MESSAGE_MAX] = {0};
    snprintf(message, sizeof message, "%s", nn_message());
    assert_same_on_all(message, sizeof message);
}

static void test_each_rank_and_array(void **state) {
    (void)state;
    static const char *const names[] = {", first in normalization/variance;",
                                        ", first in dense/kernel;", ", first in dense_1/bias;",
                                        ", first in the momentum of dense/bias;",
                                        ", first in the velocity of dense_1/kernel;"};
    nn_run *run = read_run("");
    nn_training *training;
    assert_ok(nn_training_create(comm, run, 1, &training));
    assert_ok(nn_training_prepare(training));
    assert_ok(nn_replicas_check(comm, training->model, training->optimizer, 0));
    nn_layer *const normalization = nn_model_layer(training->model, 0);
    const nn_parameter *of[4];
    for (int i = 0; i < 4; i++) of[i] = nn_model_parameter(training->model, i);
    float *numbers[] = {normalization->variables[1].value + 2, of[0]->variable->value + 7,
                        of[3]->variable->value,
                        nn_optimizer_slot(training->optimizer, 0).data + of[1]->offset + 2,
                        nn_optimizer_slot(training->optimizer, 1).data + of[2]->offset + 1};
    for (int k = 0; k < size; k++) {
        for (int i = 0; i < 5; i++) {
            if (rank == k) flip(numbers[i]);
            check_found(training, k, names[i]);
            if (rank == k) flip(numbers[i]);
            assert_ok(nn_replicas_check(comm, training->model, training->optimizer, 5));
        }
    }
    nn_training_destroy(&training);
    nn_run_destroy(&run);
}

/* Two of four are wrong, each in its own way: the two that agree are right. */
static void test_several(void **state) {
    (void)state;
    nn_run *run = read_run("");
    nn_training *training;
    assert_ok(nn_training_create(comm, run, 1, &training));
    float *value = nn_model_values(training->model).data;
    if (rank == 1) flip(value);
    if (rank == 3) flip(value + 1);
    nn_status status = nn_replicas_check(comm, training->model, training->optimizer, 5);
    if (size > 1) assert_int_equal(status, NN_INTERNAL);
    if (size == 4) {
        assert_non_null(strstr(nn_message(), "rank 1 on "));
        assert_non_null(strstr(nn_message(), "rank 3 on "));
        assert_non_null(strstr(nn_message(), "from that of the other 2"));
        assert_null(strstr(nn_message(), "rank 0"));
    }
    nn_training_destroy(&training);
    nn_run_destroy(&run);
}

/* ---- in a run ---- */

/* Rank 0, where alone it is called, changes a bit behind step 3. */
static void spoil(void *context, const nn_training *training) {
    if (training->progress.step == *(const int64_t *)context)
        flip(nn_model_values(training->model).data);
}

static void check_run(const char *more, int64_t at_step, const char *message) {
    nn_run *run = read_run(more);
    nn_train_options options = {.output = scratch("run"), .threads = 1, .overwrite = true};
    options.observer = (nn_observer){.context = &at_step, .stepped = spoil};
    nn_status status = nn_train(comm, run, &options);
    if (size == 1 || !message) {
        assert_ok(status);
    } else {
        assert_int_equal(status, NN_INTERNAL);
        assert_non_null(strstr(nn_message(), "rank 0 on "));
        assert_non_null(strstr(nn_message(), message));
        assert_false(file_exists(scratch("run/model.h5")));
        assert_false(file_exists(scratch("run/checkpoint-5.h5")));
    }
    nn_run_destroy(&run);
}

static void test_run(void **state) {
    (void)state;
    check_run("", 3, "after step 5 "); /* 5 steps an epoch */
    check_run("replica_check: {every_steps: 2}\n", 3, "after step 4 ");
    check_run("checkpoint: {every_steps: 4}\n", 3, "after step 4 "); /* before it is written */
    check_run("replica_check: null\n", 3, NULL);
    check_run("", -1, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rank_and_array),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_run),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("replicas", tests, make_folder, remove_folder));
}
