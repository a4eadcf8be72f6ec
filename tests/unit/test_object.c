/* test_object.c: reading, checking, defaults and writing of objects, with a registry made up for
 * this test that has every type of argument and every short form. */
#include "check.h"

#include "util/field.h"
#include "util/object.h"

#include <math.h>

/* Tools, made by name, by number (a brush) or by map (a blend), and a `picture` section. */
typedef struct {
    nn_object object;
    double width;
} brush;
typedef struct {
    nn_object object;
    double l1, l2;
} blend;
typedef struct {
    nn_object object;
} eraser;
typedef struct {
    nn_object object;
    bool framed;
    int64_t copies, layers, limit;
    double scale, angle, opacity;
    char *title;
    int style;
    nn_shape size;
    nn_reals weights;
    nn_real_map classes;
    nn_object *tool, *other;
    nn_object_list strokes;
} picture;

static nn_status check_blend(const nn_object *object) {
    const blend *self = (const blend *)(const void *)object;
    if (self->l1 + self->l2 > 1) return nn_fail(NN_BAD_CONFIG, "l1 and l2 add up to more than 1");
    return NN_OK;
}

/* clang-format off */
static const nn_field brush_fields[] = {
    {.name = "width", .type = NN_FIELD_REAL, .offset = offsetof(brush, width), .number = 0.5,
     .min = 0, .max = INFINITY, .flags = NN_FIELD_MIN_OPEN},
    {0}};
static const nn_field blend_fields[] = {
    {.name = "l1", .type = NN_FIELD_REAL, .offset = offsetof(blend, l1)},
    {.name = "l2", .type = NN_FIELD_REAL, .offset = offsetof(blend, l2)},
    {0}};
static const nn_field eraser_fields[] = {{0}};
static const nn_class brush_class = {.name = "brush", .alias = "pencil", .keras = "PaintBrush",
                                     .fields = brush_fields, .size = sizeof(brush)};
static const nn_class blend_class = {.name = "blend", .fields = blend_fields,
                                     .size = sizeof(blend), .check = check_blend};
static const nn_class eraser_class = {.name = "eraser", .fields = eraser_fields,
                                      .size = sizeof(eraser)};
static const nn_class *const tool_classes[] = {&brush_class, &blend_class, &eraser_class, NULL};
static const nn_registry tools = {"tool", "name", tool_classes, &brush_class, &blend_class};

static const char *const styles[] = {"oil", "watercolour", "ink", NULL};
static const nn_field picture_fields[] = {
    {.name = "framed", .type = NN_FIELD_BOOL, .offset = offsetof(picture, framed), .number = 1},
    {.name = "copies", .type = NN_FIELD_INT, .offset = offsetof(picture, copies),
     .flags = NN_FIELD_REQUIRED, .min = 1, .max = 16777217, .help = "how many"},
    {.name = "layers", .type = NN_FIELD_INT, .offset = offsetof(picture, layers),
     .flags = NN_FIELD_NULLABLE, .min = 1, .max = 9},
    {.name = "limit", .type = NN_FIELD_INT, .offset = offsetof(picture, limit),
     .flags = NN_FIELD_NULLABLE, .number = 3, .min = 1, .max = 9},
    {.name = "scale", .type = NN_FIELD_REAL, .offset = offsetof(picture, scale), .number = 0.25,
     .min = 0, .max = 1, .flags = NN_FIELD_MAX_OPEN},
    {.name = "angle", .type = NN_FIELD_REAL, .offset = offsetof(picture, angle),
     .flags = NN_FIELD_NULLABLE | NN_FIELD_NOT_KERAS, .min = -180, .max = 180},
    {.name = "opacity", .type = NN_FIELD_REAL, .offset = offsetof(picture, opacity),
     .flags = NN_FIELD_NULLABLE, .number = 0.5, .min = 0, .max = 1},
    {.name = "title", .type = NN_FIELD_TEXT, .offset = offsetof(picture, title), .text = "1"},
    {.name = "style", .type = NN_FIELD_CHOICE, .offset = offsetof(picture, style), .text = "ink",
     .choices = styles},
    {.name = "size", .type = NN_FIELD_SHAPE, .offset = offsetof(picture, size),
     .flags = NN_FIELD_NULLABLE, .min = 1, .max = INFINITY},
    {.name = "weights", .type = NN_FIELD_REALS, .offset = offsetof(picture, weights),
     .flags = NN_FIELD_NULLABLE},
    {.name = "classes", .type = NN_FIELD_MAP, .offset = offsetof(picture, classes),
     .flags = NN_FIELD_NULLABLE, .min = 0, .max = INFINITY},
    {.name = "tool", .type = NN_FIELD_OBJECT, .offset = offsetof(picture, tool), .text = "0.125",
     .registry = &tools},
    {.name = "other", .type = NN_FIELD_OBJECT, .offset = offsetof(picture, other),
     .flags = NN_FIELD_NULLABLE, .registry = &tools},
    {.name = "strokes", .type = NN_FIELD_OBJECTS, .offset = offsetof(picture, strokes),
     .flags = NN_FIELD_NULLABLE, .registry = &tools},
    {0}};
