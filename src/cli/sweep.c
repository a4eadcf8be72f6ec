/* sweep.c: `nnmpi train --sweep`: a line for each run that has ended, and the table at the end. */
#include "cli/sweep.h"

#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const nn_sweep_request *request;
    char *name; /* of the run file's run */
    int ranks, threads;
    int64_t ended, to_train;
    nn_status status; /* of printing */
} sweep_view;

static const char *plural(int64_t count) {
    return count == 1 ? "" : "s";
}

static void show_start(void *context, const nn_sweep_table *table, const nn_sweep_shares *shares) {
    sweep_view *view = context;
    const int64_t runs = table->sweep->run_count;
    view->to_train = shares->runs;
    printf("nnmpi %s  %s: a sweep of %" PRId64 " run%s, on %d rank%s x %d thread%s in %d group%s of ",
           nn_version(), view->name, runs, plural(runs), view->ranks, plural(view->ranks),
           view->threads, plural(view->threads), shares->groups, plural(shares->groups));
    if (shares->least < shares->most) printf("%d to ", shares->least);
    printf("%d\n", shares->most);
    if (view->request->warning) printf("slower than it could be: %s\n", view->request->warning);
    if (shares->runs < runs)
        printf("%" PRId64 " of the runs %s ended before\n", runs - shares->runs,
               runs - shares->runs == 1 ? "has" : "have");
    fflush(stdout);
}

static void show_end(void *context, const nn_sweep_table *table, int64_t run) {
    sweep_view *view = context;
    const nn_sweep_result *result = &table->results[run];
    printf("%" PRId64 "/%" PRId64 "  run %" PRId64 "  %s  %s", ++view->ended, view->to_train, run + 1,
           table->sweep->runs[run].label, NN_SWEEP_STATE_NAMES[result->state]);
    if (result->epochs) printf("  epoch %" PRId64, result->epochs);
    if (result->model_epoch != result->epochs && result->model_epoch)
        printf("  model of epoch %" PRId64, result->model_epoch);
    for (int64_t i = 0; result->values && i < result->count; i++)
        printf("  %s %.4g", result->names[i], result->values[i]);
    if (result->best_epoch)
        printf("  best %s %.4g (epoch %" PRId64 ")", table->by, result->best, result->best_epoch);
    if (result->epochs) printf("  %.1f s", result->seconds);
    printf("\n");
    fflush(stdout);
}

static void show_note(void *context, int64_t number, const char *label, const char *text) {
    (void)context;
    if (label) fprintf(stderr, "nnmpi: run %" PRId64 " (%s): %s\n", number, label, text);
    else fprintf(stderr, "nnmpi: %s\n", text);
    fflush(stderr);
}

static void show_table(void *context, const nn_sweep_table *table) {
    sweep_view *view = context;
    view->status = nn_sweep_print(table);
}

/* On rank 0: all runs, checked, and the folder's name. */
static nn_status prepare(const nn_sweep_request *request, sweep_view *view, nn_sweep **sweep,
                         nn_sweep_options *options, char **output) {
    nn_status status = NN_OK;
    nn_text text = {0};
    const char *const *overrides = request->overrides->values;
    const int64_t count = request->overrides->count;
    options->by = request->by;
    NN_TRY(nn_sweep_create(request->sweeps->values, request->sweeps->count, sweep));
    NN_TRY(nn_sweep_read_name(*sweep, request->run_file, overrides, count, &view->name));
    if (request->output) nn_text_add(&text, "%s", request->output);
    else nn_text_add(&text, "runs/%s-sweep", view->name);
    NN_TRY(nn_text_take(&text, output));
    options->output = *output;
    if (options->resume) NN_TRY(nn_sweep_follow(*sweep, *output));
    NN_TRY(nn_sweep_read(*sweep, request->run_file, overrides, count, options->resume ? *output : NULL,
                         &options->by, &options->larger_is_better));
done:
    return status;
}

nn_status nn_command_sweep(nn_comm *comm, const nn_sweep_request *request,
                           nn_sweep_options *options) {
    nn_status status = NN_OK;
    nn_sweep *sweep = NULL;
    char *output = NULL;
    sweep_view view = {.request = request, .ranks = nn_comm_size(comm), .threads = options->threads};
    options->run_file = request->run_file;
    if (nn_comm_rank(comm) == 0) status = prepare(request, &view, &sweep, options, &output);
    NN_TRY(nn_comm_agree(comm, status));
    options->observer = (nn_sweep_observer){&view, show_start, show_end, show_table, show_note};
    status = nn_sweep_train(comm, sweep, options);
    if (status == NN_OK) status = nn_comm_agree(comm, view.status);
done:
    nn_sweep_destroy(&sweep);
    free(view.name);
    free(output);
    return status;
}
