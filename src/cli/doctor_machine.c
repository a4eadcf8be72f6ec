/* doctor_machine.c: how fast the machine is, for `nnmpi doctor`. */
#include "cli/doctor.h"
#include "train/measure.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

/* Bytes that the measured arrays of a node take together: more than its caches hold. */
static const double ARRAYS = 256e6;
static const int64_t SUM = 1000000; /* numbers of a long message, where no run says how many */

/* A row of figures: of one thread, and of all of a rank. */
static nn_status measure_product(nn_doctor *doctor, const char *name, const int64_t shape[3]) {
    nn_spread one, team = {0};
    int64_t threads = doctor->place.threads;
    nn_status status = nn_measure_product(doctor->comm, 1, shape, &one);
    if (status != NN_OK) return status;
    nn_comm_broadcast(doctor->comm, &threads, sizeof threads);
    if (threads > 1) {
        status = nn_measure_product(doctor->comm, doctor->place.threads, shape, &team);
        if (status != NN_OK) return status;
    }
    if (!doctor->prints) return NN_OK;
    printf("  %-32s %6.1f GFLOP/s a thread", name, one.median);
    if (one.least < 0.9 * one.median) printf(" (slowest rank %.1f)", one.least);
    if (threads > 1) {
        printf(", %.1f with %" PRId64 " threads", team.median, threads);
        if (team.least < 0.9 * team.median) printf(" (slowest rank %.1f)", team.least);
    }
    printf("\n");
    fflush(stdout);
    return NN_OK;
}

static nn_status measure_memory(nn_doctor *doctor) {
    nn_spread node, free_bytes;
    const int ranks = doctor->place.node_ranks;
    double available = (double)nn_memory_available(), most = available / 8;
    double bytes = (available > 0 && most < ARRAYS ? most : ARRAYS) / ranks;
    nn_status status = nn_measure_spread(doctor->comm, available, &free_bytes);
    if (status == NN_OK)
        status = nn_measure_memory(doctor->comm, doctor->place.threads,
                                   bytes > 4e6 ? (int64_t)bytes : 4000000, &node);
    if (status != NN_OK) return status;
    doctor->memory = free_bytes.least;
    if (!doctor->prints) return NN_OK;
    char text[NN_QUANTITY];
    printf("  %-32s %6.1f GB/s a node", "memory, y += x", node.sum / doctor->layout.node_count);
    if (doctor->memory > 0)
        printf(", of which %s are free%s", nn_doctor_bytes(doctor->memory, text),
               doctor->layout.node_count > 1 ? " where least is" : "");
    printf("\n");
    return NN_OK;
}

static nn_status measure_sums(nn_doctor *doctor) {
    double small, large;
    const int size = nn_comm_size(doctor->comm);
    if (size == 1) {
        printf("  %-32s not measured: there is one rank\n", "sum over the ranks");
        return NN_OK;
    }
    nn_status status = nn_measure_exchange(doctor->comm, 16, &small);
    if (status == NN_OK) status = nn_measure_exchange(doctor->comm, SUM, &large);
    if (status != NN_OK || !doctor->prints) return status;
    char name[64], short_time[NN_QUANTITY], long_time[NN_QUANTITY];
    snprintf(name, sizeof name, "sum over %d ranks", size);
    printf("  %-32s %s for 16 numbers, %s for %.3g million (%.2f GB/s)\n", name,
           nn_doctor_seconds(small, short_time), nn_doctor_seconds(large, long_time),
           1e-6 * (double)SUM, 4e-9 * (double)SUM / large);
    return NN_OK;
}

static nn_status measure_shared(nn_doctor *doctor) {
    struct statvfs about;
    nn_spread bytes;
    double mine = 0;
    if (statvfs("/dev/shm", &about) == 0) mine = (double)about.f_bavail * (double)about.f_frsize;
    nn_status status = nn_measure_spread(doctor->comm, mine, &bytes);
    doctor->shared = bytes.least;
    if (status != NN_OK || !doctor->prints) return status;
    char text[NN_QUANTITY];
    printf("  %-32s %s free in /dev/shm, where the ranks of a node share the data\n",
           "shared memory", nn_doctor_bytes(doctor->shared, text));
    return NN_OK;
}

nn_status nn_doctor_machine(nn_doctor *doctor) {
    static const int64_t small[3] = {64, 256, 784}, large[3] = {256, 1024, 1024};
    nn_status status = NN_OK;
    if (doctor->prints)
        printf("\nSpeed, all ranks at the same time (the median of the ranks)\n");
    NN_TRY(measure_product(doctor, "product (64,784) (784,256)", small));
    NN_TRY(measure_product(doctor, "product (256,1024) (1024,1024)", large));
    NN_TRY(measure_memory(doctor));
    NN_TRY(measure_shared(doctor));
    NN_TRY(measure_sums(doctor));
    if (doctor->prints) fflush(stdout);
done:
    return status;
}

/* ---- data ---- */

static void print_reading(const nn_doctor *doctor, const char *path, const nn_reading *reading) {
    char read[NN_QUANTITY], whole[NN_QUANTITY];
    double all = (double)reading->rows * (double)reading->row_bytes;
    printf("\nData: %s, %" PRId64 " samples, %s in memory\n", path, reading->rows,
           nn_doctor_bytes(all, whole));
    printf("  %-32s %6.2f GB/s (%s; from the disk, or from the system's file cache)\n",
           "first reading", reading->first, nn_doctor_bytes((double)reading->bytes, read));
    printf("  %-32s %6.2f GB/s, all ranks together\n", "again", reading->again);
    if (doctor->memory > 0 && all > doctor->memory / 2)
        printf("  ! half of a node's free memory does not hold it: rows are read while training\n"
               "  -> a machine with more memory; otherwise the speed above is the limit, %.3g "
               "samples/s\n",
               1e9 * reading->first / (double)reading->row_bytes);
    else if (doctor->place.node_ranks > 1 && all > doctor->shared)
        printf("  ! /dev/shm does not hold it, so that rows are read while training\n"
               "  -> in a container, docker run --shm-size=%.0fm; otherwise "
               "mount -o remount,size=%.0fm /dev/shm\n",
               1.1 * all / 1048576 + 64, 1.1 * all / 1048576 + 64);
    else printf("  it fits the memory, once a node\n");
    fflush(stdout);
}

nn_status nn_doctor_data(nn_doctor *doctor) {
    const nn_run *run = doctor->run;
    const char *path = run ? run->data->file : doctor->data_file;
    const char *group = run ? run->data->train : "train";
    nn_reading reading;
    if (!path) return NN_OK;
    nn_status status = nn_measure_reading(doctor->comm, path, group, &reading);
    if (status == NN_OK && doctor->prints) print_reading(doctor, path, &reading);
    return status;
}
