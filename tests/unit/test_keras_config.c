/* test_keras_config.c: Keras's model_config: what is read beside the arguments that nnmpi has, and what is refused,
 * by use. */
#include "check.h"

#include "model/keras.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 2048 };

/* A Sequential model of rows (3, 2) with a layer and a Dense behind a Flatten. */
static const char *with_layer(const char *class_name, const char *arguments, char *text) {
    snprintf(text, ROOM,
             "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"trainable\": true, \"layers\": ["
             "{\"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": [null, 3, 2], \"name\": \"i\"}}, "
             "{\"class_name\": \"%s\", \"config\": {\"name\": \"it\"%s%s}}, "
             "{\"class_name\": \"Flatten\", \"config\": {\"name\": \"f\", \"data_format\": \"channels_last\"}}, "
             "{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": 2}}]}}",
             class_name, *arguments ? ", " : "", arguments);
    return text;
}

static void check_read(const char *class_name, const char *arguments) {
    char text[ROOM];
    nn_model *model = NULL;
    assert_ok(nn_keras_build(with_layer(class_name, arguments, text), 1, &model));
    assert_string_equal(nn_model_layer(model, 0)->name, "it");
    assert_ok(nn_keras_check_use(text, model, NN_KERAS_TRAIN));
    nn_model_destroy(&model);
}

static void check_refused(const char *class_name, const char *arguments, const char *message) {
    char text[ROOM];
    nn_model *model = NULL;
    assert_fails(nn_keras_build(with_layer(class_name, arguments, text), 1, &model), NN_BAD_DATA, message);
    assert_non_null(strstr(nn_message(), "layer 'it': "));
    assert_null(model);
}

/* Read, but of no use from `use` on. */
static void check_use(const char *class_name, const char *arguments, nn_keras_use use, const char *message) {
    char text[ROOM];
    nn_model *model = NULL;
    assert_ok(nn_keras_build(with_layer(class_name, arguments, text), 1, &model));
    for (int i = NN_KERAS_PREDICT; i <= NN_KERAS_TRAIN; i++) {
        nn_status status = nn_keras_check_use(text, model, (nn_keras_use)i);
        if (i < (int)use) assert_ok(status);
        else assert_fails(status, NN_BAD_DATA, message);
    }
    nn_model_destroy(&model);
}

static void what_changes_nothing_is_skipped(void **state) {
    (void)state;
    check_read("Dense", "\"units\": 2, \"trainable\": true, \"dtype\": {\"class_name\": \"DTypePolicy\"}, "
                        "\"kernel_constraint\": null, \"bias_constraint\": null, \"activity_regularizer\": null, "
                        "\"quantization_config\": null, \"batch_input_shape\": [null, 3, 2]");
    check_read("Dense", "\"units\": 2, \"kernel_initializer\": {\"class_name\": \"GlorotUniform\", \"config\": "
                        "{\"seed\": 3, \"input_axes\": null}}");
    check_read("Dropout", "\"rate\": 0.5, \"seed\": 7, \"noise_shape\": null, \"trainable\": false");
    check_read("Normalization", "\"axis\": [-1], \"invert\": false, \"mean\": 0.5, \"variance\": [1.0, 2]");
    check_read("Normalization", "\"axis\": -1, \"mean\": null, \"variance\": null");
}

static void what_is_not_known_is_named(void **state) {
    (void)state;
    check_refused("BatchNormalization", "\"epsilon\": 0.1", "there is no layer 'BatchNormalization'; there are: Dense, ");
    check_refused("Conv2D", "\"filters\": 2", "there is no layer 'Conv2D'; there are: Dense, ");
    check_refused("ReLU", "\"max_value\": null, \"negative_slope\": 0.0, \"threshold\": 0.0",
                  "; in Keras, Activation(\"relu\") in its place computes the same: ");
    check_refused("Softmax", "\"axis\": -1", "; in Keras, Activation(\"softmax\") in its place computes the same: ");
    check_refused("ReLU", "\"max_value\": 6.0", "there is no layer 'ReLU'");
    assert_null(strstr(nn_message(), "in Keras"));
    check_refused("Normalization", "\"axis\": [1]", "Normalization has no argument 'axis'");
    check_refused("Normalization", "\"invert\": true", "Normalization has no argument 'invert'");
    check_refused("Flatten", "\"data_format\": \"channels_first\"", "Flatten has no argument 'data_format'");
    check_refused("Dense", "\"units\": 2, \"lora_rank\": 4", "Dense has no argument 'lora_rank'");
    check_refused("Dense", "\"units\": 2, \"activation\": \"mish\"", "'activation' cannot be 'mish'");
    check_refused("Dense", "\"units\": 2, \"kernel_initializer\": {\"class_name\": \"Orthogonal\"}",
                  "there is no initializer 'Orthogonal'");
    check_refused("Rescaling", "\"scale\": [1, 2]", "'scale' must be a number, not a list");
}

