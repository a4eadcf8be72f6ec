/* test_gemm.c: matrix products of every shape against their plain twins, with and without what
 * follows a product, and the same bits for any team, also where the CBLAS might start threads itself.
 * test: THREADS 3 */
#include "kernels.h"

typedef void product(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                     nn_real *c);

typedef struct {
    product *multiply; /* NULL: nn_gemm() with the epilogue */
    int64_t m, n, k;
    const nn_real *a, *b;
    nn_real *c;
    const nn_epilogue *epilogue;
} gemm_job;

static void gemm_body(void *context) {
    gemm_job *job = context;
    if (job->multiply)
        job->multiply(job->m, job->n, job->k, job->a, job->b, job->c);
    else
        nn_gemm(job->m, job->n, job->k, job->a, job->b, job->c, job->epilogue);
}

/* Nothing, one, odd, and enough for two tiles. */
static const int64_t EXTENTS[] = {0, 1, 7, 130, 260};
enum { EXTENT_COUNT = sizeof EXTENTS / sizeof *EXTENTS, MOST = 260 };

/* Rounding of a sum of k products of numbers up to 1. */
static double error_of(int64_t k) {
    return 8e-7 * (1 + sqrt((double)k));
}

static void check_product(product *multiply, product *plain, const nn_real *a, const nn_real *b) {
    nn_real *c = zeros(MOST * MOST), *expected = zeros(MOST * MOST);
    for (int i = 0; i < EXTENT_COUNT * EXTENT_COUNT * EXTENT_COUNT; i++) {
        gemm_job job = {.multiply = multiply, .a = a, .b = b, .c = c};
        job.m = EXTENTS[i % EXTENT_COUNT];
        job.n = EXTENTS[i / EXTENT_COUNT % EXTENT_COUNT];
        job.k = EXTENTS[i / EXTENT_COUNT / EXTENT_COUNT];
        run_teams(gemm_body, &job, c, (size_t)(job.m * job.n) * sizeof *c);
        plain(job.m, job.n, job.k, a, b, expected);
        assert_near(job.m * job.n, c, expected, error_of(job.k));
    }
    free(c);
    free(expected);
}

static void plain_gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b,
                       nn_real *c) {
    nn_plain_gemm(m, n, k, a, b, c, NULL);
}

static void gemm(int64_t m, int64_t n, int64_t k, const nn_real *a, const nn_real *b, nn_real *c) {
    nn_gemm(m, n, k, a, b, c, NULL);
}

static void test_products(void **state) {
    (void)state;
    nn_real *a = numbers(MOST * MOST, 1, 1), *b = numbers(MOST * MOST, 2, 1);
    check_product(gemm, plain_gemm, a, b);
    check_product(nn_gemm_ta, nn_plain_gemm_ta, a, b);
    check_product(nn_gemm_tb, nn_plain_gemm_tb, a, b);
    free(a);
    free(b);
}

/* Long and thin: one row of a batch, one output, many inputs. */
static void test_thin_products(void **state) {
    (void)state;
    enum { LONG = 20001 };
    static const int64_t shapes[][3] = {{1, 1, LONG}, {1, LONG, 1}, {LONG, 1, 1}, {3, LONG, 2},
                                        {LONG, 5, 3}, {2, 3, LONG}, {1, 10, 784}, {600, 10, 784}};
    static product *const kernels[] = {gemm, nn_gemm_ta, nn_gemm_tb};
    static product *const twins[] = {plain_gemm, nn_plain_gemm_ta, nn_plain_gemm_tb};
    nn_real *a = numbers(600 * 784, 1, 1), *b = numbers(3 * LONG, 2, 1);
    nn_real *c = zeros(5 * LONG), *expected = zeros(5 * LONG);
    for (int i = 0; i < 8 * 3; i++) {
        const int64_t *s = shapes[i / 3];
        gemm_job job = {kernels[i % 3], s[0], s[1], s[2], a, b, c, NULL};
        run_teams(gemm_body, &job, c, (size_t)(s[0] * s[1]) * sizeof *c);
        twins[i % 3](s[0], s[1], s[2], a, b, expected);
        assert_near(s[0] * s[1], c, expected, error_of(s[2]));
    }
    free(a);
    free(b);
    free(c);
    free(expected);
}

/* Enough for four tiles, and for eight, in both ways. */
static void test_cut_products(void **state) {
    (void)state;
    static const int64_t shapes[][3] = {{520, 520, 500}, {1100, 260, 61}, {90, 1030, 190}};
    static product *const kernels[] = {gemm, nn_gemm_ta, nn_gemm_tb};
    static product *const twins[] = {plain_gemm, nn_plain_gemm_ta, nn_plain_gemm_tb};
    enum { ROOM = 1100 * 520 };
    nn_real *a = numbers(ROOM, 1, 1), *b = numbers(ROOM, 2, 1);
    nn_real *c = zeros(ROOM), *expected = zeros(ROOM);
    for (int i = 0; i < 3 * 3; i++) {
        const int64_t *s = shapes[i / 3];
        gemm_job job = {kernels[i % 3], s[0], s[1], s[2], a, b, c, NULL};
        run_teams(gemm_body, &job, c, (size_t)(s[0] * s[1]) * sizeof *c);
        twins[i % 3](s[0], s[1], s[2], a, b, expected);
        assert_near(s[0] * s[1], c, expected, error_of(s[2]));
    }
    free(a);
    free(b);
    free(c);
    free(expected);
}

