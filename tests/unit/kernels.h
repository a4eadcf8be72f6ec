/* kernels.h: what the tests of the kernels share: numbers, a team of 1, 2 and 3 threads that must
 * give the same bits, and comparison with what a plain twin gives. */
#ifndef NN_TESTS_UNIT_KERNELS_H
#define NN_TESTS_UNIT_KERNELS_H

#include "check.h"

#include "kernels/plain.h"
#include "kernels/team.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_THREADS = 3 };

/** Zeros; the caller frees them. */
static inline nn_real *zeros(int64_t count) {
    nn_real *data = calloc((size_t)count + 1, sizeof *data);
    assert_non_null(data);
    return data;
}

/** Numbers from -size to size, the same for the same seed; the caller frees them. */
static inline nn_real *numbers(int64_t count, uint64_t seed, double size) {
    nn_random_stream stream = {seed, NN_RANDOM_GENERATE, 0, 0};
    nn_real *data = zeros(count);
    for (int64_t i = 0; i < count; i++)
        data[i] = (nn_real)(size * (2 * nn_random_uniform(stream, (uint64_t)i) - 1));
    return data;
}

/** Fails unless `found` is near `expected`, element by element. */
static inline void assert_near(int64_t count, const nn_real *found, const nn_real *expected,
                               double error) {
    for (int64_t i = 0; i < count; i++)
        if (!(fabs((double)found[i] - (double)expected[i]) <=
              error * (1 + fabs((double)expected[i]))))
            fail_msg("element %lld of %lld is %.9g instead of %.9g", (long long)i, (long long)count,
                     (double)found[i], (double)expected[i]);
}

/** Runs `body(context)` by teams of 1, 2 and 3 threads; each must write the same bits to `out`
 * (bytes), all of which it must write. */
static inline void run_teams(void (*body)(void *), void *context, void *out, size_t bytes) {
    unsigned char *first = malloc(bytes + 1);
    assert_non_null(first);
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        memset(out, 0xFF, bytes); /* NaN, where nothing is written */
        nn_team_run(threads, body, context);
        if (threads == 1) memcpy(first, out, bytes);
        if (memcmp(first, out, bytes) != 0) fail_msg("%d threads give other bits", threads);
    }
    free(first);
}

#endif
