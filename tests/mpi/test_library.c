/* test_library.c: what the library trains on rows in memory has the bits of what `nnmpi train` trains on a
 * file that holds the same rows, by its loop, with the same run file.
 *
 * test: NP 1 2 4 TIMEOUT 60 */
#include "mpi/ranks.h"

#include "nnmpi.h"

#include "io/h5.h"
#include "train/saved.h"
#include "train/train.h"

#include <unistd.h>

enum { ROWS = 150, FEATURES = 4, CLASSES = 3, VALIDATION = 40 };

static float x[ROWS][FEATURES];
static int32_t y[ROWS];

static void make_file(const char *path) {
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < FEATURES; j++) x[i][j] = (float)((i * (13 + 8 * j)) % 29) / 10 - 1;
        y[i] = (x[i][0] > 0) + (x[i][1] + x[i][2] > 0);
    }
    if (rank == 0) {
        nn_h5 *file;
        const nn_shape x_shape = {2, {ROWS, FEATURES}}, y_shape = {1, {ROWS}};
        const nn_shape x_few = {2, {VALIDATION, FEATURES}}, y_few = {1, {VALIDATION}};
        assert_ok(nn_h5_create(path, 0, &file));
        assert_ok(nn_h5_write(file, "/train/x", NN_H5_F32, x_shape, x));
        assert_ok(nn_h5_write(file, "/train/y", NN_H5_I32, y_shape, y));
        assert_ok(nn_h5_write(file, "/test/x", NN_H5_F32, x_few, x));
        assert_ok(nn_h5_write(file, "/test/y", NN_H5_I32, y_few, y));
        assert_ok(nn_h5_close(&file));
    }
    nn_comm_wait_for_all(comm);
}

/* Rank 0 has few of the rows, rank 1 none. */
static nnmpi_dataset *my_rows(const char *name, int count) {
    nnmpi_dataset *data;
    const nnmpi_rows rows = {.x_type = NNMPI_FLOAT32, .x_rank = 1, .x_shape = {FEATURES},
                             .y_type = NNMPI_INT32, .y_columns = 1};
    const int few = size == 1 ? count : 7, others = size > 2 ? size - 2 : 1;
    int begin = rank == 0 ? 0 : few, end = few;
    if (rank >= 2) {
        begin = few + (count - few) * (rank - 2) / others;
        end = few + (count - few) * (rank - 1) / others;
    } else if (rank == 1 && size == 2) {
        end = count;
    }
    assert_ok(nnmpi_dataset_create(name, &rows, &data));
    assert_ok(nnmpi_dataset_borrow(data, end - begin, x[begin], y + begin, NULL));
    return data;
}

/* Whatever the run file says of the data's file counts for one side alone. */
static void compare(const char *yaml) {
    nn_run *run;
    nnmpi_context *context;
    nnmpi_config *config;
    nnmpi_dataset *train = my_rows("train", ROWS), *test = my_rows("test", VALIDATION);
    nnmpi_trainer *trainer;
    nnmpi_model *theirs;
    const nn_train_options options = {.output = "run", .overwrite = true, .threads = 1};
    if (rank == 0) { /* from a file, which alone may name others */
        FILE *file = fopen("run.yaml", "w");
        assert_non_null(file);
        fputs(yaml, file);
        fclose(file);
    }
    nn_comm_wait_for_all(comm);
    assert_ok(nn_run_read_file("run.yaml", NULL, 0, &run));
    assert_ok(nn_train(comm, run, &options));
    nn_run_destroy(&run);
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, 1, &context));
    assert_ok(nnmpi_config_create(yaml, &config));
    assert_ok(nnmpi_trainer_create(context, config, train, test, &trainer));
    assert_ok(nnmpi_trainer_fit(trainer, 0, NULL, NULL));
    nnmpi_model *ours = nnmpi_trainer_model(trainer);
    assert_ok(nnmpi_model_load(context, "run/model.h5", &theirs));
    assert_int_equal(nnmpi_model_variables(ours), nnmpi_model_variables(theirs));
    for (int64_t i = 0; i < nnmpi_model_variables(ours); i++) {
        char name[128];
        float a[256] = {0}, b[256] = {0};
        int64_t shape[NNMPI_MAX_RANK], count = 1;
        snprintf(name, sizeof name, "%s", nnmpi_model_variable_name(ours, i));
        int axes = nnmpi_model_variable_shape(ours, name, shape);
        for (int k = 0; k < axes; k++) count *= shape[k];
        assert_true(axes >= 0 && count <= 256);
        assert_ok(nnmpi_model_get(ours, name, count, a));
        assert_ok(nnmpi_model_get(theirs, name, count, b));
        assert_memory_equal(a, b, (size_t)count * sizeof *a);
    }
    /* and goes on where the command has left off */
    assert_ok(nnmpi_trainer_restore(trainer, "run/model.h5"));
    nnmpi_progress progress;
    nnmpi_trainer_progress(trainer, &progress);
    assert_int_equal(progress.epoch, 4);
    nnmpi_model_destroy(&theirs);
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&train);
    nnmpi_dataset_destroy(&test);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

