/* info_run.h: what `nnmpi info` prints of a run. */
#ifndef NN_CLI_INFO_RUN_H
#define NN_CLI_INFO_RUN_H

#include "util/status.h"

/** Describes the run in a folder. Local. Errors: those of nn_overview_read(). */
nn_status nn_info_run(const char *folder) NN_CHECKED;

#endif
