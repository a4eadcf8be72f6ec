/* main.c: the executable nnmpi: finds the command, prints the message of a failure once, and leaves
 * with the status as exit code. */
#include "cli/commands.h"
#include "comm/cores.h"
#include "io/h5.h"
#include "kernels/blas.h"
#include "train/signals.h"
#include "util/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char HELP[] =
    "nnmpi trains neural networks data-parallel on CPU clusters.\n"
    "\n"
    "  nnmpi train RUN.yaml        train what the run file describes; under mpirun too\n"
    "  nnmpi eval MODEL.h5         loss and metrics of a model on a dataset; under mpirun too\n"
    "  nnmpi predict MODEL.h5      what a model says about each row; under mpirun too\n"
    "  nnmpi export MODEL.h5       write a model for other programs: ONNX, safetensors\n"
    "  nnmpi import FORMAT FILE    make a dataset file of CSV, images, .npz, .npy or IDX\n"
    "  nnmpi info FILE.h5          describe a dataset, a model, a checkpoint, or a run's folder\n"
    "  nnmpi plot RUN...|EVAL.h5   draw learning curves, or what eval --save has written\n"
    "  nnmpi config RUN.yaml       check a run file and print it with every default\n"
    "  nnmpi doctor [RUN.yaml]     cores, speeds, and what suits a run; under mpirun too\n"
    "\n"
    "nnmpi COMMAND --help tells more; nnmpi --version prints the version.\n";

/* A command runs alone or under mpirun. */
typedef struct {
    const char *name;
    nn_status (*alone)(int argc, char **argv);
    nn_status (*parallel)(int argc, char **argv, nn_comm **comm);
} command;

static const command COMMANDS[] = {{"train", NULL, nn_command_train},
                                   {"eval", NULL, nn_command_eval},
                                   {"predict", NULL, nn_command_predict},
                                   {"export", nn_command_export, NULL},
                                   {"import", nn_command_import, NULL},
                                   {"info", nn_command_info, NULL},
                                   {"plot", nn_command_plot, NULL},
                                   {"config", nn_command_config, NULL},
                                   {"doctor", NULL, nn_command_doctor}};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

static nn_status unknown_command(const char *name) {
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++) names[i] = COMMANDS[i].name;
    const char *nearest = nn_nearest_name(name, names, COMMAND_COUNT);
    if (nearest)
        return nn_fail(NN_USAGE, "there is no command '%s'; did you mean '%s'?", name, nearest);
    return nn_fail(NN_USAGE, "there is no command '%s'; see nnmpi --help", name);
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

static nn_status run_command(int argc, char **argv, nn_comm **comm) {
    if (argc < 2) return nn_fail(NN_USAGE, "which command? See nnmpi --help");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) != 0) continue;
        if (COMMANDS[i].parallel) return COMMANDS[i].parallel(argc - 1, argv + 1, comm);
        if (nn_comm_launched() > 1 && !asks_for_help(argc, argv))
            return nn_fail(NN_USAGE, "nnmpi %s runs alone, not under mpirun or srun", argv[1]);
        return COMMANDS[i].alone(argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}

/* A training has its signals wait from the start; it takes them when it is ready. */
static void hold_signals(int argc, char **argv, char **environment) {
    (void)environment;
    if (argc >= 2 && strcmp(argv[1], "train") == 0) nn_signals_hold();
}

/* From before the libraries start, which alone takes long enough for a signal to come. The sanitizers
 * start at the same place, and must be first; a program that is compiled as a library, for a simulator
 * of MPI, has no such place. */
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !(defined(__PIC__) && !defined(__PIE__))
__attribute__((section(".preinit_array"), used)) static void (*const HOLD_FIRST)(int, char **,
                                                                                 char **) = hold_signals;
#endif

/* OpenBLAS chooses its kernels before main begins; where it chose badly, begin again with a better
 * choice in the environment. Where that is impossible, go on: it is only slower. */
static void restart_with_better_blas(char **argv) {
    char path[4096];
    const char *core = nn_blas_better_core();
    if (!core || setenv("OPENBLAS_CORETYPE", core, 0) != 0) return;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = '\0';
    nn_cores cores = nn_cores_allowed();
    nn_cores_bind(&cores); /* OMP_PROC_BIND has left this thread one core, which it would inherit */
    execv(path, argv);
}

/* Results that did not reach a full disk are a failure too. */
static nn_status flush_output(nn_status status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    return status == NN_OK ? nn_fail(NN_IO, "standard output cannot be written: %s", strerror(errno))
                           : status;
}

int main(int argc, char **argv) {
    nn_comm *comm = NULL;
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a write that fails, with a message */
    hold_signals(argc, argv, NULL);
    restart_with_better_blas(argv);
    nn_h5_keep();
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("nnmpi %s\n", nn_version());
        return NN_OK;
    }
    nn_status status = run_command(argc, argv, &comm);
    if (status != NN_OK && !comm) status = nn_command_open(status, &comm);
    status = flush_output(status);
    if (comm) status = nn_comm_agree(comm, status);
    bool together = comm && nn_comm_size(comm) > 1;
    bool prints = together ? nn_comm_rank(comm) == 0 : nn_comm_launched_rank() == 0;
    if (status != NN_OK && prints) fprintf(stderr, "nnmpi: %s\n", nn_message());
    nn_comm_close(&comm);
    return (int)status;
}
