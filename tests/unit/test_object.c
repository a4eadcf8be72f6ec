/* test_object.c: reading, checking and defaults of objects. */
#include "pictures.h"

static void defaults_are_set(void **state) {
    (void)state;
    nn_object *object = NULL;
    nn_node *map = MAP("copies", "2");
    assert_ok(nn_object_read(&pictures, map, NN_STYLE_RUN, &object));
    const picture *self = (const picture *)(const void *)object;
    assert_ptr_equal(object->isa, &picture_class);
    assert_true(self->framed);
    assert_int_equal(self->copies, 2);
    assert_int_equal(self->layers, 0);
    assert_int_equal(self->limit, 3);
    assert_true(self->scale == 0.25);
    assert_true(isnan(self->angle));
    assert_true(self->opacity == 0.5);
    assert_string_equal(self->title, "1"); /* a text, though it looks like a number */
    assert_int_equal(self->style, 2);
    assert_int_equal(self->size.rank, 0);
    assert_int_equal(self->weights.count, 0);
    assert_ptr_equal(self->tool->isa, &brush_class);
    assert_true(((const brush *)(const void *)self->tool)->width == 0.125);
    assert_null(self->other);
    assert_int_equal(self->strokes.count, 0);
    nn_object_destroy(&object);
    assert_null(object);
    nn_object_destroy(&object);
    nn_node_destroy(&map);

    assert_ok(nn_object_create(&tools, &blend_class, &object));
    nn_object_destroy(&object);
    assert_fails(nn_object_create(&pictures, &picture_class, &object), NN_BAD_CONFIG,
                 "picture needs the key 'copies' (how many)");
    assert_null(object);
}

static void null_is_for_nullable_arguments(void **state) {
    (void)state;
    nn_object *object = NULL;
    nn_node *map = MAP("copies", "2", "limit", "~", "opacity", "null", "other", "~", "size", "~");
    assert_ok(nn_object_read(&pictures, map, NN_STYLE_RUN, &object));
    const picture *self = (const picture *)(const void *)object;
    assert_int_equal(self->limit, 0);
    assert_true(isnan(self->opacity));
    nn_object_destroy(&object);
    nn_node_destroy(&map);
    check_picture(MAP("copies", "~"), "run.yaml:2:7: 'copies' must not be empty (how many)");
    check_picture(MAP("copies", "1", "framed", "~"), "'framed' must not be empty");
    check_picture(MAP("copies", "1", "tool", ""), "'tool' must not be empty");
}

static void wrong_keys_name_the_nearest(void **state) {
    (void)state;
    check_picture(MAP("copies", "1", "stile", "ink"),
                  "run.yaml:2:7: the picture has no key 'stile'; did you mean 'style'?");
    check_picture(MAP("copies", "1", "zzzzzzzz", "1"),
                  "has no key 'zzzzzzzz'; its keys are: framed, copies, layers,");
    check_picture(MAP("copies", "1", "style", "watercolor"), "did you mean 'watercolour'?");
    check_picture(MAP("copies", "1", "style", "pastel"), "it is one of: oil, watercolour, ink");
    check_picture(MAP("copies", "1", "tool", "brsh"),
                  "run.yaml:2:7: 'brsh' is neither a number nor a tool; did you mean 'brush'?");
    check_picture(MAP("copies", "1", "tool", "chainsaw"), "there are: brush, blend, eraser");
    check_picture(MAP("copies", "1", "tool", "PaintBrush"), "neither a number nor a tool"); /* Keras's name */

    nn_object *object = NULL;
    nn_node *map = MAP("name", "eraser", "width", "1");
    assert_fails(nn_object_read(&tools, map, NN_STYLE_RUN, &object), NN_BAD_CONFIG,
                 "eraser has no key 'width'; its keys are: none");
    nn_node_destroy(&map);
    map = MAP("name", "3", "width", "1");
    assert_fails(nn_object_read(&tools, map, NN_STYLE_RUN, &object), NN_BAD_CONFIG,
                 "'name' must name the tool, not 3");
    nn_node_destroy(&map);
}

static void types_are_checked(void **state) {
    (void)state;
    check_picture(MAP("copies", "many"), "'copies' must be an integer, not the text 'many'");
    check_picture(MAP("copies", "1.5"), "'copies' must be an integer, not 1.5");
    check_picture(MAP("copies", "1e3"), NULL);
    check_picture(MAP("copies", "1e300"), "must be an integer");
    check_picture(MAP("copies", ".inf"), "must be an integer");
    check_picture(MAP("copies", "true"), "must be an integer, not true");
    check_picture(MAP("copies", "1", "framed", "1"), "'framed' must be true or false, not 1");
    check_picture(MAP("copies", "1", "scale", "half"), "'scale' must be a number");
    check_picture(MAP("copies", "1", "title", "1"), "'title' must be a text, not 1");
    check_picture(MAP("copies", "1", "style", "2"), "'style' must be a name, not 2");
    check_picture(MAP("copies", "1", "size", "3"), "'size' must be a list of extents, not 3");
    check_picture(MAP("copies", "1", "weights", "a"), "'weights' must be a list of numbers");
    check_picture(MAP("copies", "1", "classes", "a"), "'classes' must be a map such as");
    check_picture(MAP("copies", "1", "strokes", "brush"), "'strokes' must be a list");
    check_picture(MAP("copies", "1", "tool", "true"), "name or a map for the tool, not true");

    nn_node *text = NULL;
    nn_object *object = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_NULL, "run.yaml:1:1", &text));
    assert_ok(nn_node_set_plain(text, "picture"));
    assert_fails(nn_object_read(&pictures, text, NN_STYLE_RUN, &object), NN_BAD_CONFIG,
                 "expected a map of keys for the section picture, not the text 'picture'");
    nn_node_destroy(&text);
}

