/* json.c: JSON to a tree of values and back. jansson parses, and writes texts; numbers are written
 * in their shortest form, which jansson would not choose. */
#include "io/json.h"

#include "util/memory.h"
#include "util/text.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Places grow with the keys on the way; without a limit a long key and many values below it would take
 * memory by the square of the text. */
enum { DEPTH_MAX = 256, WHERE_MAX = 256, BYTES_MAX = 8 << 20, NODES_MAX = 250000 };

/* Parsing */

typedef struct {
    int depth;     /* of the value that is being read */
    int64_t nodes; /* read so far */
} json_reader;

static nn_status read_value(const json_t *from, nn_node *parent, const char *key, const char *where,
                            json_reader *reader, nn_node **out);

/* Reads a child; its place is the parent's with a dot and its key. */
static nn_status read_child(const json_t *from, nn_node *parent, const char *key, const char *step,
                            json_reader *reader) {
    nn_text text = {0};
    char *where = NULL;
    nn_node *child;
    if (strlen(parent->where) < WHERE_MAX) nn_text_add(&text, "%s.%.64s", parent->where, step);
    else nn_text_add(&text, "%s", parent->where);
    nn_status status = nn_text_take(&text, &where);
    if (status == NN_OK) status = read_value(from, parent, key, where, reader, &child);
    free(where);
    return status;
}

static nn_status read_members(const json_t *from, nn_node *node, json_reader *reader) {
    nn_status status = NN_OK;
    if (json_is_array(from)) {
        for (size_t i = 0; i < json_array_size(from) && status == NN_OK; i++) {
            char step[24];
            snprintf(step, sizeof step, "%zu", i);
            status = read_child(json_array_get(from, i), node, NULL, step, reader);
        }
        return status;
    }
    json_t *object =
        (json_t *)(uintptr_t)from; /* jansson's iterators want it, and change nothing */
    for (void *i = json_object_iter(object); i && status == NN_OK;
         i = json_object_iter_next(object, i)) {
        const char *key = json_object_iter_key(i);
        status = read_child(json_object_iter_value(i), node, key, key, reader);
    }
    return status;
}

static nn_status read_value(const json_t *from, nn_node *parent, const char *key, const char *where,
                            json_reader *reader, nn_node **out) {
    static const nn_node_kind kinds[] = {
        [JSON_OBJECT] = NN_NODE_MAP,  [JSON_ARRAY] = NN_NODE_LIST, [JSON_STRING] = NN_NODE_TEXT,
        [JSON_INTEGER] = NN_NODE_INT, [JSON_REAL] = NN_NODE_REAL,  [JSON_TRUE] = NN_NODE_BOOL,
        [JSON_FALSE] = NN_NODE_BOOL,  [JSON_NULL] = NN_NODE_NULL};
    nn_status status = NN_OK;
    *out = NULL;
    reader->depth++; /* a failure ends it all: nobody counts down then */
    if (reader->depth > DEPTH_MAX)
        return nn_fail(NN_BAD_DATA, "%s: values are nested more than %d deep", where, DEPTH_MAX);
    if (++reader->nodes > NODES_MAX)
        return nn_fail(NN_BAD_DATA, "%s: more than %d values", where, NODES_MAX);
    NN_TRY(nn_node_add(parent, key, kinds[json_typeof(from)], where, out));
    (*out)->boolean = json_is_true(from);
    (*out)->integer = json_integer_value(from); /* 0 where it is none */
    (*out)->real = json_number_value(from);
    if (json_is_string(from))
        NN_TRY(nn_copy_text(json_string_value(from), &(*out)->text));
    else
        NN_TRY(read_members(from, *out, reader));
    reader->depth--;
done:
    if (status != NN_OK && !parent) nn_node_destroy(out); /* a child goes with its parent */
    return status;
}

/* jansson's parser does not look at each of its allocations: where one fails it may lose characters of a text, or
 * tell of a wrong one, and its error code knows of no memory then. So they are watched while it parses, through
 * whatever this program has set for its own use of jansson. */
static pthread_mutex_t watching = PTHREAD_MUTEX_INITIALIZER;
static json_malloc_t allocate; /* the program's */
static _Thread_local bool has_failed;

static void *watch_malloc(size_t size) {
    void *block = allocate(size);
    if (!block) has_failed = true;
    return block;
}

static json_t *load(const char *text, json_error_t *error) {
    json_free_t release;
    pthread_mutex_lock(&watching);
    json_get_alloc_funcs(&allocate, &release);
    json_set_alloc_funcs(watch_malloc, release);
    has_failed = false;
    json_t *root = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, error);
    json_set_alloc_funcs(allocate, release);
    pthread_mutex_unlock(&watching);
    return root;
}

nn_status nn_json_parse(const char *text, const char *name, nn_node **out) {
    nn_status status;
    json_error_t error;
    json_reader reader = {0};
    *out = NULL;
    if (strlen(text) > BYTES_MAX)
        return nn_fail(NN_BAD_DATA, "%s: longer than %d bytes", name, BYTES_MAX);
    json_t *root = load(text, &error);
    if (has_failed)
        status = nn_fail(NN_INTERNAL, "out of memory while reading %s", name);
    else if (!root)
        status = nn_fail(NN_BAD_DATA, "%s:%d:%d: %s", name, error.line, error.column, error.text);
    else
        status = read_value(root, NULL, NULL, name, &reader, out);
    json_decref(root);
    return status;
}

/* Writing */

static nn_status write_text(const char *value, nn_text *text) {
    if (!nn_is_utf8(value))
        return nn_fail(NN_BAD_DATA, "cannot write JSON: the text '%.64s' is not UTF-8", value);
    json_t *string = json_string(value);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    json_decref(string);
    if (!quoted)
        return nn_fail(NN_INTERNAL, "cannot write JSON: out of memory");
    nn_text_add(text, "%s", quoted);
    free(quoted);
    return NN_OK;
}

static nn_status write_value(const nn_node *node, nn_text *text);

static nn_status write_items(const nn_node *node, nn_text *text) {
    bool map = node->kind == NN_NODE_MAP;
    nn_status status = NN_OK;
    nn_text_add(text, map ? "{" : "[");
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0) nn_text_add(text, ", ");
        if (map) {
            NN_TRY(write_text(node->items[i]->key, text));
            nn_text_add(text, ": ");
        }
        NN_TRY(write_value(node->items[i], text));
    }
    nn_text_add(text, map ? "}" : "]");
done:
    return status;
}

static nn_status write_value(const nn_node *node, nn_text *text) {
    char real[NN_REAL_TEXT] = "null";
    switch (node->kind) {
    case NN_NODE_NULL: nn_text_add(text, "null"); return NN_OK;
    case NN_NODE_BOOL: nn_text_add(text, node->boolean ? "true" : "false"); return NN_OK;
    case NN_NODE_INT: nn_text_add(text, "%lld", (long long)node->integer); return NN_OK;
    case NN_NODE_REAL:
        if (isfinite(node->real)) nn_format_real(node->real, real);
        nn_text_add(text, "%s", real);
        return NN_OK;
    case NN_NODE_TEXT: return write_text(node->text, text);
    case NN_NODE_LIST:
    case NN_NODE_MAP: return write_items(node, text);
    }
    return nn_fail(NN_INTERNAL, "cannot write JSON: an unknown kind of value");
}

nn_status nn_json_format(const nn_node *root, char **out) {
    nn_text text = {0};
    *out = NULL;
    nn_status status = write_value(root, &text);
    if (status == NN_OK) return nn_text_take(&text, out);
    nn_text_free(&text);
    return status;
}
