/* test_random.c: Philox against the known answers that the Random123 library publishes
 * (https://github.com/DEShawResearch/random123, tests/kat_vectors), the moments of uniforms and
 * normals, and permutations: bijective, different each epoch, without a preferred place. The seeds
 * are fixed, so a statistic that passes once passes always. */
#include "check.h"

#include "util/random.h"

#include <math.h>
#include <stdlib.h>

static void lanes_are_blocks(void **state) {
    (void)state;
    const uint64_t firsts[] = {0, 3, 0xFFFFFFF8u, 0x123456789ABCDEFu};
    nn_random_stream stream = {0xDEADBEEF12345678u, NN_RANDOM_DROPOUT, 7, 11};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        uint32_t lanes[NN_RANDOM_WORDS], block[4];
        nn_random_lanes(stream, firsts[i], lanes);
        for (int lane = 0; lane < NN_RANDOM_LANES; lane++) {
            nn_random_block(stream, firsts[i] + (uint64_t)lane, block);
            assert_memory_equal(block, lanes + 4 * lane, sizeof block);
        }
    }
}

static void philox_gives_the_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t words[4];
        nn_philox(cases[i].counter, cases[i].key, words);
        assert_memory_equal(words, cases[i].expected, sizeof words);
    }
}

static void streams_share_no_numbers(void **state) {
    (void)state;
    const nn_random_stream base = {1, NN_RANDOM_WEIGHTS, 2, 3};
    nn_random_stream others[] = {base, base, base, base, base};
    others[0].seed = 2;
    others[1].seed += (uint64_t)1 << 32;
    others[2].purpose = NN_RANDOM_DROPOUT;
    others[3].part = 3;
    others[4].step = 4;
    uint32_t words[4], other[4];
    nn_random_block(base, 0, words);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        nn_random_block(others[i], 0, other);
        assert_memory_not_equal(words, other, sizeof words);
    }
    nn_random_block(base, (uint64_t)1 << 32, other);
    assert_memory_not_equal(words, other, sizeof words);
    nn_random_block(base, 0, other);
    assert_memory_equal(words, other, sizeof words);
}

/* Mean, variance, skewness and excess kurtosis of element 0 .. count - 1, and the correlation of
 * neighbours. */
typedef struct {
    double mean, variance, skewness, kurtosis, neighbours, least, most;
} moments;

static moments measure(double (*draw)(nn_random_stream, uint64_t), int64_t count) {
    const nn_random_stream stream = {2024, NN_RANDOM_GENERATE, 1, 1};
    double *values = malloc((size_t)count * sizeof *values);
    assert_non_null(values);
    moments m = {.least = INFINITY, .most = -INFINITY};
    for (int64_t i = 0; i < count; i++) {
        values[i] = draw(stream, (uint64_t)i);
        m.mean += values[i] / (double)count;
        m.least = fmin(m.least, values[i]);
        m.most = fmax(m.most, values[i]);
    }
    double sum[5] = {0};
    for (int64_t i = 0; i < count; i++) {
        double d = values[i] - m.mean;
        sum[2] += d * d;
        sum[3] += d * d * d;
        sum[4] += d * d * d * d;
        if (i > 0) m.neighbours += d * (values[i - 1] - m.mean);
    }
    m.variance = sum[2] / (double)count;
    m.skewness = sum[3] / (double)count / pow(m.variance, 1.5);
    m.kurtosis = sum[4] / (double)count / (m.variance * m.variance) - 3;
    m.neighbours /= sum[2];
    free(values);
    return m;
}

static void assert_near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%g is not within %g of %g", value, tolerance, expected);
}

enum { DRAWS = 1000000 };
static const double sigma5 = 5e-3; /* five standard errors of a mean of DRAWS values */