/* Bias, activation and the kept z, each with and without, over one tile, several, and K = 0. */
static void test_epilogue(void **state) {
    (void)state;
    static const int64_t shapes[][3] = {{1, 1, 1}, {5, 7, 3},   {4, 6, 0},    {260, 260, 70},
                                        {0, 3, 2}, {540, 30, 9}, {70, 600, 20}};
    nn_real *a = numbers(MOST * MOST, 1, 0.3), *b = numbers(MOST * MOST, 2, 0.3);
    nn_real *bias = numbers(600, 3, 2), *c = zeros(MOST * MOST), *z = zeros(MOST * MOST);
    nn_real *expected = zeros(MOST * MOST), *expected_z = zeros(MOST * MOST);
    for (int i = 0; i < 7 * NN_ACTIVATIONS * 4; i++) {
        const int64_t *s = shapes[i / 4 / NN_ACTIVATIONS];
        const nn_activation activation = (nn_activation)(i / 4 % NN_ACTIVATIONS);
        if (activation == NN_SOFTMAX) continue; /* not elementwise */
        nn_epilogue epilogue = {i % 2 ? bias : NULL, activation, i / 2 % 2 ? z : NULL};
        gemm_job job = {NULL, s[0], s[1], s[2], a, b, c, &epilogue};
        run_teams(gemm_body, &job, c, (size_t)(s[0] * s[1]) * sizeof *c);
        nn_epilogue twin = {epilogue.bias, activation, expected_z};
        nn_plain_gemm(s[0], s[1], s[2], a, b, expected, &twin);
        assert_near(s[0] * s[1], c, expected, error_of(s[2]));
        if (epilogue.before) assert_near(s[0] * s[1], z, expected_z, error_of(s[2]));
    }
    free(a);
    free(b);
    free(c);
    free(z);
    free(bias);
    free(expected);
    free(expected_z);
}

/* A NaN of the inputs reaches the row that it belongs to, and no other. */
static void test_nan_is_seen(void **state) {
    (void)state;
    enum { M = 9, N = 5, K = 4 };
    nn_real *a = numbers(M * K, 1, 1), *b = numbers(K * N, 2, 1), c[M * N];
    a[3 * K + 1] = NAN;
    for (int activation = 0; activation < NN_SOFTMAX; activation++) {
        nn_epilogue epilogue = {.activation = (nn_activation)activation};
        nn_gemm(M, N, K, a, b, c, &epilogue);
        for (int i = 0; i < M * N; i++) assert_int_equal(isnan(c[i]) != 0, i / N == 3);
    }
    free(a);
    free(b);
}

typedef struct {
    gemm_job one;
    int64_t times; /* one after the other, with a C each */
} many_job;

static void many_body(void *context) {
    const many_job *many = context;
    gemm_job job = many->one;
    for (int64_t i = 0; i < many->times; i++, job.c += job.m * job.n) gemm_body(&job);
}

/* Many products, each thread on tiles of its own: the CBLAS must not mix them up. OpenBLAS's serial
 * build does now and then. */
static void test_threads_at_once(void **state) {
    (void)state;
    enum { M = 64, N = 512, K = 784, TIMES = 50, TURNS = 40 };
    nn_real *a = numbers(M * K, 1, 1), *b = numbers(K * N, 2, 1);
    nn_real *c = zeros(TIMES * M * N), *expected = zeros(M * N);
    many_job job = {{NULL, M, N, K, a, b, expected, NULL}, 1};
    nn_team_run(1, many_body, &job);
    job.one.c = c;
    job.times = TIMES;
    for (int turn = 0; turn < TURNS; turn++) {
        nn_team_run(2 + turn % 2, many_body, &job);
        for (int i = 0; i < TIMES; i++)
            if (memcmp(c + i * M * N, expected, M * N * sizeof *c) != 0)
                fail_msg("product %d of turn %d differs", i, turn);
    }
    free(a);
    free(b);
    free(c);
    free(expected);
}

int main(void) {
    nn_team_keep(); /* with one thread outside of teams, as in the program */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_thin_products),
        cmocka_unit_test(test_cut_products),
        cmocka_unit_test(test_epilogue),
        cmocka_unit_test(test_nan_is_seen),
        cmocka_unit_test(test_threads_at_once),
    };
    return cmocka_run_group_tests_name("gemm", tests, NULL, NULL);
}
