/* test_bf16.c: bfloat16 against its plain twin: ties, subnormal numbers, overflow, infinity, NaN, and any
 * bits; sums; by teams of 1, 2 and 3 threads.
 * test: THREADS 3 */
#include "kernels.h"

#include "kernels/bf16.h"

enum { COUNT = 70001 };

static uint16_t halves[COUNT];
static nn_real x[COUNT], y[COUNT];

static void to_body(void *context) {
    (void)context;
    nn_to_bf16(COUNT, x, halves);
}

static void from_body(void *context) {
    (void)context;
    nn_from_bf16(COUNT, halves, y);
}

static void add_body(void *context) {
    (void)context;
    nn_add_bf16(COUNT, halves, y);
}

/* Every upper half of a float, each with lower halves around the ties; then numbers. */
static void fill_numbers(int turn) {
    static const uint32_t lower[] = {0x0000, 0x0001, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t bits = i << 16 | lower[turn];
        memcpy(&x[i], &bits, sizeof bits);
    }
}

static void test_rounding(void **state) {
    (void)state;
    for (int turn = 0; turn < 6; turn++) {
        fill_numbers(turn);
        for (int threads = 1; threads <= 3; threads++) {
            memset(halves, 1, sizeof halves);
            nn_team_run(threads, to_body, NULL);
            nn_team_run(threads, from_body, NULL);
            for (int i = 0; i < COUNT; i++) {
                if (isnan(x[i])) {
                    assert_true(isnan(y[i]));
                    continue;
                }
                /* teams take tiny numbers as zero in arithmetic, but these kernels move bits */
                assert_int_equal(halves[i], nn_plain_to_bf16((double)x[i]));
            }
        }
    }
}

static void test_sums(void **state) {
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        x[i] = (nn_real)((i % 2 ? -1 : 1) * (1 + i * 1e-3));
        y[i] = (nn_real)(i % 17);
    }
    nn_team_run(2, to_body, NULL);
    nn_team_run(3, add_body, NULL);
    for (int i = 0; i < COUNT; i++) {
        nn_real alone;
        const uint32_t bits = (uint32_t)halves[i] << 16;
        memcpy(&alone, &bits, sizeof bits);
        assert_true(fabs((double)(alone - x[i])) <= fabs((double)x[i]) * 0x1p-8);
        assert_true(y[i] == (nn_real)(i % 17) + alone);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests_name("bf16", tests, NULL, NULL);
}
