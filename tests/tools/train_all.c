/* train_all.c: many runs in one MPI job, which is quicker than a job each.
 *
 *     mpirun -np N train_all OUTPUT [KEY=VALUE]... CASE...
 *
 * trains each CASE into OUTPUT/NAME. A case is a run file, or a golden file, whose attribute `run` is
 * one (tests/golden/README.md). The overrides, as for --set, come first. OMP_NUM_THREADS threads a
 * rank. Rank 0 prints the names. */
#include "io/h5.h"
#include "io/publish.h"
#include "kernels/team.h"
#include "train/train.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OVERRIDES = 32 };

typedef struct {
    const char *output;
    const char *overrides[MOST_OVERRIDES];
    int64_t count;
} settings;

static nn_status read_golden(const char *path, const settings *with, nn_run **run) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    char *text = NULL;
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_h5_read_text(file, "/", "run", &text));
    NN_TRY(nn_run_read(text, path, with->overrides, with->count, run));
done:
    nn_h5_discard(&file);
    free(text);
    return status;
}

static nn_status train(nn_comm *comm, const settings *with, const char *path) {
    nn_status status = NN_OK;
    nn_run *run = NULL;
    nn_text output = {0};
    NN_TRY(nn_ends_with(path, ".h5")
               ? read_golden(path, with, &run)
               : nn_run_read_file(path, with->overrides, with->count, &run));
    nn_text_add(&output, "%s/%s", with->output, run->name);
    nn_train_options options = {.output = output.bytes, .overwrite = true};
    options.threads = nn_team_requested() > 0 ? nn_team_requested() : 1;
    NN_TRY(nn_train(comm, run, &options));
    if (nn_comm_rank(comm) == 0) puts(run->name);
done:
    nn_text_free(&output);
    nn_run_destroy(&run);
    return nn_comm_agree(comm, status);
}

int main(int argc, char **argv) {
    nn_comm *comm = NULL;
    settings with = {.output = argc > 1 ? argv[1] : "runs"};
    nn_status status = nn_comm_open(&comm);
    for (int i = 2; i < argc && status == NN_OK; i++) {
        bool is_case = !strchr(argv[i], '=') || with.count == MOST_OVERRIDES;
        if (is_case) status = train(comm, &with, argv[i]);
        else with.overrides[with.count++] = argv[i];
    }
    if (status != NN_OK && nn_comm_rank(comm) == 0) fprintf(stderr, "%s\n", nn_message());
    nn_comm_close(&comm);
    return (int)status;
}
