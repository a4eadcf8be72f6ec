/* measure.c: how fast the machine is at products, memory and messages. */
#include "doctor/measure.h"

#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/team.h"
#include "util/clock.h"
#include "util/memory.h"

#include <stdlib.h>

enum { SAMPLES = 32 };
static const double BUDGET = 0.15; /* seconds for a figure */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *numbers, int count) {
    qsort(numbers, (size_t)count, sizeof *numbers, compare);
    return count % 2 ? numbers[count / 2] : (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

/* The lower quartile: of a machine that others use too, the times with few interruptions. */
static double quartile_of(double *numbers, int count) {
    // cppcheck-suppress uninitvar ; the callers have set count of them, 3 or more
    qsort(numbers, (size_t)count, sizeof *numbers, compare);
    return numbers[count / 4];
}

static void spread_here(double *numbers, int count, nn_spread *out) {
    *out = (nn_spread){.median = median_of(numbers, count)};
    out->least = numbers[0];
    out->greatest = numbers[count - 1];
    for (int i = 0; i < count; i++) out->sum += numbers[i];
}

nn_status nn_measure_spread(nn_comm *comm, double number, nn_spread *out) {
    double *all = NULL;
    const int size = nn_comm_size(comm);
    *out = (nn_spread){0};
    nn_status status = nn_comm_agree(comm, nn_allocate("figures", size, sizeof *all, &all));
    if (status == NN_OK) {
        nn_comm_gather(comm, &number, sizeof number, all);
        if (nn_comm_rank(comm) == 0) spread_here(all, size, out);
        nn_comm_broadcast(comm, out, sizeof *out);
    }
    free(all);
    return status;
}

static double time_calls(void (*work)(void *context), void *context, int64_t calls) {
    double begin = nn_now();
    for (int64_t i = 0; i < calls; i++) work(context);
    return (nn_now() - begin) / (double)calls;
}

double nn_measure_seconds(void (*work)(void *context), void *context, double budget) {
    double samples[SAMPLES], begin = nn_now();
    double one = time_calls(work, context, 1); /* with cold caches */
    if (one > 4 * budget) return one;
    one = time_calls(work, context, 1);
    int64_t calls = 1; /* of a sample, which the clock must resolve */
    while ((double)calls * one < budget / SAMPLES && calls < 1 << 24) calls *= 2;
    int count = 0;
    while (count < SAMPLES && (count < 3 || nn_now() - begin < budget))
        samples[count++] = time_calls(work, context, calls);
    return quartile_of(samples, count);
}

/* All ranks begin at the same time. */
static void begin_together(nn_comm *comm) {
    nn_comm_wait_for_all(comm);
}

/* ---- products ---- */

typedef struct {
    int threads;
    const int64_t *shape;
    float *a, *b, *c;
} product_job;

static void product_body(void *context) {
    const product_job *job = context;
    nn_gemm(job->shape[0], job->shape[1], job->shape[2], job->a, job->b, job->c, NULL);
}

static void product_run(void *context) {
    nn_team_run(((product_job *)context)->threads, product_body, context);
}

nn_status nn_measure_product(nn_comm *comm, int threads, const int64_t shape[3], nn_spread *out) {
    nn_status status = NN_OK;
    product_job job = {.threads = threads, .shape = shape};
    const int64_t m = shape[0], n = shape[1], k = shape[2];
    *out = (nn_spread){0};
    status = nn_allocate("a matrix", m * k, sizeof *job.a, &job.a);
    if (status == NN_OK) status = nn_allocate("a matrix", k * n, sizeof *job.b, &job.b);
    if (status == NN_OK) status = nn_allocate("a matrix", m * n, sizeof *job.c, &job.c);
    NN_TRY(nn_comm_agree(comm, status));
    for (int64_t i = 0; i < m * k; i++) job.a[i] = (float)(i % 7) - 3;
    for (int64_t i = 0; i < k * n; i++) job.b[i] = (float)(i % 5) - 2;
    begin_together(comm);
    double seconds = nn_measure_seconds(product_run, &job, BUDGET);
    NN_TRY(nn_measure_spread(comm, 2e-9 * (double)m * (double)n * (double)k / seconds, out));
done:
    free(job.a);
    free(job.b);
    free(job.c);
    return status;
}

/* ---- memory ---- */

typedef struct {
    int threads;
    int64_t count;
    float *x, *y;
} memory_job;

static void memory_body(void *context) {
    const memory_job *job = context;
    nn_add(job->count, job->x, job->y);
}

static void memory_run(void *context) {
    nn_team_run(((memory_job *)context)->threads, memory_body, context);
}

nn_status nn_measure_memory(nn_comm *comm, int threads, int64_t bytes, nn_spread *out) {
    nn_status status = NN_OK;
    memory_job job = {.threads = threads, .count = bytes / 2 / (int64_t)sizeof(float)};
    *out = (nn_spread){0};
    status = nn_allocate("an array", job.count, sizeof *job.x, &job.x);
    if (status == NN_OK) status = nn_allocate("an array", job.count, sizeof *job.y, &job.y);
    NN_TRY(nn_comm_agree(comm, status));
    begin_together(comm);
    double seconds = nn_measure_seconds(memory_run, &job, BUDGET);
    NN_TRY(nn_measure_spread(comm, 12e-9 * (double)job.count / seconds, out)); /* x, y, y again */
done:
    free(job.x);
    free(job.y);
    return status;
}

/* ---- messages ---- */

static double time_together(nn_comm *comm, void (*work)(void *context), void *context,
                            int64_t calls) {
    begin_together(comm);
    return time_calls(work, context, calls);
}

double nn_measure_together(nn_comm *comm, void (*work)(void *context), void *context) {
    double samples[SAMPLES];
    time_together(comm, work, context, 1); /* connections are made at the first message */
    double one = time_together(comm, work, context, 2);
    nn_comm_broadcast(comm, &one, sizeof one); /* rank 0's, so that all make as many calls */
    double whole = 2 * BUDGET / (one > 1e-9 ? one : 1e-9); /* calls that there is time for */
    int rounds = whole < 3 ? 3 : whole < SAMPLES ? (int)whole : SAMPLES;
    int64_t calls = whole / rounds < 1 ? 1 : (int64_t)(whole / rounds);
    for (int i = 0; i < rounds; i++) samples[i] = time_together(comm, work, context, calls);
    double seconds = quartile_of(samples, rounds);
    nn_comm_broadcast(comm, &seconds, sizeof seconds);
    return seconds;
}

typedef struct {
    nn_comm *comm;
    float *data;
    int64_t count;
} sum_job;

static void sum_run(void *context) {
    const sum_job *job = context;
    nn_comm_sum_float(job->comm, job->data, job->count);
}

nn_status nn_measure_exchange(nn_comm *comm, int64_t count, double *seconds) {
    sum_job job = {.comm = comm, .count = count};
    *seconds = 0;
    if (nn_comm_size(comm) == 1) return NN_OK;
    nn_status status = nn_allocate("a message", count, sizeof *job.data, &job.data);
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) *seconds = nn_measure_together(comm, sum_run, &job);
    free(job.data);
    return status;
}
