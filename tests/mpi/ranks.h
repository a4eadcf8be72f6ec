/* ranks.h: what the tests of several ranks share. A test runs on all ranks at once; where one rank
 * fails, all are ended, since the others would wait for it. */
#ifndef NN_TESTS_MPI_RANKS_H
#define NN_TESTS_MPI_RANKS_H

#include "unit/check.h"

#include "comm/comm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static nn_comm *comm;
static int rank, size;

/** Starts MPI. A failing assertion aborts the rank, and mpirun the others. Only rank 0 says which
 * tests pass; failures are on stderr. */
static inline void ranks_open(void) {
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    if (nn_comm_open(&comm) != NN_OK) {
        fprintf(stderr, "%s\n", nn_message());
        exit(1);
    }
    rank = nn_comm_rank(comm);
    size = nn_comm_size(comm);
    if (rank > 0 && !freopen("/dev/null", "w", stdout)) exit(1);
}

/** Ends MPI; returns the exit code. */
static inline int ranks_close(int failures) {
    nn_comm_close(&comm);
    return failures != 0;
}

/** Fails unless all ranks hold the same bytes. Collective. */
static inline void assert_same_on_all(const void *data, int64_t bytes) {
    char *all = rank == 0 ? malloc((size_t)(size * bytes) + 1) : NULL;
    nn_comm_gather(comm, data, bytes, all);
    for (int r = 1; rank == 0 && r < size; r++)
        assert_memory_equal(all, all + r * bytes, (size_t)bytes);
    free(all);
}

/** Fails unless `status`, an agreed one, is `expected`, with the same message on all ranks, which
 * names rank `first` and its host and contains `part`. Collective. */
static inline void assert_agreed(nn_status status, nn_status expected, int first,
                                 const char *part) {
    char start[64], message[NN_MESSAGE_MAX] = {0};
    snprintf(message, sizeof message, "%s", nn_message());
    if (status != expected)
        fail_msg("%s instead of %s: %s", nn_status_name(status), nn_status_name(expected), message);
    snprintf(start, sizeof start, "rank %d on ", first);
    if (!strstr(message, part)) fail_msg("the message lacks '%s': %s", part, message);
    if (size > 1 && !strstr(message, start))
        fail_msg("the message does not say '%s': %s", start, message);
    if (size > 1 && !strstr(message, nn_comm_host(comm)))
        fail_msg("the message names no host: %s", message);
    assert_same_on_all(message, sizeof message);
}

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
