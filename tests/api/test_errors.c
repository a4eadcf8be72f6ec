/* test_errors.c: what is wrong on one rank is told to all in the same words, and nothing hangs; what is
 * wrong in a call is told where it is made.
 *
 * test: NP 1 2 3 TIMEOUT 60 LABELS sanitize */
#include "api/api.h"

#include <hdf5.h>

/* A call that the rank `bad` spoils: the same status and message everywhere. */
static void assert_told(nn_status status, nn_status expected, int bad, const char *part) {
    char message[NNMPI_MESSAGE_MAX] = {0}, who[32];
    snprintf(message, sizeof message, "%s", nnmpi_message());
    snprintf(who, sizeof who, "rank %d on ", bad);
    if (status != expected) fail_msg("%s: %s", nnmpi_status_name(status), message);
    if (!strstr(message, part)) fail_msg("the message lacks '%s': %s", part, message);
    if (size > 1 && !strstr(message, who)) fail_msg("the message lacks '%s': %s", who, message);
    assert_same_on_all(message, sizeof message);
}

static void test_bad_rows(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60), *others = make_dataset("others");
    nnmpi_trainer *trainer = NULL;
    nnmpi_progress progress;
    const int bad = size - 1;
    float x[2 * FEATURES] = {0}, y[2] = {0, NAN};
    const int64_t rows = nnmpi_dataset_rows(data);
    char part[64];
    snprintf(part, sizeof part, "samples/y: row %d holds nan", (int)rows + 1);
    assert_ok(nnmpi_trainer_create(context, config, data, NULL, &trainer));
    if (rank == bad) assert_ok(nnmpi_dataset_append(data, 2, x, y, NULL));
    nn_status status = nnmpi_trainer_fit(trainer, 1, NULL, NULL);
    assert_told(status, NN_BAD_DATA, bad, rank == bad ? part : "samples/y: row");
    nnmpi_trainer_progress(trainer, &progress);
    assert_int_equal(progress.step, 0); /* and it is what it was: with good rows it goes on */
    nnmpi_dataset_clear(data);
    append_rows(data, 0, 20);
    assert_ok(nnmpi_trainer_fit(trainer, 1, NULL, NULL));
    if (rank == bad) assert_ok(nnmpi_dataset_append(others, 2, x, y, NULL));
    double values[2];
    status = nnmpi_model_evaluate(nnmpi_trainer_model(trainer), others, values);
    assert_told(status, NN_BAD_DATA, bad, "others/y: row 1 holds nan");
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&data);
    nnmpi_dataset_destroy(&others);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

/* Where rows could not be appended on one rank, nothing is trained or measured without them, also where the
 * program has not looked. */
static void test_missing_rows(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60), *others = make_rows("others", 20);
    nnmpi_trainer *trainer = NULL;
    nnmpi_progress progress;
    const int bad = size - 1;
    const float x[FEATURES] = {0}, y[1] = {0}, w[1] = {1};
    double values[2];
    if (rank == bad) {
        nnmpi_dataset_append(data, 1, x, NULL, NULL);
        nnmpi_dataset_append(data, -1, x, y, NULL); /* the first failure is the reason */
    }
    for (int again = 0; again < 2; again++) {
        assert_told(nnmpi_trainer_create(context, config, data, NULL, &trainer), NN_USAGE, bad,
                    "rows are missing: samples: its rows have an array y, but none is given");
        assert_null(trainer);
    }
    assert_told(nnmpi_trainer_create(context, config, others, data, &trainer), NN_USAGE, bad, "an array y");
    nnmpi_dataset_clear(data);
    append_rows(data, 0, 40);
    assert_ok(nnmpi_trainer_create(context, config, data, others, &trainer));
    assert_ok(nnmpi_trainer_step(trainer, NULL));
    if (rank == bad) nnmpi_dataset_borrow(others, 1, x, y, w);
    assert_told(nnmpi_model_evaluate(nnmpi_trainer_model(trainer), others, values), NN_USAGE, bad, "no array w");
    assert_ok(nnmpi_model_evaluate(nnmpi_trainer_model(trainer), data, values));
    assert_ok(nnmpi_trainer_fit(trainer, 1, NULL, NULL)); /* an epoch keeps the rows with which it began */
    assert_told(nnmpi_trainer_fit(trainer, 1, NULL, NULL), NN_USAGE, bad, "no array w");
    assert_told(nnmpi_trainer_step(trainer, NULL), NN_USAGE, bad, "no array w");
    nnmpi_trainer_progress(trainer, &progress);
    assert_int_equal(progress.epoch, 1);
    assert_int_equal(progress.batch, 0);
    nnmpi_dataset_clear(others);
    append_rows(others, 0, 20);
    assert_ok(nnmpi_trainer_fit(trainer, 1, NULL, NULL));
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&data);
    nnmpi_dataset_destroy(&others);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

