/* regularizer.h: penalties on the weights, l1 * sum |w| + l2 * sum w^2 (keras.regularizers). */
#ifndef NN_LAYERS_REGULARIZER_H
#define NN_LAYERS_REGULARIZER_H

#include "util/object.h"
#include "util/real.h"

/** All regularizers. `{l2: 0.01}` without a name is an l1_l2. */
extern const nn_registry NN_REGULARIZERS;

/** The factors of the two penalties; NULL has none. */
typedef struct {
    double l1, l2;
} nn_penalty;

/** The factors of a regularizer; zeros for NULL. Local. */
nn_penalty nn_regularizer_penalty(const nn_object *regularizer);

/** The penalty on the weights w (count); adds its gradient to `gradient` (count) unless that is NULL.
 * By one thread. Local. */
double nn_penalty_add(nn_penalty penalty, int64_t count, const nn_real *w, nn_real *gradient);

#endif
