/* plain.c: the plain twins of the kernels, as the textbooks say and without a thought for speed. */
#include "kernels/plain.h"

#include <math.h>
#include <string.h>

/* ---- products ---- */

void nn_plain_gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c,
                   const nn_epilogue *epilogue) {
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double z = epilogue && epilogue->bias ? (double)epilogue->bias[j] : 0;
            for (int64_t l = 0; l < k; l++) z += (double)a[i * k + l] * (double)b[l * n + j];
            if (epilogue && epilogue->before) epilogue->before[i * n + j] = (nn_real)z;
            c[i * n + j] = (nn_real)(epilogue ? nn_plain_activation(epilogue->activation, z) : z);
        }
    }
}

void nn_plain_gemm_ta(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                      nn_real *c) {
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++) sum += (double)a[l * m + i] * (double)b[l * n + j];
            c[i * n + j] = (nn_real)sum;
        }
    }
}

void nn_plain_gemm_tb(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                      nn_real *c) {
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++) sum += (double)a[i * k + l] * (double)b[j * k + l];
            c[i * n + j] = (nn_real)sum;
        }
    }
}

/* ---- activations ---- */

static const double SELU_ALPHA = 1.67326324235437728481, SELU_SCALE = 1.05070098735548049342;
static const double LEAKY_SLOPE = 0.2, PI = 3.14159265358979323846;

static double sigmoid(double z) {
    return 1 / (1 + exp(-z));
}

double nn_plain_activation(nn_activation activation, double z) {
    switch (activation) {
    case NN_RELU: return z > 0 ? z : 0;
    case NN_LEAKY_RELU: return z > 0 ? z : LEAKY_SLOPE * z;
    case NN_ELU: return z > 0 ? z : expm1(z);
    case NN_SELU: return SELU_SCALE * (z > 0 ? z : SELU_ALPHA * expm1(z));
    case NN_GELU: return z / 2 * (1 + erf(z / sqrt(2)));
    case NN_SILU: return z * sigmoid(z);
    case NN_SOFTPLUS: return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
    case NN_SIGMOID: return sigmoid(z);
    case NN_TANH: return tanh(z);
    case NN_LINEAR:
    case NN_SOFTMAX:
    case NN_ACTIVATIONS: break;
    }
    return z;
}

double nn_plain_derivative(nn_activation activation, double z) {
    switch (activation) {
    case NN_RELU: return z > 0 ? 1 : 0;
    case NN_LEAKY_RELU: return z > 0 ? 1 : LEAKY_SLOPE;
    case NN_ELU: return z > 0 ? 1 : exp(z);
    case NN_SELU: return z > 0 ? SELU_SCALE : SELU_SCALE * SELU_ALPHA * exp(z);
    case NN_GELU: return (1 + erf(z / sqrt(2))) / 2 + z * exp(-z * z / 2) / sqrt(2 * PI);
    case NN_SILU: return sigmoid(z) + z * sigmoid(z) * sigmoid(-z);
    case NN_SOFTPLUS: return sigmoid(z);
    case NN_SIGMOID: return sigmoid(z) * sigmoid(-z);
    case NN_TANH: return 1 - tanh(z) * tanh(z);
    case NN_LINEAR:
    case NN_SOFTMAX:
    case NN_ACTIVATIONS: break;
    }
    return 1;
}

/* log sum_k exp(z_k), the same as greatest + log sum_k exp(z_k - greatest) */
static double log_sum(int64_t columns, const nn_real *z) {
    double greatest = (double)z[0], sum = 0;
    for (int64_t k = 1; k < columns; k++) greatest = fmax(greatest, (double)z[k]);
    for (int64_t k = 0; k < columns; k++) sum += exp((double)z[k] - greatest);
    return greatest + log(sum); // cppcheck-suppress invalidFunctionArg ; one of the terms is 1
}

static void softmax(int64_t columns, const nn_real *z, nn_real *y) {
    const double all = log_sum(columns, z);
    for (int64_t j = 0; j < columns; j++) y[j] = (nn_real)exp((double)z[j] - all);
}

void nn_plain_activation_forward(nn_activation activation, int64_t rows, int64_t columns,
                                 const nn_real *z, nn_real *y) {
    for (int64_t i = 0; i < rows && activation == NN_SOFTMAX; i++)
        softmax(columns, z + i * columns, y + i * columns);
    for (int64_t i = 0; i < rows * columns && activation != NN_SOFTMAX; i++)
        y[i] = (nn_real)nn_plain_activation(activation, (double)z[i]);
}

