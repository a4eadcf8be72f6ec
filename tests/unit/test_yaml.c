/* test_yaml.c: YAML to trees and back; what is refused, and where the messages point.
 * test: TIMEOUT 240 */
#include "tree.h"

#include "io/yaml.h"

static nn_node *parse(const char *text) {
    nn_node *root = NULL;
    assert_ok(nn_yaml_parse(text, "run.yaml", &root));
    return root;
}

static void assert_rejects(const char *text, const char *part) {
    nn_node *root = NULL;
    assert_fails(nn_yaml_parse(text, "run.yaml", &root), NN_BAD_CONFIG, part);
    assert_null(root);
}

/* Formats and parses again; the tree must be the same. */
static void assert_round_trip(const nn_node *root) {
    char *text = NULL;
    nn_node *again = NULL;
    assert_ok(nn_yaml_format(root, &text));
    nn_status status = nn_yaml_parse(text, "again", &again);
    if (status != NN_OK) fail_msg("%s in:\n%s", nn_message(), text);
    assert_same_tree(root, again);
    nn_node_destroy(&again);
    free(text);
}

static void values_have_kind_and_place(void **state) {
    (void)state;
    nn_node *root = parse("# comment\nname: digits\nmodel:\n  - {layer: Dense, units: 64}\n"
                          "  - [1, 2.5, ~, true, '12']\nempty:\n");
    assert_int_equal(root->kind, NN_NODE_MAP);
    assert_int_equal(root->count, 3);
    assert_string_equal(root->where, "run.yaml:2:1");
    nn_node *model = nn_node_get(root, "model");
    assert_int_equal(model->kind, NN_NODE_LIST);
    assert_false(model->flow);
    assert_true(model->items[0]->flow);
    nn_node *units = nn_node_get(model->items[0], "units");
    assert_int_equal(units->integer, 64);
    assert_string_equal(units->where, "run.yaml:4:27");
    nn_node **items = model->items[1]->items;
    assert_int_equal(items[0]->kind, NN_NODE_INT);
    assert_int_equal(items[1]->kind, NN_NODE_REAL);
    assert_int_equal(items[2]->kind, NN_NODE_NULL);
    assert_int_equal(items[3]->kind, NN_NODE_BOOL);
    assert_int_equal(items[4]->kind, NN_NODE_TEXT);
    assert_int_equal(nn_node_get(root, "empty")->kind, NN_NODE_NULL);
    nn_node_destroy(&root);
}

static void nothing_is_null(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        nn_node *root = parse(texts[i]);
        assert_int_equal(root->kind, NN_NODE_NULL);
        nn_node_destroy(&root);
    }
}

static void aliases_are_copied(void **state) {
    (void)state;
    nn_node *root = parse("a: &x {l2: 0.1}\nb: *x\nc: *x\n");
    assert_true(nn_node_get(nn_node_get(root, "c"), "l2")->real == 0.1);
    assert_round_trip(root);
    nn_node_destroy(&root);
}

static void errors_say_where(void **state) {
    (void)state;
    assert_rejects("a: 1\nb: 2\na: 3\n", "'a' stands twice");
    assert_rejects("a: 1\nb: 2\na: 3\n", "run.yaml:3:1");
    assert_rejects("x: {a: 1, a: 1}", "'a' stands twice");
    assert_rejects("a: [1\nb: 2\n", "run.yaml:2:");
    assert_rejects("a: b: c\n", "run.yaml:1:5");
    assert_rejects("a:\n\t- 1\n", "run.yaml:2:1");
    assert_rejects("a: 1\n---\nb: 2\n", "second document");
    assert_rejects("[1]: 2\n", "key");
    assert_rejects("? {a: 1}\n: 2\n", "key");
    assert_rejects("a: \"x\\0y\"\n", "NUL");
    assert_rejects("\"x\\0y\": 1\n", "NUL");
    assert_rejects("a: *nowhere\n", "run.yaml:1:4");
    assert_rejects("a: &x [*x]\n", "nested");
    assert_rejects("a: \xFF\xFE\n", "run.yaml");
    assert_rejects("a: 'open\n", "run.yaml");
    assert_rejects("}", "run.yaml:1:1");
    assert_rejects("a: 1\nb: [\n", "run.yaml");
    assert_rejects("a: 1\n...\n}", "run.yaml:3:1");
}

static void bombs_are_refused(void **state) {
    (void)state;
    char deep[400];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    assert_rejects(deep, "nested more than 64 deep");
    assert_rejects("a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                   "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
                   "aliases make more than 10000 values");
}

