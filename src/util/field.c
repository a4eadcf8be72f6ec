/* field.c: one argument of an object, by its type. */
#include "util/field.h"

#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The member of the object that holds the argument. */
#define MEMBER(type, field, object) ((type *)(void *)((char *)(object) + (field)->offset))
#define CONST_MEMBER(type, field, object)                                                          \
    ((const type *)(const void *)((const char *)(object) + (field)->offset))

static bool is_number(const nn_node *node) {
    return node->kind == NN_NODE_INT || node->kind == NN_NODE_REAL;
}

static nn_status wrong_type(const nn_field *field, const nn_node *node, const char *expected) {
    char text[NN_NODE_DESCRIPTION];
    return nn_fail(NN_BAD_CONFIG, "%s: '%s' must be %s, not %s", node->where, field->name, expected,
                   nn_node_describe(node, text));
}

static bool has_range(const nn_field *field) {
    bool unlimited = isinf(field->min) && isinf(field->max);
    return !unlimited && (field->min != 0 || field->max != 0);
}

const char *nn_field_range(const nn_field *field, char *text) {
    if (!has_range(field)) return NULL;
    int used = 0;
    text[0] = '\0';
    if (!isinf(field->min))
        used = snprintf(text, NN_RANGE_TEXT, "%s %.15g",
                        field->flags & NN_FIELD_MIN_OPEN ? ">" : ">=", field->min);
    if (!isinf(field->max))
        snprintf(text + used, (size_t)(NN_RANGE_TEXT - used), "%s%s %.15g", used ? " and " : "",
                 field->flags & NN_FIELD_MAX_OPEN ? "<" : "<=", field->max);
    return text;
}

static nn_status check_range(const nn_field *field, const nn_node *node) {
    char range[NN_RANGE_TEXT], text[NN_NODE_DESCRIPTION];
    double value = node->real;
    if (!isfinite(value))
        return nn_fail(NN_BAD_CONFIG, "%s: '%s' must be a finite number, not %s", node->where,
                       field->name, nn_node_describe(node, text));
    if (!has_range(field)) return NN_OK;
    bool low = field->flags & NN_FIELD_MIN_OPEN ? value <= field->min : value < field->min;
    bool high = field->flags & NN_FIELD_MAX_OPEN ? value >= field->max : value > field->max;
    if (!low && !high) return NN_OK;
    return nn_fail(NN_BAD_CONFIG, "%s: '%s' must be %s, not %s", node->where, field->name,
                   nn_field_range(field, range), nn_node_describe(node, text));
}

static nn_status read_real(const nn_field *field, const nn_node *node, double *out) {
    if (!is_number(node)) return wrong_type(field, node, "a number");
    *out = node->real;
    return check_range(field, node);
}

static nn_status read_int(const nn_field *field, const nn_node *node, int64_t *out) {
    bool whole = node->kind == NN_NODE_REAL && node->real == rint(node->real) &&
                 fabs(node->real) < 0x1p53; /* 1e6 is an integer too */
    if (node->kind != NN_NODE_INT && !whole) return wrong_type(field, node, "an integer");
    *out = whole ? (int64_t)node->real : node->integer;
    return check_range(field, node);
}

static nn_status read_choice(const nn_field *field, const nn_node *node, int *out) {
    size_t count = 0;
    if (node->kind != NN_NODE_TEXT) return wrong_type(field, node, "a name");
    for (; field->choices[count]; count++) {
        if (strcmp(field->choices[count], node->text) != 0) continue;
        *out = (int)count;
        return NN_OK;
    }
    nn_text message = {0};
    nn_text_add(&message, "%s: '%s' cannot be '%.64s'", node->where, field->name, node->text);
    nn_text_suggest(&message, node->text, field->choices, count, "it is one of");
    return nn_text_fail(&message, NN_BAD_CONFIG);
}

