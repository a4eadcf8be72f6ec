/* test_h5_attributes.c: attributes: texts, lists of texts, numbers. */
#include "scratch.h"

#include "io/h5.h"

static nn_h5 *create(const char *name) {
    nn_h5 *file = NULL;
    assert_ok(nn_h5_create(scratch(name), 0, &file));
    return file;
}

static nn_h5 *reopen(const char *name, nn_h5 *file) {
    assert_ok(nn_h5_close(&file));
    assert_null(file);
    assert_ok(nn_h5_open(scratch(name), &file));
    return file;
}

static void attributes_round_trip(void **state) {
    (void)state;
    nn_h5 *file = create("attributes.h5");
    const char *const names[] = {"dense", "", "sch\xC3\xB6n"};
    char *text = NULL, **back = NULL, *config = malloc(200001);
    int64_t count = 0, integer = 0;
    double real = 0.0;
    memset(config, 'x', 200000);
    config[200000] = '\0';
    assert_ok(nn_h5_make_group(file, "/g"));
    assert_ok(nn_h5_write_text(file, "/", "model_config", "replaced"));
    assert_ok(nn_h5_write_text(file, "/", "model_config", config));
    assert_ok(nn_h5_write_text(file, "/", "empty", ""));
    assert_ok(nn_h5_write_texts(file, "/g", "names", names, 3));
    assert_ok(nn_h5_write_texts(file, "/g", "no_names", NULL, 0));
    assert_ok(nn_h5_write_int(file, "/g", "step", INT64_MIN));
    assert_ok(nn_h5_write_real(file, "/g", "rate", -1e-300));
    assert_fails(nn_h5_write_int(file, "/none", "step", 1), NN_BAD_DATA, "/none");
    file = reopen("attributes.h5", file);
    assert_ok(nn_h5_read_text(file, "/", "model_config", &text));
    assert_string_equal(text, config);
    free(text);
    assert_ok(nn_h5_read_text(file, "/", "empty", &text));
    assert_string_equal(text, "");
    free(text);
    assert_ok(nn_h5_read_texts(file, "/g", "names", &back, &count));
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) assert_string_equal(back[i], names[i]);
    free_names(back, count);
    assert_ok(nn_h5_read_texts(file, "/g", "no_names", &back, &count));
    assert_int_equal(count, 0);
    free_names(back, count);
    assert_ok(nn_h5_read_int(file, "/g", "step", &integer));
    assert_true(integer == INT64_MIN);
    assert_ok(nn_h5_read_real(file, "/g", "rate", &real));
    assert_true(real == -1e-300);
    assert_true(nn_h5_has_attribute(file, "/g", "rate"));
    assert_false(nn_h5_has_attribute(file, "/g", "rat"));
    assert_false(nn_h5_has_attribute(file, "/none", "rate"));
    assert_fails(nn_h5_read_int(file, "/g", "rate", &integer), NN_BAD_DATA, "whole number");
    assert_fails(nn_h5_read_real(file, "/g", "names", &real), NN_BAD_DATA, "number");
    assert_fails(nn_h5_read_text(file, "/g", "names", &text), NN_BAD_DATA, "not one text");
    assert_fails(nn_h5_read_text(file, "/g", "step", &text), NN_BAD_DATA, "not one text");
    assert_fails(nn_h5_read_texts(file, "/g", "step", &back, &count), NN_BAD_DATA, "list of texts");
    assert_fails(nn_h5_read_text(file, "/g", "none", &text), NN_BAD_DATA, "no attribute none");
    assert_null(text);
    assert_null(back);
    assert_ok(nn_h5_close(&file));
    free(config);
}

static void long_lists_are_split_as_keras_does(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static char texts[COUNT][32];
    const char *names[COUNT];
    char **back = NULL;
    int64_t count = 0;
    nn_h5 *file = create("long.h5");
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "a_rather_long_layer_%06d", i);
        names[i] = texts[i];
    }
    assert_ok(nn_h5_write_texts(file, "/", "layer_names", names, COUNT));
    file = reopen("long.h5", file);
    assert_false(nn_h5_has_attribute(file, "/", "layer_names"));
    assert_true(nn_h5_has_attribute(file, "/", "layer_names0"));
    assert_true(nn_h5_has_attribute(file, "/", "layer_names2")); /* 130,000 bytes: three */
    assert_false(nn_h5_has_attribute(file, "/", "layer_names3"));
    assert_ok(nn_h5_read_texts(file, "/", "layer_names", &back, &count));
    assert_int_equal(count, COUNT);
    for (int i = 0; i < COUNT; i++) assert_string_equal(back[i], names[i]);
    free_names(back, count);
    assert_ok(nn_h5_close(&file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_round_trip),
        cmocka_unit_test(long_lists_are_split_as_keras_does),
    };
    return cmocka_run_group_tests_name("h5_attributes", tests, scratch_make, scratch_remove);
}