static void ranges_are_checked(void **state) {
    (void)state;
    check_picture(MAP("copies", "0"), "'copies' must be >= 1 and <= 16777217, not 0");
    check_picture(MAP("copies", "16777217"), NULL);
    check_picture(MAP("copies", "16777218"), "must be >= 1 and <= 16777217, not 16777218");
    check_picture(MAP("copies", "1", "scale", "0"), NULL);
    check_picture(MAP("copies", "1", "scale", "1"), "'scale' must be >= 0 and < 1, not 1");
    check_picture(MAP("copies", "1", "scale", "-0.5"), "'scale' must be >= 0 and < 1, not -0.5");
    check_picture(MAP("copies", "1", "scale", ".nan"), "'scale' must be a finite number");
    check_picture(MAP("copies", "1", "angle", "-180"), NULL);
    check_picture(MAP("copies", "1", "angle", "-180.5"), "must be >= -180 and <= 180");
    check_picture(MAP("copies", "1", "tool", "0"), "'width' must be > 0, not 0");
    check_picture(MAP("copies", "1", "tool", "1e-300"), NULL);
    check_picture(MAP("copies", "1", "tool", ".inf"), "'width' must be a finite number, not .inf");

    char text[NN_RANGE_TEXT];
    assert_null(nn_field_range(&blend_fields[0], text));
    assert_string_equal(nn_field_range(&brush_fields[0], text), "> 0");
    nn_field any = brush_fields[0];
    any.min = -INFINITY;
    assert_null(nn_field_range(&any, text));
}

static void lists_are_checked(void **state) {
    (void)state;
    nn_node *map = MAP("copies", "1"), *list = add(map, "size", NN_NODE_LIST);
    assert_ok(nn_node_add_int(list, NULL, 0));
    check_picture(map, "'size' must be >= 1, not 0");

    map = MAP("copies", "1");
    list = add(map, "size", NN_NODE_LIST);
    for (int i = 0; i <= NN_SHAPE_MAX; i++) assert_ok(nn_node_add_int(list, NULL, 2));
    check_picture(map, "'size' has 9 extents; at most 8 are possible");

    map = MAP("copies", "1");
    list = add(map, "weights", NN_NODE_LIST);
    assert_ok(nn_node_add_real(list, NULL, 0.5));
    assert_ok(nn_node_add_text(list, NULL, "b"));
    check_picture(map, "'weights' must be a number, not the text 'b'");

    static const char *const keys[] = {"a", "-1", "1.5", "", "99999999999999999999"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        map = MAP("copies", "1");
        list = add(map, "classes", NN_NODE_MAP);
        assert_ok(nn_node_add_real(list, "0", 2));
        assert_ok(nn_node_add_real(list, keys[i], 1));
        check_picture(map, "must be a class number");
    }

    map = MAP("copies", "1");
    list = add(map, "strokes", NN_NODE_LIST);
    assert_ok(nn_node_add_text(list, NULL, "brush"));
    assert_ok(nn_node_add_text(list, NULL, "bursh"));
    check_picture(map, "did you mean 'brush'?");
}

static void classes_check_themselves(void **state) {
    (void)state;
    nn_object *object = NULL;
    nn_node *map = MAP("l1", "0.75", "l2", "0.5");
    assert_fails(nn_object_read(&tools, map, NN_STYLE_RUN, &object), NN_BAD_CONFIG,
                 "run.yaml:1:1: blend: l1 and l2 add up to more than 1");
    nn_node_destroy(&map);
}

static void long_names_do_no_harm(void **state) {
    (void)state;
    char name[5000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    check_picture(MAP("copies", "1", name, "1"), "run.yaml:2:7: the picture has no key");
    check_picture(MAP("copies", "1", "tool", name), "is neither a number nor a tool");
    check_picture(MAP("copies", "1", "style", name), "run.yaml:2:7: 'style' cannot be");
    check_picture(MAP("copies", "1", "style", name), "watercolour, ink"); /* nothing is cut off */
    check_picture(MAP("copies", "1", "title", name), NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_set),
        cmocka_unit_test(null_is_for_nullable_arguments),
        cmocka_unit_test(wrong_keys_name_the_nearest),
        cmocka_unit_test(types_are_checked),
        cmocka_unit_test(ranges_are_checked),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(classes_check_themselves),
        cmocka_unit_test(long_names_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
