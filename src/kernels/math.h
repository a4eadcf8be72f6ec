/* math.h: elementary functions without branches, so that loops over them become vector code.
 *
 * In float: exp after Cephes (Moshier), with n * ln 2 taken off in two parts and a polynomial of
 * degree 6; its relative error is below 2e-7 (tests/unit/test_math.c), and what would be denormal is
 * 0, which is faster to go on with. In double: libm's. */
#ifndef NN_KERNELS_MATH_H
#define NN_KERNELS_MATH_H

#include "util/real.h"

#include <math.h>
#include <string.h>

#ifdef NN_DOUBLE

static inline nn_real nn_exp(nn_real x) {
    return exp(x);
}
static inline nn_real nn_tanh(nn_real x) {
    return tanh(x);
}
#define nn_log     log
#define nn_log1p   log1p
#define nn_expm1   expm1
#define nn_erf     erf
#define nn_sqrt    sqrt
#define nn_fabs    fabs
#define nn_fmax    fmax
#define NN_EPSILON 2.2e-16

#else

static inline nn_real nn_exp(nn_real x) {
    const float shift = 0x1.8p23f; /* adding it rounds to an integer in the low bits */
    const float low = -87.33654f, high = 88.72284f; /* beyond, the result is 0 or infinite */
    float bounded = x < low ? low : x;
    bounded = bounded > high ? high : bounded;
    float shifted = bounded * 1.44269504088896341f + shift;
    float n = shifted - shift;
    float r = bounded - n * 0.693359375f - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    /* 2^n as two factors, because n may be 128 */
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    int32_t exponent = (int32_t)(bits << 9) >> 9; /* n, from the low bits of the sum */
    int32_t half = exponent >> 1;
    uint32_t first = (uint32_t)(half + 127) << 23, second = (uint32_t)(exponent - half + 127) << 23;
    float scale_first, scale_second;
    memcpy(&scale_first, &first, sizeof first);
    memcpy(&scale_second, &second, sizeof second);
    float y = p * scale_first * scale_second;
    y = x > high ? INFINITY : y;
    return x < low ? 0.0f : y;
}

static inline nn_real nn_tanh(nn_real x) {
    float magnitude = fabsf(x), square = x * x;
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    float near_zero = p * square * x + x;
    float far = 1.0f - 2.0f / (nn_exp(2.0f * magnitude) + 1.0f);
    return magnitude < 0.625f ? near_zero : copysignf(far, x);
}
#define nn_log     logf
#define nn_log1p   log1pf
#define nn_expm1   expm1f
#define nn_erf     erff
#define nn_sqrt    sqrtf
#define nn_fabs    fabsf
#define nn_fmax    fmaxf
#define NN_EPSILON 1.2e-7f

#endif

static inline nn_real nn_sigmoid(nn_real x) {
    return 1 / (1 + nn_exp(-x));
}

/** log(1 + exp(x)), finite for any finite x. */
static inline nn_real nn_softplus(nn_real x) {
    return nn_fmax(x, 0) + nn_log1p(nn_exp(-nn_fabs(x)));
}

#endif
