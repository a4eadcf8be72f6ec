/* train.c: `nnmpi train RUN.yaml`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/sweep.h"
#include "comm/watchdog.h"
#include "train/signals.h"
#include "train/train.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: nnmpi train RUN.yaml [OPTION]...\n"
    "       mpirun -np N nnmpi train RUN.yaml [OPTION]...\n"
    "\n"
    "Trains the model that the run file describes (docs/RUNFILE.md) and leaves config.yaml,\n"
    "metrics.csv, checkpoints and model.h5 in a folder.\n"
    "\n"
    "  --set KEY=VALUE   overrides a key of the run file, such as optimizer.learning_rate=0.01\n"
    "                    or model.1.units=64; may be given several times\n"
    "  --output DIR      the folder of the run (runs/NAME; of a sweep runs/NAME-sweep)\n"
    "  --resume          go on from the newest checkpoint in it\n"
    "  --overwrite       replace the run that is in it\n"
    "  --stop-before MINUTES\n"
    "                    save and leave with 75 so long before the job ends, which the variable\n"
    "                    SLURM_JOB_END_TIME tells (three times a save and a step, two minutes at\n"
    "                    least, or a tenth of a short job); 0: leave on a signal alone\n"
    "  --progress WHEN   the progress bar: auto (where stderr is a terminal), always, never\n"
    NN_COMMAND_TIMEOUT_HELP
    "  --profile         at the end, a line of JSON: the seconds that rank 0's steps took, by phases;\n"
    "                    and what saving took\n"
    "\n"
    "A sweep trains several runs side by side, each by a group of the ranks, and compares them\n"
    "(docs/RUNNING.md):\n"
    "  --sweep KEY=A,B,C\n"
    "                    the values of a key, as in a YAML list; given several times, all\n"
    "                    combinations. Each run has a folder in that of the sweep, whose\n"
    "                    sweep.csv is the table of results\n"
    "  --sweep-by VALUE  what runs are compared by: val_loss, accuracy and such, of the epoch that\n"
    "                    model.h5 is of: the last, or the best where early_stopping has\n"
    "                    restore_best_weights (val_loss, or loss where there is no validation)\n"
    "  --ranks-per-run N\n"
    "                    the ranks that train a run together (the ranks divided by the runs, one\n"
    "                    at least)\n"
    "\n"
    "Threads of each rank: OMP_NUM_THREADS, otherwise the cores that the rank may use, shared\n"
    "with the ranks of its node that may use them too.\n"
    "TERM, USR1 and INT to any rank: all save after the same step and leave with 75; a second INT\n"
    "leaves at once.\n"
    "Exit codes: 0 done; 64 usage; 65 bad data; 66 no input; 70 internal; 73 cannot create;\n"
    "74 I/O; 75 interrupted, checkpoint saved, run again with --resume; 76 diverged; 78 bad run\n"
    "file. Of a sweep: 75 where runs are left; otherwise that of the first run that failed, or 76.\n";

typedef struct {
    nn_launcher launcher;
    const char *run_file, *output, *stop_before, *progress, *hang_timeout;
    const char *sweep_by, *ranks_per_run;
    double timeout; /* seconds */
    nn_option_list overrides, sweeps;
    int group_ranks; /* of ranks_per_run; 0: not given */
    bool resume, overwrite, profile;
    nn_deadline deadline;
} train_request;

static nn_status check_sweep(train_request *request) {
    const char *text = request->ranks_per_run;
    char *end = NULL;
    if (request->sweeps.count == 0 && (request->sweep_by || text))
        return nn_fail(NN_USAGE, "--%s belongs to --sweep KEY=A,B,C", text ? "ranks-per-run" : "sweep-by");
    if (request->sweeps.count > 0 && request->profile)
        return nn_fail(NN_USAGE, "--profile is for one run, not for a sweep");
    const long number = text ? strtol(text, &end, 10) : 0;
    if (text && (end == text || *end || number < 1 || number > 1 << 30))
        return nn_fail(NN_USAGE, "--ranks-per-run wants a number of ranks, not '%s'", text);
    request->group_ranks = (int)number;
    return NN_OK;
}

static nn_status check_request(train_request *request) {
    static const char *const whens[] = {"auto", "always", "never"};
    nn_status status = nn_deadline_read(getenv("SLURM_JOB_END_TIME"), request->stop_before,
                                        (double)time(NULL), &request->deadline);
    if (status != NN_OK) return status;
    status = check_sweep(request);
    if (status != NN_OK) return status;
    if (request->resume && request->overwrite)
        return nn_fail(NN_USAGE, "--resume goes on with the run, --overwrite replaces it: give one");
    for (int i = 0; i < 3; i++)
        if (strcmp(request->progress, whens[i]) == 0)
            return nn_command_timeout(request->hang_timeout, &request->timeout);
    return nn_fail(NN_USAGE, "--progress can be auto, always or never, not '%s'",
                   request->progress);
}