static void format_is_readable(void **state) {
    (void)state;
    static const char text[] = "name: digits\n"
                               "model:\n"
                               "- {layer: Dense, units: 64, rate: 0.001}\n"
                               "list: [1, 2, 3]\n"
                               "version: '12'\n"
                               "none: null\n"
                               "on: true\n";
    nn_node *root = parse(text);
    char *out = NULL;
    assert_ok(nn_yaml_format(root, &out));
    assert_string_equal(out, text);
    free(out);
    nn_node_destroy(&root);
}

static void long_lines_stay_one_line(void **state) {
    (void)state;
    nn_node *root = NULL;
    char words[2000] = "";
    for (int i = 0; i < 199; i++) strcat(words, "word hash ");
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "here", &root));
    root->flow = true;
    for (int i = 0; i < 5; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        assert_ok(nn_node_add_text(root, key, words));
    }
    char *out = NULL;
    assert_ok(nn_yaml_format(root, &out));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    free(out);
    assert_round_trip(root);
    nn_node_destroy(&root);
}

static void nasty_texts_round_trip(void **state) {
    (void)state;
    for (int flow = 0; flow < 2; flow++) {
        nn_node *root = NULL, *list = NULL;
        assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "here", &root));
        root->flow = flow;
        for (size_t i = 0; i < NASTY_COUNT; i++)
            assert_ok(nn_node_add_text(root, nasty_texts[i], nasty_texts[i]));
        assert_ok(nn_node_add(root, "list", NN_NODE_LIST, "here", &list));
        list->flow = flow;
        for (size_t i = 0; i < NASTY_COUNT; i++)
            assert_ok(nn_node_add_text(list, NULL, nasty_texts[i]));
        assert_round_trip(root);
        nn_node_destroy(&root);
    }
    for (size_t i = 0; i < NASTY_COUNT; i++) {
        nn_node *root = NULL;
        assert_ok(nn_node_add(NULL, NULL, NN_NODE_TEXT, "here", &root));
        root->text = strdup(nasty_texts[i]);
        assert_round_trip(root);
        nn_node_destroy(&root);
    }
}

static void numbers_round_trip(void **state) {
    (void)state;
    static const double reals[] = {0.0,         -0.0,  1.0,      0.1,      1e-7,
                                   1e22,        1e300, 5e-324,   1.0 / 3,  -2.5e-8,
                                   123456789.5, NAN,   INFINITY, -INFINITY};
    nn_node *root = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_LIST, "here", &root));
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        assert_ok(nn_node_add_real(root, NULL, reals[i]));
    assert_ok(nn_node_add_int(root, NULL, INT64_MIN));
    assert_ok(nn_node_add_int(root, NULL, INT64_MAX));
    assert_round_trip(root);
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

/* Whatever comes in: an error with a message, or a tree that round trips. */
static void noise_does_no_harm(void **state) {
    (void)state;
    static const char alphabet[] = "ab1.-: ,[]{}\n\n  #&*!|>'\"%@`?~\t\\x\xC3\xA9";
    unsigned seed = 7;
    for (int i = 0; i < 20000; i++) {
        char text[65];
        int length = rand_r(&seed) % 64;
        for (int j = 0; j < length; j++)
            text[j] = i % 4 ? alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)]
                            : (char)(rand_r(&seed) % 255 + 1);
        text[length] = '\0';
        nn_node *root = NULL;
        if (nn_yaml_parse(text, "noise", &root) == NN_OK)
            assert_round_trip(root);
        else
            assert_null(root);
        nn_node_destroy(&root);
    }
}

static void texts_that_are_no_utf8_are_refused(void **state) {
    (void)state;
    nn_node *root = NULL;
    char *out = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_LIST, "here", &root));
    assert_ok(nn_node_add_text(root, NULL, "\xFF"));
    assert_fails(nn_yaml_format(root, &out), NN_INTERNAL, "UTF-8");
    assert_null(out);
    nn_node_destroy(&root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_kind_and_place),
        cmocka_unit_test(nothing_is_null),
        cmocka_unit_test(aliases_are_copied),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(format_is_readable),
        cmocka_unit_test(long_lines_stay_one_line),
        cmocka_unit_test(nasty_texts_round_trip),
        cmocka_unit_test(numbers_round_trip),
        cmocka_unit_test(random_trees_round_trip),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(texts_that_are_no_utf8_are_refused),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