/* Ranks that want different things. */
static void test_differing(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60);
    nnmpi_trainer *trainer = NULL;
    if (size > 1) {
        nnmpi_config *other = make_config();
        if (rank == 1) assert_ok(nnmpi_config_set(other, "batch_size", "16"));
        nn_status status = nnmpi_trainer_create(context, other, data, NULL, &trainer);
        assert_told(status, NN_BAD_CONFIG, 1, "the configuration differs");
        assert_null(trainer);
        nnmpi_config_destroy(&other);
        nnmpi_rows rows = ROWS;
        nnmpi_dataset *odd;
        if (rank == 1) rows.x_type = NNMPI_FLOAT64;
        assert_ok(nnmpi_dataset_create("odd", &rows, &odd));
        const double x[FEATURES] = {0};
        const float y = 1;
        assert_ok(nnmpi_dataset_append(odd, 1, x, &y, NULL));
        status = nnmpi_trainer_create(context, config, odd, NULL, &trainer);
        assert_told(status, NN_BAD_CONFIG, 1, "odd differs");
        nnmpi_dataset_destroy(&odd);
    }
    nn_status none = nnmpi_trainer_create(context, config, rank == size - 1 ? NULL : data, NULL, &trainer);
    assert_told(none, NN_USAGE, size - 1, "there is no dataset to train on");
    assert_null(trainer);
    nnmpi_config *wrong;
    assert_ok(nnmpi_config_create(CONFIG, &wrong));
    if (rank == size - 1) assert_ok(nnmpi_config_set(wrong, "optimizer.learning_rat", "1"));
    nn_status status = nnmpi_trainer_create(context, wrong, data, NULL, &trainer);
    assert_told(status, NN_BAD_CONFIG, size - 1, "did you mean 'learning_rate'?");
    assert_non_null(strstr(nnmpi_message(), "nnmpi_config_set optimizer.learning_rat=1"));
    nnmpi_config_destroy(&wrong);
    nnmpi_dataset_destroy(&data);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

/* A loss that becomes infinite. */
static void test_divergence(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60);
    nnmpi_trainer *trainer;
    assert_ok(nnmpi_config_set(config, "optimizer", "{name: sgd, learning_rate: 1.0e+30}"));
    assert_ok(nnmpi_trainer_create(context, config, data, NULL, &trainer));
    assert_fails(nnmpi_trainer_fit(trainer, 5, NULL, NULL), NN_DIVERGED, "a smaller learning rate");
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&data);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

/* Sets all variables to a number. */
static void set_all(nnmpi_model *model, float number) {
    for (int64_t i = 0; i < nnmpi_model_variables(model); i++) {
        char name[256];
        float numbers[64];
        int64_t shape[NNMPI_MAX_RANK], count = 1;
        snprintf(name, sizeof name, "%s", nnmpi_model_variable_name(model, i));
        const int axes = nnmpi_model_variable_shape(model, name, shape);
        for (int axis = 0; axis < axes; axis++) count *= shape[axis];
        assert_in_range(count, 1, 64);
        for (int64_t k = 0; k < count; k++) numbers[k] = number;
        assert_ok(nnmpi_model_set(model, name, count, numbers));
    }
}

/* An epoch that has all its steps, but whose end fails since the last of them made weights infinite: each
 * further step tries the end again, here or where that was saved, and then goes on. */
