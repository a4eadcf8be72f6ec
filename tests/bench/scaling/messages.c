/* messages.c: times MPI alone, the real one and the simulated one.
 *
 *     mpirun -np P messages ring|allreduce|add REPETITIONS COUNT...
 *
 * For each COUNT of floats rank 0 prints "COUNT SECONDS", the median of the repetitions.
 * ring: each rank sends to the next one and receives from the one before (MPI_Sendrecv), which is
 * what most algorithms of MPI_Allreduce are made of; allreduce: the sum that nnmpi makes of the
 *       gradients; add: one addition of as many floats on each rank, MPI_Reduce_local. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

static void message(const char *kind, float *data, float *other, int count) {
    int next = (rank + 1) % size, before = (rank + size - 1) % size;
    if (strcmp(kind, "ring") == 0)
        MPI_Sendrecv(data, count, MPI_FLOAT, next, 0, other, count, MPI_FLOAT, before, 0,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else if (strcmp(kind, "allreduce") == 0)
        MPI_Allreduce(MPI_IN_PLACE, data, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    else
        MPI_Reduce_local(data, other, count, MPI_FLOAT, MPI_SUM);
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const int repetitions = argc > 3 ? atoi(argv[2]) : 0;
    for (int i = 3; i < argc && repetitions > 0; i++) {
        const int count = atoi(argv[i]);
        const int inner = 1 + 200000 / (count + 1000); /* so that the clock is fine enough */
        float *data = calloc((size_t)count, sizeof *data),
              *other = calloc((size_t)count, sizeof *other);
        double *seconds = malloc((size_t)repetitions * sizeof *seconds);
        if (!data || !other || !seconds) MPI_Abort(MPI_COMM_WORLD, 70);
        for (int turn = -1; turn < repetitions; turn++) {
            MPI_Barrier(MPI_COMM_WORLD);
            double start = MPI_Wtime();
            for (int k = 0; k < inner; k++) message(argv[1], data, other, count);
            double taken = (MPI_Wtime() - start) / inner;
            MPI_Allreduce(MPI_IN_PLACE, &taken, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
            if (turn >= 0) seconds[turn] = taken;
        }
        qsort(seconds, (size_t)repetitions, sizeof *seconds, by_value);
        if (rank == 0) printf("%d %.4g\n", count, seconds[repetitions / 2]);
        free(data);
        free(other);
        free(seconds);
    }
    MPI_Finalize();
    return 0;
}
