/* initializer.h: initial values of variables (keras.initializers). */
#ifndef NN_LAYERS_INITIALIZER_H
#define NN_LAYERS_INITIALIZER_H

#include "util/object.h"
#include "util/random.h"
#include "util/real.h"

/** All initializers. */
extern const nn_registry NN_INITIALIZERS;

/** Fills `value` (shape) by the initializer; NULL: zeros. Element i depends on the stream and i
 * alone. Local. */
void nn_initialize(const nn_object *initializer, nn_random_stream stream, nn_shape shape,
                   nn_real *value);

#endif
