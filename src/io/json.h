/* json.h: JSON text to a tree of values, and back, with jansson. */
#ifndef NN_IO_JSON_H
#define NN_IO_JSON_H

#include "util/node.h"

/** Parses a JSON value; `name` is what messages call it. Local. Errors: NN_BAD_DATA;
 * NN_INTERNAL without memory. */
nn_status nn_json_parse(const char *text, const char *name, nn_node **out) NN_CHECKED;

/** Writes a tree as JSON in one line, spaced as Python's json spaces it, keys in their order, reals
 * in their shortest form; those that are NaN or infinite become null. The caller frees it. Local.
 * Errors: NN_BAD_DATA where a text is not UTF-8; NN_INTERNAL. */
nn_status nn_json_format(const nn_node *root, char **out) NN_CHECKED;

#endif