static nn_status read_shape(const nn_field *field, const nn_node *node, nn_shape *out) {
    if (node->kind != NN_NODE_LIST) return wrong_type(field, node, "a list of extents");
    if (node->count > NN_SHAPE_MAX)
        return nn_fail(NN_BAD_CONFIG, "%s: '%s' has %zu extents; at most %d are possible",
                       node->where, field->name, node->count, NN_SHAPE_MAX);
    out->rank = (int)node->count;
    for (size_t i = 0; i < node->count; i++) {
        nn_status status = read_int(field, node->items[i], &out->dim[i]);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

/* In Keras a number stands for a list of one. */
static nn_status read_reals(const nn_field *field, const nn_node *node, nn_style style, nn_reals *out) {
    const bool single = style == NN_STYLE_KERAS && is_number(node);
    if (node->kind != NN_NODE_LIST && !single) return wrong_type(field, node, "a list of numbers");
    const int64_t count = single ? 1 : (int64_t)node->count;
    nn_status status = nn_allocate(field->name, count, sizeof *out->values, &out->values);
    for (int64_t i = 0; i < count && status == NN_OK; i++)
        status = read_real(field, single ? node : node->items[i], &out->values[i]);
    out->count = count;
    return status;
}

static nn_status read_map(const nn_field *field, const nn_node *node, nn_real_map *out) {
    if (node->kind != NN_NODE_MAP)
        return wrong_type(field, node, "a map such as {0: 1.0, 1: 5.0}");
    nn_status status =
        nn_allocate(field->name, (int64_t)node->count, sizeof *out->keys, &out->keys);
    if (status == NN_OK)
        status = nn_allocate(field->name, (int64_t)node->count, sizeof *out->values, &out->values);
    for (size_t i = 0; i < node->count && status == NN_OK; i++) {
        const nn_node *item = node->items[i];
        char *end = NULL;
        errno = 0;
        out->keys[i] = strtoll(item->key, &end, 10);
        if (*end != '\0' || end == item->key || out->keys[i] < 0 || errno != 0)
            return nn_fail(NN_BAD_CONFIG, "%s: a key of '%s' must be a class number, not '%s'",
                           item->where, field->name, item->key);
        status = read_real(field, item, &out->values[i]);
        out->count = (int64_t)i + 1;
    }
    return status;
}

static nn_status read_objects(const nn_field *field, const nn_node *node, nn_style style,
                              nn_object_list *out) {
    if (node->kind != NN_NODE_LIST) return wrong_type(field, node, "a list");
    if (node->count == 0 && (field->flags & NN_FIELD_REQUIRED))
        return nn_fail(NN_BAD_CONFIG, "%s: '%s' must not be empty (%s)", node->where, field->name,
                       field->help);
    nn_status status =
        nn_allocate(field->name, (int64_t)node->count, sizeof *out->items, &out->items);
    for (size_t i = 0; i < node->count && status == NN_OK; i++) {
        status = nn_object_read(field->registry, node->items[i], style, &out->items[i]);
        out->count = (int64_t)i + 1;
    }
    return status;
}

static nn_status set_null(const nn_field *field, nn_object *object, const nn_node *node) {
    if (!(field->flags & NN_FIELD_NULLABLE))
        return nn_fail(NN_BAD_CONFIG, "%s: '%s' must not be empty (%s)", node->where, field->name,
                       field->help);
    if (field->type == NN_FIELD_REAL) *MEMBER(double, field, object) = NAN;
    return NN_OK; /* everything else was allocated as zeros, which mean null */
}

nn_status nn_field_read(const nn_field *field, nn_object *object, const nn_node *node,
                        nn_style style) {
    if (node->kind == NN_NODE_NULL) return set_null(field, object, node);
    switch (field->type) {
    case NN_FIELD_BOOL:
        if (node->kind != NN_NODE_BOOL) return wrong_type(field, node, "true or false");
        *MEMBER(bool, field, object) = node->boolean;
        return NN_OK;
    case NN_FIELD_TEXT:
        if (node->kind != NN_NODE_TEXT) return wrong_type(field, node, "a text");
        return nn_copy_text(node->text, MEMBER(char *, field, object));
    case NN_FIELD_INT: return read_int(field, node, MEMBER(int64_t, field, object));
    case NN_FIELD_REAL: return read_real(field, node, MEMBER(double, field, object));
    case NN_FIELD_CHOICE: return read_choice(field, node, MEMBER(int, field, object));
    case NN_FIELD_SHAPE: return read_shape(field, node, MEMBER(nn_shape, field, object));
    case NN_FIELD_REALS: return read_reals(field, node, style, MEMBER(nn_reals, field, object));
    case NN_FIELD_MAP: return read_map(field, node, MEMBER(nn_real_map, field, object));
    case NN_FIELD_OBJECT:
        return nn_object_read(field->registry, node, style, MEMBER(nn_object *, field, object));
    case NN_FIELD_OBJECTS:
        return read_objects(field, node, style, MEMBER(nn_object_list, field, object));
    }
    return nn_fail(NN_INTERNAL, "the argument '%s' has no type", field->name);
}

nn_status nn_field_set_default(const nn_field *field, nn_object *object) {
    nn_status status = NN_OK;
    nn_node *node = NULL;
    bool null = (field->flags & NN_FIELD_NULLABLE) && (field->number == 0 || isnan(field->number));
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_NULL, "the default", &node));
    if (field->type == NN_FIELD_BOOL) {
        node->kind = NN_NODE_BOOL;
        node->boolean = field->number != 0;
    } else if (field->type == NN_FIELD_INT && !null) {
        node->kind = NN_NODE_INT;
        node->integer = (int64_t)field->number;
        node->real = field->number;
    } else if (field->type == NN_FIELD_REAL && !null) {
        node->kind = NN_NODE_REAL;
        node->real = field->number;
    } else if (field->text && field->type != NN_FIELD_OBJECT) { /* a text, whatever it looks like */
        node->kind = NN_NODE_TEXT;
        NN_TRY(nn_copy_text(field->text, &node->text));
    } else if (field->text && field->text[0] == '{') { /* a section with all its defaults */
        node->kind = NN_NODE_MAP;
    } else if (field->text) {
        NN_TRY(nn_node_set_plain(node, field->text));
    }
    NN_TRY(nn_field_read(field, object, node, NN_STYLE_RUN));
done:
    nn_node_destroy(&node);
    return status;
}