static void test_unfinished_epoch(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60), *others = make_rows("others", 20);
    nnmpi_trainer *trainer, *other;
    nnmpi_progress progress;
    const float x[FEATURES] = {0.5f, 0.5f, 0.5f}, large = 1e6f;
    if (rank == 0)
        for (int i = 0; i < 64; i++) assert_ok(nnmpi_dataset_append(data, 1, x, &large, NULL));
    assert_ok(nnmpi_config_set(config, "optimizer", "sgd"));
    assert_ok(nnmpi_config_set(config, "batch_size", "64"));
    assert_ok(nnmpi_trainer_create(context, config, data, others, &trainer));
    assert_ok(nnmpi_trainer_create(context, config, data, others, &other));
    assert_ok(nnmpi_trainer_set_learning_rate(trainer, 1e-9));
    assert_ok(nnmpi_trainer_step(trainer, NULL)); /* of two */
    assert_ok(nnmpi_trainer_set_learning_rate(trainer, 1e38));
    assert_fails(nnmpi_trainer_fit(trainer, 1, NULL, NULL), NN_DIVERGED, "a weight is NaN or infinite");
    assert_fails(nnmpi_trainer_step(trainer, NULL), NN_DIVERGED, "a weight is NaN or infinite");
    assert_fails(nnmpi_trainer_fit(trainer, 1, NULL, NULL), NN_DIVERGED, "a weight is NaN or infinite");
    nnmpi_trainer_progress(trainer, &progress);
    assert_int_equal(progress.step, 2);
    assert_int_equal(progress.batch, 2);
    set_all(nnmpi_trainer_model(trainer), 0.5f);
    assert_ok(nnmpi_trainer_set_learning_rate(trainer, 1e-9));
    assert_ok(nnmpi_trainer_save(trainer, "unfinished.h5"));
    for (int i = 0; i < 2; i++) {
        nnmpi_trainer *of = i == 0 ? trainer : other;
        if (i > 0) assert_ok(nnmpi_trainer_restore(of, "unfinished.h5"));
        assert_ok(nnmpi_trainer_step(of, NULL));
        nnmpi_trainer_progress(of, &progress);
        assert_int_equal(progress.step, 3);
        assert_int_equal(progress.epoch, 1);
        assert_int_equal(progress.batch, 1);
        assert_true(isfinite(progress.val_loss));
    }
    assert_ok(nnmpi_trainer_restore(other, "unfinished.h5"));
    assert_ok(nnmpi_trainer_fit(other, 2, NULL, NULL)); /* that epoch and one more */
    nnmpi_trainer_progress(other, &progress);
    assert_int_equal(progress.step, 4);
    assert_int_equal(progress.epoch, 2);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) remove("unfinished.h5");
    nnmpi_trainer_destroy(&trainer);
    nnmpi_trainer_destroy(&other);
    nnmpi_dataset_destroy(&data);
    nnmpi_dataset_destroy(&others);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

static void test_config(void **state) {
    (void)state;
    nnmpi_config *config;
    assert_fails(nnmpi_config_create("a: [1", &config), NN_BAD_CONFIG, "configuration:");
    assert_null(config);
    assert_fails(nnmpi_config_read("none.yaml", &config), NN_NO_INPUT, "none.yaml");
    assert_ok(nnmpi_config_create(NULL, &config));
    assert_fails(nnmpi_config_set(config, "", "1"), NN_USAGE, "no key");
    assert_fails(nnmpi_config_set(config, "a", "[1"), NN_BAD_CONFIG, "a:");
    nnmpi_config_destroy(&config);
    nnmpi_config_destroy(&config); /* takes NULL */
    char name[32];
    snprintf(name, sizeof name, "config-%d.yaml", rank);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(CONFIG, file);
    fclose(file);
    assert_ok(nnmpi_config_read(name, &config));
    nnmpi_config_destroy(&config);
    remove(name);
}

static void test_datasets(void **state) {
    (void)state;
    nnmpi_rows rows = ROWS;
    nnmpi_dataset *data;
    const float x[FEATURES] = {0}, y[1] = {0}, w[1] = {1};
    rows.x_type = NNMPI_INT32;
    assert_fails(nnmpi_dataset_create("a", &rows, &data), NN_USAGE, "a: x_type");
    assert_null(data);
    rows = ROWS;
    rows.x_rank = NNMPI_MAX_RANK;
    assert_fails(nnmpi_dataset_create("a", &rows, &data), NN_USAGE, "x_rank is 8");
    rows = ROWS;
    rows.x_shape[0] = 0;
    assert_fails(nnmpi_dataset_create("a", &rows, &data), NN_USAGE, "x_shape[0] is 0");
    rows = ROWS;
    rows.y_columns = -1;
    assert_fails(nnmpi_dataset_create("a", &rows, &data), NN_USAGE, "y_columns");
    assert_ok(nnmpi_dataset_create("a", &ROWS, &data));
    assert_fails(nnmpi_dataset_append(data, -1, x, y, NULL), NN_USAGE, "-1 rows");
    assert_fails(nnmpi_dataset_append(data, 1, x, NULL, NULL), NN_USAGE, "an array y, but none");
    assert_fails(nnmpi_dataset_borrow(data, 1, x, y, w), NN_USAGE, "no array w, but one");
    assert_ok(nnmpi_dataset_append(data, 0, NULL, NULL, NULL));
    assert_ok(nnmpi_dataset_borrow(data, 1, x, y, NULL));
    assert_int_equal(nnmpi_dataset_rows(data), 1);
    nnmpi_dataset_destroy(&data);
}

