/* pace.c: preloaded into nnmpi, makes each sum over the ranks take 50 ms at least, so that a training
 * of a second lasts long enough to be interrupted by Slurm, whose clock goes in minutes. */
#include <mpi.h>
#include <time.h>

static void pause_a_while(void) {
    const struct timespec time = {0, 50 * 1000 * 1000};
    nanosleep(&time, NULL);
}

int MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
    pause_a_while();
    return PMPI_Allreduce(from, to, count, type, op, comm);
}

int MPI_Iallreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm,
                   MPI_Request *request) {
    pause_a_while();
    return PMPI_Iallreduce(from, to, count, type, op, comm, request);
}
