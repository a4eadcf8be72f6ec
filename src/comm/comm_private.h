/* comm_private.h: what the files of src/comm know of each other. */
#ifndef NN_COMM_COMM_PRIVATE_H
#define NN_COMM_COMM_PRIVATE_H

#include "comm/comm.h"
#include "comm/watchdog.h"

#include <mpi.h>

struct nn_comm {
    MPI_Comm world;
    MPI_Comm node; /* the ranks that share memory with this one */
    int rank, size;
    int number; /* of this rank in messages: that of the world of which this is a part */
    int node_rank, node_size, node_least, nodes;
    nn_comm *across; /* the ranks with this rank's number on their nodes; NULL: not on all nodes */
    bool threads; /* MPI lets the process have several (MPI_THREAD_FUNNELED) */
    char host[MPI_MAX_PROCESSOR_NAME];
};

/** Finds out which ranks share a node; `across` becomes the ranks with this rank's number on their nodes.
 * Collective. */
void nn_comm_open_node(nn_comm *comm, nn_comm *across);

/** Gives it back. Collective. */
void nn_comm_close_node(nn_comm *comm);

/** Removes the name of memory that is just being shared, because the process ends. Local. */
void nn_shared_abandon(void);

/** A call of MPI that may have to wait for other ranks, as the watchdog sees it. */
#define NN_WAITS(call)                                                                             \
    do {                                                                                           \
        nn_watchdog_wait();                                                                        \
        call;                                                                                      \
        nn_watchdog_go_on();                                                                       \
    } while (0)

#endif
