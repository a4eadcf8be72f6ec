/* yaml.h: YAML text to a tree of values, and back, with libyaml. */
#ifndef NN_IO_YAML_H
#define NN_IO_YAML_H

#include "util/node.h"

/** Parses one YAML document. `name` is what messages call it ("run.yaml"); every node's `where` is
 * "name:line:column". Aliases are expanded; unquoted scalars resolve by nn_node_set_plain(). Local.
 * Errors: NN_BAD_CONFIG with line and column: syntax, a key twice in a map, a key that is no
 * scalar, more than one document, nesting over 64, over 250,000 nodes, or
 * over 10,000 by aliases. */
nn_status nn_yaml_parse(const char *text, const char *name, nn_node **out) NN_CHECKED;

/** Writes a tree as YAML in block style (nodes with `flow` in one line); texts that would read as
 * something else are quoted, reals are the shortest that read back the same. The caller frees it.
 * Local. Errors: NN_INTERNAL. */
nn_status nn_yaml_format(const nn_node *root, char **out) NN_CHECKED;

#endif
