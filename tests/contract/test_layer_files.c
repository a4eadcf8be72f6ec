/* test_layer_files.c: a model of every layer, written in Keras's layout and read back, is the same
 * model: the same configuration, the same variables, the same outputs to the bit. */
#include "layer_cases.h"

#include "model/keras.h"
#include "unit/scratch.h"

static nn_model *saved_and_read(nn_model *model) {
    nn_h5 *file;
    nn_model *read;
    const char *path = scratch("model.h5");
    assert_ok(nn_h5_create(path, 512, &file));
    assert_ok(nn_keras_write(model, file));
    assert_ok(nn_h5_close(&file));
    assert_ok(nn_h5_open(path, &file));
    assert_ok(nn_keras_read(file, nn_model_max_rows(model), &read));
    nn_h5_discard(&file);
    return read;
}

static nn_real *output_of(nn_model *model, const nn_real *x, bool training) {
    const int64_t rows = nn_model_max_rows(model);
    nn_real *y = zeros(rows * nn_shape_count(nn_model_output_shape(model)));
    model_pass run = {.model = model, .x = x, .y = y};
    run.pass = (nn_pass){.rows = rows, .training = training, .seed = 11};
    run_pass(&run, 1);
    return y;
}

static void assert_same_span(nn_span a, nn_span b) {
    assert_int_equal(a.count, b.count);
    if (a.count) assert_memory_equal(a.data, b.data, (size_t)a.count * sizeof *a.data);
}

static void check_same_model(nn_model *model, nn_model *read) {
    char *config, *read_config;
    assert_ok(nn_keras_config(model, &config));
    assert_ok(nn_keras_config(read, &read_config));
    assert_string_equal(config, read_config);
    free(config);
    free(read_config);
    assert_true(nn_shape_equal(nn_model_input_shape(model), nn_model_input_shape(read)));
    assert_true(nn_shape_equal(nn_model_output_shape(model), nn_model_output_shape(read)));
    assert_same_span(nn_model_values(model), nn_model_values(read));
    assert_same_span(nn_model_state(model), nn_model_state(read));
    const int64_t rows = nn_model_max_rows(model);
    nn_real *x = numbers(rows * nn_shape_count(nn_model_input_shape(model)), 3);
    for (int training = 0; training < 2; training++) {
        nn_real *y = output_of(model, x, training), *read_y = output_of(read, x, training);
        assert_memory_equal(y, read_y,
                            (size_t)(rows * nn_shape_count(nn_model_output_shape(model))) *
                                sizeof *y);
        free(y);
        free(read_y);
    }
    free(x);
}

static void whole_model(void **state) {
    nn_model *model = model_around(*state, 4), *read = saved_and_read(model);
    check_same_model(model, read);
    nn_model_destroy(&read);
    nn_model_destroy(&model);
}

/* The layer may be the whole model too, also where it has no variables. */
static void layer_alone(void **state) {
    nn_model *model = model_of(*state, 2), *read = saved_and_read(model);
    check_same_model(model, read);
    nn_model_destroy(&read);
    nn_model_destroy(&model);
}

/* The variables alone, into a model that was built elsewhere. */
static void weights_alone(void **state) {
    nn_model *model = model_around(*state, 2), *other = model_around(*state, 2);
    nn_span values = nn_model_values(other), state_of_other = nn_model_state(other);
    for (int64_t i = 0; i < nn_model_parameters(other); i++) {
        const nn_parameter *parameter = nn_model_parameter(other, i);
        fill(values.data + parameter->offset, parameter->count, 77, 2, 3);
    }
    memset(state_of_other.data, 0, (size_t)state_of_other.count * sizeof(nn_real));
    nn_h5 *file;
    assert_ok(nn_h5_create(scratch("weights.h5"), 0, &file));
    assert_ok(nn_keras_write(model, file));
    assert_ok(nn_h5_close(&file));
    assert_ok(nn_h5_open(scratch("weights.h5"), &file));
    assert_ok(nn_keras_read_weights(other, file));
    nn_h5_discard(&file);
    check_same_model(model, other);
    nn_model_destroy(&model);
    nn_model_destroy(&other);
}

int main(void) {
    static const layer_check checks[] = {{"whole model", whole_model},
                                         {"layer alone", layer_alone},
                                         {"weights alone", weights_alone}};
    return run_layer_checks("layer files", checks, sizeof checks / sizeof *checks, scratch_make,
                            scratch_remove);
}
