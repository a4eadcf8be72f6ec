/* doctor_machine.c: how fast the machine is, for `nnmpi doctor`. */
#include "cli/doctor.h"
#include "doctor/measure.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

/* Bytes that the measured arrays of a node take together: more than its caches hold. */
static const double ARRAYS = 256e6;
static const int64_t SUM = 1000000; /* numbers of a long message, where no run says how many */

/* "45.2 GFLOP/s with 1 thread", with the slowest rank where it is much slower than others. */
static void print_speed(const nn_spread *speed, int threads) {
    printf("%.1f GFLOP/s with %d thread%s", speed->median, threads, threads == 1 ? "" : "s");
    if (speed->least < 0.8 * speed->median) printf(" (the slowest rank %.1f)", speed->least);
}

static nn_status measure_product(nn_doctor *doctor, const char *name, const int64_t shape[3]) {
    nn_spread one, team = {0};
    int threads = doctor->place.threads;
    nn_status status = nn_measure_product(doctor->comm, 1, shape, &one);
    nn_comm_broadcast(doctor->comm, &threads, sizeof threads);
    if (status == NN_OK && threads > 1)
        status = nn_measure_product(doctor->comm, doctor->place.threads, shape, &team);
    if (status != NN_OK || !doctor->prints) return status;
    printf("  %-32s", name);
    print_speed(&one, 1);
    if (threads > 1) printf(", ");
    if (threads > 1) print_speed(&team, threads);
    printf("\n");
    if (threads > 1 && team.median < 0.7 * one.median && !doctor->crowded)
        printf(
            "! %d threads are slower than one: each waits for the others, and something else uses "
            "their\n  cores  -> free the cores; on a machine that others use too, "
            "`export OMP_WAIT_POLICY=passive`\n",
            threads);
    fflush(stdout);
    return NN_OK;
}

static nn_status measure_memory(nn_doctor *doctor) {
    nn_spread speed, free_bytes;
    const int ranks = doctor->place.node_ranks;
    double available = (double)nn_memory_available(), most = available / 8;
    double bytes = (available > 0 && most < ARRAYS ? most : ARRAYS) / ranks;
    nn_status status = nn_measure_spread(doctor->comm, available, &free_bytes);
    if (status == NN_OK)
        status = nn_measure_memory(doctor->comm, doctor->place.threads,
                                   bytes > 4e6 ? (int64_t)bytes : 4000000, &speed);
    if (status != NN_OK) return status;
    doctor->memory = free_bytes.least;
    if (!doctor->prints) return NN_OK;
    char text[NN_QUANTITY];
    printf("  %-32s%.1f GB/s a node (y += x)", "memory", speed.sum / doctor->layout.node_count);
    if (doctor->memory > 0)
        printf(", %s free%s", nn_doctor_bytes(doctor->memory, text),
               doctor->layout.node_count > 1 ? " where least is" : "");
    printf("\n");
    return NN_OK;
}

/* Without a print where there is nothing to share: one rank on each node. */
static nn_status measure_shared(nn_doctor *doctor) {
    struct statvfs about;
    nn_spread bytes;
    double mine = 0;
    if (statvfs("/dev/shm", &about) == 0) mine = (double)about.f_bavail * (double)about.f_frsize;
    nn_status status = nn_measure_spread(doctor->comm, mine, &bytes);
    doctor->shared = bytes.least;
    if (status != NN_OK || !doctor->prints || doctor->place.node_ranks == 1) return status;
    char text[NN_QUANTITY];
    printf("  %-32s%s free in /dev/shm, where the ranks of a node share the data\n",
           "shared memory", nn_doctor_bytes(doctor->shared, text));
    return NN_OK;
}

static nn_status measure_sums(nn_doctor *doctor) {
    double small, large;
    char name[64], short_time[NN_QUANTITY], long_time[NN_QUANTITY];
    const int size = nn_comm_size(doctor->comm);
    if (size == 1) {
        printf("  %-32snot measured: there is one rank\n", "sum over the ranks");
        return NN_OK;
    }
    nn_status status = nn_measure_exchange(doctor->comm, 16, &small);
    if (status == NN_OK) status = nn_measure_exchange(doctor->comm, SUM, &large);
    if (status != NN_OK || !doctor->prints) return status;
    snprintf(name, sizeof name, "sum over %d ranks", size);
    printf("  %-32s%s for 16 numbers, %s for a million (%.2f GB/s)\n", name,
           nn_doctor_seconds(small, short_time), nn_doctor_seconds(large, long_time),
           4e-9 * (double)SUM / large);
    return NN_OK;
}

/* What runs besides makes every figure too low. */
static nn_status look_at_load(nn_doctor *doctor) {
    double load[1] = {0};
    nn_spread loads;
    if (getloadavg(load, 1) != 1) load[0] = 0;
    nn_status status = nn_measure_spread(doctor->comm, load[0], &loads);
    if (status != NN_OK || !doctor->prints) return status;
    printf("\nSpeed, all ranks at the same time (the median of the ranks)\n");
    int cores = doctor->layout.nodes[0].available;
    if (loads.greatest > 0.5 + 0.1 * cores)
        printf("! a node was busy when this began (load average %.1f, %d cores): if other programs "
               "still\n"
               "  run, the figures below are too low  -> measure again without them\n",
               loads.greatest, cores);
    fflush(stdout);
    return NN_OK;
}

nn_status nn_doctor_machine(nn_doctor *doctor) {
    static const int64_t small[3] = {64, 256, 784}, large[3] = {256, 1024, 1024};
    nn_status status = NN_OK;
    NN_TRY(look_at_load(doctor));
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

/* A pass too short to make a speed of is told as it is. */
static void print_pass(const char *name, const nn_reading *reading, double seconds,
                       const char *note) {
    char bytes[NN_QUANTITY], time[NN_QUANTITY];
    printf("  %-32s%s in %s", name, nn_doctor_bytes((double)reading->bytes, bytes),
           nn_doctor_seconds(seconds, time));
    if (reading->bytes > 10000000) printf(", %.2f GB/s", 1e-9 * (double)reading->bytes / seconds);
    printf("%s\n", note);
}

static void print_reading(const nn_doctor *doctor, const char *path, const nn_reading *reading) {
    char whole[NN_QUANTITY];
    double all = (double)reading->rows * (double)reading->row_bytes;
    double limit = (double)reading->bytes / (double)reading->row_bytes / reading->first;
    printf("\nData: %s: %" PRId64 " samples, %s in memory\n", path, reading->rows,
           nn_doctor_bytes(all, whole));
    print_pass("first reading, all ranks", reading, reading->first,
               " (from the disk, or the system's file cache)");
    print_pass("again", reading, reading->again, "");
    if (doctor->run && doctor->run->data->in_memory == NN_IN_MEMORY_NEVER)
        printf("  data.in_memory: never: rows are read while training; reading allows at most %.3g "
               "samples/s\n",
               limit);
    else if (doctor->memory > 0 && all > doctor->memory / 2)
        printf("! half of a node's free memory does not hold it: rows are read while training\n"
               "  -> more memory; otherwise reading allows at most %.3g samples/s\n",
               limit);
    else if (doctor->place.node_ranks > 1 && all > doctor->shared)
        printf("! /dev/shm does not hold it: rows are read while training\n"
               "  -> in a container `docker run --shm-size=%.0fm`, otherwise "
               "`mount -o remount,size=%.0fm /dev/shm`\n",
               1.1 * all / 1048576 + 64, 1.1 * all / 1048576 + 64);
    else
        printf("  it fits into memory, once a node\n");
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
