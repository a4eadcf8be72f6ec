/* test_node.c: trees of values: plain scalars, dotted paths, moving, describing. */
#include "check.h"

#include "util/node.h"

#include <math.h>
#include <stdio.h>

static nn_node *make_root(nn_node_kind kind) {
    nn_node *root = NULL;
    assert_ok(nn_node_add(NULL, NULL, kind, "run.yaml:1:1", &root));
    return root;
}

static nn_node_kind kind_of(const char *text, nn_node **node) {
    nn_node_destroy(node);
    *node = make_root(NN_NODE_NULL);
    assert_ok(nn_node_set_plain(*node, text));
    return (*node)->kind;
}

static void plain_scalars_resolve(void **state) {
    (void)state;
    nn_node *node = NULL;
    static const char *const texts[] = {"adam", "1-2",   "2024-01-01", "0x10",  "nan",
                                        "inf",  "-",     ".",          "+",     "1e",
                                        "yes",  "1_000", "..",         "1.2.3", "1 2",
                                        "e5",   "+-1",   "nULL",       "--1",   "5-"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(kind_of(texts[i], &node), NN_NODE_TEXT);
        assert_string_equal(node->text, texts[i]);
    }
    assert_int_equal(kind_of("", &node), NN_NODE_NULL);
    assert_int_equal(kind_of("~", &node), NN_NODE_NULL);
    assert_int_equal(kind_of("null", &node), NN_NODE_NULL);
    assert_int_equal(kind_of("True", &node), NN_NODE_BOOL);
    assert_true(node->boolean);
    assert_int_equal(kind_of("false", &node), NN_NODE_BOOL);
    assert_false(node->boolean);
    assert_int_equal(kind_of("-12", &node), NN_NODE_INT);
    assert_int_equal(node->integer, -12);
    assert_true(node->real == -12);
    assert_int_equal(kind_of("+08", &node), NN_NODE_INT);
    assert_int_equal(node->integer, 8);
    assert_int_equal(kind_of("9223372036854775807", &node), NN_NODE_INT);
    assert_true(node->integer == INT64_MAX);
    assert_int_equal(kind_of("9223372036854775808", &node), NN_NODE_REAL); /* no int holds it */
    assert_true(node->real == 0x1p63);
    static const struct {
        const char *text;
        double value;
    } reals[] = {{"0.5", 0.5},   {".5", 0.5},      {"-.5", -0.5},      {"5.", 5},
                 {"1e-3", 1e-3}, {"1.0E+3", 1000}, {".inf", INFINITY}, {"-.inf", -INFINITY}};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        assert_int_equal(kind_of(reals[i].text, &node), NN_NODE_REAL);
        assert_true(node->real == reals[i].value);
    }
    assert_int_equal(kind_of(".NaN", &node), NN_NODE_REAL);
    assert_true(isnan(node->real));
    nn_node_destroy(&node);
}

static void a_plain_value_replaces_another(void **state) {
    (void)state;
    nn_node *node = make_root(NN_NODE_NULL);
    assert_ok(nn_node_set_plain(node, "text"));
    assert_ok(nn_node_set_plain(node, "other"));
    assert_string_equal(node->text, "other");
    assert_ok(nn_node_set_plain(node, "3"));
    assert_int_equal(node->kind, NN_NODE_INT);
    nn_node_destroy(&node);
    nn_node_destroy(&node);
    nn_node_destroy(NULL);
}

static void maps_keep_their_order(void **state) {
    (void)state;
    nn_node *root = make_root(NN_NODE_MAP);
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_ok(nn_node_add_int(root, key, i));
    }
    assert_int_equal(root->count, 100);
    assert_string_equal(root->items[57]->key, "key57");
    assert_int_equal(nn_node_get(root, "key99")->integer, 99);
    assert_string_equal(nn_node_get(root, "key99")->where, "run.yaml:1:1");
    assert_null(nn_node_get(root, "key"));
    assert_null(nn_node_get(root->items[0], "key1"));
    assert_null(nn_node_get(NULL, "key1"));
    nn_node_destroy(&root);
}

