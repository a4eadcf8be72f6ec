/* object.c: finding, creating, reading, writing and releasing objects by their classes' tables of
 * arguments. How a single argument is read and written stands in field.c. */
#include "util/object.h"

#include "util/field.h"
#include "util/keras_extra.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 64 }; /* that a message chooses the nearest from */

static const char *keras_name(const nn_class *isa) {
    return isa->keras ? isa->keras : isa->name;
}

static bool is_called(const nn_class *isa, const char *name, nn_style style) {
    if (strcmp(isa->name, name) == 0) return true;
    if (isa->alias && strcmp(isa->alias, name) == 0) return true;
    return style == NN_STYLE_KERAS && strcmp(keras_name(isa), name) == 0;
}

nn_status nn_class_find(const nn_registry *registry, const char *name, nn_style style,
                        const char *where, const nn_class **out) {
    const char *names[MOST_NAMES] = {NULL};
    size_t count = 0;
    for (const nn_class *const *isa = registry->classes; *isa; isa++) {
        if (is_called(*isa, name, style)) {
            *out = *isa;
            return NN_OK;
        }
        if (count < MOST_NAMES) names[count++] = (*isa)->name;
    }
    nn_text message = {0};
    if (registry->from_number)
        nn_text_add(&message, "%s: '%.64s' is neither a number nor a %s", where, name, registry->noun);
    else
        nn_text_add(&message, "%s: there is no %s '%.64s'", where, registry->noun, name);
    if (style == NN_STYLE_KERAS) { /* no misspelt name, but one that nnmpi lacks */
        for (size_t i = 0; i < count; i++) nn_text_add(&message, "%s%s", i ? ", " : "; there are: ", names[i]);
    } else {
        nn_text_suggest(&message, name, names, count, "there are");
    }
    return nn_text_fail(&message, NN_BAD_CONFIG);
}

/* The same argument under a shorter or a misspelt name: what the reader meant. Keras's JSON may say more,
 * but nothing that matters. */
static nn_status check_known(const nn_class *isa, const nn_registry *registry, nn_style style,
                             const nn_node *args) {
    const char *names[MOST_NAMES] = {NULL};
    for (size_t i = 0; i < args->count; i++) {
        const char *key = args->items[i]->key;
        bool known = registry->key && strcmp(key, registry->key) == 0;
        size_t count = 0;
        for (const nn_field *field = isa->fields; field->name && !known; field++) {
            if (count < MOST_NAMES) names[count++] = field->name;
            known = strcmp(field->name, key) == 0;
        }
        if (known) continue;
        if (style == NN_STYLE_KERAS && nn_keras_extra_is_neutral(args->items[i])) continue;
        nn_text message = {0};
        nn_text_add(&message, "%s: %s%s has no %s '%.64s'", nn_node_key_where(args->items[i]),
                    registry->key ? "" : "the ", isa->name,
                    style == NN_STYLE_KERAS ? "argument" : "key", key);
        nn_text_suggest(&message, key, names, count,
                        style == NN_STYLE_KERAS ? "in nnmpi it has" : "its keys are");
        return nn_text_fail(&message, NN_BAD_CONFIG);
    }
    return NN_OK;
}

/* Finds the class that a node names and the map of its arguments (NULL: all at default). */
static nn_status resolve(const nn_registry *registry, const nn_node *node, nn_style style,
                         const nn_class **isa, const nn_node **args) {
    char text[NN_NODE_DESCRIPTION];
    *args = NULL;
    if (node->kind == NN_NODE_TEXT && registry->key)
        return nn_class_find(registry, node->text, style, node->where, isa);
    if (node->kind == NN_NODE_MAP) {
        bool keras = style == NN_STYLE_KERAS && nn_node_get(node, "class_name");
        const char *key = keras ? "class_name" : registry->key;
        const nn_node *name = key ? nn_node_get(node, key) : NULL;
        *args = keras ? nn_node_get(node, "config") : node;
        if (name && name->kind == NN_NODE_TEXT)
            return nn_class_find(registry, name->text, style, name->where, isa);
        if (name)
            return nn_fail(NN_BAD_CONFIG, "%s: '%s' must name the %s, not %s", name->where, key,
                           registry->noun, nn_node_describe(name, text));
        *isa = registry->from_map;
        if (*isa) return NN_OK;
        return nn_fail(NN_BAD_CONFIG, "%s: the key '%s' is missing: which %s is it?", node->where,
                       key ? key : "name", registry->noun);
    }
    if ((node->kind == NN_NODE_INT || node->kind == NN_NODE_REAL) && registry->from_number) {
        *isa = registry->from_number;
        return NN_OK;
    }
    return nn_fail(NN_BAD_CONFIG, "%s: expected %s %s, not %s", node->where,
                   registry->key ? "a name or a map for the" : "a map of keys for the section",
                   registry->noun, nn_node_describe(node, text));
}

