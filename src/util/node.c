/* node.c: a tree of values. Scalars resolve as in YAML 1.2's core schema
 * (https://yaml.org/spec/1.2.2/#103-core-schema). */
#include "util/node.h"

#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nn_status append(nn_node *parent, nn_node *child) {
    bool full = (parent->count & (parent->count - 1)) == 0; /* grow at powers of two */
    if (full) {
        size_t capacity = parent->count ? 2 * parent->count : 1;
        nn_node **items = realloc(parent->items, capacity * sizeof *items);
        if (!items) return nn_fail(NN_INTERNAL, "out of memory: a list of values");
        parent->items = items;
    }
    parent->items[parent->count++] = child;
    return NN_OK;
}

nn_status nn_node_add(nn_node *parent, const char *key, nn_node_kind kind, const char *where,
                      nn_node **out) {
    nn_status status = NN_OK;
    nn_node *node = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a value", 1, sizeof *node, &node));
    node->kind = kind;
    NN_TRY(nn_copy_text(where, &node->where));
    if (key) NN_TRY(nn_copy_text(key, &node->key));
    if (parent) NN_TRY(append(parent, node));
    *out = node;
    node = NULL;
done:
    nn_node_destroy(&node);
    return status;
}

nn_status nn_node_add_bool(nn_node *parent, const char *key, bool value) {
    nn_node *node;
    nn_status status = nn_node_add(parent, key, NN_NODE_BOOL, parent->where, &node);
    if (status == NN_OK) node->boolean = value;
    return status;
}

nn_status nn_node_add_int(nn_node *parent, const char *key, int64_t value) {
    nn_node *node;
    nn_status status = nn_node_add(parent, key, NN_NODE_INT, parent->where, &node);
    if (status != NN_OK) return status;
    node->integer = value;
    node->real = (double)value;
    return NN_OK;
}

nn_status nn_node_add_real(nn_node *parent, const char *key, double value) {
    nn_node *node;
    nn_status status = nn_node_add(parent, key, NN_NODE_REAL, parent->where, &node);
    if (status == NN_OK) node->real = value;
    return status;
}

nn_status nn_node_add_text(nn_node *parent, const char *key, const char *value) {
    nn_node *node;
    nn_status status = nn_node_add(parent, key, NN_NODE_TEXT, parent->where, &node);
    return status == NN_OK ? nn_copy_text(value, &node->text) : status;
}

nn_status nn_node_add_null(nn_node *parent, const char *key) {
    nn_node *node;
    return nn_node_add(parent, key, NN_NODE_NULL, parent->where, &node);
}

static bool is_one_of(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcmp(text, *words) == 0) return true;
    return false;
}

/* A decimal integer or real as YAML writes it; strtod alone would take "nan", "inf" and "0x1p3". */
static bool looks_numeric(const char *text) {
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '.') digits++;
    return *digits >= '0' && *digits <= '9' && strspn(text, "+-.0123456789eE") == strlen(text);
}

nn_status nn_node_set_plain(nn_node *node, const char *text) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    static const char *const infinities[] = {".inf", ".Inf", ".INF", "+.inf", NULL};
    static const char *const negative[] = {"-.inf", "-.Inf", "-.INF", NULL};

    node->kind = NN_NODE_REAL;
    if (is_one_of(text, nans)) node->real = NAN;
    else if (is_one_of(text, infinities)) node->real = INFINITY;
    else if (is_one_of(text, negative)) node->real = -INFINITY;
    else if (is_one_of(text, nulls)) node->kind = NN_NODE_NULL;
    else if (is_one_of(text, trues) || is_one_of(text, falses)) {
        node->kind = NN_NODE_BOOL;
        node->boolean = is_one_of(text, trues);
    } else if (looks_numeric(text)) {
        char *end = NULL;
        errno = 0;
        long long integer = strtoll(text, &end, 10);
        if (*end == '\0' && errno == 0) {
            node->kind = NN_NODE_INT;
            node->integer = integer;
            node->real = (double)integer;
            return NN_OK;
        }
        node->real = strtod(text, &end);
        if (*end == '\0') return NN_OK;
        node->kind = NN_NODE_TEXT; /* such as a date, 2024-01-01 */
    } else {
        node->kind = NN_NODE_TEXT;
    }
    if (node->kind != NN_NODE_TEXT) return NN_OK;
    free(node->text);
    return nn_copy_text(text, &node->text);
}

