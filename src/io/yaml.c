/* yaml.c: YAML to a tree of values, through libyaml's document API, which keeps lines and columns
 * (https://pyyaml.org/wiki/LibYAML). */
#include "io/yaml.h"

#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Aliases of aliases make millions of values of a short text, and libyaml compares each anchor and each
 * %TAG with all others: they are rare in run files, and limited. */
enum { DEPTH_MAX = 64, NODES_MAX = 250000, EXPANDED_MAX = 10000, ANCHORS_MAX = 10000 };

typedef struct {
    const char *name; /* of the text, for messages */
    yaml_document_t document;
    int64_t nodes, written; /* made so far, aliases expanded; in the text */
} yaml_reader;

static nn_status make_where(const yaml_reader *reader, yaml_mark_t mark, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s:%zu:%zu", reader->name, mark.line + 1, mark.column + 1);
    return nn_text_take(&text, out);
}

/* Fails with the place in front. */
static nn_status fail_at(const yaml_reader *reader, yaml_mark_t mark, const char *what) {
    return nn_fail(NN_BAD_CONFIG, "%s:%zu:%zu: %s", reader->name, mark.line + 1, mark.column + 1,
                   what);
}

static nn_status check_text(const yaml_reader *reader, const yaml_node_t *from) {
    if (memchr(from->data.scalar.value, '\0', from->data.scalar.length))
        return fail_at(reader, from->start_mark, "a text holds a NUL character");
    return NN_OK;
}

static nn_status read_scalar(const yaml_reader *reader, const yaml_node_t *from, nn_node *node) {
    const char *text = (const char *)from->data.scalar.value;
    nn_status status = check_text(reader, from);
    if (status != NN_OK) return status;
    if (from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) return nn_node_set_plain(node, text);
    node->kind = NN_NODE_TEXT;
    return nn_copy_text(text, &node->text);
}

static nn_status read_node(yaml_reader *reader, const yaml_node_t *from, nn_node *parent,
                           const char *key, int depth, nn_node **out);

