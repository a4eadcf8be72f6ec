/* test_json.c: JSON to trees and back. */
#include "tree.h"

#include "io/json.h"

static void assert_round_trip(const nn_node *root) {
    char *text = NULL;
    nn_node *again = NULL;
    assert_ok(nn_json_format(root, &text));
    assert_null(strchr(text, '\n'));
    assert_ok(nn_json_parse(text, "again", &again));
    assert_same_tree(root, again);
    nn_node_destroy(&again);
    free(text);
}

static void values_have_kind_and_place(void **state) {
    (void)state;
    nn_node *root = NULL;
    assert_ok(nn_json_parse("{\"b\": [1, -2.5, \"x\\u00e9\", true, false, null], \"a\": {}}",
                            "model_config", &root));
    nn_node *list = root->items[0];
    assert_string_equal(list->key, "b"); /* order is kept */
    assert_int_equal(list->items[0]->integer, 1);
    assert_true(list->items[0]->real == 1.0);
    assert_true(list->items[1]->real == -2.5);
    assert_string_equal(list->items[2]->text, "x\xC3\xA9");
    assert_true(list->items[3]->boolean);
    assert_false(list->items[4]->boolean);
    assert_int_equal(list->items[4]->kind, NN_NODE_BOOL);
    assert_int_equal(list->items[5]->kind, NN_NODE_NULL);
    assert_string_equal(list->items[5]->where, "model_config.b.5");
    assert_int_equal(root->items[1]->kind, NN_NODE_MAP);
    assert_round_trip(root);
    nn_node_destroy(&root);
}

static void errors_say_where(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "{",
                                        "{\"a\": }",
                                        "[1, 2",
                                        "{\"a\": 1} x",
                                        "nope",
                                        "\"\xFF\"",
                                        "[01]",
                                        "[1e999]",
                                        "\"\\u0000\"",
                                        "{\"a\": 1, \"a\": 2}",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        nn_node *root = NULL;
        assert_fails(nn_json_parse(wrong[i], "config", &root), NN_BAD_DATA, "config:1:");
        assert_null(root);
    }
}

static void depth_is_limited(void **state) {
    (void)state;
    enum { DEPTH = 1000 };
    char text[2 * DEPTH + 1];
    nn_node *root = NULL;
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[2 * DEPTH] = '\0';
    assert_fails(nn_json_parse(text, "config", &root), NN_BAD_DATA, "nested");
    assert_null(root);
}

static void format_is_one_short_line(void **state) {
    (void)state;
    nn_node *root = NULL;
    char *text = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "here", &root));
    assert_ok(nn_node_add_text(root, "split", "te\"st\n"));
    assert_ok(nn_node_add_int(root, "samples", 360));
    assert_ok(nn_node_add_real(root, "loss", 0.1));
    assert_ok(nn_node_add_real(root, "whole", 2.0));
    assert_ok(nn_node_add_real(root, "nan", NAN));
    assert_ok(nn_node_add_real(root, "inf", -INFINITY));
    assert_ok(nn_json_format(root, &text));
    assert_string_equal(text, "{\"split\": \"te\\\"st\\n\", \"samples\": 360, \"loss\": 0.1, "
                              "\"whole\": 2.0, \"nan\": null, \"inf\": null}");
    free(text);
    nn_node_destroy(&root);
}

static void texts_that_are_no_utf8_are_refused(void **state) {
    (void)state;
    nn_node *root = NULL;
    char *text = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_LIST, "here", &root));
    assert_ok(nn_node_add_text(root, NULL, "\xFF"));
    assert_fails(nn_json_format(root, &text), NN_BAD_DATA, "is not UTF-8");
    assert_null(text);
    nn_node_destroy(&root);
}

static void random_trees_round_trip(void **state) {
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        unsigned seed = i;
        nn_node *root = NULL;
        assert_ok(nn_node_add(NULL, NULL, NN_NODE_LIST, "here", &root));
        for (int j = 0; j < 6; j++) add_random(root, 4, &seed);
        assert_round_trip(root);
        nn_node_destroy(&root);
    }
}

static void noise_does_no_harm(void **state) {
    (void)state;
    static const char alphabet[] = "{}[]\",:012e.-+ truefalsn\\u\n";
    unsigned seed = 3;
    for (int i = 0; i < 20000; i++) {
        char text[41];
        int length = rand_r(&seed) % 40;
        for (int j = 0; j < length; j++)
            text[j] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
        text[length] = '\0';
        nn_node *root = NULL;
        if (nn_json_parse(text, "noise", &root) == NN_OK) assert_round_trip(root);
        nn_node_destroy(&root);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_kind_and_place),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(format_is_one_short_line),
        cmocka_unit_test(texts_that_are_no_utf8_are_refused),
        cmocka_unit_test(random_trees_round_trip),
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
