/* export.h: a trained model in the file of another format: ONNX, which runtimes of many languages run
 * without nnmpi, or safetensors, its weights alone. All functions are Local. */
#ifndef NN_EXPORT_EXPORT_H
#define NN_EXPORT_EXPORT_H

#include "util/status.h"

/** Reads a model, or a checkpoint, and writes it to `output` in the format that the ending of that name
 * says (.onnx, .safetensors), published whole. *summary is a line that says what the file holds; the
 * caller frees it. Errors: NN_USAGE for another ending, or where `output` is `model`; those of
 * nn_seal_verify(), nn_h5_open() and nn_keras_read(); NN_BAD_DATA where the format cannot hold so
 * much; NN_CANT_CREATE, also where another file than such a one stands at `output`; NN_IO. */
nn_status nn_export(const char *model, const char *output, char **summary) NN_CHECKED;

#endif
