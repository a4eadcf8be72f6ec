/* test_programs.c: the library as a part of a program: several trainings at a time, types of arrays,
 * nothing that stays behind, and nothing of the program's own that is changed.
 *
 * test: NP 1 2 4 TIMEOUT 120 LABELS sanitize */
#include "api/api.h"

#include <hdf5.h>
#include <omp.h>
#include <signal.h>
#include <unistd.h>

/* Two halves of the world train models of their own at the same time, while a third training goes on over
 * all ranks, turn by turn. */
static void test_several_at_once(void **state) {
    (void)state;
    MPI_Comm half;
    nnmpi_context *all = make_context(), *part;
    nnmpi_config *config = make_config();
    nnmpi_dataset *rows = make_rows("samples", 90), *mine = make_dataset("half");
    nnmpi_trainer *first, *second, *third, *alone;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    assert_ok(nnmpi_context_create(half, 1, &part));
    append_rows(mine, 10 * rank, 10 * rank + 10);
    assert_ok(nnmpi_trainer_create(all, config, rows, NULL, &first));
    assert_ok(nnmpi_config_set(config, "seed", rank % 2 ? "1" : "2"));
    assert_ok(nnmpi_trainer_create(part, config, mine, NULL, &second));
    for (int i = 0; i < 20; i++) {
        assert_ok(nnmpi_trainer_step(first, NULL));
        assert_ok(nnmpi_trainer_step(second, NULL));
        if (rank % 2) assert_ok(nnmpi_trainer_step(second, NULL));
    }
    /* as if each had been trained without the other */
    assert_ok(nnmpi_config_set(config, "seed", "3"));
    assert_ok(nnmpi_trainer_create(all, config, rows, NULL, &third));
    for (int i = 0; i < 20; i++) assert_ok(nnmpi_trainer_step(third, NULL));
    assert_same_models(nnmpi_trainer_model(first), nnmpi_trainer_model(third));
    nnmpi_trainer_destroy(&first);
    assert_ok(nnmpi_config_set(config, "seed", rank % 2 ? "1" : "2"));
    assert_ok(nnmpi_trainer_create(part, config, mine, NULL, &alone));
    for (int i = 0; i < (rank % 2 ? 40 : 20); i++) assert_ok(nnmpi_trainer_step(alone, NULL));
    assert_same_models(nnmpi_trainer_model(second), nnmpi_trainer_model(alone));
    nnmpi_trainer_destroy(&second);
    nnmpi_trainer_destroy(&third);
    nnmpi_trainer_destroy(&alone);
    nnmpi_dataset_destroy(&rows);
    nnmpi_dataset_destroy(&mine);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&part);
    nnmpi_context_destroy(&all);
    MPI_Comm_free(&half);
}

#ifdef __SANITIZE_ADDRESS__
enum { SLOW = 1 };
#else
enum { SLOW = 0 };
#endif

/* An attribute of the program's communicator goes to each duplicate, and is deleted with it. */
static int duplicates;

static int copied(MPI_Comm from, int key, void *extra, void *value, void *out, int *flag) {
    (void)from, (void)key, (void)extra;
    *(void **)out = value;
    *flag = 1;
    duplicates++;
    return MPI_SUCCESS;
}

static int deleted(MPI_Comm from, int key, void *value, void *extra) {
    (void)from, (void)key, (void)value, (void)extra;
    duplicates--;
    return MPI_SUCCESS;
}

static void test_communicators_are_given_back(void **state) {
    (void)state;
    int key;
    nnmpi_context *context = NULL;
    MPI_Comm_create_keyval(copied, deleted, &key, NULL);
    MPI_Comm_set_attr(MPI_COMM_WORLD, key, &key);
    context = make_context();
    assert_int_equal(duplicates, 1);
    nnmpi_context_destroy(&context);
    assert_int_equal(duplicates, 0);
    assert_int_not_equal(nnmpi_context_create(MPI_COMM_WORLD, -1, &context), NN_OK);
    assert_int_equal(duplicates, 0);
    MPI_Comm_delete_attr(MPI_COMM_WORLD, key);
    MPI_Comm_free_keyval(&key);
}

/* A communicator that is not given back would be the end after some ten thousand. */
static void test_many(void **state) {
    (void)state;
    nnmpi_dataset *rows = make_rows("samples", 20);
    const int turns = size > 1 ? 40 : SLOW ? 200 : 1000;
    for (int turn = 0; turn < turns; turn++) {
        nnmpi_context *context = make_context();
        nnmpi_config *config = make_config();
        nnmpi_trainer *trainer;
        assert_ok(nnmpi_config_set(config, "communication", "allreduce"));
        assert_ok(nnmpi_trainer_create(context, config, rows, NULL, &trainer));
        assert_ok(nnmpi_trainer_step(trainer, NULL));
        nnmpi_trainer_destroy(&trainer);
        nnmpi_config_destroy(&config);
        nnmpi_context_destroy(&context);
    }
    nnmpi_dataset_destroy(&rows);
}

