/* clock.h: time that only goes forward. */
#ifndef NN_UTIL_CLOCK_H
#define NN_UTIL_CLOCK_H

#include <time.h>

/** Seconds since some moment in the past. Local. */
static inline double nn_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

#endif
