/* test_kernels.c: activations, and kernels over rows and elements, against their plain twins, over
 * shapes from nothing to several chunks, by teams of 1, 2 and 3 threads. */
#include "kernels.h"

typedef struct {
    int64_t rows, columns;
} shape;

static const shape SHAPES[] = {{0, 1},  {1, 1},   {1, 7},    {3, 1},    {5, 64},
                               {5, 65}, {200, 3}, {130, 70}, {3, 5000}, {9001, 2}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES, MOST = 18002 };

typedef struct {
    int64_t rows, columns;
    nn_activation activation;
    const nn_real *z, *y, *dy, *mean, *variance;
    nn_real *out, *db;
    int which;
    const uint8_t *u8;
    const float *f32;
    const int64_t *index;
    const int32_t *classes;
    int32_t *out_classes;
} job_type;

/* ---- activations ---- */

static void forward_body(void *context) {
    job_type *job = context;
    nn_activation_forward(job->activation, job->rows, job->columns, job->z, job->out);
}

static void backward_body(void *context) {
    job_type *job = context;
    nn_activation_backward(job->activation, job->rows, job->columns, job->z, job->y, job->dy,
                           job->out);
}

static void bias_body(void *context) {
    job_type *job = context;
    nn_bias_backward(job->activation, job->rows, job->columns, job->z, job->y, job->dy, job->out,
                     job->db);
}

static void check_activation(nn_activation activation, shape of, double size) {
    const int64_t count = of.rows * of.columns;
    const size_t bytes = (size_t)count * sizeof(nn_real);
    nn_real *z = numbers(count, 1, size), *dy = numbers(count, 2, 1);
    nn_real *y = zeros(count), *dz = zeros(count), *expected = zeros(count);
    nn_real *db = zeros(of.columns), *expected_db = zeros(of.columns);
    job_type job = {.rows = of.rows, .columns = of.columns, .activation = activation, .z = z};
    job.dy = dy;
    job.out = y;
    run_teams(forward_body, &job, y, bytes);
    nn_plain_activation_forward(activation, of.rows, of.columns, z, expected);
    assert_near(count, y, expected, 1e-6);
    job.y = y;
    job.out = dz;
    if (!nn_activation_needs_input(activation)) job.z = NULL; /* then it is not read */
    run_teams(backward_body, &job, dz, bytes);
    if (activation != NN_SOFTMAX || count * of.columns < 4000000) { /* the twin is slow */
        nn_plain_activation_backward(activation, of.rows, of.columns, z, dy, expected);
        assert_near(count, dz, expected, 2e-6);
    }
    if (activation != NN_SOFTMAX) {
        job.db = db;
        run_teams(bias_body, &job, db, (size_t)of.columns * sizeof *db);
        nn_plain_bias_backward(activation, of.rows, of.columns, z, dy, expected, expected_db);
        assert_near(of.columns, db, expected_db, 1e-6 * (1 + sqrt((double)of.rows)));
        assert_near(count, dz, expected, 2e-6);
        job.db = NULL;
        run_teams(bias_body, &job, dz, bytes);
        assert_near(count, dz, expected, 2e-6);
    }
    free(z);
    free(dy);
    free(y);
    free(dz);
    free(expected);
    free(db);
    free(expected_db);
}

static void test_activations(void **state) {
    (void)state;
    for (int activation = 0; activation < NN_ACTIVATIONS; activation++) {
        assert_non_null(NN_ACTIVATION_NAMES[activation]);
        for (int i = 0; i < SHAPE_COUNT; i++) {
            check_activation((nn_activation)activation, SHAPES[i], 3);
            check_activation((nn_activation)activation, SHAPES[i], 200);
        }
    }
    assert_null(NN_ACTIVATION_NAMES[NN_ACTIVATIONS]);
}

