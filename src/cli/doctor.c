/* doctor.c: `nnmpi doctor [RUN.yaml]`: how the ranks lie on the cores, how fast the machine is, and
 * what that means for a run. */
#include "cli/doctor.h"

#include "cli/commands.h"
#include "comm/watchdog.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "Usage: nnmpi doctor [RUN.yaml [--set KEY=VALUE]...] [--data FILE.h5]\n"
    "       mpirun -np N nnmpi doctor ...\n"
    "       srun --mpi=pmix -n N nnmpi doctor ...\n"
    "\n"
    "Says which cores each rank may use, what is wrong with that and which option of mpirun or\n"
    "srun mends it, and measures products, memory, sums over the ranks and, with a dataset, how\n"
    "fast it is read. With a run file it also tries the run's model and advises ranks, threads\n"
    "and the batch. Nothing is trained or written. It takes about ten seconds.\n"
    "\n"
    "  --set KEY=VALUE  overrides a key of the run file, as for nnmpi train\n"
    "  --data FILE.h5   the dataset file, in place of the run file's\n" NN_COMMAND_TIMEOUT_HELP
    "\n"
    "Start it as the training will be started: the same launcher, options, ranks and nodes.\n"
    "Lines that begin with ! are problems; -> says what mends them.\n"
    "Exit codes: 0 also where it finds problems, for they are advice; 64 usage; 65 bad data;\n"
    "66 no input; 78 bad run file.\n";

const char *nn_doctor_seconds(double seconds, char *text) {
    if (seconds < 1e-3)
        snprintf(text, NN_QUANTITY, "%.3g us", 1e6 * seconds);
    else if (seconds < 1)
        snprintf(text, NN_QUANTITY, "%.3g ms", 1e3 * seconds);
    else
        snprintf(text, NN_QUANTITY, "%.3g s", seconds);
    return text;
}

const char *nn_doctor_bytes(double bytes, char *text) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1000;
    snprintf(text, NN_QUANTITY, "%.3g %s", bytes, units[unit]);
    return text;
}

static const char *launcher_name(nn_launcher launcher) {
    static const char *const names[] = {"alone", "by mpirun", "by srun", "by mpiexec"};
    return names[launcher];
}

/* Whether the run is faster with cores idle is known after its trial: advise_idle() in doctor_run.c. */
static nn_status print_layout(nn_doctor *doctor) {
    const nn_layout *layout = &doctor->layout;
    nn_text text = {0}, idle = {0};
    nn_status status = NN_OK;
    char *told = NULL;
    nn_layout_format(layout, &text);
    int problems = nn_layout_problems(layout, doctor->run ? NN_PROBLEMS_OTHER : NN_PROBLEMS_ALL, &text);
    if (doctor->run && nn_layout_problems(layout, NN_PROBLEMS_IDLE, &idle) > 0)
        nn_text_add(&text, "  some cores are idle; whether this run is faster with them stands below\n");
    else if (problems == 0)
        nn_text_add(&text, "  each thread has a core of its own, and no core is idle\n");
    NN_TRY(nn_text_take(&idle, &doctor->idle));
    NN_TRY(nn_text_take(&text, &told));
    printf("nnmpi %s doctor: %d rank%s on %d host%s, started %s\n\nRanks and cores\n%s",
           nn_version(), layout->count, layout->count == 1 ? "" : "s", layout->node_count,
           layout->node_count == 1 ? "" : "s", launcher_name(layout->launcher), told);
    fflush(stdout);
done:
    nn_text_free(&text);
    free(told);
    return status;
}

/* Threads beyond the cores, on any node. */
static bool is_crowded(const nn_layout *layout) {
    for (int n = 0; n < layout->node_count; n++)
        if (layout->nodes[n].threads > nn_cores_count(&layout->nodes[n].cores)) return true;
    return false;
}

/* A file that is named on the command line lies where the command is given. */
static nn_status replace_data(nn_run *run, const char *path) {
    if (!run || !path) return NN_OK;
    char *copy = NULL;
    nn_status status = nn_copy_text(path, &copy);
    if (status != NN_OK) return status;
    free(run->data->file);
    run->data->file = copy;
    return NN_OK;
}

static nn_status examine(nn_doctor *doctor, nn_launcher launcher) {
    nn_status status = NN_OK;
    nn_place *places = NULL;
    nn_comm *comm = doctor->comm;
    doctor->prints = nn_comm_rank(comm) == 0;
    NN_TRY(nn_watchdog_start(comm, doctor->timeout, "run it again"));
    if (!doctor->run_file && doctor->overrides.count > 0)
        NN_TRY(nn_fail(NN_USAGE, "--set overrides a key of a run file: name one"));
    if (doctor->run_file)
        NN_TRY(nn_command_read_run(comm, doctor->run_file, &doctor->overrides, &doctor->run));
    NN_TRY(nn_comm_agree(comm, replace_data(doctor->run, doctor->data_file)));
    NN_TRY(nn_command_place(comm, &doctor->place));
    NN_TRY(nn_command_layout(comm, &doctor->place, launcher, &places, &doctor->layout));
    doctor->crowded = is_crowded(&doctor->layout);
    nn_comm_broadcast(comm, &doctor->crowded, sizeof doctor->crowded);
    NN_TRY(nn_comm_agree(comm, doctor->prints ? print_layout(doctor) : NN_OK));
    NN_TRY(nn_doctor_machine(doctor));
    NN_TRY(nn_doctor_data(doctor));
    NN_TRY(nn_doctor_run(doctor));
done:
    nn_layout_close(&doctor->layout);
    nn_run_destroy(&doctor->run);
    free(doctor->idle);
    free(places);
    return status;
}

nn_status nn_command_doctor(int argc, char **argv, nn_comm **comm) {
    nn_doctor doctor = {.run = NULL};
    const nn_option options[] = {{"data", NN_OPTION_TEXT, &doctor.data_file},
                                 {"set", NN_OPTION_LIST, &doctor.overrides},
                                 {"hang-timeout", NN_OPTION_TEXT, &doctor.hang_timeout},
                                 {0}};
    const nn_launcher launcher = nn_launcher_find(); /* MPI changes the environment */
    bool help;
    nn_status status = nn_options_parse(argc, argv, options, "[RUN.yaml]", &doctor.run_file, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    status = nn_command_timeout(doctor.hang_timeout, &doctor.timeout);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    doctor.comm = *comm;
    return status == NN_OK ? examine(&doctor, launcher) : status;
}
