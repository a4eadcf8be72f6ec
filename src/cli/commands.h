/* commands.h: the commands of the executable, one file each. */
#ifndef NN_CLI_COMMANDS_H
#define NN_CLI_COMMANDS_H

#include "util/status.h"

/** `nnmpi import`: makes a dataset file; argv[0] is "import". Prints a summary, or its help, on
 * stdout. Local. Errors: NN_USAGE, and those of nn_import_csv(). */
nn_status nn_command_import(int argc, char **argv) NN_CHECKED;

#endif
