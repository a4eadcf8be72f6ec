/* test_math.c: how exact the elementary functions are over the whole range of floats, and what they
 * make of infinities, NaN and numbers whose image is too large or too small. */
#include "kernels.h"

#include "kernels/math.h"

#include <float.h>

/* Every 67th float is looked at where the functions change, every 1009th elsewhere. */
enum { FINE = 67, COARSE = 1009 };

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void check_relative(const char *what, float x, float found, double expected, double error) {
    if (!(fabs((double)found - expected) <= error * fabs(expected)))
        fail_msg("%s(%.9g) is %.9g instead of %.9g", what, (double)x, (double)found, expected);
}

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Calls `check` with floats of both signs over the whole range. */
static void for_floats(void (*check)(float x)) {
    const uint32_t begin = bits_of(0x1p-12F), end = bits_of(110), most = bits_of(FLT_MAX);
    for (uint32_t bits = 0; bits <= most; bits += bits >= begin && bits < end ? FINE : COARSE) {
        check(from_bits(bits));
        check(-from_bits(bits));
    }
    check(FLT_MAX);
    check(-FLT_MAX);
}

static void check_exp(float x) {
    double expected = exp((double)x);
    float found = nn_exp(x);
    if (expected < (double)FLT_MIN)
        assert_true(found >= 0 && found <= FLT_MIN);
    else if (expected > (double)FLT_MAX)
        assert_true(isinf(found));
    else
        check_relative("exp", x, found, expected, 2e-7);
}

static void test_exp(void **state) {
    (void)state;
    for_floats(check_exp);
    for (float x = 87; x < 89; x = nextafterf(x, 100)) check_exp(x);
    for (float x = -89; x < -87; x = nextafterf(x, 100)) check_exp(x);
    assert_true(nn_exp(0.0F) == 1 && nn_exp(-0.0F) == 1);
    assert_true(nn_exp(INFINITY) == INFINITY);
    assert_true(nn_exp(-INFINITY) == 0);
    assert_true(isnan(nn_exp(NAN)) && isnan(nn_exp(-NAN)));
}

static void check_tanh(float x) {
    check_relative("tanh", x, nn_tanh(x), tanh((double)x), 3e-7);
}

static void test_tanh(void **state) {
    (void)state;
    for_floats(check_tanh);
    assert_true(nn_tanh(INFINITY) == 1 && nn_tanh(-INFINITY) == -1);
    assert_true(isnan(nn_tanh(NAN)));
    assert_true(nn_tanh(0.0F) == 0 && nn_tanh(-0.0F) == 0);
}

static void check_sigmoid(float x) {
    double expected = 1 / (1 + exp(-(double)x));
    float found = nn_sigmoid(x);
    if (expected < 2 * (double)FLT_MIN)
        assert_true(found >= 0 && found <= 2 * FLT_MIN);
    else
        check_relative("sigmoid", x, found, expected, 4e-7);
}

static void check_softplus(float x) {
    double expected = x > 0 ? (double)x + log1p(exp(-(double)x)) : log1p(exp((double)x));
    float found = nn_softplus(x);
    if (expected < (double)FLT_MIN)
        assert_true(found >= 0 && found <= FLT_MIN);
    else
        check_relative("softplus", x, found, expected, 4e-7);
}

static void test_sigmoid_and_softplus(void **state) {
    (void)state;
    for_floats(check_sigmoid);
    for_floats(check_softplus);
    assert_true(nn_sigmoid(1e4F) == 1 && nn_sigmoid(-1e4F) == 0 && nn_sigmoid(0) == 0.5F);
    assert_true(nn_softplus(1e4F) == 1e4F && nn_softplus(-1e4F) == 0);
    assert_true(nn_sigmoid(INFINITY) == 1 && nn_sigmoid(-INFINITY) == 0);
    assert_true(nn_softplus(INFINITY) == INFINITY && nn_softplus(-INFINITY) == 0);
    assert_true(isnan(nn_sigmoid(NAN)) && isnan(nn_softplus(NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_tanh),
        cmocka_unit_test(test_sigmoid_and_softplus),
    };
    return cmocka_run_group_tests_name("math", tests, NULL, NULL);
}
