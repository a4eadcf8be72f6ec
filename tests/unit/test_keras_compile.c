/* test_keras_compile.c: Keras's training_config: every form of loss and metrics that Keras 2 and 3 write. */
#include "check.h"

#include "model/keras_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 };

/* The metrics of a training_config with this loss and these metrics, as "a,b". */
static nn_status read(const char *loss, const char *metrics, int64_t columns, char *names) {
    char text[1024];
    nn_object *object = NULL;
    nn_object_list list = {0};
    snprintf(text, sizeof text, "{\"loss\": %s, \"metrics\": %s}", loss, metrics);
    names[0] = '\0';
    nn_status status = nn_keras_compiled_loss(text, &object);
    if (status == NN_OK) status = nn_keras_compiled_metrics(text, object, columns, &list);
    for (int64_t i = 0; i < list.count; i++) {
        snprintf(names + strlen(names), 256 - strlen(names), "%s%s", i ? "," : "", list.items[i]->isa->name);
        nn_object_destroy(&list.items[i]);
    }
    free(list.items);
    nn_object_destroy(&object);
    return status;
}

static void check_metrics(const char *loss, const char *metrics, int64_t columns, const char *expected) {
    char names[256];
    assert_ok(read(loss, metrics, columns, names));
    assert_string_equal(names, expected);
}

static void check_loss(const char *loss, const char *expected) {
    char text[1024];
    nn_object *object = NULL;
    snprintf(text, sizeof text, "{\"loss\": %s}", loss);
    assert_ok(nn_keras_compiled_loss(text, &object));
    assert_string_equal(object->isa->name, expected);
    nn_object_destroy(&object);
}

static void refuse(const char *text, nn_status status, const char *message) {
    nn_object *object = NULL;
    assert_fails(nn_keras_compiled_loss(text, &object), status, message);
    assert_null(object);
}

static void losses_in_all_forms(void **state) {
    (void)state;
    check_loss("\"mse\"", "mean_squared_error");
    check_loss("\"MSE\"", "mean_squared_error");
    check_loss("\"mean_squared_error\"", "mean_squared_error");
    check_loss("\"MeanSquaredError\"", "mean_squared_error");
    check_loss("\"huber_loss\"", "huber");
    check_loss("[\"mae\"]", "mean_absolute_error");
    check_loss("{\"dense_1\": \"mae\"}", "mean_absolute_error");
    check_loss("{\"class_name\": \"function\", \"config\": \"mean_squared_error\"}", "mean_squared_error");
    check_loss("{\"class_name\": \"BinaryCrossentropy\", \"config\": {\"name\": \"b\", \"reduction\": \"auto\", "
               "\"from_logits\": true, \"label_smoothing\": 0.0, \"axis\": -1, \"fn\": \"binary_crossentropy\"}}",
               "binary_crossentropy");
    check_loss("{\"module\": \"keras.losses\", \"class_name\": \"Huber\", \"registered_name\": null, "
               "\"config\": {\"delta\": 0.5, \"reduction\": \"sum_over_batch_size\"}}",
               "huber");
}

static void losses_that_are_none(void **state) {
    (void)state;
    refuse("{}", NN_BAD_DATA, "compiled without a loss");
    refuse("{\"loss\": null}", NN_BAD_DATA, "compiled without a loss");
    refuse("{\"loss\": {}}", NN_BAD_DATA, "which loss is it?");
    refuse("{\"loss\": [\"mse\", \"mae\"]}", NN_BAD_DATA, "not a list");
    refuse("{\"loss\": \"hinge\"}", NN_BAD_DATA, "there is no loss 'hinge'; there are: ");
    refuse("{\"loss\": \"mse\", \"loss_weights\": [0.5]}", NN_BAD_DATA, "loss_weights");
    refuse("{\"loss\": {\"class_name\": \"Huber\", \"config\": {\"reduction\": \"sum\"}}}", NN_BAD_DATA,
           "huber has no argument 'reduction'");
    refuse("{\"loss\": {\"class_name\": \"SparseCategoricalCrossentropy\", \"config\": {\"ignore_class\": 0}}}",
           NN_BAD_DATA, "has no argument 'ignore_class'");
}