/* With y = softmax(z): dz_j = sum_k dy_k dy_k/dz_j = sum_k dy_k y_k ((j == k) - y_j). */
static void softmax_backward(int64_t columns, const nn_real *z, const nn_real *dy, nn_real *dz) {
    const double all = log_sum(columns, z);
    for (int64_t j = 0; j < columns; j++) {
        double sum = 0;
        for (int64_t k = 0; k < columns; k++)
            sum += (double)dy[k] * exp((double)z[k] - all) * ((j == k) - exp((double)z[j] - all));
        dz[j] = (nn_real)sum;
    }
}

void nn_plain_activation_backward(nn_activation activation, int64_t rows, int64_t columns,
                                  const nn_real *z, const nn_real *dy, nn_real *dz) {
    for (int64_t i = 0; i < rows && activation == NN_SOFTMAX; i++)
        softmax_backward(columns, z + i * columns, dy + i * columns, dz + i * columns);
    for (int64_t i = 0; i < rows * columns && activation != NN_SOFTMAX; i++)
        dz[i] = (nn_real)((double)dy[i] * nn_plain_derivative(activation, (double)z[i]));
}

/* ---- rows and elements ---- */

void nn_plain_bias_backward(nn_activation activation, int64_t rows, int64_t columns,
                            const nn_real *z, const nn_real *dy, nn_real *dz, nn_real *db) {
    for (int64_t j = 0; j < columns; j++) {
        double sum = 0;
        for (int64_t i = 0; i < rows; i++) {
            const int64_t at = i * columns + j;
            double value = (double)dy[at] * nn_plain_derivative(activation, (double)z[at]);
            dz[at] = (nn_real)value;
            sum += value;
        }
        if (db) db[j] = (nn_real)sum;
    }
}

void nn_plain_affine(int64_t count, nn_real scale, nn_real offset, const nn_real *x, nn_real *y) {
    for (int64_t i = 0; i < count; i++)
        y[i] = (nn_real)((double)x[i] * (double)scale + (double)offset);
}

void nn_plain_add(int64_t count, const nn_real *x, nn_real *y) {
    for (int64_t i = 0; i < count; i++) y[i] = (nn_real)((double)y[i] + (double)x[i]);
}

void nn_plain_multiply(int64_t count, const nn_real *x, const nn_real *y, nn_real *z) {
    for (int64_t i = 0; i < count; i++) z[i] = (nn_real)((double)x[i] * (double)y[i]);
}

void nn_plain_normalize(int64_t rows, int64_t columns, const nn_real *mean, const nn_real *variance,
                        const nn_real *x, nn_real *y) {
    for (int64_t i = 0; i < rows * columns; i++) {
        const int64_t j = i % columns;
        double deviation = fmax(sqrt((double)variance[j]), 1e-7);
        y[i] = (nn_real)(((double)x[i] - (mean ? (double)mean[j] : 0)) / deviation);
    }
}

/* A row takes whole blocks of four words of the stream; a word w stands for w / 2^32 in [0, 1). */
void nn_plain_dropout(int64_t rows, int64_t columns, double rate, nn_random_stream stream,
                      int64_t first, const nn_real *x, nn_real *y, nn_real *mask) {
    const int64_t blocks = (columns + 3) / 4;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            uint32_t words[4];
            nn_random_block(stream, (uint64_t)((first + i) * blocks + j / 4), words);
            const int64_t at = i * columns + j;
            bool kept = words[j % 4] / 4294967296.0 >= rate;
            mask[at] = kept ? (nn_real)(1 / (1 - rate)) : 0;
            y[at] = x[at] * mask[at];
        }
    }
}

void nn_plain_gather(int64_t count, int64_t columns, const uint8_t *u8, const float *f32,
                     const int64_t *index, nn_real *out) {
    for (int64_t i = 0; i < count * columns; i++) {
        const int64_t from = index[i / columns] * columns + i % columns;
        out[i] = u8 ? (nn_real)u8[from] : (nn_real)f32[from];
    }
}

void nn_plain_gather_classes(int64_t count, const int32_t *classes, const int64_t *index,
                             int32_t *out) {
    for (int64_t i = 0; i < count; i++) out[i] = classes[index[i]];
}

/* ---- bfloat16 ---- */

/* With 8 bits of precision and float32's exponents: x as m 2^e, m of 8 bits, below 2^-126 with a fixed e. */
uint16_t nn_plain_to_bf16(double x) {
    int exponent;
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const double size = fabs(x);
    if (isnan(x)) return 0x7FC0;
    if (size == 0) return sign;
    frexp(size, &exponent); /* size = f 2^exponent, f from 1/2 to 1 */
    int step = exponent - 8;
    if (step < -133) step = -133;
    double rounded = ldexp(nearbyint(ldexp(size, -step)), step); /* ties to even */
    if (rounded >= ldexp(1, 128)) return sign | 0x7F80;
    const float value = (float)rounded;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(sign | bits >> 16);
}
