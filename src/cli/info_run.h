/* info_run.h: what `nnmpi info` prints of a run, and of a sweep. */
#ifndef NN_CLI_INFO_RUN_H
#define NN_CLI_INFO_RUN_H

#include "util/status.h"

/** Describes the run in a folder. Local. Errors: those of nn_overview_read(). */
nn_status nn_info_run(const char *folder) NN_CHECKED;

/** Describes the sweep in a folder: how many of its runs are done, the best, and those that are not at their
 * end. Local. Errors: those of nn_sweep_listing_read(). */
nn_status nn_info_sweep(const char *folder) NN_CHECKED;

#endif
