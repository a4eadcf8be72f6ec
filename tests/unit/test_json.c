/* test_json.c: JSON to trees and back. */
#include "tree.h"

#include "io/json.h"

#include <jansson.h>

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

/* ---- no memory ---- */

static long left; /* allocations of jansson's that succeed */
static bool fails_once;

static void *allocate_some(size_t size) {
    const bool fails = fails_once ? left == 0 : left <= 0;
    left--;
    return fails ? NULL : malloc(size);
}

/* Whichever of jansson's allocations fails, alone or with all that follow: bad text is one thing, no memory
 * another, and no text loses a character. What a program has set for its own use of jansson stays. */
static void no_memory_is_not_bad_text(void **state) {
    (void)state;
    static const char text[] =
        "{\"class_name\": \"Sequential\", \"a text that is longer than its buffer\": [1, 2.5, 3, 4, 5, 6, 7, 8, 9,"
        " \"\\u00e9 and another one that is rather long\", true, null, 123456789012345678, 0.12345678901234567890],"
        " \"c\": {}, \"d\": 1, \"e\": 2, \"f\": 3, \"g\": 4, \"h\": 5, \"i\": 6, \"j\": 7}";
    nn_node *whole = NULL;
    json_malloc_t their_malloc, now_malloc;
    json_free_t their_free, now_free;
    json_get_alloc_funcs(&their_malloc, &their_free);
    assert_ok(nn_json_parse(text, "config", &whole));
    json_set_alloc_funcs(allocate_some, free);
    for (int way = 0; way < 2; way++) {
        long n = 0;
        for (nn_status status = NN_INTERNAL; status != NN_OK; n++) {
            nn_node *root = NULL;
            left = n;
            fails_once = way == 0;
            status = nn_json_parse(text, "config", &root);
            if (left < 0) {
                if (status != NN_INTERNAL || !strstr(nn_message(), "out of memory") || root)
                    fail_msg("allocation %ld fails: %s with '%s'", n, nn_status_name(status), nn_message());
            } else {
                assert_int_equal(status, NN_OK);
                assert_same_tree(whole, root);
            }
            nn_node_destroy(&root);
            json_get_alloc_funcs(&now_malloc, &now_free);
            assert_true(now_malloc == allocate_some && now_free == free);
        }
        assert_true(n > 30);
        left = 1000;
        assert_fails(nn_json_parse("{\"a\": }", "config", &(nn_node *){NULL}), NN_BAD_DATA, "config:1:");
    }
    json_set_alloc_funcs(their_malloc, their_free);
    nn_node_destroy(&whole);
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
        cmocka_unit_test(no_memory_is_not_bad_text),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
