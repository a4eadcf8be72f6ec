/* info_sweep.c: `nnmpi info SWEEP`: a sweep, while it runs or afterwards, from its folder alone. */
#include "cli/info_run.h"

#include "cli/figures.h"
#include "sweep/listing.h"
#include "sweep/table.h"
#include "train/overview.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many runs are in which state. */
typedef struct {
    int64_t of[NN_SWEEP_STATES], open; /* open: neither done nor diverged nor failed */
} state_counts;

static nn_sweep_state state_of(const nn_sweep_listing *sweep, int64_t run) {
    const char *name = nn_sweep_listing_field(sweep, run, "status");
    for (int state = 0; state < NN_SWEEP_STATES; state++)
        if (strcmp(name, NN_SWEEP_STATE_NAMES[state]) == 0) return (nn_sweep_state)state;
    return NN_SWEEP_WAITING;
}

static bool is_open(nn_sweep_state state) {
    return state == NN_SWEEP_WAITING || state == NN_SWEEP_RUNNING || state == NN_SWEEP_INTERRUPTED;
}

static state_counts count(const nn_sweep_listing *sweep) {
    state_counts counts = {0};
    for (int64_t run = 0; run < sweep->runs; run++) {
        const nn_sweep_state state = state_of(sweep, run);
        counts.of[state]++;
        counts.open += is_open(state);
    }
    return counts;
}

/* A sweep that has ended without a word has left runs in the table as running. */
static const char *name_of(nn_sweep_state state, bool goes_on) {
    return state == NN_SWEEP_RUNNING && !goes_on ? "begun" : NN_SWEEP_STATE_NAMES[state];
}

static void print_state(const char *folder, const nn_sweep_listing *sweep, const state_counts *counts,
                        nn_lock_seen seen, const nn_lock_owner *owner) {
    const int64_t bad = counts->of[NN_SWEEP_DIVERGED] + counts->of[NN_SWEEP_FAILED];
    const bool goes_on = seen == NN_SEEN_HELD || seen == NN_SEEN_UNKNOWN;
    printf("%s: a sweep of %" PRId64 " run%s", folder, sweep->runs, sweep->runs == 1 ? "" : "s");
    if (goes_on) {
        printf(seen == NN_SEEN_HELD ? " that goes on: "
                                    : " that goes on, unless it was killed, which cannot be seen from here: ");
        printf("process %ld on %s", owner->process, *owner->host ? owner->host : "an unknown host");
        if (*owner->job) printf(", Slurm job %s", owner->job);
    } else if (counts->open > 0) {
        const bool left = seen == NN_SEEN_LEFT || counts->of[NN_SWEEP_RUNNING] > 0;
        printf(" that %s; go on with --resume", left ? "ended without a word" : "was interrupted");
    } else {
        printf(bad > 0 ? " that is finished, but not all of them are done" : " that is finished");
    }
    printf("\n  %-12s ", "runs");
    for (int state = 0, some = 0; state < NN_SWEEP_STATES; state++) {
        const bool shown = counts->of[state] > 0 || state == NN_SWEEP_DONE;
        if (shown)
            printf("%s%" PRId64 " %s", some ? ", " : "", counts->of[state], name_of((nn_sweep_state)state, goes_on));
        some += shown;
    }
    printf("\n");
}

static void print_best(const nn_sweep_listing *sweep, const state_counts *counts) {
    const int64_t best = sweep->best;
    char text[NN_FIGURE];
    if (best < 0) return;
    printf("  %-12s run %s, %s: epoch %s", counts->open > 0 ? "best so far" : "best",
           sweep->fields[best * sweep->columns], sweep->labels[best],
           nn_sweep_listing_field(sweep, best, "model_epoch"));
    for (int64_t i = sweep->keys + 1, within = 0; i < sweep->columns; i++) {
        const char *name = sweep->names[i], *field = sweep->fields[best * sweep->columns + i];
        if (strncmp(name, "best_", 5) == 0) break;
        if (within && *field) printf(", %s %s", name, nn_figure_value(strtod(field, NULL), text));
        within = within || strcmp(name, "model_epoch") == 0;
    }
    printf("; by %s\n  %-12s %s/model.h5\n", sweep->by, "", sweep->folders[best]);
}

/* How far a run is that its own folder tells of; `known` says whether there is one. */
static nn_status print_progress(const char *folder, bool *known) {
    nn_overview run;
    nn_status status = nn_overview_read(folder, &run);
    *known = status == NN_OK;
    if (*known) {
        const double last = run.metrics.rows > 0
                                ? nn_history_table_value(&run.metrics, run.metrics.rows - 1, "epoch") : 0;
        printf(", %.0f of %.0f epochs", last, nn_overview_number(&run, "epochs"));
    }
    nn_overview_free(&run);
    return status == NN_NO_INPUT || status == NN_BAD_DATA ? NN_OK : status; /* not begun, or not by nnmpi */
}

/* The runs that are not at their end, each with the command that tells more of it. */
static nn_status print_open(const nn_sweep_listing *sweep, bool goes_on) {
    nn_status status = NN_OK;
    for (int64_t run = 0; run < sweep->runs && status == NN_OK; run++) {
        const nn_sweep_state state = state_of(sweep, run);
        bool known = false;
        if (!is_open(state)) continue;
        printf("  run %-8s %s: %s", sweep->fields[run * sweep->columns], sweep->labels[run],
               name_of(state, goes_on));
        if (state != NN_SWEEP_WAITING) status = print_progress(sweep->folders[run], &known);
        if (known) printf("; nnmpi info '%s'", sweep->folders[run]);
        printf("\n");
    }
    return status;
}

nn_status nn_info_sweep(const char *folder) {
    nn_status status = NN_OK;
    nn_sweep_listing sweep;
    nn_lock_owner owner;
    const nn_lock_seen seen = nn_lock_look(folder, &owner); /* first: what it ends with comes later */
    NN_TRY(nn_sweep_listing_read(folder, &sweep));
    const state_counts counts = count(&sweep);
    print_state(folder, &sweep, &counts, seen, &owner);
    print_best(&sweep, &counts);
    NN_TRY(print_open(&sweep, seen == NN_SEEN_HELD || seen == NN_SEEN_UNKNOWN));
    printf("  %-12s %s/sweep.csv\n", "table", folder);
done:
    nn_sweep_listing_free(&sweep);
    return status;
}