#define MODEL                                                                                      \
    "data: {file: library.h5, validation: /test}\n"                                                \
    "seed: 5\n"                                                                                    \
    "epochs: 4\n"                                                                                  \
    "batch_size: 32\n"                                                                             \
    "model:\n"                                                                                     \
    "  - {layer: Normalization}\n"                                                                 \
    "  - {layer: Dense, units: 16, activation: relu, kernel_regularizer: {l2: 0.001}}\n"           \
    "  - {layer: Dropout, rate: 0.2}\n"                                                            \
    "  - {layer: Dense, units: 3, activation: softmax}\n"                                          \
    "loss: sparse_categorical_crossentropy\n"                                                      \
    "metrics: [accuracy]\n"

static void test_default(void **state) {
    (void)state;
    compare(MODEL "communication: allreduce\n"
                  "early_stopping: {monitor: val_loss, mode: max, patience: 9,\n"
                  "                 restore_best_weights: true}\n");
}

static void test_reproducible(void **state) {
    (void)state;
    compare(MODEL "reproducible: true\naccumulate_steps: 2\n"
                  "optimizer: {name: sgd, momentum: 0.9,\n"
                  "            learning_rate: {schedule: CosineDecay, initial_learning_rate: 0.1,\n"
                  "                            decay_steps: 30}}\n");
}

static void test_in_shared_memory(void **state) {
    (void)state;
    compare(MODEL "communication: node\nclass_weight: {0: 2.0}\n");
}

/* Rank 0 writes the model anew as Keras would, compiled with `loss`. */
static void write_as_keras(const char *path, const char *loss) {
    if (rank == 0) {
        nn_saved saved;
        nn_h5 *file;
        char config[128];
        snprintf(config, sizeof config, "{\"loss\": \"%s\", \"metrics\": [\"accuracy\"]}", loss);
        assert_ok(nn_saved_open("run/model.h5", 8, NN_KERAS_PREDICT, &saved));
        assert_ok(nn_h5_create(path, 0, &file));
        assert_ok(nn_keras_write(saved.model, file));
        assert_ok(nn_h5_write_text(file, "/", "training_config", config));
        assert_ok(nn_h5_close(&file));
        nn_saved_close(&saved);
    }
    nn_comm_wait_for_all(comm);
}

/* Models of Keras are used, and measured by what they were compiled with, where nnmpi knows it. */
static void test_keras(void **state) {
    (void)state;
    nnmpi_context *context;
    nnmpi_dataset *test = my_rows("test", VALIDATION);
    nnmpi_model *known, *unknown, *original;
    double values[2], expected[2];
    float p[CLASSES], q[CLASSES];
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, 1, &context));
    write_as_keras("keras.h5", "sparse_categorical_crossentropy");
    assert_ok(nnmpi_model_load(context, "run/model.h5", &original));
    assert_ok(nnmpi_model_load(context, "keras.h5", &known));
    write_as_keras("keras.h5", "unheard_of");
    assert_ok(nnmpi_model_load(context, "keras.h5", &unknown));
    assert_int_equal(nnmpi_model_metrics(known), 1);
    assert_ok(nnmpi_model_evaluate(known, test, values));
    assert_ok(nnmpi_model_evaluate(original, test, expected));
    assert_true(values[1] == expected[1]);
    assert_true(fabs(values[0] - expected[0]) < 1e-6);
    assert_fails(nnmpi_model_evaluate(unknown, test, values), NN_BAD_CONFIG, "unheard_of");
    assert_ok(nnmpi_model_predict(known, 1, x, NNMPI_FLOAT32, p, NNMPI_FLOAT32));
    assert_ok(nnmpi_model_predict(unknown, 1, x, NNMPI_FLOAT32, q, NNMPI_FLOAT32));
    assert_true(fabsf(p[0] + p[1] + p[2] - 1) < 1e-5f && fabsf(p[1] - q[1]) < 1e-6f);
    nnmpi_model_destroy(&original);
    nnmpi_model_destroy(&known);
    nnmpi_model_destroy(&unknown);
    nnmpi_dataset_destroy(&test);
    nnmpi_context_destroy(&context);
}

/* A training that begins with a model file: the layers and weights that it holds. */
static void test_from_file(void **state) {
    (void)state;
    compare("data: {file: library.h5, validation: /test}\nepochs: 4\nbatch_size: 32\n"
            "model: {from: keras.h5}\nloss: sparse_categorical_crossentropy\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_default),
                                       cmocka_unit_test(test_reproducible),
                                       cmocka_unit_test(test_in_shared_memory),
                                       cmocka_unit_test(test_keras), cmocka_unit_test(test_from_file)};
    ranks_open();
    make_file("library.h5");
    int failures = cmocka_run_group_tests_name("library", tests, NULL, NULL);
    return ranks_close(failures);
}
