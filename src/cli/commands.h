/* commands.h: the commands of the executable, one file each.
 *
 * A command parses its arguments (argv[0] is its name), calls the library and prints on stdout, by
 * rank 0 where there are several. `--help` answers on stdout before MPI starts. Commands that run
 * under mpirun open *comm; main prints the message of a failure and closes it. */
#ifndef NN_CLI_COMMANDS_H
#define NN_CLI_COMMANDS_H

#include "cli/options.h"
#include "comm/layout.h"
#include "train/run.h"

/** Opens *comm and makes the first failure, `status` on each rank, everyone's: all ranks leave together
 * and one prints the message, also where MPI has not been needed yet. A failure without a launcher is
 * given back as it is. Collective. Errors: `status`, agreed; those of nn_comm_open() and
 * nn_command_check_same(). */
nn_status nn_command_open(nn_status status, nn_comm **comm) NN_CHECKED;

/** Refuses ranks of which one runs another build of nnmpi, or another command, than rank 0. Collective.
 * Errors: NN_BAD_CONFIG saying what differs, agreed. */
nn_status nn_command_check_same(nn_comm *comm) NN_CHECKED;

/** How many threads each rank uses: OMP_NUM_THREADS or, without it, its share of the cores. Collective.
 * Errors: NN_BAD_CONFIG where there cannot be so many; those of nn_blas_check(), agreed. */
nn_status nn_command_threads(nn_comm *comm, int *threads) NN_CHECKED;

/** Where this rank runs, with its number of threads. Collective. Errors: as nn_command_threads(). */
nn_status nn_command_place(nn_comm *comm, nn_place *place) NN_CHECKED;

/** How all ranks lie: on rank 0, which frees *places and closes the layout; empty on the others.
 * Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_command_layout(nn_comm *comm, const nn_place *mine, nn_launcher launcher,
                            nn_place **places, nn_layout *layout) NN_CHECKED;

/** The seconds of `--hang-timeout`: a number of them, or one with s, m or h; 600 where `text` is NULL.
 * Local. Errors: NN_USAGE. */
nn_status nn_command_timeout(const char *text, double *seconds) NN_CHECKED;

/** What the help of a command says of it. */
#define NN_COMMAND_TIMEOUT_HELP                                                                    \
    "  --hang-timeout TIME\n"                                                                      \
    "                    ends a run in which ranks wait for so long for one that does not arrive,\n"  \
    "                    and names it: seconds, or such as 90s, 10m, 1h (10m); 0: never\n"

/** Reads a run file: rank 0 does, the others get what it has read. Collective. Errors: those of
 * nn_run_read_file(), agreed. */
nn_status nn_command_read_run(nn_comm *comm, const char *path, const nn_option_list *overrides,
                              nn_run **run) NN_CHECKED;

/** The same for a run that goes on in the folder `output` (NULL: runs/NAME). Collective. Errors: those of
 * nn_run_read_resumed(), agreed. */
nn_status nn_command_read_resumed(nn_comm *comm, const char *path, const nn_option_list *overrides,
                                  const char *output, nn_run **run) NN_CHECKED;

/** `nnmpi train RUN.yaml`: trains. Collective. Errors: NN_USAGE, those of nn_train(). */
nn_status nn_command_train(int argc, char **argv, nn_comm **comm) NN_CHECKED;

/** `nnmpi eval MODEL.h5`: loss and metrics; the last line is a JSON object. Collective.
 * Errors: NN_USAGE, those of models and datasets. */
nn_status nn_command_eval(int argc, char **argv, nn_comm **comm) NN_CHECKED;

/** `nnmpi predict MODEL.h5`: writes the model's outputs. Collective.
 * Errors: NN_USAGE, those of models and datasets. */
nn_status nn_command_predict(int argc, char **argv, nn_comm **comm) NN_CHECKED;

/** `nnmpi doctor [RUN.yaml]`: how the ranks lie on the cores, how fast the machine is, and what that
 * means for a run. Collective. Errors: NN_USAGE, those of run files, models and datasets; what it
 * finds wrong with the machine is none. */
nn_status nn_command_doctor(int argc, char **argv, nn_comm **comm) NN_CHECKED;

/** `nnmpi import`: makes a dataset file. Local. Errors: NN_USAGE, those of nn_import_csv(). */
nn_status nn_command_import(int argc, char **argv) NN_CHECKED;

/** `nnmpi info FILE.h5`: describes a dataset, a model, a checkpoint or the folder of a run. Local.
 * Errors: NN_USAGE, NN_NO_INPUT, NN_BAD_DATA. */
nn_status nn_command_info(int argc, char **argv) NN_CHECKED;

/** `nnmpi export MODEL.h5`: writes a model for other programs. Local.
 * Errors: NN_USAGE, those of nn_export(). */
nn_status nn_command_export(int argc, char **argv) NN_CHECKED;

/** `nnmpi plot RUN...|EVAL.h5`: learning curves of runs, or what a model was right and wrong about, as a
 * picture or on the terminal. Local. Errors: NN_USAGE, those of nn_curves_read() and
 * nn_results_open(); NN_CANT_CREATE without gnuplot. */
nn_status nn_command_plot(int argc, char **argv) NN_CHECKED;

/** `nnmpi config RUN.yaml`: checks a run file and prints the effective one. Local.
 * Errors: NN_USAGE, those of nn_run_read_file(). */
nn_status nn_command_config(int argc, char **argv) NN_CHECKED;

#endif
