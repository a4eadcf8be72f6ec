/* test_plain_init.c: a program that has started MPI by MPI_Init, which promises no threads.
 *
 * test: NP 1 2 TIMEOUT 60 */
#include "api/api.h"

static void test_threads(void **state) {
    (void)state;
    nnmpi_context *context;
    assert_fails(nnmpi_context_create(MPI_COMM_WORLD, 4, &context), NN_BAD_CONFIG,
                 "MPI_Init_thread with MPI_THREAD_FUNNELED, or create the context with threads = 1");
    assert_null(strstr(nnmpi_message(), "OMP_NUM_THREADS")); /* it would not help */
    assert_null(context);
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, 1, &context));
    nnmpi_context_destroy(&context);
    unsetenv("OMP_NUM_THREADS");
    assert_ok(nnmpi_context_create(MPI_COMM_WORLD, 0, &context)); /* as many as are allowed */
    assert_int_equal(nnmpi_context_threads(context), 1);
    nnmpi_context_destroy(&context);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (rank > 0 && !freopen("/dev/null", "w", stdout)) return 1;
    const int failures = cmocka_run_group_tests_name("plain_init", tests, NULL, NULL);
    MPI_Finalize();
    return failures != 0;
}