static void dotted_paths_lead_to_values(void **state) {
    (void)state;
    nn_node *root = make_root(NN_NODE_MAP), *node = NULL, *model = NULL;
    assert_ok(nn_node_add_text(root, "optimizer", "adam"));
    assert_ok(nn_node_add_int(root, "epochs", 5));
    assert_ok(nn_node_add(root, "model", NN_NODE_LIST, "run.yaml:3:1", &model));

    assert_fails(nn_node_make(root, "model.0", "--set", &node), NN_USAGE, "is empty");
    assert_ok(nn_node_add(model, NULL, NN_NODE_MAP, "run.yaml:4:3", &node));

    assert_ok(nn_node_make(root, "epochs", "--set epochs", &node));
    assert_int_equal(node->kind, NN_NODE_NULL);
    assert_string_equal(node->where, "--set epochs");
    assert_ok(nn_node_set_plain(node, "7"));
    assert_int_equal(nn_node_get(root, "epochs")->integer, 7);

    assert_ok(nn_node_make(root, "optimizer.learning_rate", "--set", &node));
    assert_ok(nn_node_set_plain(node, "0.1"));
    const nn_node *optimizer = nn_node_get(root, "optimizer");
    assert_int_equal(optimizer->kind, NN_NODE_MAP);
    assert_string_equal(nn_node_get(optimizer, "name")->text, "adam");
    assert_true(nn_node_get(optimizer, "learning_rate")->real == 0.1);

    assert_ok(nn_node_make(root, "model.0.units", "--set", &node));
    assert_ok(nn_node_make(root, "a.b.c", "--set", &node));
    assert_int_equal(nn_node_get(nn_node_get(root, "a"), "b")->kind, NN_NODE_MAP);
    assert_ok(nn_node_make(root, "a", "--set", &node)); /* what stood there is released */
    assert_int_equal(node->count, 0);

    assert_fails(nn_node_make(root, "model.1", "--set", &node), NN_USAGE, "model.1");
    assert_null(node);
    assert_fails(nn_node_make(root, "model.-1", "--set", &node), NN_USAGE, "'-1'");
    assert_fails(nn_node_make(root, "model..x", "--set", &node), NN_USAGE, "model..x");
    assert_fails(nn_node_make(root, "epochs.x", "--set", &node), NN_USAGE, "epochs.x");
    nn_node_destroy(&root);
}

static void values_move(void **state) {
    (void)state;
    nn_node *root = make_root(NN_NODE_MAP), *list = make_root(NN_NODE_LIST);
    assert_ok(nn_node_add_text(root, "key", "old"));
    assert_ok(nn_node_add_int(list, NULL, 3));
    nn_node_move(nn_node_get(root, "key"), &list);
    assert_null(list);
    const nn_node *moved = nn_node_get(root, "key");
    assert_int_equal(moved->kind, NN_NODE_LIST);
    assert_int_equal(moved->items[0]->integer, 3);
    nn_node_destroy(&root);
}

static void descriptions_fit(void **state) {
    (void)state;
    nn_node *list = make_root(NN_NODE_LIST);
    char text[NN_NODE_DESCRIPTION], long_text[500];
    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_ok(nn_node_add_text(list, NULL, "abc"));
    assert_ok(nn_node_add_text(list, NULL, long_text));
    assert_ok(nn_node_add_real(list, NULL, 0.5));
    assert_ok(nn_node_add_int(list, NULL, INT64_MIN));
    assert_ok(nn_node_add_bool(list, NULL, true));
    assert_ok(nn_node_add_null(list, NULL));
    assert_string_equal(nn_node_describe(list, text), "a list");
    assert_string_equal(nn_node_describe(list->items[0], text), "the text 'abc'");
    assert_true(strlen(nn_node_describe(list->items[1], text)) < NN_NODE_DESCRIPTION - 1);
    assert_int_equal(text[strlen(text) - 1], '\'');
    assert_string_equal(nn_node_describe(list->items[2], text), "0.5");
    assert_string_equal(nn_node_describe(list->items[3], text), "-9223372036854775808");
    assert_string_equal(nn_node_describe(list->items[4], text), "true");
    assert_string_equal(nn_node_describe(list->items[5], text), "nothing");
    nn_node_destroy(&list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_scalars_resolve), cmocka_unit_test(a_plain_value_replaces_another),
        cmocka_unit_test(maps_keep_their_order), cmocka_unit_test(dotted_paths_lead_to_values),
        cmocka_unit_test(values_move),           cmocka_unit_test(descriptions_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