/* y may be z, and dz may be dy. */
static void test_in_place(void **state) {
    (void)state;
    enum { ROWS = 40, COLUMNS = 13, COUNT = ROWS * COLUMNS };
    for (int a = 0; a < NN_ACTIVATIONS; a++) {
        const nn_activation activation = (nn_activation)a;
        nn_real *z = numbers(COUNT, 1, 2), *y = zeros(COUNT), *same = numbers(COUNT, 1, 2);
        nn_real *dy = numbers(COUNT, 2, 1), *dz = zeros(COUNT);
        nn_activation_forward(activation, ROWS, COLUMNS, z, y);
        nn_activation_forward(activation, ROWS, COLUMNS, same, same);
        assert_memory_equal(y, same, COUNT * sizeof *y);
        nn_activation_backward(activation, ROWS, COLUMNS, z, y, dy, dz);
        nn_activation_backward(activation, ROWS, COLUMNS, z, y, dy, dy);
        assert_memory_equal(dz, dy, COUNT * sizeof *y);
        free(z);
        free(y);
        free(same);
        free(dy);
        free(dz);
    }
}

/* Far out nothing overflows, and NaN is passed on, so that a diverged run is seen. */
static void test_extremes(void **state) {
    (void)state;
    nn_real z[4] = {(nn_real)1e4, (nn_real)-1e4, (nn_real)1e30, (nn_real)-1e30}, y[4], dz[4];
    const nn_real dy[4] = {1, 1, 1, 1};
    for (int a = 0; a < NN_ACTIVATIONS; a++) {
        const nn_activation activation = (nn_activation)a;
        nn_activation_forward(activation, 2, 2, z, y);
        nn_activation_backward(activation, 2, 2, z, y, dy, dz);
        for (int i = 0; i < 4; i++) assert_true(isfinite(y[i]) && isfinite(dz[i]));
        if (activation == NN_SOFTMAX) assert_true(y[0] == 1 && y[1] == 0 && y[2] == 1);
        for (int i = 0; i < 4 && activation != NN_SOFTMAX; i++) {
            double expected = nn_plain_activation(activation, (double)z[i]);
            assert_true(fabs((double)y[i] - expected) <= 1e-6 * fabs(expected) + 1e-37);
        }
        const nn_real bad[2] = {NAN, 1};
        nn_activation_forward(activation, 1, 2, bad, y);
        assert_true(isnan(y[0]));
        nn_activation_backward(activation, 1, 2, bad, y, dy, dz);
        assert_int_equal(isnan(dz[1]) != 0, activation == NN_SOFTMAX);
    }
}

/* ---- rows and elements ---- */

enum { AFFINE, MULTIPLY, ADD, NORMALIZE, CENTRED, COPY, ZERO, GATHER_U8, GATHER_F32, ELEMENTWISE };

static void elementwise_body(void *context) {
    job_type *job = context;
    const int64_t rows = job->rows, columns = job->columns, count = rows * columns;
    switch (job->which) {
    case AFFINE: nn_affine(count, (nn_real)0.7, (nn_real)-3.1, job->z, job->out); break;
    case MULTIPLY: nn_multiply(count, job->z, job->dy, job->out); break;
    case ADD: /* the first gives something to add to */
        nn_copy(count, job->z, job->out);
        nn_add(count, job->dy, job->out);
        break;
    case NORMALIZE: nn_normalize(rows, columns, NULL, job->variance, job->z, job->out); break;
    case CENTRED: nn_normalize(rows, columns, job->mean, job->variance, job->z, job->out); break;
    case COPY: nn_copy(count, job->z, job->out); break;
    case ZERO: nn_zero(count, job->out); break;
    case GATHER_U8: nn_gather(rows, columns, job->u8, NULL, job->index, job->out); break;
    case GATHER_F32: nn_gather(rows, columns, NULL, job->f32, job->index, job->out); break;
    default: break;
    }
}

static void plain_elementwise(const job_type *job, nn_real *out) {
    const int64_t rows = job->rows, columns = job->columns, count = rows * columns;
    switch (job->which) {
    case AFFINE: nn_plain_affine(count, (nn_real)0.7, (nn_real)-3.1, job->z, out); break;
    case MULTIPLY: nn_plain_multiply(count, job->z, job->dy, out); break;
    case ADD:
        memcpy(out, job->z, (size_t)count * sizeof *out);
        nn_plain_add(count, job->dy, out);
        break;
    case NORMALIZE: nn_plain_normalize(rows, columns, NULL, job->variance, job->z, out); break;
    case CENTRED: nn_plain_normalize(rows, columns, job->mean, job->variance, job->z, out); break;
    case COPY: memcpy(out, job->z, (size_t)count * sizeof *out); break;
    case ZERO: memset(out, 0, (size_t)count * sizeof *out); break;
    case GATHER_U8: nn_plain_gather(rows, columns, job->u8, NULL, job->index, out); break;
    case GATHER_F32: nn_plain_gather(rows, columns, NULL, job->f32, job->index, out); break;
    default: break;
    }
}