static const nn_class picture_class = {.name = "picture", .fields = picture_fields,
                                       .size = sizeof(picture)};
static const nn_class *const picture_classes[] = {&picture_class, NULL};
static const nn_registry pictures = {"picture", NULL, picture_classes, NULL, &picture_class};
/* clang-format on */

/* A map of `key: plain value` pairs, up to a NULL; a test's run file. */
static nn_node *make_map(const char *const *pairs) {
    nn_node *map = NULL, *item = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "run.yaml:1:1", &map));
    for (; *pairs; pairs += 2) {
        assert_ok(nn_node_add(map, pairs[0], NN_NODE_NULL, "run.yaml:2:7", &item));
        assert_ok(nn_node_set_plain(item, pairs[1]));
    }
    return map;
}
#define MAP(...) make_map((const char *const[]){__VA_ARGS__, NULL})

static nn_node *add(nn_node *parent, const char *key, nn_node_kind kind) {
    nn_node *node = NULL;
    assert_ok(nn_node_add(parent, key, kind, "run.yaml:3:9", &node));
    return node;
}

/* Reads a picture from `map`, which is destroyed, and expects success or one message. */
static void check_picture(nn_node *map, const char *message) {
    nn_object *object = NULL;
    nn_status status = nn_object_read(&pictures, map, NN_STYLE_RUN, &object);
    if (message) {
        assert_fails(status, NN_BAD_CONFIG, message);
        assert_null(object);
    } else {
        assert_ok(status);
    }
    nn_object_destroy(&object);
    nn_node_destroy(&map);
}

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
                  "run.yaml:2:7: there is no tool 'brsh'; did you mean 'brush'?");
    check_picture(MAP("copies", "1", "tool", "chainsaw"), "there are: brush, blend, eraser");
    check_picture(MAP("copies", "1", "tool", "PaintBrush"), "there is no tool"); /* Keras's name */

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
    check_picture(MAP("copies", "1", "tool", name), "run.yaml:2:7: there is no tool");
    check_picture(MAP("copies", "1", "style", name), "run.yaml:2:7: 'style' cannot be");
    check_picture(MAP("copies", "1", "style", name), "watercolour, ink"); /* nothing is cut off */
    check_picture(MAP("copies", "1", "title", name), NULL);
}

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
        cmocka_unit_test(defaults_are_set),
        cmocka_unit_test(null_is_for_nullable_arguments),
        cmocka_unit_test(wrong_keys_name_the_nearest),
        cmocka_unit_test(types_are_checked),
        cmocka_unit_test(ranges_are_checked),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(classes_check_themselves),
        cmocka_unit_test(long_names_do_no_harm),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_written_form_is_the_expected_one),
        cmocka_unit_test(keras_may_know_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
