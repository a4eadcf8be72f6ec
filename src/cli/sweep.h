/* sweep.h: what `nnmpi train --sweep` shows, and how it begins. */
#ifndef NN_CLI_SWEEP_H
#define NN_CLI_SWEEP_H

#include "cli/options.h"
#include "sweep/train.h"

/** What the command line says of a sweep. */
typedef struct {
    const char *run_file;
    const char *by;     /* --sweep-by; NULL: not given */
    const char *output; /* NULL: runs/NAME-sweep */
    const nn_option_list *sweeps, *overrides;
    const char *warning; /* about how the ranks lie on the cores, on rank 0; NULL: none */
} nn_sweep_request;

/** Reads and checks all runs of a sweep on rank 0, and trains them as `options` says, whose folder, run
 * file, value and observer it sets. Collective. Errors: those of nn_sweep_create(), nn_sweep_read() and
 * nn_sweep_train(), agreed. */
nn_status nn_command_sweep(nn_comm *comm, const nn_sweep_request *request,
                           nn_sweep_options *options) NN_CHECKED;

/** Prints the results of a sweep, the best first: a table, and the best run as a JSON object. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_sweep_print(const nn_sweep_table *table) NN_CHECKED;

#endif
