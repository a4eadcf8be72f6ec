/* allreduce_alone.c: MPI_Allreduce of float32 sums and nothing else, out of place and in place in
 * turns, as the limit of what an exchange of gradients is measured against.
 *
 * Usage: mpirun -np P allreduce_alone [--repetitions 9] BYTES...
 * Prints a line a size as CSV: size_bytes,out_of_place_seconds,in_place_seconds,best_seconds; each
 * is the median of the repetitions, each of which takes as long as its slowest rank. */
#include "network.h"

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The seconds of the slowest rank. */
static double reduce_once(const void *from, float *to, int count) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    MPI_Allreduce(from, to, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double taken = MPI_Wtime() - start;
    MPI_Allreduce(MPI_IN_PLACE, &taken, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return taken;
}

static void measure(long bytes, int repetitions, double *out_of_place, double *in_place) {
    int count = (int)(bytes / (long)sizeof(float));
    float *from = take((size_t)count, sizeof *from), *to = take((size_t)count, sizeof *to);
    for (int i = 0; i < count; i++) from[i] = 1.0f / (float)(i + 1);
    for (int i = -1; i < repetitions; i++) { /* the first one warms up */
        double first = reduce_once(from, to, count), second = reduce_once(MPI_IN_PLACE, to, count);
        if (i < 0) continue;
        out_of_place[i] = first;
        in_place[i] = second;
        memcpy(to, from, (size_t)count * sizeof *to); /* in place would add up to infinity */
    }
    free(from);
    free(to);
}

int main(int argc, char **argv) {
    int rank, repetitions = 9, first = 1;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (argc > 2 && !strcmp(argv[1], "--repetitions")) {
        repetitions = atoi(argv[2]);
        first = 3;
    }
    if (repetitions < 1 || first >= argc)
        die("usage: mpirun -np P allreduce_alone [--repetitions N] BYTES...");
    double *out_of_place = take((size_t)repetitions, sizeof *out_of_place);
    double *in_place = take((size_t)repetitions, sizeof *in_place);
    for (int i = first; i < argc; i++) {
        long bytes = atol(argv[i]);
        if (bytes < 4 || bytes / 4 > 2147483647L) die("allreduce_alone: a size is 4 bytes to 8 GB");
        measure(bytes, repetitions, out_of_place, in_place);
        double a = median(out_of_place, repetitions), b = median(in_place, repetitions);
        if (rank == 0) printf("%ld,%.6g,%.6g,%.6g\n", bytes, a, b, a < b ? a : b);
    }
    MPI_Finalize();
    return 0;
}
