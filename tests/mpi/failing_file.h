/* failing_file.h: a file of each rank, data0.h5 and so on in the folder of the test, of which one
 * can no longer be read from some moment on. */
#ifndef NN_TESTS_MPI_FAILING_FILE_H
#define NN_TESTS_MPI_FAILING_FILE_H

#include "ranks_scratch.h"

/** The path of this rank's file. */
static inline const char *own_file(void) {
    char name[32];
    snprintf(name, sizeof name, "data%d.h5", rank);
    return scratch(name);
}

/** Rank k's open file can no longer be read, as on a disk that went away. (HDF5 takes what is
 * missing behind the end of a file for zeros, so cutting it short would not do.) Collective. */
static inline void cut_off(int k) {
    char name[32], link[64], target[512];
    snprintf(name, sizeof name, "/data%d.h5", rank);
    int none = open("/dev/null", O_WRONLY), found = 0;
    for (int i = 3; rank == k && i < 1024; i++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", i);
        ssize_t length = readlink(link, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (!strstr(target, name)) continue;
        assert_int_equal(dup2(none, i), i);
        found++;
    }
    close(none);
    assert_int_equal(found > 0, rank == k);
    assert_ok(nn_comm_agree(comm, NN_OK));
}

#endif
