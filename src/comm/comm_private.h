/* comm_private.h: what the files of src/comm know of each other. */
#ifndef NN_COMM_COMM_PRIVATE_H
#define NN_COMM_COMM_PRIVATE_H

#include "comm/comm.h"

#include <mpi.h>

struct nn_comm {
    MPI_Comm world;
    MPI_Comm node; /* the ranks that share memory with this one */
    int rank, size;
    int node_rank, node_size, node_least, nodes;
    nn_comm *across; /* the ranks with this rank's number on their nodes; NULL: not on all nodes */
    bool threads; /* MPI lets the process have several (MPI_THREAD_FUNNELED) */
    char host[MPI_MAX_PROCESSOR_NAME];
};

/** Finds out which ranks share a node. Collective. */
void nn_comm_open_node(nn_comm *comm);

/** Gives it back. Collective. */
void nn_comm_close_node(nn_comm *comm);

#endif