static nn_status write_list(const nn_field *field, const nn_object *object, nn_style style,
                            nn_node *parent) {
    nn_node *list = NULL;
    nn_node_kind kind = field->type == NN_FIELD_MAP ? NN_NODE_MAP : NN_NODE_LIST;
    nn_status status = nn_node_add(parent, field->name, kind, parent->where, &list);
    if (status != NN_OK) return status;
    list->flow = field->type != NN_FIELD_OBJECTS;
    if (field->type == NN_FIELD_SHAPE) {
        const nn_shape *shape = CONST_MEMBER(nn_shape, field, object);
        for (int i = 0; i < shape->rank && status == NN_OK; i++)
            status = nn_node_add_int(list, NULL, shape->dim[i]);
    } else if (field->type == NN_FIELD_REALS) {
        const nn_reals *reals = CONST_MEMBER(nn_reals, field, object);
        for (int64_t i = 0; i < reals->count && status == NN_OK; i++)
            status = nn_node_add_real(list, NULL, reals->values[i]);
    } else if (field->type == NN_FIELD_MAP) {
        const nn_real_map *map = CONST_MEMBER(nn_real_map, field, object);
        for (int64_t i = 0; i < map->count && status == NN_OK; i++) {
            char key[24];
            snprintf(key, sizeof key, "%lld", (long long)map->keys[i]);
            status = nn_node_add_real(list, key, map->values[i]);
        }
    } else {
        const nn_object_list *objects = CONST_MEMBER(nn_object_list, field, object);
        for (int64_t i = 0; i < objects->count && status == NN_OK; i++)
            status = nn_object_write(field->registry, objects->items[i], style, list, NULL);
    }
    return status;
}

/* Whether a list-like argument was left out. */
static bool is_absent(const nn_field *field, const nn_object *object) {
    if (!(field->flags & NN_FIELD_NULLABLE)) return false;
    switch (field->type) {
    case NN_FIELD_SHAPE: return CONST_MEMBER(nn_shape, field, object)->rank == 0;
    case NN_FIELD_REALS: return CONST_MEMBER(nn_reals, field, object)->count == 0;
    case NN_FIELD_MAP: return CONST_MEMBER(nn_real_map, field, object)->count == 0;
    case NN_FIELD_OBJECTS: return CONST_MEMBER(nn_object_list, field, object)->count == 0;
    default: return false;
    }
}

nn_status nn_field_write(const nn_field *field, const nn_object *object, nn_style style,
                         nn_node *parent) {
    const char *name = field->name;
    if (is_absent(field, object)) return nn_node_add_null(parent, name);
    switch (field->type) {
    case NN_FIELD_BOOL:
        return nn_node_add_bool(parent, name, *CONST_MEMBER(bool, field, object));
    case NN_FIELD_INT:
        if ((field->flags & NN_FIELD_NULLABLE) && *CONST_MEMBER(int64_t, field, object) == 0)
            return nn_node_add_null(parent, name);
        return nn_node_add_int(parent, name, *CONST_MEMBER(int64_t, field, object));
    case NN_FIELD_REAL: {
        double value = *CONST_MEMBER(double, field, object);
        return isnan(value) ? nn_node_add_null(parent, name)
                            : nn_node_add_real(parent, name, value);
    }
    case NN_FIELD_TEXT: {
        const char *text = *CONST_MEMBER(char *, field, object);
        return text ? nn_node_add_text(parent, name, text) : nn_node_add_null(parent, name);
    }
    case NN_FIELD_CHOICE:
        return nn_node_add_text(parent, name, field->choices[*CONST_MEMBER(int, field, object)]);
    case NN_FIELD_OBJECT:
        return nn_object_write(field->registry, *CONST_MEMBER(nn_object *, field, object), style,
                               parent, name);
    case NN_FIELD_SHAPE:
    case NN_FIELD_REALS:
    case NN_FIELD_MAP:
    case NN_FIELD_OBJECTS: return write_list(field, object, style, parent);
    }
    return nn_fail(NN_INTERNAL, "the argument '%s' has no type", name);
}

void nn_field_release(const nn_field *field, nn_object *object) {
    switch (field->type) {
    case NN_FIELD_TEXT: free(*MEMBER(char *, field, object)); break;
    case NN_FIELD_REALS: free(MEMBER(nn_reals, field, object)->values); break;
    case NN_FIELD_MAP:
        free(MEMBER(nn_real_map, field, object)->keys);
        free(MEMBER(nn_real_map, field, object)->values);
        break;
    case NN_FIELD_OBJECT: nn_object_destroy(MEMBER(nn_object *, field, object)); break;
    case NN_FIELD_OBJECTS: {
        nn_object_list *list = MEMBER(nn_object_list, field, object);
        for (int64_t i = 0; i < list->count; i++) nn_object_destroy(&list->items[i]);
        free(list->items);
        break;
    }
    default: break;
    }
}
