/* team.c: the rank's team of threads, on OpenMP. */
#include "kernels/team.h"

#include <omp.h>
#include <stdlib.h>

void nn_team_run(int threads, void (*body)(void *context), void *context) {
    if (threads == 1) {
        body(context);
        return;
    }
#pragma omp parallel num_threads(threads)
    body(context);
}

void nn_team_barrier(void) {
#pragma omp barrier
}

bool nn_team_is_lead(void) {
    return omp_get_thread_num() == 0;
}

int nn_team_requested(void) {
    const char *text = getenv("OMP_NUM_THREADS");
    return text && *text ? omp_get_max_threads() : 0;
}

void nn_team_for(int64_t count, int64_t grain, nn_chunk_body *body, void *context) {
    int64_t chunks = nn_chunks(count, grain);
#pragma omp for schedule(static)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        int64_t begin = chunk * grain, end = begin + grain < count ? begin + grain : count;
        body(begin, end, context);
    }
}

double nn_team_sum(int64_t count, int64_t grain, nn_chunk_sum *body, void *context,
                   double *partials) {
    int64_t chunks = nn_chunks(count, grain);
#pragma omp for schedule(static)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        int64_t begin = chunk * grain, end = begin + grain < count ? begin + grain : count;
        partials[chunk] = body(begin, end, context);
    }
    double sum = 0;
    for (int64_t chunk = 0; chunk < chunks; chunk++) sum += partials[chunk];
#pragma omp barrier
    return sum;
}