/* A Sequential model of rows (5, 4) with these layers. */
static void check_unbuildable(const char *layers, int64_t rows, const char *message) {
    char text[ROOM];
    nn_model *model = NULL;
    snprintf(text, ROOM,
             "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [%s], \"build_input_shape\": [null, 5, 4]}}",
             layers);
    assert_fails(nn_keras_build(text, rows, &model), NN_BAD_DATA, message);
    assert_null(model);
}

#define LAYER(class_name, config) "{\"class_name\": \"" class_name "\", \"config\": {" config "}}"
#define LONG_NAME                 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"

/* The file is at fault for that too, no run file. */
static void what_cannot_be_built_is_named(void **state) {
    (void)state;
    check_unbuildable("", 1, "model: there must be at least one layer");
    check_unbuildable(LAYER("Flatten", "") ", " LAYER("Reshape", "\"target_shape\": [7]"), 1,
                      "model: layer 2 (Reshape): ");
    check_unbuildable(LAYER("Normalization", "\"mean\": [1, 2], \"variance\": [1, 2]"), 1,
                      "model: layer 1 (Normalization): 'mean' has 2 numbers; the input has 4");
    check_unbuildable(LAYER("Flatten", "\"name\": \"" LONG_NAME "\""), 1,
                      "model: layer 1 (Flatten): the layer name '" LONG_NAME "' must have 1 to 63 characters");
    check_unbuildable(LAYER("Flatten", "\"name\": \"d\"") ", " LAYER("Dense", "\"units\": 1, \"name\": \"d\""), 1,
                      "model: layer 2 (Dense): two layers are called 'd'");
    check_unbuildable(LAYER("Dense", "\"units\": 16777216"), (int64_t)1 << 40,
                      "model: up to layer 1 (Dense) its weights, gradients and activations take");
}

static void what_matters_in_training_is_refused_there(void **state) {
    (void)state;
    check_use("Dense", "\"units\": 2, \"trainable\": false", NN_KERAS_TRAIN, "layer 'it' (Dense) is frozen");
    check_use("Dense", "\"units\": 2, \"bias_constraint\": {\"class_name\": \"NonNeg\"}", NN_KERAS_TRAIN,
              "layer 'it' (Dense) has the argument bias_constraint");
    check_use("Dense", "\"units\": 2, \"activity_regularizer\": {\"class_name\": \"L2\"}", NN_KERAS_EVALUATE,
              "layer 'it' (Dense) has the argument activity_regularizer");
    check_use("Dropout", "\"rate\": 0.5, \"noise_shape\": [1, 2]", NN_KERAS_TRAIN, "has the argument noise_shape");
}

static void other_models_are_refused(void **state) {
    (void)state;
    nn_model *model = NULL;
    assert_fails(nn_keras_build("{\"class_name\": \"Functional\", \"config\": {\"layers\": []}}", 1, &model),
                 NN_BAD_DATA, "nnmpi reads Sequential models, not a Functional one");
    assert_fails(nn_keras_build("{\"config\": {\"layers\": []}}", 1, &model), NN_BAD_DATA, "and this is none");
    assert_fails(nn_keras_build("{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": "
                                "\"Flatten\", \"config\": {}}]}}",
                                1, &model),
                 NN_BAD_DATA, "the input has no shape");
    assert_ok(nn_keras_build("{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": "
                             "\"Flatten\", \"config\": {}}], \"build_input_shape\": [5, 4, 3]}}",
                             1, &model));
    assert_int_equal(nn_shape_count(nn_model_input_shape(model)), 12);
    nn_model_destroy(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_nothing_is_skipped),
        cmocka_unit_test(what_is_not_known_is_named),
        cmocka_unit_test(what_cannot_be_built_is_named),
        cmocka_unit_test(what_matters_in_training_is_refused_there),
        cmocka_unit_test(other_models_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