static void uniforms_are_uniform(void **state) {
    (void)state;
    moments m = measure(nn_random_uniform, DRAWS);
    assert_true(m.least >= 0 && m.most < 1);
    assert_near(m.mean, 0.5, sigma5 * sqrt(1.0 / 12));
    assert_near(m.variance, 1.0 / 12, sigma5 * sqrt(1.0 / 180));
    assert_near(m.skewness, 0, sigma5 * 3);
    assert_near(m.kurtosis, -1.2, sigma5 * 3);
    assert_near(m.neighbours, 0, sigma5);
}

static void normals_are_normal(void **state) {
    (void)state;
    moments m = measure(nn_random_normal, DRAWS);
    assert_true(m.least > -7 && m.most < 7);
    assert_true(m.least < -4 && m.most > 4);
    assert_near(m.mean, 0, sigma5);
    assert_near(m.variance, 1, sigma5 * sqrt(2));
    assert_near(m.skewness, 0, sigma5 * sqrt(6));
    assert_near(m.kurtosis, 0, sigma5 * sqrt(24));
    assert_near(m.neighbours, 0, sigma5);
}

static nn_random_stream epoch_stream(uint32_t epoch) {
    return (nn_random_stream){.seed = 7, .purpose = NN_RANDOM_SHUFFLE, .step = epoch};
}

static void permutations_are_bijections(void **state) {
    (void)state;
    static const uint64_t counts[] = {1,    2,    3,    4,     5,     6,     7,     8,     9,
                                      15,   16,   17,   63,    64,    65,    100,   1000,  1024,
                                      4095, 4096, 4097, 60000, 65535, 65536, 65537, 300000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        uint64_t count = counts[c];
        unsigned char *seen = malloc(count);
        assert_non_null(seen);
        for (uint32_t epoch = 0; epoch < 3; epoch++) {
            nn_permutation permutation = nn_permutation_make(epoch_stream(epoch), count);
            memset(seen, 0, count);
            for (uint64_t i = 0; i < count; i++) {
                uint64_t to = nn_permute(&permutation, i);
                assert_true(to < count);
                assert_int_equal(seen[to], 0);
                seen[to] = 1;
            }
        }
        free(seen);
    }
}

/* Many at a time are the same as one by one, from anywhere, in any number. */
static void permutations_by_lanes(void **state) {
    (void)state;
    static const uint64_t counts[] = {1, 2, 3, 31, 33, 100, 1000, 4097, 65536, (uint64_t)1 << 40};
    int64_t found[150];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        nn_permutation permutation = nn_permutation_make(epoch_stream(2), counts[c]);
        for (uint64_t first = 0; first < counts[c] && first < 300; first += 1 + first / 3) {
            int64_t most = (int64_t)(counts[c] - first < 150 ? counts[c] - first : 150);
            for (int64_t count = 0; count <= most; count += 1 + count / 2) {
                nn_permute_some(&permutation, first, count, found);
                for (int64_t i = 0; i < count; i++)
                    assert_int_equal(found[i], nn_permute(&permutation, first + (uint64_t)i));
            }
        }
    }
}

static void huge_permutations_stay_inside(void **state) {
    (void)state;
    static const uint64_t counts[] = {(uint64_t)1 << 33, ((uint64_t)1 << 62) + 1, UINT64_MAX / 3,
                                      UINT64_MAX};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        nn_permutation permutation = nn_permutation_make(epoch_stream(1), counts[c]);
        uint64_t before = UINT64_MAX;
        for (uint64_t i = 0; i < 1000; i++) {
            uint64_t to = nn_permute(&permutation, counts[c] - 1 - i);
            assert_true(to < counts[c] && to != before);
            before = to;
        }
    }
}

static void epochs_differ(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    nn_permutation one = nn_permutation_make(epoch_stream(1), COUNT);
    nn_permutation two = nn_permutation_make(epoch_stream(2), COUNT);
    nn_permutation again = nn_permutation_make(epoch_stream(1), COUNT);
    int same = 0, fixed = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        same += nn_permute(&one, i) == nn_permute(&two, i);
        fixed += nn_permute(&one, i) == i;
        assert_true(nn_permute(&one, i) == nn_permute(&again, i));
    }
    assert_true(same < 10 && fixed < 10); /* one is expected of each */
}