static void metrics_in_all_forms(void **state) {
    (void)state;
    check_metrics("\"mse\"", "null", COLUMNS, "");
    check_metrics("\"mse\"", "[]", COLUMNS, "");
    check_metrics("\"mse\"", "[null, [\"mae\"]]", COLUMNS, "mae");
    check_metrics("\"mse\"", "{\"dense\": [\"mae\", \"MSE\"]}", COLUMNS, "mae,mse");
    check_metrics("\"mse\"", "[\"mse\", {\"class_name\": \"MeanSquaredError\", \"config\": {}}]", COLUMNS,
                  "mse"); /* once */
    check_metrics("\"mse\"",
                  "[[{\"class_name\": \"MeanMetricWrapper\", \"config\": {\"name\": \"mse\", \"dtype\": "
                  "\"float32\", \"fn\": \"mean_squared_error\"}}]]",
                  COLUMNS, "mse");
}

/* What Keras chooses, which is mostly what nnmpi does. */
static void accuracy_means_what_it_means_in_keras(void **state) {
    (void)state;
    static const char *const wrapped = "[[{\"class_name\": \"MeanMetricWrapper\", \"config\": {\"name\": "
                                       "\"accuracy\", \"fn\": \"%s\"}}]]";
    char text[256];
    check_metrics("\"sparse_categorical_crossentropy\"", "[\"acc\"]", COLUMNS, "accuracy");
    check_metrics("\"categorical_crossentropy\"", "[\"accuracy\"]", COLUMNS, "accuracy");
    check_metrics("\"binary_crossentropy\"", "[\"accuracy\"]", 1, "accuracy");
    check_metrics("\"binary_crossentropy\"", "[\"accuracy\"]", COLUMNS, "categorical_accuracy");
    check_metrics("\"mse\"", "[\"accuracy\"]", 1, "accuracy");
    snprintf(text, sizeof text, wrapped, "sparse_categorical_accuracy");
    check_metrics("\"sparse_categorical_crossentropy\"", text, COLUMNS, "accuracy");
    snprintf(text, sizeof text, wrapped, "binary_accuracy");
    check_metrics("\"binary_crossentropy\"", text, COLUMNS, "accuracy");
    check_metrics("\"categorical_crossentropy\"", text, COLUMNS, "binary_accuracy");
    char names[256];
    assert_fails(read("\"mse\"", "[{\"class_name\": \"Accuracy\", \"config\": {}}]", COLUMNS, names),
                 NN_BAD_DATA, "there is no metric 'Accuracy'"); /* equality, in Keras */
    assert_fails(read("\"mse\"", "[{\"class_name\": \"AUC\", \"config\": {}}]", COLUMNS, names), NN_BAD_DATA,
                 "there is no metric 'AUC'");
    assert_non_null(strstr(nn_message(), "; --metric says which metrics nnmpi is to compute"));
}

/* Keras measures logits, nnmpi probabilities. */
static void metrics_of_logits(void **state) {
    (void)state;
    static const char logits[] = "{\"class_name\": \"%s\", \"config\": {\"from_logits\": true}}";
    char yes_no[256], classes[256], names[256];
    snprintf(yes_no, sizeof yes_no, logits, "BinaryCrossentropy");
    snprintf(classes, sizeof classes, logits, "SparseCategoricalCrossentropy");
    check_metrics(yes_no, "[\"accuracy\"]", 1, "binary_accuracy");
    check_metrics(classes, "[\"accuracy\", \"sparse_top_k_categorical_accuracy\"]", COLUMNS,
                  "accuracy,sparse_top_k_categorical_accuracy");
    assert_fails(read(classes, "[\"mse\"]", COLUMNS, names), NN_BAD_DATA, "Keras computes mse of the model's logits");
    assert_fails(read(classes, "[\"binary_accuracy\"]", COLUMNS, names), NN_BAD_DATA, "of the model's logits");
}

static void a_metric_has_its_name_once(void **state) {
    (void)state;
    static const char k[] = "{\"class_name\": \"TopKCategoricalAccuracy\", \"config\": {\"k\": %d}}";
    char one[128], other[128], text[300], names[256];
    snprintf(one, sizeof one, k, 2);
    snprintf(other, sizeof other, k, 3);
    snprintf(text, sizeof text, "[%s, %s]", one, one);
    check_metrics("\"categorical_crossentropy\"", text, COLUMNS, "top_k_categorical_accuracy");
    snprintf(text, sizeof text, "[%s, %s]", one, other);
    assert_fails(read("\"categorical_crossentropy\"", text, COLUMNS, names), NN_BAD_DATA,
                 "it has top_k_categorical_accuracy twice, with different arguments");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_of_logits),
        cmocka_unit_test(a_metric_has_its_name_once),
        cmocka_unit_test(losses_in_all_forms),
        cmocka_unit_test(losses_that_are_none),
        cmocka_unit_test(metrics_in_all_forms),
        cmocka_unit_test(accuracy_means_what_it_means_in_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