enum { SIDE = 4, CLASSES = 3, IMAGES = 48 };

/* Bytes with two axes, class numbers of 64 bits, weights; borrowed; and the same as doubles, copied. */
static void test_types(void **state) {
    (void)state;
    static uint8_t bytes[IMAGES][SIDE][SIDE];
    static double reals[IMAGES][SIDE][SIDE];
    static int64_t classes[IMAGES];
    static float weights[IMAGES], probabilities[IMAGES][CLASSES];
    static double doubles[IMAGES][CLASSES];
    nnmpi_context *context = make_context();
    nnmpi_config *config;
    nnmpi_dataset *borrowed, *copied;
    nnmpi_trainer *first, *second;
    double values[2];
    int64_t shape[NNMPI_MAX_RANK];
    for (int i = 0; i < IMAGES; i++) {
        classes[i] = i % CLASSES;
        weights[i] = i % 2 ? 1 : 0.5f;
        for (int j = 0; j < SIDE * SIDE; j++) {
            bytes[i][j / SIDE][j % SIDE] = (uint8_t)(100 * (j % CLASSES == i % CLASSES) + (i * j) % 7);
            reals[i][j / SIDE][j % SIDE] = bytes[i][j / SIDE][j % SIDE];
        }
    }
    nnmpi_rows rows = {.x_type = NNMPI_UINT8, .x_rank = 2, .x_shape = {SIDE, SIDE},
                       .y_type = NNMPI_INT64, .y_columns = 1, .weighted = 1};
    assert_ok(nnmpi_dataset_create("bytes", &rows, &borrowed));
    assert_ok(nnmpi_dataset_borrow(borrowed, IMAGES, bytes, classes, weights));
    rows.x_type = NNMPI_FLOAT64;
    assert_ok(nnmpi_dataset_create("doubles", &rows, &copied));
    for (int i = 0; i < IMAGES; i += 12)
        assert_ok(nnmpi_dataset_append(copied, 12, reals[i], classes + i, weights + i));
    assert_ok(nnmpi_config_create("model:\n"
                                  "  - {layer: Rescaling, scale: 0.01}\n"
                                  "  - {layer: Flatten}\n"
                                  "  - {layer: Dense, units: 3, activation: softmax}\n"
                                  "loss: sparse_categorical_crossentropy\n"
                                  "optimizer: {name: adam, learning_rate: 0.05}\n"
                                  "reproducible: true\n"
                                  "metrics: [accuracy]\n",
                                  &config));
    assert_ok(nnmpi_trainer_create(context, config, borrowed, NULL, &first));
    assert_ok(nnmpi_trainer_create(context, config, copied, NULL, &second));
    assert_ok(nnmpi_trainer_fit(first, 30, NULL, NULL));
    assert_ok(nnmpi_trainer_fit(second, 30, NULL, NULL));
    nnmpi_model *model = nnmpi_trainer_model(first);
    assert_same_models(model, nnmpi_trainer_model(second));
    assert_ok(nnmpi_model_evaluate(model, copied, values));
    assert_true(values[1] > 0.9);
    assert_int_equal(nnmpi_model_input_shape(model, shape), 2);
    assert_int_equal(shape[0] * 100 + shape[1], SIDE * 100 + SIDE);
    assert_int_equal(nnmpi_model_output_shape(model, shape), 1);
    assert_int_equal(shape[0], CLASSES);
    assert_int_equal(nnmpi_model_layers(model), 3);
    assert_int_equal(nnmpi_model_parameters(model), SIDE * SIDE * CLASSES + CLASSES);
    /* predictions are Local: the last rank alone, then all */
    if (rank == size - 1)
        assert_ok(nnmpi_model_predict(model, 1, bytes, NNMPI_UINT8, probabilities, NNMPI_FLOAT32));
    assert_ok(nnmpi_model_predict(model, IMAGES, bytes, NNMPI_UINT8, probabilities, NNMPI_FLOAT32));
    assert_ok(nnmpi_model_predict(model, IMAGES, reals, NNMPI_FLOAT64, doubles, NNMPI_FLOAT64));
    for (int i = 0; i < IMAGES; i++) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            sum += doubles[i][c];
            assert_true(doubles[i][c] == (double)probabilities[i][c]);
        }
        assert_true(fabs(sum - 1) < 1e-5); /* though the loss computes from logits */
    }
    nnmpi_trainer_destroy(&first);
    nnmpi_trainer_destroy(&second);
    nnmpi_config_destroy(&config);
    nnmpi_dataset_destroy(&borrowed);
    nnmpi_dataset_destroy(&copied);
    nnmpi_context_destroy(&context);
}

