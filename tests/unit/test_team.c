/* test_team.c: the team shares work out completely and just once, and its sums do not depend on the
 * number of threads. */
#include "kernels.h"

#include <stdatomic.h>

static void count_chunk(int64_t begin, int64_t end, void *context) {
    int *counts = context;
    for (int64_t i = begin; i < end; i++) counts[i]++;
}

typedef struct {
    int64_t count, grain;
    int *counts;
    const nn_real *x;
    double *partials;
    double sums[MOST_THREADS]; /* as the threads see them */
    int threads, leads, next;
} team_job;

static void for_body(void *context) {
    team_job *job = context;
    nn_team_for(job->count, job->grain, count_chunk, job->counts);
}

static void test_each_element_once(void **state) {
    (void)state;
    static const int64_t counts[] = {0, 1, 2, 63, 64, 65, 1000}, grains[] = {1, 2, 64, 5000};
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        for (int c = 0; c < 7 * 4; c++) {
            int seen[1001] = {0};
            team_job job = {.count = counts[c / 4], .grain = grains[c % 4], .counts = seen};
            nn_team_run(threads, for_body, &job);
            for (int64_t i = 0; i < 1001; i++) assert_int_equal(seen[i], i < job.count);
        }
    }
}

static double sum_chunk(int64_t begin, int64_t end, void *context) {
    const team_job *job = context;
    double sum = 0;
    for (int64_t i = begin; i < end; i++) sum += (double)job->x[i];
    return sum;
}

static void sum_body(void *context) {
    team_job *job = context;
    double sum = nn_team_sum(job->count, job->grain, sum_chunk, job, job->partials);
    static atomic_int turn; /* each thread keeps its own sum */
    job->sums[atomic_fetch_add(&turn, 1) % job->threads] = sum;
    nn_team_barrier();
    /* the partial sums can be used again at once */
    double again = nn_team_sum(job->count, job->grain, sum_chunk, job, job->partials);
    if (memcmp(&sum, &again, sizeof sum) != 0) job->sums[0] = NAN;
}

static void test_sums(void **state) {
    (void)state;
    enum { COUNT = 10000 };
    nn_real *x = numbers(COUNT, 1, 1);
    for (int64_t count = 0; count <= COUNT; count = count * 3 + 1) {
        double partials[COUNT], expected = 0, first = 0;
        for (int64_t i = 0; i < count; i++) expected += (double)x[i];
        for (int threads = 1; threads <= MOST_THREADS; threads++) {
            team_job job = {.count = count, .grain = 7, .x = x, .partials = partials};
            job.threads = threads;
            nn_team_run(threads, sum_body, &job);
            if (threads == 1) first = job.sums[0];
            assert_true(fabs(job.sums[0] - expected) <= 1e-10);
            assert_memory_equal(&first, &job.sums[0], sizeof first);
        }
    }
    free(x);
}

static void lead_body(void *context) {
    team_job *job = context;
    if (nn_team_is_lead()) job->leads++;
    for (int turn = 0; turn < 100; turn++) { /* a barrier keeps turns apart */
        if (nn_team_is_lead()) job->next = turn;
        nn_team_barrier();
        if (job->next != turn) job->leads += 1000;
        nn_team_barrier();
    }
}

static void test_lead_and_barrier(void **state) {
    (void)state;
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        team_job job = {0};
        nn_team_run(threads, lead_body, &job);
        assert_int_equal(job.leads, 1);
    }
}

static void test_chunks(void **state) {
    (void)state;
    assert_int_equal(nn_chunks(0, 4), 0);
    assert_int_equal(nn_chunks(1, 4), 1);
    assert_int_equal(nn_chunks(4, 4), 1);
    assert_int_equal(nn_chunks(5, 4), 2);
    for (int64_t columns = 0; columns < 10000; columns += 7)
        assert_true(nn_row_grain(columns) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_element_once),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_lead_and_barrier),
        cmocka_unit_test(test_chunks),
    };
    return cmocka_run_group_tests_name("team", tests, NULL, NULL);
}
