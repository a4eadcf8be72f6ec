/* field.h: one argument of an object: reading it from a node with its checks, its default, writing
 * it, releasing it. Used by object.c alone. */
#ifndef NN_UTIL_FIELD_H
#define NN_UTIL_FIELD_H

#include "util/object.h"

/** Reads the argument from a node. Local. Errors: NN_BAD_CONFIG with place, key and range. */
nn_status nn_field_read(const nn_field *field, nn_object *object, const nn_node *node,
                        nn_style style) NN_CHECKED;

/** Gives the argument its default. Local. Errors: NN_INTERNAL. */
nn_status nn_field_set_default(const nn_field *field, nn_object *object) NN_CHECKED;

/** Writes the argument as an item of the map `parent`. Local. Errors: NN_INTERNAL. */
nn_status nn_field_write(const nn_field *field, const nn_object *object, nn_style style,
                         nn_node *parent) NN_CHECKED;

/** Releases what the argument owns. Local. */
void nn_field_release(const nn_field *field, nn_object *object);

/** Writes the range of a number, such as ">= 0 and < 1", into `text` with room for NN_RANGE_TEXT
 * bytes; returns NULL where any finite number will do. Local. */
const char *nn_field_range(const nn_field *field, char *text);
enum { NN_RANGE_TEXT = 96 };

#endif
