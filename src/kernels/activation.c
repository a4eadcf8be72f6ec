/* activation.c: the activation functions. One loop each, plain enough to become vector code. */
#include "kernels/activation.h"

#include "kernels/math.h"
#include "kernels/team.h"

const char *const NN_ACTIVATION_NAMES[NN_ACTIVATIONS + 1] = {
    "linear", "relu",     "leaky_relu", "elu",  "selu",    "gelu",
    "silu",   "softplus", "sigmoid",    "tanh", "softmax", NULL};

static const nn_real LEAKY_SLOPE = (nn_real)NN_LEAKY_SLOPE;
static const nn_real SELU_ALPHA = (nn_real)NN_SELU_ALPHA;
static const nn_real SELU_SCALE = (nn_real)NN_SELU_SCALE;
static const nn_real HALF_SQRT = (nn_real)NN_HALF_SQRT;
static const nn_real NORMAL_PEAK = (nn_real)0.39894228040143267794; /* 1 / sqrt(2 pi) */

bool nn_activation_needs_input(nn_activation activation) {
    return activation == NN_GELU || activation == NN_SILU;
}

#define EACH(expression)                                                                           \
    for (int64_t i = 0; i < count; i++) {                                                          \
        nn_real x = z[i];                                                                          \
        y[i] = (expression);                                                                       \
    }                                                                                              \
    break

void nn_activate(nn_activation activation, int64_t count, const nn_real *z, nn_real *y) {
    switch (activation) {
    case NN_LINEAR:
        if (y != z) memcpy(y, z, (size_t)count * sizeof *y);
        break;
    case NN_RELU: EACH(x < 0 ? 0 : x); /* NaN stays NaN, so that it is seen */
    case NN_LEAKY_RELU: EACH(x > 0 ? x : LEAKY_SLOPE * x);
    case NN_ELU: EACH(x > 0 ? x : nn_expm1(x));
    case NN_SELU: EACH(SELU_SCALE *(x > 0 ? x : SELU_ALPHA * nn_expm1(x)));
    case NN_GELU: EACH(x *(nn_real)0.5 * (1 + nn_erf(x * HALF_SQRT)));
    case NN_SILU: EACH(x *nn_sigmoid(x));
    case NN_SOFTPLUS: EACH(nn_softplus(x));
    case NN_SIGMOID: EACH(nn_sigmoid(x));
    case NN_TANH: EACH(nn_tanh(x));
    case NN_SOFTMAX:
    case NN_ACTIVATIONS: break;
    }
}
#undef EACH

#define EACH(expression)                                                                           \
    for (int64_t i = 0; i < count; i++) dz[i] = dy[i] * (expression);                              \
    break

void nn_activate_backward(nn_activation activation, int64_t count, const nn_real *z,
                          const nn_real *y, const nn_real *dy, nn_real *dz) {
    switch (activation) {
    case NN_LINEAR:
        if (dz != dy) memcpy(dz, dy, (size_t)count * sizeof *dz);
        break;
    case NN_RELU: EACH(y[i] > 0 ? 1 : 0);
    case NN_LEAKY_RELU: EACH(y[i] > 0 ? 1 : LEAKY_SLOPE);
    case NN_ELU: EACH(y[i] > 0 ? 1 : y[i] + 1);
    case NN_SELU: EACH(y[i] > 0 ? SELU_SCALE : y[i] + SELU_SCALE * SELU_ALPHA);
    /* NOLINTBEGIN(clang-analyzer-core.NullDereference): z is NULL for those alone that need none */
    case NN_GELU:
        EACH((nn_real)0.5 * (1 + nn_erf(z[i] * HALF_SQRT)) +
             z[i] * NORMAL_PEAK * nn_exp((nn_real)-0.5 * z[i] * z[i]));
    case NN_SILU: EACH(nn_sigmoid(z[i]) * (1 + z[i] * (1 - nn_sigmoid(z[i]))));
    /* NOLINTEND(clang-analyzer-core.NullDereference) */
    case NN_SOFTPLUS: EACH(1 - nn_exp(-y[i]));
    case NN_SIGMOID: EACH(y[i] * (1 - y[i]));
    case NN_TANH: EACH(1 - y[i] * y[i]);
    case NN_SOFTMAX:
    case NN_ACTIVATIONS: break;
    }
}
#undef EACH

void nn_softmax_row(int64_t columns, const nn_real *z, nn_real *y) {
    nn_real greatest = z[0], sum = 0;
    for (int64_t j = 1; j < columns; j++) greatest = z[j] > greatest ? z[j] : greatest;
    for (int64_t j = 0; j < columns; j++) y[j] = nn_exp(z[j] - greatest);
    for (int64_t j = 0; j < columns; j++) sum += y[j];
    nn_real inverse = 1 / sum;
    for (int64_t j = 0; j < columns; j++) y[j] *= inverse;
}

/* dz_j = y_j (dy_j - sum_k dy_k y_k) */
static void softmax_backward_row(int64_t columns, const nn_real *y, const nn_real *dy,
                                 nn_real *dz) {
    nn_real sum = 0;
    for (int64_t j = 0; j < columns; j++) sum += dy[j] * y[j];
    for (int64_t j = 0; j < columns; j++) dz[j] = y[j] * (dy[j] - sum);
}

typedef struct {
    nn_activation activation;
    int64_t columns;
    const nn_real *z, *y, *dy;
    nn_real *out;
} rows_job;

static void forward_rows(int64_t begin, int64_t end, void *context) {
    const rows_job *job = context;
    int64_t columns = job->columns;
    if (job->activation != NN_SOFTMAX) {
        nn_activate(job->activation, (end - begin) * columns, job->z + begin * columns,
                    job->out + begin * columns);
        return;
    }
    for (int64_t i = begin; i < end; i++)
        nn_softmax_row(columns, job->z + i * columns, job->out + i * columns);
}

void nn_activation_forward(nn_activation activation, int64_t rows, int64_t columns,
                           const nn_real *z, nn_real *y) {
    rows_job job = {.activation = activation, .columns = columns, .z = z, .out = y};
    nn_team_for(rows, nn_row_grain(columns), forward_rows, &job);
}

static void backward_rows(int64_t begin, int64_t end, void *context) {
    const rows_job *job = context;
    int64_t columns = job->columns, offset = begin * columns;
    if (job->activation != NN_SOFTMAX) {
        const nn_real *z = job->z ? job->z + offset : NULL;
        nn_activate_backward(job->activation, (end - begin) * columns, z, job->y + offset,
                             job->dy + offset, job->out + offset);
        return;
    }
    for (int64_t i = begin; i < end; i++)
        softmax_backward_row(columns, job->y + i * columns, job->dy + i * columns,
                             job->out + i * columns);
}

void nn_activation_backward(nn_activation activation, int64_t rows, int64_t columns,
                            const nn_real *z, const nn_real *y, const nn_real *dy, nn_real *dz) {
    rows_job job = {activation, columns, z, y, dy, dz};
    nn_team_for(rows, nn_row_grain(columns), backward_rows, &job);
}
