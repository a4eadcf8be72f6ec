/* team.c: the rank's team of threads, on OpenMP. */
#include "kernels/team.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Numbers below 1e-38 count as zero while the team works: processors take a hundred times longer for
 * them, and squares of small gradients, which Adam keeps, are full of them. */
#if defined(__x86_64__)
static unsigned flush_tiny(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* FTZ: results; DAZ: operands */
    return before;
}
static void restore(unsigned before) {
    _mm_setcsr(before);
}
#elif defined(__aarch64__)
static unsigned flush_tiny(void) {
    unsigned long before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | 1ul << 24));
    return (unsigned)before;
}
static void restore(unsigned before) {
    __asm__ volatile("msr fpcr, %0" : : "r"((unsigned long)before));
}
#else
static unsigned flush_tiny(void) {
    return 0;
}
static void restore(unsigned before) {
    (void)before;
}
#endif

/* OpenBLAS's own; another CBLAS lacks them. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak)); /* 0: serial, 1: pthread, 2: OpenMP */

static int kept; /* what OpenMP said by default when the process became nnmpi's; 0: it is another's */

/* The team's threads call the CBLAS, each on tiles of its own. It must not start threads besides, in a
 * team or outside of one: how it cuts a product among them changes the bits. Its pthread build does as
 * it is told; its OpenMP build starts as many as OpenMP says by default, which therefore is one for as
 * long: teams are given their size. */
nn_team_outside nn_team_enter(void) {
    nn_team_outside outside = {.threads = omp_get_max_threads()};
    if (outside.threads != 1) omp_set_num_threads(1);
    if (!openblas_set_num_threads || !openblas_get_num_threads || !openblas_get_parallel) return outside;
    if (openblas_get_parallel() == 1) outside.blas = openblas_get_num_threads();
    if (outside.blas > 1) openblas_set_num_threads(1);
    return outside;
}

void nn_team_leave(nn_team_outside outside) {
    if (outside.threads != 1) omp_set_num_threads(outside.threads);
    if (outside.blas > 1) openblas_set_num_threads(outside.blas);
}

void nn_team_keep(void) {
    const nn_team_outside outside = nn_team_enter();
    if (kept == 0) kept = outside.threads;
}

/* Whether this thread is one of a team's. One that is not may be one of a parallel region all the same, of
 * the program that nnmpi is a part of: it must neither share its work with the others nor wait for them. */
static _Thread_local bool in_team;

static void run_member(void (*body)(void *context), void *context) {
    unsigned before = flush_tiny();
    body(context);
    restore(before);
}

void nn_team_run(int threads, void (*body)(void *context), void *context) {
    if (threads == 1) {
        run_member(body, context);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        in_team = true;
        run_member(body, context);
        in_team = false;
    }
}

void nn_team_barrier(void) {
    if (!in_team) return;
#pragma omp barrier
}

bool nn_team_is_lead(void) {
    return !in_team || omp_get_thread_num() == 0;
}

int nn_team_requested(void) {
    const char *text = getenv("OMP_NUM_THREADS");
    return !text || !*text ? 0 : kept ? kept : omp_get_max_threads();
}

/* ---- whether there can be so many ---- */

static pthread_mutex_t waiting = PTHREAD_MUTEX_INITIALIZER;

static void *wait_and_end(void *nothing) {
    pthread_mutex_lock(&waiting);
    pthread_mutex_unlock(&waiting);
    return nothing;
}

/* OpenMP ends the process where it cannot start a thread; so they are started once without it. */
nn_status nn_team_check(int threads) {
    pthread_t thread[NN_TEAM_MOST];
    int count = 1, error = 0;
    if (threads > NN_TEAM_MOST)
        return nn_fail(NN_BAD_CONFIG, "%d threads are too many: a rank can have %d; export OMP_NUM_THREADS with the "
                       "number of its cores, or leave it unset",
                       threads, NN_TEAM_MOST);
    pthread_mutex_lock(&waiting);
    while (count < threads && error == 0) {
        error = pthread_create(&thread[count], NULL, wait_and_end, NULL);
        count += error == 0;
    }
    pthread_mutex_unlock(&waiting);
    for (int i = 1; i < count; i++) pthread_join(thread[i], NULL);
    if (error == 0) return NN_OK;
    return nn_fail(NN_BAD_CONFIG, "the system lets this rank have %d threads, not %d (%s): export OMP_NUM_THREADS with "
                   "the number of its cores, or leave it unset",
                   count, threads, strerror(error));
}

int nn_team_places(int *processors, int most) {
    int count = 0, places = omp_get_num_places();
    for (int place = 0; place < places; place++) {
        int members = omp_get_place_num_procs(place);
        if (members < 1 || members > most - count) break;
        omp_get_place_proc_ids(place, processors + count);
        count += members;
    }
    return count;
}

/* Set and used by the lead alone. */
static struct {
    void (*look)(void *context);
    void *context;
} meanwhile;

void nn_team_meanwhile(void (*look)(void *context), void *context) {
    meanwhile.look = look;
    meanwhile.context = context;
}

static void look_meanwhile(void) {
    if (nn_team_is_lead() && meanwhile.look) meanwhile.look(meanwhile.context);
}

/* This thread's part of the chunks: *first .. *last - 1. */
static void take_part(int64_t chunks, int64_t *first, int64_t *last) {
    const int64_t threads = in_team ? omp_get_num_threads() : 1;
    const int64_t thread = in_team ? omp_get_thread_num() : 0;
    *first = chunks * thread / threads;
    *last = chunks * (thread + 1) / threads;
}

void nn_team_for(int64_t count, int64_t grain, nn_chunk_body *body, void *context) {
    int64_t first, last;
    take_part(nn_chunks(count, grain), &first, &last);
    for (int64_t chunk = first; chunk < last; chunk++) {
        int64_t begin = chunk * grain, end = begin + grain < count ? begin + grain : count;
        body(begin, end, context);
        look_meanwhile();
    }
    nn_team_barrier();
}

double nn_team_sum(int64_t count, int64_t grain, nn_chunk_sum *body, void *context,
                   double *partials) {
    int64_t chunks = nn_chunks(count, grain), first, last;
    take_part(chunks, &first, &last);
    for (int64_t chunk = first; chunk < last; chunk++) {
        int64_t begin = chunk * grain, end = begin + grain < count ? begin + grain : count;
        partials[chunk] = body(begin, end, context);
    }
    nn_team_barrier();
    double sum = 0;
    for (int64_t chunk = 0; chunk < chunks; chunk++) sum += partials[chunk];
    nn_team_barrier();
    return sum;
}