/* Chi-square of counts that should all be `expected`, as a number of standard deviations above its
 * mean; the approximation is good for many cells. */
static double excess(const int *counts, int cells, double expected) {
    double chi = 0;
    for (int i = 0; i < cells; i++)
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    return (chi - (cells - 1)) / sqrt(2.0 * (cells - 1));
}

static void no_order_of_a_few_is_preferred(void **state) {
    (void)state;
    enum { EPOCHS = 48000, FACTORIAL = 120 };
    for (uint64_t count = 2; count <= 5; count++) {
        int orders[FACTORIAL] = {0}, factorial = 1;
        for (int i = 2; i <= (int)count; i++) factorial *= i;
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
            nn_permutation permutation = nn_permutation_make(epoch_stream(epoch), count);
            int number = 0; /* of the order: its Lehmer code */
            for (uint64_t i = 0; i < count; i++) {
                int smaller = 0;
                for (uint64_t k = i + 1; k < count; k++)
                    smaller += nn_permute(&permutation, k) < nn_permute(&permutation, i);
                number = number * (int)(count - i) + smaller;
            }
            orders[number]++;
        }
        assert_true(excess(orders, factorial, (double)EPOCHS / factorial) < 5);
    }
}

/* Where each element of a few places goes, over many epochs; and where pairs of neighbours go. */
static void no_place_is_preferred(void **state) {
    (void)state;
    enum { EPOCHS = 20000, MOST = 400 };
    static const int sizes[] = {3, 7, 10, 16, 17, 20};
    int to[MOST], pair[MOST];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int count = sizes[s];
        for (int place = 0; place < count; place++) {
            memset(to, 0, sizeof to);
            memset(pair, 0, sizeof pair);
            for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
                nn_permutation p = nn_permutation_make(epoch_stream(epoch), (uint64_t)count);
                int first = (int)nn_permute(&p, (uint64_t)place);
                int second = (int)nn_permute(&p, (uint64_t)((place + 1) % count));
                to[first]++;
                pair[first * (count - 1) + (second > first ? second - 1 : second)]++;
            }
            assert_true(excess(to, count, (double)EPOCHS / count) < 6);
            int pairs = count * (count - 1);
            assert_true(excess(pair, pairs, (double)EPOCHS / pairs) < 6);
        }
    }
}

/* Within one epoch of a large set: a batch draws evenly from all of it, and neighbours part. */
static void a_batch_draws_from_everywhere(void **state) {
    (void)state;
    enum { COUNT = 60000, CELLS = 100, BATCH = 10000 };
    nn_permutation permutation = nn_permutation_make(epoch_stream(3), COUNT);
    for (uint64_t batch = 0; batch < COUNT / BATCH; batch++) {
        int cells[CELLS] = {0};
        for (uint64_t i = 0; i < BATCH; i++)
            cells[nn_permute(&permutation, batch * BATCH + i) * CELLS / COUNT]++;
        assert_true(excess(cells, CELLS, (double)BATCH / CELLS) < 5);
    }
    double sum = 0;
    for (uint64_t i = 0; i + 1 < COUNT; i++)
        sum += fabs((double)nn_permute(&permutation, i) - (double)nn_permute(&permutation, i + 1));
    assert_near(sum / (COUNT - 1), COUNT / 3.0, 0.01 * COUNT); /* the mean distance of strangers */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(lanes_are_blocks),
        cmocka_unit_test(streams_share_no_numbers),
        cmocka_unit_test(uniforms_are_uniform),
        cmocka_unit_test(normals_are_normal),
        cmocka_unit_test(permutations_are_bijections),
        cmocka_unit_test(permutations_by_lanes),
        cmocka_unit_test(huge_permutations_stay_inside),
        cmocka_unit_test(epochs_differ),
        cmocka_unit_test(no_order_of_a_few_is_preferred),
        cmocka_unit_test(no_place_is_preferred),
        cmocka_unit_test(a_batch_draws_from_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
