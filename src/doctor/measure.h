/* measure.h: how fast the machine is at what training does: products, memory, messages, files. Each
 * figure takes a fraction of a second, on all ranks at the same time, as in training. */
#ifndef NN_DOCTOR_MEASURE_H
#define NN_DOCTOR_MEASURE_H

#include "comm/comm.h"

/** A figure over all ranks; the same on all ranks. */
typedef struct {
    double least, median, greatest, sum;
} nn_spread;

/** The spread of each rank's `number`. Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_measure_spread(nn_comm *comm, double number, nn_spread *out) NN_CHECKED;

/** Calls `work` again and again for about `budget` seconds, three times at least (once where a call
 * takes four times as long as that), and returns the lower quartile of the seconds that a call
 * takes: what other programs interrupt counts less. Local. */
double nn_measure_seconds(void (*work)(void *context), void *context, double budget);

/** The same for work in which all ranks take part, as often on each, by rank 0's clock. Collective.
 */
double nn_measure_together(nn_comm *comm, void (*work)(void *context), void *context);

/** GFLOP/s of a rank at C = A B, A: (m, k), B: (k, n), with `threads` threads. Collective.
 * Errors: NN_INTERNAL, agreed. */
nn_status nn_measure_product(nn_comm *comm, int threads, const int64_t shape[3],
                             nn_spread *out) NN_CHECKED;

/** GB/s of a rank at y += x over arrays of `bytes` bytes together, which should not fit the caches.
 * Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_measure_memory(nn_comm *comm, int threads, int64_t bytes, nn_spread *out) NN_CHECKED;

/** Seconds that a sum of `count` floats over all ranks takes; 0 for one rank. Collective.
 * Errors: NN_INTERNAL, agreed. */
nn_status nn_measure_exchange(nn_comm *comm, int64_t count, double *seconds) NN_CHECKED;

/** How fast a dataset can be read, each rank its part of the rows, first to last. */
typedef struct {
    double first;  /* seconds of the slowest rank in the first pass */
    double again;  /* in the second one, from the system's file cache where it has room */
    int64_t bytes; /* read in a pass, by all ranks together */
    int64_t row_bytes;
    int64_t rows; /* of the whole group */
} nn_reading;

/** Reads the samples of group `group` of a dataset file for about a second. Collective.
 * Errors: NN_NO_INPUT, NN_BAD_DATA, NN_IO, NN_INTERNAL, agreed. */
nn_status nn_measure_reading(nn_comm *comm, const char *path, const char *group,
                             nn_reading *out) NN_CHECKED;

#endif
