/* test_allocation.c: a step allocates nothing. The allocator of the C library is wrapped and counts
 * the calls that come while steps run. On one rank there are none; on several there are those that
 * Open MPI's MPI_Allreduce makes, which are counted by themselves and taken off. Those of the CBLAS are
 * not counted: on some processors OpenBLAS has kernels for small products that allocate.
 * test: NP 1 2 TIMEOUT 60 */
#define _GNU_SOURCE /* dladdr */
#include "unit/check.h"

#include "io/h5.h"
#include "train/training.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

static volatile long calls;
static nn_comm *comm;

/* Counts a call that comes from `caller`. */
static void count(const void *caller) {
    Dl_info from;
    if (!dladdr(caller, &from) || !from.dli_fname || !strstr(from.dli_fname, "blas")) calls++;
}

void *malloc(size_t bytes) {
    count(__builtin_return_address(0));
    return __libc_malloc(bytes);
}

void *calloc(size_t items, size_t bytes) {
    count(__builtin_return_address(0));
    return __libc_calloc(items, bytes);
}

void *realloc(void *block, size_t bytes) {
    count(__builtin_return_address(0));
    return __libc_realloc(block, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    count(__builtin_return_address(0));
    *out = __libc_memalign(alignment, bytes);
    return *out ? 0 : 12;
}

static const char RUN[] =
    "data: {file: allocation.h5}\n"
    "model:\n"
    "  - {layer: Normalization}\n"
    "  - {layer: Dense, units: 32, activation: gelu, kernel_regularizer: {l2: 0.001}}\n"
    "  - {layer: Dropout, rate: 0.3}\n"
    "  - {layer: Dense, units: 3, activation: softmax}\n"
    "loss: sparse_categorical_crossentropy\n"
    "optimizer: {name: adam, global_clipnorm: 1.0}\n"
    "metrics: [accuracy, {name: sparse_top_k_categorical_accuracy, k: 2}]\n"
    "batch_size: 16\n";

static void write_data(void) {
    enum { ROWS = 100, COLUMNS = 12 };
    float x[ROWS][COLUMNS];
    int32_t y[ROWS];
    nn_h5 *file = NULL;
    for (int i = 0; i < ROWS; i++) {
        y[i] = i % 3;
        for (int j = 0; j < COLUMNS; j++) x[i][j] = (float)((i * 7 + j * 13) % 17);
    }
    assert_ok(nn_h5_create("allocation.h5", 0, &file));
    assert_ok(nn_h5_write(file, "/train/x", NN_H5_F32, (nn_shape){2, {ROWS, COLUMNS}}, x));
    assert_ok(nn_h5_write(file, "/train/y", NN_H5_I32, (nn_shape){1, {ROWS}}, y));
    assert_ok(nn_h5_close(&file));
}

/* The number of allocations while `epochs` epochs run. */
static long count_calls(nn_training *training, int64_t first, int64_t epochs) {
    static double sums[64];
    long before = calls;
    for (int64_t epoch = first; epoch < first + epochs; epoch++) {
        for (int64_t batch = 0; batch < nn_loader_batches(training->train); batch++) {
            nn_wishes wishes = {.failed = NN_OK};
            if (nn_step(&training->stepper, epoch, batch, &wishes, sums) != NN_OK) return -1;
        }
    }
    return calls - before;
}

/* The number of allocations that the messages of so many epochs make alone. */
static long count_messages(nn_training *training, int64_t epochs) {
    nn_span gradients = nn_model_gradients(training->model);
    const int64_t slots = nn_shards_slots(nn_loader_shards(training->train));
    long before = calls;
    for (int64_t step = 0; step < epochs * nn_loader_batches(training->train); step++) {
        nn_comm_sum_double(comm, training->stepper.message,
                           nn_step_message(training->objective, slots));
        nn_comm_sum_float(comm, gradients.data, gradients.count);
    }
    return calls - before;
}

/* In the default mode, with several shards a rank, and along the tree; batches of 16 or 64 of 100
 * rows. */
static void check_steps(const char *const *overrides, int64_t count) {
    nn_run *run = NULL;
    nn_training *training = NULL;
    if (nn_comm_rank(comm) == 0) write_data();
    assert_ok(nn_comm_agree(comm, NN_OK));
    assert_ok(nn_run_read(RUN, "allocation.yaml", overrides, count, &run));
    assert_ok(nn_training_create(comm, run, 1, &training));
    assert_ok(nn_training_prepare(training));
    long warming_up = count_calls(training, 0, 20);
    long steady = count_calls(training, 20, 20);
    long messages = count_messages(training, 20);
    print_message(
        "allocations: %ld in the first 20 epochs, %ld in the next 20, %ld of them MPI's\n",
        warming_up, steady, messages);
    if (nn_comm_size(comm) == 1) assert_int_equal(warming_up, 0);
    /* Open MPI's own count varies by a few; one call a step would be 140 */
    assert_in_range(steady, 0, messages + (nn_comm_size(comm) > 1 ? 20 : 0));
    nn_training_destroy(&training);
    nn_run_destroy(&run);
}

static void a_steady_step_allocates_nothing(void **state) {
    (void)state;
    static const char *const accumulated[] = {"accumulate_steps=4"};
    static const char *const reproducible[] = {"batch_size=64", "reproducible=true"};
    check_steps(NULL, 0);
    check_steps(accumulated, 1);
    check_steps(reproducible, 2);
}

static void the_count_counts(void **state) {
    (void)state;
    long before = calls;
    void *volatile block = malloc(10);
    free(block);
    assert_int_equal(calls - before, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_count_counts),
                                       cmocka_unit_test(a_steady_step_allocates_nothing)};
    if (nn_comm_open(&comm) != NN_OK) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nn_comm_close(&comm);
    return failed;
}
