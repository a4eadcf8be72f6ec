/* keras.h: a model in an HDF5 file, in the layout of Keras's whole-model files (docs/FILES.md):
 * /model_config, /model_weights/<layer>/..., and hard links /layers/<class>/vars/<i> to the same
 * datasets, so that load_model and load_weights both work. All functions are Local. */
#ifndef NN_MODEL_KERAS_H
#define NN_MODEL_KERAS_H

#include "io/h5.h"
#include "model/model.h"
#include "util/text.h"

/** How the numbers of nn_real are stored. */
#ifdef NN_DOUBLE
#define NN_H5_NN_REAL NN_H5_F64
#else
#define NN_H5_NN_REAL NN_H5_F32
#endif

/** Writes the model into a file being made. Errors: NN_IO. */
nn_status nn_keras_write(nn_model *model, nn_h5 *file) NN_CHECKED;

/** The model as Keras's JSON, which the caller frees; equal for equal architectures.
 * Errors: NN_INTERNAL. */
nn_status nn_keras_config(const nn_model *model, char **out) NN_CHECKED;

/** Adds in what a model differs from ours, both as nn_keras_config() writes them, to a sentence about the other:
 * "units of the layer 'dense' is 16 there and 17 here"; nothing where that is in no layer.
 * Errors: NN_BAD_DATA, NN_INTERNAL. */
nn_status nn_keras_tell_difference(const char *theirs, const char *ours, nn_text *text) NN_CHECKED;

/** Builds the model that Keras's JSON describes, for passes of at most `max_rows` rows.
 * Errors: NN_BAD_DATA, also where it is not Sequential, naming a layer or an argument that nnmpi does not know,
 * or a layer that does not fit the one before it, or the memory. */
nn_status nn_keras_build(const char *config, int64_t max_rows, nn_model **out) NN_CHECKED;

/** What a model is read for; each needs more to be known than the one before. */
typedef enum { NN_KERAS_PREDICT, NN_KERAS_EVALUATE, NN_KERAS_TRAIN } nn_keras_use;

/** Whether nnmpi knows all that matters to this use in Keras's JSON, of which `model` was built.
 * Errors: NN_BAD_DATA naming the layer, also where it is frozen and would be trained. */
nn_status nn_keras_check_use(const char *config, const nn_model *model, nn_keras_use use) NN_CHECKED;

/** Builds the model that a file describes, for passes of at most `max_rows` rows, and reads its
 * variables. Errors: NN_BAD_DATA naming file and path, or a layer that nnmpi does not know. */
nn_status nn_keras_read(nn_h5 *file, int64_t max_rows, nn_model **out) NN_CHECKED;

/** The attribute model_config of a file, which the caller frees. Errors: NN_BAD_DATA where it has none. */
nn_status nn_keras_read_config(nn_h5 *file, char **out) NN_CHECKED;

/** Reads the variables of a model that the file holds too. Errors: NN_BAD_DATA. */
nn_status nn_keras_read_weights(nn_model *model, nn_h5 *file) NN_CHECKED;

/** Reads the variables of a model with as many layers of the same shapes, whatever they are called there,
 * in their order: all layers where their number is the same, otherwise those that have weights. A layer
 * whose statistics are given as arguments keeps them, whether the file has weights of it or, as Keras's files,
 * none. Errors: NN_BAD_DATA naming layer and shapes. */
nn_status nn_keras_take_weights(nn_model *model, nn_h5 *file) NN_CHECKED;

#endif
