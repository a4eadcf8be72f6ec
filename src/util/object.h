/* object.h: everything that a run file can name (layers, losses, optimizers, schedules,
 * initializers, regularizers, metrics, and the run file's own sections) is an object of a class
 * that a registry lists. A class says which arguments it takes; reading, checking, defaults, the
 * effective file, Keras's JSON and the tables of docs/RUNFILE.md all come from that one table. */
#ifndef NN_UTIL_OBJECT_H
#define NN_UTIL_OBJECT_H

#include "util/node.h"
#include "util/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nn_class nn_class;
typedef struct nn_registry nn_registry;

/** The first member of every object's struct. */
typedef struct {
    const nn_class *isa;
} nn_object;

typedef struct {
    int64_t count;
    double *values; /* owned */
} nn_reals;

/** A map from class numbers to values, such as {0: 1.0, 1: 5.0}. */
typedef struct {
    int64_t count;
    int64_t *keys;  /* owned */
    double *values; /* owned */
} nn_real_map;

typedef struct {
    int64_t count;
    nn_object **items; /* owned, as is each item */
} nn_object_list;

typedef enum {        /* member of the struct   default in the table */
    NN_FIELD_BOOL,    /* bool                   number: 0 or 1 */
    NN_FIELD_INT,     /* int64_t; 0 = null      number */
    NN_FIELD_REAL,    /* double; NAN = null     number */
    NN_FIELD_TEXT,    /* char *; NULL = null    text */
    NN_FIELD_CHOICE,  /* int, into choices      text */
    NN_FIELD_SHAPE,   /* nn_shape               none: required, or empty when nullable */
    NN_FIELD_REALS,   /* nn_reals               none: required, or empty when nullable */
    NN_FIELD_MAP,     /* nn_real_map            none: required, or empty when nullable */
    NN_FIELD_OBJECT,  /* nn_object *; NULL = null   text: a class name, or a number */
    NN_FIELD_OBJECTS, /* nn_object_list         none: required, or empty when nullable */
} nn_field_type;

typedef enum {
    NN_FIELD_REQUIRED = 1,  /* an error when missing */
    NN_FIELD_NULLABLE = 2,  /* null when missing and no default (other than 0) is given */
    NN_FIELD_MIN_OPEN = 4,  /* the least value itself is not allowed */
    NN_FIELD_MAX_OPEN = 8,  /* the greatest value itself is not allowed */
    NN_FIELD_NOT_KERAS = 16 /* not written to Keras's JSON, which would not know it */
} nn_field_flags;

/** One argument of a class. Numbers are finite, and checked against min and max unless both are
 * 0. */
typedef struct {
    const char *name;
    nn_field_type type;
    size_t offset;
    unsigned flags;
    double number;               /* default of BOOL, INT, REAL */
    const char *text;            /* default of TEXT, CHOICE, OBJECT ("{}": a section's defaults) */
    double min, max;             /* of INT, REAL, each of REALS, MAP and SHAPE */
    const char *const *choices;  /* of CHOICE, NULL at the end */
    const nn_registry *registry; /* of OBJECT, OBJECTS */
    const char *help;            /* one line for docs/RUNFILE.md */
} nn_field;

struct nn_class {
    const char *name;       /* in run files: "Dense", "adam" */
    const char *alias;      /* another name that run files may use, or NULL */
    const char *keras;      /* in Keras's JSON; NULL: the same as `name` */
    const char *summary;    /* one line for docs/RUNFILE.md: the formula, the source */
    const nn_field *fields; /* ends with a field whose name is NULL */
    size_t size;            /* of the object's struct */
    /** Checks what no single field can (optional). The message needs no place. */
    nn_status (*check)(const nn_object *object);
};

struct nn_registry {
    const char *noun;               /* "layer", "optimizer": for messages */
    const char *key;                /* the key of a class name in a map; NULL: a plain section */
    const nn_class *const *classes; /* ends with NULL */
    const nn_class *from_number;    /* makes `0.1` an object by its first field (REAL), or NULL */
    const nn_class *from_map;       /* makes a map without `key` an object, or NULL */
};

/** An unknown argument is an error. Keras's JSON ({class_name, config}) may hold more than nnmpi knows,
 * where that changes nothing (util/keras_extra.h); names are then Keras's. */
typedef enum { NN_STYLE_RUN, NN_STYLE_KERAS } nn_style;

/** The class called `name` (or by its alias or, in Keras style, its Keras name). Local.
 * Errors: NN_BAD_CONFIG naming `where` and the nearest name. */
nn_status nn_class_find(const nn_registry *registry, const char *name, nn_style style,
                        const char *where, const nn_class **out) NN_CHECKED;

/** Reads an object: a bare name, `{key: NAME, argument: value}`, or one of the registry's short
 * forms. The caller destroys it. Local.
 * Errors: NN_BAD_CONFIG with file:line:column, what is wrong and what would be right. */
nn_status nn_object_read(const nn_registry *registry, const nn_node *node, nn_style style,
                         nn_object **out) NN_CHECKED;

/** An object with every argument at its default. Local.
 * Errors: NN_BAD_CONFIG where an argument is required. */
nn_status nn_object_create(const nn_registry *registry, const nn_class *isa,
                           nn_object **out) NN_CHECKED;

/** Writes an object with all its arguments as an item of `parent` (under `key` in a map), in the
 * form that nn_object_read() takes. NULL becomes null. Local. Errors: NN_INTERNAL. */
nn_status nn_object_write(const nn_registry *registry, const nn_object *object, nn_style style,
                          nn_node *parent, const char *key) NN_CHECKED;

/** Writes the arguments of an object as items of the map `parent`. Local. Errors: NN_INTERNAL. */
nn_status nn_object_write_fields(const nn_object *object, nn_style style,
                                 nn_node *parent) NN_CHECKED;

/** Releases an object and all that it owns; takes NULL. Local. */
void nn_object_destroy(nn_object **object);

#endif