nn_node *nn_node_get(const nn_node *map, const char *key) {
    if (!map || map->kind != NN_NODE_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i]->key, key) == 0) return map->items[i];
    return NULL;
}

static void release_value(nn_node *node) {
    for (size_t i = 0; i < node->count; i++) nn_node_destroy(&node->items[i]);
    free(node->items);
    free(node->text);
    node->items = NULL;
    node->text = NULL;
    node->count = 0;
}

static nn_status make_step(nn_node *node, const char *name, const char *path, const char *where,
                           nn_node **out) {
    if (node->kind == NN_NODE_LIST) {
        unsigned long index = strtoul(name, NULL, 10);
        bool digits = *name != '\0' && strspn(name, "0123456789") == strlen(name);
        if (node->count == 0)
            return nn_fail(NN_USAGE, "%s: in '%s', '%s' asks for an item of a list that is empty",
                           where, path, name);
        if (!digits || index >= node->count)
            return nn_fail(NN_USAGE,
                           "%s: in '%s', '%s' is not an item of the list: they are numbered 0 to "
                           "%zu",
                           where, path, name, node->count - 1);
        *out = node->items[index];
        return NN_OK;
    }
    if (node->kind == NN_NODE_NULL) node->kind = NN_NODE_MAP;
    if (node->kind == NN_NODE_TEXT) { /* optimizer: adam; it is about to become {name: adam, ...} */
        char *text = node->text;
        node->text = NULL;
        node->kind = NN_NODE_MAP;
        nn_status status = nn_node_add_text(node, "name", text);
        free(text);
        if (status != NN_OK) return status;
    }
    if (node->kind != NN_NODE_MAP)
        return nn_fail(NN_USAGE, "%s: '%s' leads through a value that has no keys", where, path);
    *out = nn_node_get(node, name);
    return *out ? NN_OK : nn_node_add(node, name, NN_NODE_NULL, where, out);
}

nn_status nn_node_make(nn_node *root, const char *path, const char *where, nn_node **out) {
    nn_status status = NN_OK;
    nn_node *node = root;
    char *names = NULL;
    *out = NULL;
    NN_TRY(nn_copy_text(path, &names));
    for (char *name = names, *next; name; name = next) {
        next = strchr(name, '.');
        if (next) *next++ = '\0';
        NN_TRY(make_step(node, name, path, where, &node));
    }
    release_value(node);
    node->kind = NN_NODE_NULL;
    free(node->where);
    free(node->key_where);
    node->where = node->key_where = NULL;
    NN_TRY(nn_copy_text(where, &node->where));
    *out = node;
done:
    free(names);
    return status;
}

const char *nn_node_key_where(const nn_node *node) {
    return node->key_where ? node->key_where : node->where;
}

void nn_node_move(nn_node *to, nn_node **from) {
    char *key = to->key;
    release_value(to);
    free(to->where);
    free(to->key_where);
    free((*from)->key);
    *to = **from;
    to->key = key;
    free(*from);
    *from = NULL;
}

void nn_node_swap(nn_node *a, nn_node *b) {
    const nn_node held = *a;
    char *key = b->key;
    *a = *b;
    *b = held;
    a->key = held.key;
    b->key = key;
}

const char *nn_node_describe(const nn_node *node, char *text) {
    char real[NN_REAL_TEXT];
    switch (node->kind) {
    case NN_NODE_NULL: return "nothing";
    case NN_NODE_BOOL: return node->boolean ? "true" : "false";
    case NN_NODE_LIST: return "a list";
    case NN_NODE_MAP: return "a map of keys";
    case NN_NODE_INT:
        snprintf(text, NN_NODE_DESCRIPTION, "%lld", (long long)node->integer);
        return text;
    case NN_NODE_REAL:
        nn_format_real(node->real, real);
        snprintf(text, NN_NODE_DESCRIPTION, "%s", real);
        return text;
    case NN_NODE_TEXT:
        snprintf(text, NN_NODE_DESCRIPTION, "the text '%.64s'", node->text);
        return text;
    }
    return "an unknown value";
}

void nn_node_destroy(nn_node **node) {
    if (!node || !*node) return;
    release_value(*node);
    free((*node)->key);
    free((*node)->where);
    free((*node)->key_where);
    free(*node);
    *node = NULL;
}
