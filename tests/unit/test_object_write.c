/* test_object_write.c: writing of objects, in both styles, and reading it back. */
#include "pictures.h"

/* A picture with every argument given, in every short form. */
static nn_object *make_full_picture(void) {
    nn_object *object = NULL;
    nn_node *map = MAP("copies", "7", "framed", "false", "layers", "4", "scale", "0.1", "angle",
                       "30", "title", "still life", "style", "oil", "tool", "pencil");
    nn_node *size = add(map, "size", NN_NODE_LIST), *weights = add(map, "weights", NN_NODE_LIST);
    assert_ok(nn_node_add_int(size, NULL, 28));
    assert_ok(nn_node_add_int(size, NULL, 3));
    assert_ok(nn_node_add_real(weights, NULL, 0.1));
    assert_ok(nn_node_add_int(weights, NULL, 2));
    nn_node *classes = add(map, "classes", NN_NODE_MAP);
    assert_ok(nn_node_add_real(classes, "0", 1));
    assert_ok(nn_node_add_real(classes, "12", 5));
    nn_node *other = add(map, "other", NN_NODE_MAP);
    assert_ok(nn_node_add_real(other, "l2", 0.01));
    nn_node *strokes = add(map, "strokes", NN_NODE_LIST);
    assert_ok(nn_node_add_text(strokes, NULL, "eraser"));
    assert_ok(nn_node_add_real(strokes, NULL, 3));
    assert_ok(nn_node_add_real(add(strokes, NULL, NN_NODE_MAP), "l1", 0.5));
    assert_ok(nn_object_read(&pictures, map, NN_STYLE_RUN, &object));
    nn_node_destroy(&map);
    return object;
}

static void assert_same_nodes(const nn_node *a, const nn_node *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    if (a->key || b->key) assert_string_equal(a->key, b->key);
    if (a->kind == NN_NODE_TEXT) assert_string_equal(a->text, b->text);
    assert_true(a->boolean == b->boolean && a->integer == b->integer && a->real == b->real);
    for (size_t i = 0; i < a->count; i++) assert_same_nodes(a->items[i], b->items[i]);
}

static nn_node *write_picture(const nn_object *object, nn_style style) {
    nn_node *root = MAP(NULL, NULL);
    assert_ok(nn_object_write(&pictures, object, style, root, "picture"));
    return root;
}

/* What was written reads back as an object that is written the same way. */
static void check_round_trip(const nn_object *object, nn_style style) {
    nn_object *again = NULL;
    nn_node *first = write_picture(object, style);
    assert_ok(nn_object_read(&pictures, nn_node_get(first, "picture"), style, &again));
    nn_node *second = write_picture(again, style);
    assert_same_nodes(first, second);
    nn_object_destroy(&again);
    nn_node_destroy(&first);
    nn_node_destroy(&second);
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    nn_object *full = make_full_picture(), *plain = NULL;
    nn_node *map = MAP("copies", "2");
    assert_ok(nn_object_read(&pictures, map, NN_STYLE_RUN, &plain));
    check_round_trip(full, NN_STYLE_RUN);
    check_round_trip(plain, NN_STYLE_RUN);
    check_round_trip(full, NN_STYLE_KERAS);
    check_round_trip(plain, NN_STYLE_KERAS);
    nn_object_destroy(&full);
    nn_object_destroy(&plain);
    nn_node_destroy(&map);
}

static void the_written_form_is_the_expected_one(void **state) {
    (void)state;
    nn_object *full = make_full_picture();
    nn_node *root = write_picture(full, NN_STYLE_RUN), *map = nn_node_get(root, "picture");
    assert_int_equal(nn_node_get(map, "copies")->integer, 7);
    assert_string_equal(nn_node_get(map, "style")->text, "oil");
    assert_true(nn_node_get(map, "tool")->real == 0.5); /* made from a number: written as one */
    assert_null(nn_node_get(nn_node_get(map, "other"), "name")); /* made from a map */
    assert_true(nn_node_get(nn_node_get(map, "other"), "l2")->real == 0.01);
    assert_string_equal(nn_node_get(map, "strokes")->items[0]->text, "eraser");
    assert_true(nn_node_get(nn_node_get(map, "classes"), "12")->real == 5);
    assert_null(nn_node_get(map, "name"));
    nn_node_destroy(&root);

    root = write_picture(full, NN_STYLE_KERAS);
    map = nn_node_get(root, "picture");
    assert_string_equal(nn_node_get(map, "class_name")->text, "picture");
    map = nn_node_get(map, "config");
    assert_null(nn_node_get(map, "angle")); /* Keras would not know it */
    assert_string_equal(nn_node_get(nn_node_get(map, "other"), "class_name")->text, "blend");
    nn_node_destroy(&root);
    nn_object_destroy(&full);

    root = MAP(NULL, NULL);
    assert_ok(nn_object_write(&pictures, NULL, NN_STYLE_RUN, root, "nothing"));
    assert_int_equal(nn_node_get(root, "nothing")->kind, NN_NODE_NULL);
    nn_node_destroy(&root);
}

static void keras_may_know_more(void **state) {
    (void)state;
    nn_object *object = NULL;
    nn_node *root = MAP("class_name", "PaintBrush", "module", "keras.paint");
    nn_node *config = add(root, "config", NN_NODE_MAP);
    assert_ok(nn_node_add_real(config, "width", 4));
    assert_ok(nn_node_add_text(config, "dtype", "float32"));
    assert_ok(nn_object_read(&tools, root, NN_STYLE_KERAS, &object));
    assert_ptr_equal(object->isa, &brush_class);
    assert_true(((const brush *)(const void *)object)->width == 4);
    nn_object_destroy(&object);
    nn_node_destroy(&root);

    root = MAP("class_name", "PaintBrush"); /* without a config: all at default */
    assert_ok(nn_object_read(&tools, root, NN_STYLE_KERAS, &object));
    nn_object_destroy(&object);
    assert_fails(nn_object_read(&tools, root, NN_STYLE_RUN, &object), NN_BAD_CONFIG, "class_name");
    nn_node_destroy(&root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_written_form_is_the_expected_one),
        cmocka_unit_test(keras_may_know_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
