/* keras_compile.h: with which loss and metrics Keras compiled a model, from the attribute training_config of
 * its file, as Keras 2 and 3 write it. All functions are Local. */
#ifndef NN_MODEL_KERAS_COMPILE_H
#define NN_MODEL_KERAS_COMPILE_H

#include "model/objective.h"

/** The loss, which the caller destroys. Errors: NN_BAD_DATA where there is none, or naming one that nnmpi
 * does not know. */
nn_status nn_keras_compiled_loss(const char *training_config, nn_object **out) NN_CHECKED;

/** The metrics, each once; the caller destroys them, also after a failure. `accuracy` becomes what Keras
 * means by it for this loss and `columns` outputs. Errors: NN_BAD_DATA, naming one that nnmpi does not
 * know. */
nn_status nn_keras_compiled_metrics(const char *training_config, const nn_object *loss, int64_t columns,
                                    nn_object_list *out) NN_CHECKED;

#endif
