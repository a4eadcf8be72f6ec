/* model_private.h: what the files of the model know of each other: what it holds. */
#ifndef NN_MODEL_MODEL_PRIVATE_H
#define NN_MODEL_MODEL_PRIVATE_H

#include "model/model.h"

enum { NN_PENALTY_GRAIN = 4096 }; /* numbers in a piece of the penalties' sum */

struct nn_model {
    nn_object_list layers; /* of nn_layer */
    nn_shape input;
    int64_t max_rows;
    nn_parameter *parameters;
    int64_t parameter_count;
    nn_span values, gradients, state; /* trained variables, their gradients, other variables */
    nn_real *own_values, *own_gradients; /* NULL where they were moved into memory of the caller's */
    nn_real *scratch;                 /* the arena of a pass; the views below lie in it */
    nn_real **outputs;                /* of each layer; a view where it copies nothing */
    nn_real *flow[2];                 /* gradients between layers, in turn */
    double *partials;
    void (*ready)(void *context, int64_t offset); /* told of gradients; NULL: nobody */
    void *ready_context;
};

/** Whether the layer computes nothing: its output is its input with another shape. Local. */
static inline bool nn_model_is_view(const nn_layer *layer) {
    return !nn_layer_methods(layer)->forward;
}

#endif
