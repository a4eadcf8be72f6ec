/* pictures.h: a registry made up for the tests of objects, with every type of argument and every short
 * form. */
#ifndef TESTS_PICTURES_H
#define TESTS_PICTURES_H

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
static inline nn_node *make_map(const char *const *pairs) {
    nn_node *map = NULL, *item = NULL;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "run.yaml:1:1", &map));
    for (; *pairs; pairs += 2) {
        assert_ok(nn_node_add(map, pairs[0], NN_NODE_NULL, "run.yaml:2:7", &item));
        assert_ok(nn_node_set_plain(item, pairs[1]));
    }
    return map;
}
#define MAP(...) make_map((const char *const[]){__VA_ARGS__, NULL})

static inline nn_node *add(nn_node *parent, const char *key, nn_node_kind kind) {
    nn_node *node = NULL;
    assert_ok(nn_node_add(parent, key, kind, "run.yaml:3:9", &node));
    return node;
}

/* Reads a picture from `map`, which is destroyed, and expects success or one message. */
static inline void check_picture(nn_node *map, const char *message) {
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

#endif
