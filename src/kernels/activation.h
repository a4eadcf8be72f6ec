/* activation.h: the activation functions, y = f(z), and their gradients, dz = dy * f'(z).
 * Names, formulas and constants are Keras 3's (keras.activations). */
#ifndef NN_KERNELS_ACTIVATION_H
#define NN_KERNELS_ACTIVATION_H

#include "util/real.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NN_LINEAR,
    NN_RELU,
    NN_LEAKY_RELU,
    NN_ELU,
    NN_SELU,
    NN_GELU,
    NN_SILU,
    NN_SOFTPLUS,
    NN_SIGMOID,
    NN_TANH,
    NN_SOFTMAX,
    NN_ACTIVATIONS
} nn_activation;

/* Clevert et al. 2016 with alpha 1; Klambauer et al. 2017; Hendrycks & Gimpel 2016 (exact, with
 * erf); Maas et al. 2013 with Keras's slope. */
#define NN_LEAKY_SLOPE 0.2
#define NN_SELU_ALPHA  1.67326324235437728481
#define NN_SELU_SCALE  1.05070098735548049342
#define NN_HALF_SQRT   0.70710678118654752440 /* sqrt(1/2) */

/** The names in the order of the enumeration, NULL at the end. */
extern const char *const NN_ACTIVATION_NAMES[NN_ACTIVATIONS + 1];

/** Whether the gradient needs z, because y does not tell it (gelu, silu). */
bool nn_activation_needs_input(nn_activation activation);

/** y = f(z) for `rows` rows of `columns` elements; softmax is over each row. y may be z.
 * z, y: (rows, columns). Team. Local. */
void nn_activation_forward(nn_activation activation, int64_t rows, int64_t columns,
                           const nn_real *z, nn_real *y);

/** dz = dy * f'(z); z is read only where nn_activation_needs_input(), y otherwise. dz may be dy.
 * All: (rows, columns). Team. Local. */
void nn_activation_backward(nn_activation activation, int64_t rows, int64_t columns,
                            const nn_real *z, const nn_real *y, const nn_real *dy, nn_real *dz);

/** The same for one piece by the calling thread alone; softmax is not elementwise and so not
 * allowed here. z, y, dy, dz: (count). */
void nn_activate(nn_activation activation, int64_t count, const nn_real *z, nn_real *y);
void nn_activate_backward(nn_activation activation, int64_t count, const nn_real *z,
                          const nn_real *y, const nn_real *dy, nn_real *dz);

/** y = softmax(z) of one row, shifted by its maximum so that nothing overflows. (columns) */
void nn_softmax_row(int64_t columns, const nn_real *z, nn_real *y);

#endif
