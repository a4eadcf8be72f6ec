/* layer.h: what a layer is.
 *
 * A layer maps rows of input to rows of output and, backwards, gradients to gradients. It knows its
 * arguments, its variables and its kernels; it knows no MPI, no files and no optimizer. The model
 * owns all memory: a layer says in build() what it needs and holds views of it afterwards.
 *
 * A new layer is one file with one nn_layer_class, and one line in registry.c. */
#ifndef NN_LAYERS_LAYER_H
#define NN_LAYERS_LAYER_H

#include "kernels/activation.h"
#include "layers/graph.h"
#include "util/object.h"

typedef struct nn_layer nn_layer;

enum { NN_LAYER_VARIABLES = 4, NN_LAYER_NAME = 64 };

/** An array of the model: a weight, or state that training does not change. */
typedef struct {
    const char *name; /* Keras's: "kernel", "bias", "mean" */
    nn_shape shape;
    bool trainable;
    const nn_object *initializer; /* borrowed from the layer; NULL: zeros */
    const nn_object *regularizer; /* borrowed from the layer; NULL: none */
    nn_real *value;               /* (shape), a view of the model's arena */
    nn_real *gradient;            /* (shape), likewise; NULL where it is not trained */
} nn_variable;

/** One pass over some rows of a batch. */
typedef struct {
    int64_t rows;
    int64_t first; /* number of the first of them within the global batch */
    bool training; /* dropout is on */
    uint64_t seed;
    uint32_t step; /* the optimizer step; dropout's masks depend on it */
} nn_pass;

/** The methods of a layer type. x: (rows, input_shape), y: (rows, output_shape); dx, dy likewise. */
typedef struct {
    nn_class base;
    /** Checks input_shape, sets output_shape, declares variables and workspace. Local.
     * Errors: NN_BAD_CONFIG. */
    nn_status (*build)(nn_layer *layer);
    /** Sets the variables that no initializer sets (optional). Local. */
    void (*initialize)(nn_layer *layer);
    /** y from x. NULL: y is x under another shape, and nothing is copied. Team. Local. */
    void (*forward)(nn_layer *layer, const nn_pass *pass, const nn_real *x, nn_real *y);
    /** dx and the gradients of the variables (overwritten, not added to) from dy, after forward() on
     * the same pass. dy is scratch afterwards; dx is NULL where nobody needs it. Team. Local. */
    void (*backward)(nn_layer *layer, const nn_pass *pass, const nn_real *x, const nn_real *y,
                     nn_real *dy, nn_real *dx);
    /** The activation with which the layer ends, as its arguments say (optional). Where the loss takes it
     * over the model sets the layer's `bare`, and the layer ends without. */
    nn_activation (*activation)(const nn_layer *layer);
    /** How many values it gives along the last axis, whatever comes in (optional). NULL: a layer with
     * forward() gives as many as come in. */
    int64_t (*units)(const nn_layer *layer);
    /** Adds the operators that make y of x outside of training; returns y. NULL: the layer cannot be
     * exported to ONNX. Local. */
    nn_value (*describe)(const nn_layer *layer, nn_graph *graph, nn_value x);
    /** Statistics of the training data: `statistics_passes` times, gather() adds the rows of a batch
     * to the layer's `statistics` sums, which are then added over all ranks and given to settle(). Local. */
    int statistics_passes;
    void (*gather)(nn_layer *layer, int turn, int64_t rows, const nn_real *x, double *sums);
    void (*settle)(nn_layer *layer, int turn, const double *sums);
    /** A run-file entry and an input shape that the contract tests try. */
    const char *example;
    nn_shape example_input;
} nn_layer_class;

/** What all layers have in common; the first member of each layer's struct. */
struct nn_layer {
    nn_object object;
    char *given_name;         /* the argument `name`, or NULL */
    char name[NN_LAYER_NAME]; /* unique within the model: "dense_1" */
    uint32_t index;           /* position in the model */
    const char *where;        /* in a run file, borrowed from the run; NULL: in none */
    bool bare;                /* the loss applies the activation */
    nn_shape input_shape;     /* of one row */
    nn_shape output_shape;    /* of one row */
    nn_variable variables[NN_LAYER_VARIABLES];
    int variable_count;
    int64_t workspace_per_row; /* reals that forward() keeps for backward(), for each row */
    nn_real *workspace;        /* a view of the model's arena */
    int64_t statistics;        /* sums that gather() fills */
};

/** The argument that every layer takes. */
#define NN_LAYER_NAME_FIELD                                                                        \
    {                                                                                              \
        .name = "name", .type = NN_FIELD_TEXT, .offset = offsetof(nn_layer, given_name),           \
        .flags = NN_FIELD_NULLABLE | NN_FIELD_NOT_KERAS,                                           \
        .help = "name of the layer; null: class and number"                                        \
    }

/** All layer types. */
extern const nn_registry NN_LAYERS;

static inline const nn_layer_class *nn_layer_methods(const nn_layer *layer) {
    return (const nn_layer_class *)layer->object.isa;
}

/** Writes the layer's class in snake case, "leaky_re_lu", as Keras names layers. Local. */
void nn_layer_class_name(const nn_layer *layer, char *name, size_t room);

/** Puts the place of a layer, where it is known, in front of the message of a failure; returns `status`.
 * Local. */
nn_status nn_layer_within(const nn_layer *layer, nn_status status);

/** Declares a variable in build(). The initializer and the regularizer are borrowed. Local. */
nn_variable *nn_layer_add_variable(nn_layer *layer, const char *name, nn_shape shape,
                                   bool trainable);

/** Variable `index` as a constant of the graph, for describe(). Local. */
nn_value nn_layer_constant(const nn_layer *layer, int index, nn_graph *graph);

#endif