static nn_status name_output(const train_request *request, const nn_run *run, char **output) {
    nn_text text = {0};
    if (request->output) nn_text_add(&text, "%s", request->output);
    else nn_text_add(&text, "runs/%s", run->name);
    return nn_text_take(&text, output);
}

static bool wants_bar(const train_request *request) {
    const char *terminal = getenv("TERM");
    if (strcmp(request->progress, "auto") == 0)
        return isatty(STDERR_FILENO) == 1 && !(terminal && strcmp(terminal, "dumb") == 0);
    return strcmp(request->progress, "always") == 0;
}

/* On rank 0: a line about ranks and threads that are in each other's way. */
static nn_status look_at_cores(nn_comm *comm, const nn_place *place, nn_launcher launcher,
                               nn_text *warning) {
    nn_place *places = NULL;
    nn_layout layout;
    nn_status status = nn_command_layout(comm, place, launcher, &places, &layout);
    if (status == NN_OK && places) nn_layout_warn(&layout, warning);
    nn_layout_close(&layout);
    free(places);
    return status;
}

static nn_status sweep(nn_comm *comm, const train_request *request) {
    nn_status status = NN_OK;
    nn_place place;
    nn_text warning = {0};
    NN_TRY(nn_command_place(comm, &place));
    NN_TRY(look_at_cores(comm, &place, request->launcher, &warning));
    const nn_sweep_request wanted = {.run_file = request->run_file,
                                     .by = request->sweep_by,
                                     .output = request->output,
                                     .sweeps = &request->sweeps,
                                     .overrides = &request->overrides,
                                     .warning = warning.bytes};
    nn_sweep_options options = {.resume = request->resume,
                                .overwrite = request->overwrite,
                                .ranks_per_run = request->group_ranks,
                                .threads = place.threads,
                                .spare_threads = place.requested == 0,
                                .deadline = request->deadline};
    NN_TRY(nn_command_sweep(comm, &wanted, &options));
done:
    nn_text_free(&warning);
    return status;
}

static nn_status train(nn_comm *comm, const train_request *request) {
    nn_status status = NN_OK;
    nn_run *run = NULL;
    char *output = NULL;
    nn_place place;
    nn_text warning = {0};
    nn_progress_view view = {.bar = wants_bar(request)};
    NN_TRY(nn_watchdog_start(comm, request->timeout,
                             "what it has saved stays: go on with --resume"));
    if (request->sweeps.count > 0) return sweep(comm, request);
    if (request->resume)
        NN_TRY(nn_command_read_resumed(comm, request->run_file, &request->overrides, request->output, &run));
    else NN_TRY(nn_command_read_run(comm, request->run_file, &request->overrides, &run));
    NN_TRY(nn_command_place(comm, &place));
    NN_TRY(look_at_cores(comm, &place, request->launcher, &warning));
    view.warning = warning.bytes;
    NN_TRY(nn_comm_agree(comm, name_output(request, run, &output)));
    nn_train_options options = {.output = output,
                                .run_file = request->run_file,
                                .resume = request->resume,
                                .overwrite = request->overwrite,
                                .threads = place.threads,
                                .spare_threads = place.requested == 0,
                                .profile = request->profile,
                                .deadline = request->deadline,
                                .observer = nn_progress_observer(&view)};
    NN_TRY(nn_train(comm, run, &options));
    if (nn_comm_rank(comm) == 0)
        printf("model: %s/model.h5\nmetrics: %s/metrics.csv\n", output, output);
done:
    nn_progress_clear(&view);
    nn_run_destroy(&run);
    nn_text_free(&warning);
    free(output);
    return status;
}

nn_status nn_command_train(int argc, char **argv, nn_comm **comm) {
    train_request request = {.launcher = nn_launcher_find(), .progress = "auto"};
    const nn_option options[] = {{"set", NN_OPTION_LIST, &request.overrides},
                                 {"output", NN_OPTION_TEXT, &request.output},
                                 {"resume", NN_OPTION_FLAG, &request.resume},
                                 {"overwrite", NN_OPTION_FLAG, &request.overwrite},
                                 {"stop-before", NN_OPTION_TEXT, &request.stop_before},
                                 {"sweep", NN_OPTION_LIST, &request.sweeps},
                                 {"sweep-by", NN_OPTION_TEXT, &request.sweep_by},
                                 {"ranks-per-run", NN_OPTION_TEXT, &request.ranks_per_run},
                                 {"profile", NN_OPTION_FLAG, &request.profile},
                                 {"progress", NN_OPTION_TEXT, &request.progress},
                                 {"hang-timeout", NN_OPTION_TEXT, &request.hang_timeout},
                                 {0}};
    bool help;
    nn_signals_install();
    nn_status status =
        nn_options_parse(argc, argv, options, "RUN.yaml", &request.run_file, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    status = check_request(&request);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    if (status != NN_OK) return status;
    nn_signals_see_senders();
    return train(*comm, &request);
}
