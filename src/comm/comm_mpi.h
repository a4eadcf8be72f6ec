/* comm_mpi.h: communicators of programs that speak MPI themselves, for the library: the one header that
 * shows MPI to other folders. */
#ifndef NN_COMM_COMM_MPI_H
#define NN_COMM_COMM_MPI_H

#include "comm/comm.h"

#include <mpi.h>

/** A duplicate of a caller's communicator, so that no message meets one of the caller's. MPI is the
 * caller's to start and to end; nn_comm_release() gives it back. Collective. Errors: NN_INTERNAL, on all
 * ranks; NN_USAGE where MPI does not run, or `theirs` is none of ranks. */
nn_status nn_comm_of(MPI_Comm theirs, nn_comm **out) NN_CHECKED;

#endif