static void test_variables(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *rows = make_rows("samples", 40);
    nnmpi_trainer *trainer;
    int64_t shape[NNMPI_MAX_RANK];
    float kernel[8], bias[1] = {(float)(rank == 0 ? 2 : 5)}, got[1], x[FEATURES] = {0.3f}, y, before;
    assert_ok(nnmpi_trainer_create(context, config, rows, NULL, &trainer));
    nnmpi_model *model = nnmpi_trainer_model(trainer);
    assert_int_equal(nnmpi_model_variables(model), 7);
    assert_string_equal(nnmpi_model_variable_name(model, 5), "dense_1/kernel");
    assert_null(nnmpi_model_variable_name(model, 7));
    assert_null(nnmpi_model_variable_name(model, -1));
    assert_int_equal(nnmpi_model_variable_shape(model, "dense_1/kernel", shape), 2);
    assert_int_equal(shape[0] * 10 + shape[1], 81);
    assert_int_equal(nnmpi_model_variable_shape(model, "dense", shape), -1);
    assert_ok(nnmpi_model_predict(model, 1, x, NNMPI_FLOAT32, &before, NNMPI_FLOAT32));
    assert_ok(nnmpi_model_set(model, "dense_1/bias", 1, bias));
    assert_ok(nnmpi_model_get(model, "dense_1/bias", 1, got));
    assert_true(got[0] == 2); /* rank 0's */
    assert_ok(nnmpi_model_predict(model, 1, x, NNMPI_FLOAT32, &y, NNMPI_FLOAT32));
    assert_true(fabsf(y - before - 2) < 1e-5f);
    assert_ok(nnmpi_model_get(model, "dense_1/kernel", 8, kernel));
    for (int i = 0; i < 8; i++) kernel[i] = 0;
    assert_ok(nnmpi_model_set(model, "dense_1/kernel", 8, kernel));
    assert_ok(nnmpi_model_predict(model, 1, x, NNMPI_FLOAT32, &y, NNMPI_FLOAT32));
    assert_true(y == 2);
    assert_ok(nnmpi_trainer_fit(trainer, 1, NULL, NULL)); /* the ranks still hold the same model */
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&rows);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

static int count_threads(const nnmpi_progress *progress, void *user) {
    (void)progress;
    *(int *)user = omp_get_max_threads();
    return 0;
}

/* The program's threads, signals, environment and streams are its own. */
static void test_nothing_is_changed(void **state) {
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGPIPE, SIGXFSZ, SIGFPE};
    enum { SIGNALS = sizeof signals / sizeof *signals };
    struct sigaction before[SIGNALS], after;
    int inside = 0;
    extern char **environ;
    int variables = 0, later = 0;
    while (environ[variables]) variables++;
    for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], NULL, &before[i]);
    omp_set_num_threads(5);
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *rows = make_rows("samples", 40);
    nnmpi_trainer *trainer;
    assert_ok(nnmpi_trainer_create(context, config, rows, NULL, &trainer));
    assert_int_equal(omp_get_max_threads(), 5);
    assert_ok(nnmpi_trainer_fit(trainer, 1, count_threads, &inside));
    assert_int_equal(inside, 5);
    assert_int_equal(omp_get_max_threads(), 5);
    /* HDF5 as well: what it does with its messages, and what is open in it */
    H5E_auto2_t print, later_print;
    void *data, *later_data;
    nnmpi_model *model;
    H5Eget_auto2(H5E_DEFAULT, &print, &data);
    assert_ok(nnmpi_trainer_save(trainer, "program.h5"));
    assert_ok(nnmpi_model_load(context, "program.h5", &model));
    assert_ok(nnmpi_trainer_restore(trainer, "program.h5"));
    nnmpi_model_destroy(&model);
    H5Eget_auto2(H5E_DEFAULT, &later_print, &later_data);
    assert_true(print == later_print && data == later_data && print != NULL);
    assert_int_equal(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink("program.h5");
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&rows);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
    omp_set_num_threads(1);
    while (environ[later]) later++;
    assert_int_equal(variables, later);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &after);
        assert_ptr_equal(before[i].sa_handler, after.sa_handler);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_several_at_once), cmocka_unit_test(test_many),
    cmocka_unit_test(test_communicators_are_given_back), cmocka_unit_test(test_types),
    cmocka_unit_test(test_variables), cmocka_unit_test(test_nothing_is_changed)};

RUN_TESTS("programs", tests)
