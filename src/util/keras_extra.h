/* keras_extra.h: what Keras's JSON says of an object beyond the arguments that its class has here: such as
 * changes nothing, and such as cannot be left out without becoming another object. */
#ifndef NN_UTIL_KERAS_EXTRA_H
#define NN_UTIL_KERAS_EXTRA_H

#include "util/node.h"

/** Whether an argument that nnmpi does not have can be left out: null and false can, and those of which it
 * is known. Arguments of layers that matter in training alone are taken too: who trains looks at them
 * (nn_keras_check_use()). Local. */
bool nn_keras_extra_is_neutral(const nn_node *argument);

#endif
