/* node.h: a tree of values (null, bool, int, real, text, list, map), the common form of a YAML run
 * file, a JSON model_config and a --set override. Each node knows where it stood, for messages. */
#ifndef NN_UTIL_NODE_H
#define NN_UTIL_NODE_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NN_NODE_NULL,
    NN_NODE_BOOL,
    NN_NODE_INT,
    NN_NODE_REAL,
    NN_NODE_TEXT,
    NN_NODE_LIST,
    NN_NODE_MAP
} nn_node_kind;

typedef struct nn_node nn_node;
struct nn_node {
    nn_node_kind kind;
    bool boolean;
    int64_t integer;
    double real;     /* set for NN_NODE_INT too */
    char *text;      /* of NN_NODE_TEXT */
    char *key;       /* within a map: the key; otherwise NULL */
    char *where;     /* "run.yaml:3:5", of the value; never NULL */
    char *key_where; /* of the key; NULL: as the value */
    nn_node **items;
    size_t count; /* items of a list or a map, in order of appearance */
    bool flow;    /* written in one line: {a: 1, b: 2} */
};

/** A new node of `kind` that stood at `where`. As a root when `parent` is NULL, otherwise as the
 * last item of `parent`, under `key` where that is a map. `parent` owns it. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_node_add(nn_node *parent, const char *key, nn_node_kind kind, const char *where,
                      nn_node **out) NN_CHECKED;

/** The same with a value at once; `where` is the parent's. Local. Errors: NN_INTERNAL. */
nn_status nn_node_add_bool(nn_node *parent, const char *key, bool value) NN_CHECKED;
nn_status nn_node_add_int(nn_node *parent, const char *key, int64_t value) NN_CHECKED;
nn_status nn_node_add_real(nn_node *parent, const char *key, double value) NN_CHECKED;
nn_status nn_node_add_text(nn_node *parent, const char *key, const char *value) NN_CHECKED;
nn_status nn_node_add_null(nn_node *parent, const char *key) NN_CHECKED;

/** Gives a node the value of a plain (unquoted) scalar: YAML's core schema decides whether `text`
 * is null, a bool, an int, a real or a text. Local. Errors: NN_INTERNAL. */
nn_status nn_node_set_plain(nn_node *node, const char *text) NN_CHECKED;

/** The item of a map under `key`, borrowed; NULL where there is none or `map` is no map. Local. */
nn_node *nn_node_get(const nn_node *map, const char *key);

/** The item at a dotted path such as "optimizer.learning_rate" or "model.1.units" in a tree of maps
 * and lists; missing maps are made on the way, the last one is replaced by a null node for the
 * caller to fill. Local. Errors: NN_INTERNAL; NN_USAGE where the path leads through a scalar or
 * past the end of a list. */
nn_status nn_node_make(nn_node *root, const char *path, const char *where,
                       nn_node **out) NN_CHECKED;

/** Where a node's key stands, or its value where that is not known; borrowed. Local. */
const char *nn_node_key_where(const nn_node *node);

/** Moves the value of `*from` into `to`, which keeps its key; destroys `*from`. Local. */
void nn_node_move(nn_node *to, nn_node **from);

/** Exchanges the values of two nodes; each keeps its key. Local. */
void nn_node_swap(nn_node *a, nn_node *b);

/** What a node is, for a message: "the text 'abc'", "a list". `text` has room for
 * NN_NODE_DESCRIPTION bytes. Local. */
const char *nn_node_describe(const nn_node *node, char *text);
enum { NN_NODE_DESCRIPTION = 96 };

/** Releases a tree; takes NULL. Local. */
void nn_node_destroy(nn_node **node);

#endif
