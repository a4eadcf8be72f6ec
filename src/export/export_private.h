/* export_private.h: the formats. Each writes a model into a file, published whole; the arrays go there
 * from where the model holds them, without a copy. `about` is a map of texts that says more of the model
 * (its run's name, its classes) and goes into the file as it is. All functions are Local. */
#ifndef NN_EXPORT_EXPORT_PRIVATE_H
#define NN_EXPORT_EXPORT_PRIVATE_H

#include "model/model.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "both formats hold little-endian numbers");

/** Writes an ONNX file. Errors: NN_BAD_DATA above 2 GB, which is all that one can hold; NN_CANT_CREATE,
 * NN_IO. */
nn_status nn_onnx_write(const nn_graph *graph, const nn_node *about, const char *path) NN_CHECKED;

/** Writes all variables, trained or not, as LAYER.VARIABLE into a safetensors file.
 * Errors: NN_BAD_DATA where names and `about` take more than the format allows; NN_CANT_CREATE,
 * NN_IO. */
nn_status nn_safetensors_write(const nn_model *model, const nn_node *about,
                               const char *path) NN_CHECKED;

#endif
