/* model.h: a network: layers in a row, and the memory that they share.
 *
 * One arena each for trained variables, their gradients, other state, and what a pass over a batch
 * needs; a layer holds views. The gradient arena is one span with the layout of the variables', so
 * that it is reduced and applied as a whole. */
#ifndef NN_MODEL_MODEL_H
#define NN_MODEL_MODEL_H

#include "layers/layer.h"
#include "util/real.h"

typedef struct nn_model nn_model;

/** Where a trained variable lies in the arena of variables (and of gradients). */
typedef struct {
    int64_t offset, count;
    const nn_variable *variable;
    const nn_layer *layer;
} nn_parameter;

/** Numbers layers and gives them names: their own, or as Keras does. `index`: which one is wrong. Local.
 * Errors: NN_BAD_CONFIG where one cannot have its name, or two have the same. */
nn_status nn_model_name_layers(const nn_object_list *layers, int64_t *index) NN_CHECKED;

/** The activation with which layers end that need not be built yet, NN_LINEAR where it is none or left to the
 * loss. False: they end with what can have none, or the shape of x decides. Local. */
bool nn_model_find_activation(const nn_object_list *layers, nn_activation *activation);

/** The layer, built or not, that says how many outputs there are on the last axis; NULL: the shape of x
 * decides. Local. */
const nn_layer *nn_model_find_units(const nn_object_list *layers);

/** Builds a model for rows of shape `input` and passes of at most `max_rows` rows. Takes the layers
 * over: *layers is empty afterwards, also on failure. Variables are zero until
 * nn_model_initialize() or until they are read from a file. Local.
 * Errors: NN_BAD_CONFIG naming the layer; NN_INTERNAL. */
nn_status nn_model_create(nn_object_list *layers, nn_shape input, int64_t max_rows,
                          nn_model **out) NN_CHECKED;

/** Releases a model and its layers; takes NULL. Local. */
void nn_model_destroy(nn_model **model);

/** Sets all variables to their initial values for this seed. Local. */
void nn_model_initialize(nn_model *model, uint64_t seed);

/** The shapes of one row of input and of output, and the most rows of a pass. Local. */
nn_shape nn_model_input_shape(const nn_model *model);
nn_shape nn_model_output_shape(const nn_model *model);
int64_t nn_model_max_rows(const nn_model *model);

/** The place in the run file of the layer that decides how many outputs there are; NULL: in none. Local. */
const char *nn_model_output_where(const nn_model *model);

/** The layers, in order. Local. */
int64_t nn_model_layers(const nn_model *model);
nn_layer *nn_model_layer(const nn_model *model, int64_t index);

/** The variables of all layers, trained or not; one of them, with its layer: NULL for a number that is none.
 * Local. */
int64_t nn_model_variables(const nn_model *model);
const nn_variable *nn_model_variable(const nn_model *model, int64_t index, const nn_layer **layer);

/** The trained variables, in order, the arenas they and their gradients lie in, and that of the
 * variables that are not trained. The gaps between variables hold zeros and stay so. Local. */
int64_t nn_model_parameters(const nn_model *model);
const nn_parameter *nn_model_parameter(const nn_model *model, int64_t index);
nn_span nn_model_values(const nn_model *model);
nn_span nn_model_gradients(const nn_model *model);
nn_span nn_model_state(const nn_model *model);

/** Makes `gradients`, an arena with the layout of nn_model_values() whose gaps hold zeros, the one that
 * backward passes fill and nn_model_gradients() returns. Borrowed. By one thread. Local. */
void nn_model_use_gradients(nn_model *model, nn_real *gradients);

/** Moves the trained variables into `values` and their gradients, zeros at first, into `gradients`, both
 * with the layout of nn_model_values(), and gives the model's own arenas back. Borrowed until the
 * model's end. By one thread. Local. */
void nn_model_move(nn_model *model, nn_real *values, nn_real *gradients);

/** Whether all trained numbers are finite. Local. */
bool nn_model_is_finite(const nn_model *model);

/** The number of trained numbers (gaps not counted). Local. */
int64_t nn_model_parameter_count(const nn_model *model);

/** The most tiles that a product of a pass of `rows` rows is cut into: more threads have no part in it. Local. */
int nn_model_tiles(const nn_model *model, int64_t rows);

/** The activation with which the model ends, as its layers say; NN_LINEAR where it has none of its
 * own. Local. */
nn_activation nn_model_last_activation(const nn_model *model);

/** The model as a graph of operators, which borrows its variables. The caller destroys it. Local.
 * Errors: NN_BAD_CONFIG naming a layer that has no operators; NN_INTERNAL. */
nn_status nn_model_graph(const nn_model *model, nn_graph **out) NN_CHECKED;

/** Whether the last layer that computes something could end with an activation and does not. Local. */
bool nn_model_ends_linear(const nn_model *model);

/** Leaves the last activation to the loss: from now on the output holds logits. Local. */
void nn_model_leave_last_activation(nn_model *model);

/** Runs the layers forward; returns the output (rows, output_shape), a view that the next pass
 * overwrites and that the caller may change. x: (rows, input_shape). Team. Local. */
nn_real *nn_model_forward(nn_model *model, const nn_pass *pass, const nn_real *x);

/** Where the gradient with respect to the output goes: (max_rows, output_shape). Local. */
nn_real *nn_model_output_gradient(nn_model *model);

/** Runs the layers backward from nn_model_output_gradient(), after nn_model_forward() on the same
 * pass; fills the gradient arena (with zeros for a pass of no rows). Team. Local. */
void nn_model_backward(nn_model *model, const nn_pass *pass, const nn_real *x);

/** From now on the backward pass calls `ready(context, offset)` whenever the gradients from `offset` to the
 * end of the arena are those of the pass, by the lead. NULL: no more. Local. */
void nn_model_on_gradients(nn_model *model, void (*ready)(void *context, int64_t offset),
                           void *context);

/** The penalties of the regularizers: adds their gradients and returns their sum. `gradients` false:
 * only the sum. Team. Local. */
double nn_model_penalty(nn_model *model, bool gradients);

/** Lets layer `index` gather statistics over the rows x of a batch in turn `turn`: runs the layers in
 * front of it and adds to its sums. Local, by one thread. */
void nn_model_gather(nn_model *model, int64_t index, int turn, int64_t rows, const nn_real *x,
                     double *sums);

#endif
