/* open.c: from the arguments of a command to its ranks. */
#include "cli/commands.h"

nn_status nn_command_open(nn_status status, nn_comm **comm) {
    if (status != NN_OK && nn_comm_launched() == 1) return status;
    nn_status opened = nn_comm_open(comm);
    return opened == NN_OK ? nn_comm_agree(*comm, status) : opened;
}