nn_status nn_object_read(const nn_registry *registry, const nn_node *node, nn_style style,
                         nn_object **out) {
    nn_status status = NN_OK;
    nn_object *object = NULL;
    const nn_class *isa = NULL;
    const nn_node *args = NULL;
    *out = NULL;
    NN_TRY(resolve(registry, node, style, &isa, &args));
    NN_TRY(nn_allocate(isa->name, 1, isa->size, &object));
    object->isa = isa;
    if (args) NN_TRY(check_known(isa, registry, style, args));
    bool number = node->kind == NN_NODE_INT || node->kind == NN_NODE_REAL;
    for (const nn_field *field = isa->fields; field->name; field++) {
        const nn_node *value = args ? nn_node_get(args, field->name) : NULL;
        if (number && field == isa->fields) value = node;
        if (value) NN_TRY(nn_field_read(field, object, value, style));
        else if (field->flags & NN_FIELD_REQUIRED)
            NN_TRY(nn_fail(NN_BAD_CONFIG, "%s: %s needs the key '%s' (%s)", node->where, isa->name,
                           field->name, field->help));
        else NN_TRY(nn_field_set_default(field, object));
    }
    if (isa->check) NN_TRY(nn_within(isa->check(object), "%s: %s", node->where, isa->name));
    *out = object;
    object = NULL;
done:
    nn_object_destroy(&object);
    return status;
}

nn_status nn_object_create(const nn_registry *registry, const nn_class *isa, nn_object **out) {
    nn_node *node = NULL;
    *out = NULL;
    nn_status status = nn_node_add(NULL, NULL, NN_NODE_MAP, "the defaults", &node);
    if (status == NN_OK && registry->key)
        status = nn_node_add_text(node, registry->key, isa->name);
    if (status == NN_OK) status = nn_object_read(registry, node, NN_STYLE_RUN, out);
    nn_node_destroy(&node);
    return status;
}

nn_status nn_object_write_fields(const nn_object *object, nn_style style, nn_node *parent) {
    nn_status status = NN_OK;
    for (const nn_field *field = object->isa->fields; field->name && status == NN_OK; field++) {
        bool hidden = style == NN_STYLE_KERAS && (field->flags & NN_FIELD_NOT_KERAS);
        if (!hidden) status = nn_field_write(field, object, style, parent);
    }
    return status;
}

/* The short form `0.001` of an object whose class is made from a number. */
static nn_status write_number(const nn_object *object, nn_node *parent, const char *key) {
    const nn_field *field = object->isa->fields;
    double value = *(const double *)((const char *)object + field->offset);
    return nn_node_add_real(parent, key, value);
}

nn_status nn_object_write(const nn_registry *registry, const nn_object *object, nn_style style,
                          nn_node *parent, const char *key) {
    nn_node *map = NULL, *config = NULL;
    if (!object) return nn_node_add_null(parent, key);
    bool number = object->isa == registry->from_number && !object->isa->fields[1].name;
    if (number) return write_number(object, parent, key);
    bool bare = registry->key && !object->isa->fields->name && style == NN_STYLE_RUN;
    if (bare) return nn_node_add_text(parent, key, object->isa->name);

    nn_status status = nn_node_add(parent, key, NN_NODE_MAP, parent->where, &map);
    if (status != NN_OK) return status;
    map->flow = registry->key != NULL; /* a section takes lines of its own */
    if (style == NN_STYLE_RUN) {
        if (registry->key && object->isa != registry->from_map)
            status = nn_node_add_text(map, registry->key, object->isa->name);
        return status == NN_OK ? nn_object_write_fields(object, style, map) : status;
    }
    NN_TRY(nn_node_add_text(map, "class_name", keras_name(object->isa)));
    NN_TRY(nn_node_add(map, "config", NN_NODE_MAP, map->where, &config));
    NN_TRY(nn_object_write_fields(object, style, config));
done:
    return status;
}

void nn_object_destroy(nn_object **object) {
    if (!object || !*object) return;
    for (const nn_field *field = (*object)->isa->fields; field->name; field++)
        nn_field_release(field, *object);
    free(*object);
    *object = NULL;
}
