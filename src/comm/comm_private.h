/* comm_private.h: what the files of src/comm know of each other. */
#ifndef NN_COMM_COMM_PRIVATE_H
#define NN_COMM_COMM_PRIVATE_H

#include "comm/comm.h"

#include <mpi.h>

struct nn_comm {
    MPI_Comm world;
    MPI_Comm node; /* the ranks that share memory with this one */
    int rank, size;
    bool threads; /* MPI lets the process have several (MPI_THREAD_FUNNELED) */
    char host[MPI_MAX_PROCESSOR_NAME];
};

#endif