static nn_status read_list(yaml_reader *reader, const yaml_node_t *from, nn_node *list, int depth) {
    nn_node *item;
    list->flow = from->data.sequence.style == YAML_FLOW_SEQUENCE_STYLE;
    const yaml_node_item_t *end = from->data.sequence.items.top;
    for (const yaml_node_item_t *i = from->data.sequence.items.start; i < end; i++) {
        const yaml_node_t *value = yaml_document_get_node(&reader->document, *i);
        nn_status status = read_node(reader, value, list, NULL, depth + 1, &item);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

static int compare_keys(const void *a, const void *b) {
    const nn_node *const *first = a, *const *second = b;
    return strcmp((*first)->key, (*second)->key);
}

/* Sorts a copy of the items, so that a map of many keys takes no quadratic time. */
static nn_status check_keys(const nn_node *map) {
    const nn_node **sorted = NULL;
    nn_status status =
        nn_allocate("the keys of a map", (int64_t)map->count, sizeof *sorted, &sorted);
    if (status != NN_OK || map->count == 0) {
        free(sorted);
        return status;
    }
    memcpy(sorted, map->items, map->count * sizeof *sorted);
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < map->count && status == NN_OK; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            status = nn_fail(NN_BAD_CONFIG, "%s: the key '%s' stands twice in one map (also at %s)",
                             nn_node_key_where(sorted[i]), sorted[i]->key,
                             nn_node_key_where(sorted[i - 1]));
    free(sorted);
    return status;
}

static nn_status read_map(yaml_reader *reader, const yaml_node_t *from, nn_node *map, int depth) {
    nn_node *item;
    map->flow = from->data.mapping.style == YAML_FLOW_MAPPING_STYLE;
    const yaml_node_pair_t *end = from->data.mapping.pairs.top;
    for (const yaml_node_pair_t *pair = from->data.mapping.pairs.start; pair < end; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        if (key->type != YAML_SCALAR_NODE)
            return fail_at(reader, key->start_mark, "a key must be a plain text or number");
        nn_status status = check_text(reader, key);
        if (status != NN_OK) return status;
        status =
            read_node(reader, value, map, (const char *)key->data.scalar.value, depth + 1, &item);
        if (status == NN_OK) status = make_where(reader, key->start_mark, &item->key_where);
        if (status != NN_OK) return status;
    }
    return check_keys(map);
}

static nn_status read_node(yaml_reader *reader, const yaml_node_t *from, nn_node *parent,
                           const char *key, int depth, nn_node **out) {
    nn_status status = NN_OK;
    char *where = NULL;
    *out = NULL;
    if (depth > DEPTH_MAX)
        return fail_at(reader, from->start_mark, "values are nested more than 64 deep");
    if (++reader->nodes > NODES_MAX)
        return fail_at(reader, from->start_mark, "more than 250000 values");
    if (reader->nodes > reader->written + EXPANDED_MAX)
        return fail_at(reader, from->start_mark, "aliases make more than 10000 values");
    nn_node_kind kind = from->type == YAML_SEQUENCE_NODE  ? NN_NODE_LIST
                        : from->type == YAML_MAPPING_NODE ? NN_NODE_MAP
                                                          : NN_NODE_NULL;
    NN_TRY(make_where(reader, from->start_mark, &where));
    NN_TRY(nn_node_add(parent, key, kind, where, out));
    if (kind == NN_NODE_LIST)
        NN_TRY(read_list(reader, from, *out, depth));
    else if (kind == NN_NODE_MAP)
        NN_TRY(read_map(reader, from, *out, depth));
    else
        NN_TRY(read_scalar(reader, from, *out));
done:
    free(where);
    if (status != NN_OK && !parent) nn_node_destroy(out); /* a child goes with its parent */
    return status;
}

/* What libyaml says about a text that it can't parse. */
static nn_status fail_syntax(const yaml_reader *reader, const yaml_parser_t *parser) {
    const char *problem = parser->problem; /* none where libyaml only ran out of memory */
    if (parser->error == YAML_MEMORY_ERROR || !problem)
        return nn_fail(NN_INTERNAL, "out of memory while reading %s", reader->name);
    if (strcmp(problem, "found character that cannot start any token") == 0)
        problem = "found a character that cannot stand here; is it a tab? YAML is indented by spaces";
    if (parser->error == YAML_READER_ERROR)
        return nn_fail(NN_BAD_CONFIG, "%s: %s at byte %zu", reader->name, problem,
                       parser->problem_offset);
    if (parser->context)
        return nn_fail(NN_BAD_CONFIG, "%s:%zu:%zu: %s (%s that began in line %zu)", reader->name,
                       parser->problem_mark.line + 1, parser->problem_mark.column + 1, problem,
                       parser->context, parser->context_mark.line + 1);
    return fail_at(reader, parser->problem_mark, problem);
}

/* Fails where another document follows the one that was read. */
static nn_status check_end(yaml_reader *reader, yaml_parser_t *parser) {
    yaml_document_t next;
    nn_status status = NN_OK;
    if (!yaml_parser_load(parser, &next)) return fail_syntax(reader, parser);
    if (yaml_document_get_root_node(&next))
        status = fail_at(reader, next.start_mark, "a second document begins; expected one");
    yaml_document_delete(&next);
    return status;
}

static nn_status read_document(yaml_reader *reader, yaml_parser_t *parser, nn_node **out) {
    if (!yaml_parser_load(parser, &reader->document)) return fail_syntax(reader, parser);
    nn_status status = NN_OK;
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    reader->written = reader->document.nodes.top - reader->document.nodes.start;
    if (root) {
        status = read_node(reader, root, NULL, NULL, 1, out);
    } else { /* nothing but comments */
        char *where = NULL;
        status = make_where(reader, (yaml_mark_t){0}, &where);
        if (status == NN_OK) status = nn_node_add(NULL, NULL, NN_NODE_NULL, where, out);
        free(where);
    }
    yaml_document_delete(&reader->document);
    if (status == NN_OK && root) status = check_end(reader, parser);
    if (status != NN_OK) nn_node_destroy(out);
    return status;
}

static nn_status check_anchors(const char *text, const char *name) {
    int64_t count = 0;
    for (const char *c = strpbrk(text, "&*%"); c; c = strpbrk(c + 1, "&*%")) count++;
    if (count <= ANCHORS_MAX) return NN_OK;
    return nn_fail(NN_BAD_CONFIG, "%s: more than %d times &, * or %%, which begin anchors, aliases and directives", name,
                   ANCHORS_MAX);
}

nn_status nn_yaml_parse(const char *text, const char *name, nn_node **out) {
    yaml_reader reader = {.name = name};
    yaml_parser_t parser;
    *out = NULL;
    nn_status status = check_anchors(text, name);
    if (status != NN_OK) return status;
    if (!yaml_parser_initialize(&parser))
        return nn_fail(NN_INTERNAL, "out of memory while reading %s", name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    status = read_document(&reader, &parser, out);
    yaml_parser_delete(&parser);
    return status;
}