static void test_models(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_config *config = make_config();
    nnmpi_dataset *data = make_rows("samples", 60), *wide;
    nnmpi_trainer *trainer;
    assert_ok(nnmpi_trainer_create(context, config, data, NULL, &trainer));
    nnmpi_model *model = nnmpi_trainer_model(trainer);
    float bias[8] = {0}, x[4] = {0}, y;
    double values[2];
    assert_fails(nnmpi_model_get(model, "dense/none", 8, bias), NN_USAGE, "dense_1/bias");
    assert_fails(nnmpi_model_get(model, "dense/bias", 7, bias), NN_USAGE, "has 8 numbers, (8), not 7");
    if (rank == 0) bias[3] = INFINITY;
    assert_told(nnmpi_model_set(model, "dense/bias", 8, bias), NN_BAD_DATA, 0,
                "dense/bias: number 3 is inf");
    bias[3] = 0;
    nn_status status = nnmpi_model_set(model, "dense/bias", rank == size - 1 ? 5 : 8, bias);
    assert_told(status, NN_USAGE, size - 1, "not 5");
    assert_fails(nnmpi_model_predict(model, 1, x, NNMPI_INT32, &y, NNMPI_FLOAT32), NN_USAGE, "x_type");
    assert_fails(nnmpi_model_predict(model, 1, x, NNMPI_FLOAT32, &y, NNMPI_UINT8), NN_USAGE, "y_type");
    nnmpi_rows rows = ROWS;
    rows.x_shape[0] = 4;
    assert_ok(nnmpi_dataset_create("wide", &rows, &wide));
    y = 0;
    assert_ok(nnmpi_dataset_append(wide, 1, x, &y, NULL));
    assert_fails(nnmpi_model_evaluate(model, wide, values), NN_BAD_DATA, "wide: a sample has the shape (4)");
    nnmpi_dataset_destroy(&wide);
    nnmpi_model *own = model;
    nnmpi_model_destroy(&own); /* a trainer's own stays */
    assert_null(own);
    assert_ok(nnmpi_model_get(model, "dense/bias", 8, bias));
    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&data);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
}

/* A file like those that Keras saves, with a layer that nnmpi does not have. */
static void write_foreign(const char *path) {
    static const char text[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": [{\"class_name\": \"Conv9D\", "
        "\"config\": {\"name\": \"strange\", \"batch_input_shape\": [null, 3]}}]}}";
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, "model_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), scalar = H5Screate(H5S_SCALAR);
    H5Tset_size(type, sizeof text);
    hid_t attribute = H5Acreate2(file, "model_config", type, scalar, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, text) >= 0);
    H5Aclose(attribute);
    H5Sclose(scalar);
    H5Tclose(type);
    H5Gclose(group);
    assert_true(H5Fclose(file) >= 0);
}

static void test_files(void **state) {
    (void)state;
    nnmpi_context *context = make_context();
    nnmpi_model *model;
    if (rank == 0) write_foreign("foreign.h5");
    MPI_Barrier(MPI_COMM_WORLD);
    assert_fails(nnmpi_model_load(context, "foreign.h5", &model), NN_BAD_DATA, "there is no layer 'Conv9D'");
    assert_null(model);
    assert_fails(nnmpi_model_load(context, "none.h5", &model), NN_NO_INPUT, "none.h5");
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) remove("foreign.h5");
    nnmpi_context_destroy(&context);
}

static void test_contexts(void **state) {
    (void)state;
    nnmpi_context *context;
    assert_fails(nnmpi_context_create(MPI_COMM_NULL, 1, &context), NN_USAGE, "MPI_COMM_NULL");
    assert_null(context);
    assert_told(nnmpi_context_create(MPI_COMM_WORLD, rank == size - 1 ? -1 : 1, &context), NN_USAGE,
                size - 1, "-1 threads");
    assert_ok(nnmpi_context_create_f(MPI_Comm_c2f(MPI_COMM_WORLD), 2, &context));
    assert_int_equal(nnmpi_context_threads(context), 2);
    nnmpi_context_destroy(&context);
    assert_string_equal(nnmpi_status_name(NN_BAD_DATA), "BAD_DATA");
    assert_non_null(strstr(nnmpi_status_meaning(NN_NO_INPUT), "missing"));
    assert_true(strlen(nnmpi_version()) >= 5);
    assert_true(nnmpi_blas_advice() == NULL || strstr(nnmpi_blas_advice(), "OPENBLAS_CORETYPE"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_bad_rows), cmocka_unit_test(test_missing_rows), cmocka_unit_test(test_differing),
    cmocka_unit_test(test_divergence), cmocka_unit_test(test_unfinished_epoch), cmocka_unit_test(test_config),
    cmocka_unit_test(test_datasets), cmocka_unit_test(test_models), cmocka_unit_test(test_files),
    cmocka_unit_test(test_contexts)};

RUN_TESTS("errors", tests)
