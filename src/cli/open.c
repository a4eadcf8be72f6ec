/* open.c: from the arguments of a command to its ranks. */
#include "cli/commands.h"
#include "kernels/blas.h"
#include "kernels/team.h"

nn_status nn_command_open(nn_status status, nn_comm **comm) {
    if (status != NN_OK && nn_comm_launched() == 1) return status;
    nn_status opened = nn_comm_open(comm);
    return opened == NN_OK ? nn_comm_agree(*comm, status) : opened;
}

nn_status nn_command_threads(nn_comm *comm, int *threads) {
    *threads = nn_comm_threads(comm, nn_team_requested());
    nn_status status = nn_comm_check_threads(comm, *threads);
    if (status == NN_OK) status = nn_blas_check(*threads);
    return nn_comm_agree(comm, status);
}