static void test_elementwise(void **state) {
    (void)state;
    nn_real *z = numbers(MOST, 1, 5), *dy = numbers(MOST, 2, 1), *mean = numbers(5000, 3, 2);
    nn_real *variance = numbers(5000, 4, 1), *out = zeros(MOST), *expected = zeros(MOST);
    uint8_t *u8 = malloc(MOST);
    int64_t *index = malloc(MOST * sizeof *index);
    assert_true(u8 && index);
    for (int i = 0; i < 5000; i++)
        variance[i] = i % 5 == 3 ? 0 : (nn_real)fabs((double)variance[i]) + 1;
    for (int i = 0; i < MOST; i++) u8[i] = (uint8_t)(i * 31);
    for (int i = 0; i < SHAPE_COUNT * ELEMENTWISE; i++) {
        const shape of = SHAPES[i / ELEMENTWISE];
        for (int64_t r = 0; r < of.rows; r++) index[r] = (r * 5 + 2) % of.rows; /* some twice */
        job_type job = {.rows = of.rows, .columns = of.columns, .z = z, .dy = dy, .mean = mean};
        job.variance = variance;
        job.u8 = u8;
        job.f32 = z;
        job.index = index;
        job.out = out;
        job.which = i % ELEMENTWISE;
        run_teams(elementwise_body, &job, out, (size_t)(of.rows * of.columns) * sizeof *out);
        plain_elementwise(&job, expected);
        assert_near(of.rows * of.columns, out, expected, 1e-6);
    }
    free(z);
    free(dy);
    free(mean);
    free(variance);
    free(out);
    free(expected);
    free(u8);
    free(index);
}

static void classes_body(void *context) {
    job_type *job = context;
    nn_gather_classes(job->rows, job->classes, job->index, job->out_classes);
}

static void test_classes(void **state) {
    (void)state;
    enum { COUNT = 9001 };
    static int32_t classes[COUNT], out[COUNT], expected[COUNT];
    static int64_t index[COUNT];
    for (int i = 0; i < COUNT; i++) classes[i] = i * 17 - 5;
    for (int i = 0; i < COUNT; i++) index[i] = (i * 7LL + 3) % COUNT;
    for (int64_t count = 0; count <= COUNT; count = count * 6 + 1) {
        job_type job = {.rows = count, .classes = classes, .index = index, .out_classes = out};
        run_teams(classes_body, &job, out, (size_t)count * sizeof *out);
        nn_plain_gather_classes(count, classes, index, expected);
        assert_memory_equal(out, expected, (size_t)count * sizeof *out);
    }
}

/* ---- dropout ---- */

typedef struct {
    shape of;
    double rate;
    nn_random_stream stream;
    int64_t first;
    const nn_real *x;
    nn_real *y; /* followed by the mask */
} dropout_job;

static void dropout_body(void *context) {
    dropout_job *job = context;
    nn_dropout(job->of.rows, job->of.columns, job->rate, job->stream, job->first, job->x, job->y,
               job->y + job->of.rows * job->of.columns);
}

static void test_dropout(void **state) {
    (void)state;
    static const double rates[] = {0, 0.25, 0.5, 0.999};
    nn_real *x = numbers(MOST, 1, 5), *y = zeros(2 * MOST), *expected = zeros(2 * MOST);
    for (int i = 0; i < SHAPE_COUNT * 4; i++) {
        dropout_job job = {SHAPES[i / 4], rates[i % 4], {99, NN_RANDOM_DROPOUT, 2, 7}, 0, x, y};
        const int64_t count = job.of.rows * job.of.columns;
        for (job.first = 0; job.first < 3000; job.first += 1777) {
            run_teams(dropout_body, &job, y, 2 * (size_t)count * sizeof *y);
            nn_plain_dropout(job.of.rows, job.of.columns, job.rate, job.stream, job.first, x,
                             expected, expected + count);
            assert_memory_equal(y, expected, 2 * (size_t)count * sizeof *y);
        }
    }
    free(x);
    free(y);
    free(expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activations), cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_extremes),    cmocka_unit_test(test_elementwise),
        cmocka_unit_test(test_classes),     cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
