/* info_run.c: `nnmpi info RUN`: a run, while it runs or afterwards, from its folder alone. */
#include "cli/info_run.h"

#include "cli/figures.h"
#include "train/overview.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN = 5 }; /* checkpoints */

static const char *format_time(time_t time, char *text) {
    struct tm parts;
    if (!localtime_r(&time, &parts) || strftime(text, NN_FIGURE, "%Y-%m-%d %H:%M:%S", &parts) == 0)
        strcpy(text, "?");
    return text;
}

/* Such as "process 4711 on node12, Slurm job 99". */
static void print_place(const nn_lock_owner *owner) {
    printf("process %ld on %s", owner->process, *owner->host ? owner->host : "an unknown host");
    if (*owner->job) printf(", Slurm job %s", owner->job);
}

static void print_state(const char *folder, const nn_overview *run) {
    const char *message = nn_overview_text(run, "message");
    const double began = nn_overview_number(run, "began"), updated = nn_overview_number(run, "updated");
    const char *next = run->checkpoint_count > 0 ? "go on with --resume" : "it has saved nothing";
    char text[NN_FIGURE];
    printf("%s: a run", folder);
    switch (run->state) {
    case NN_RUN_STARTING: printf(" that is starting: "); break;
    case NN_RUN_TRAINING:
    case NN_RUN_VALIDATING:
        printf(", %s since %s: ", run->state == NN_RUN_TRAINING ? "training" : "validating",
               isnan(began) ? "?" : format_time((time_t)began, text));
        break;
    case NN_RUN_OUT_OF_SIGHT:
        printf(" that goes on, unless it was killed, which cannot be seen from here: ");
        break;
    case NN_RUN_KILLED: printf(" that ended without a word; %s", next); break;
    case NN_RUN_INTERRUPTED: printf(" that was interrupted; %s", next); break;
    case NN_RUN_FAILED: printf(" that failed; %s", next); break;
    case NN_RUN_FINISHED: printf(" that is finished"); break;
    }
    if (run->state <= NN_RUN_OUT_OF_SIGHT) print_place(&run->owner);
    printf("\n");
    if (run->state == NN_RUN_KILLED && run->owner.process > 0) {
        printf("  %-12s ", "it was");
        print_place(&run->owner);
        printf("\n  %-12s its output may say; a kill or a machine that goes down leaves nothing\n", "why");
    }
    if (message && run->state >= NN_RUN_INTERRUPTED) printf("  %-12s %s\n", "it said", message);
    if (isfinite(updated))
        printf("  %-12s %s\n", run->state > NN_RUN_KILLED ? "ended" : "as of",
               format_time((time_t)updated, text));
}

/* Whether epochs have ended since progress.json was written: their lines are newer. */
static bool has_newer_epoch(const nn_overview *run) {
    const nn_history_table *metrics = &run->metrics;
    return metrics->rows > 0 && run->state <= NN_RUN_KILLED &&
           nn_history_table_value(metrics, metrics->rows - 1, "step") > nn_overview_number(run, "step");
}

/* How far it is. */
static void print_progress(const nn_overview *run) {
    const nn_history_table *metrics = &run->metrics;
    const bool within = run->state <= NN_RUN_KILLED; /* the epoch counts as begun */
    const double epochs = nn_overview_number(run, "epochs"), batches = nn_overview_number(run, "batches");
    double epoch = nn_overview_number(run, "epoch"), batch = nn_overview_number(run, "batch");
    double step = nn_overview_number(run, "step"), validated = nn_overview_number(run, "validated");
    char text[NN_FIGURE], other[NN_FIGURE];
    if (!isfinite(epoch) || !isfinite(batches)) return;
    if (has_newer_epoch(run)) {
        step = nn_history_table_value(metrics, metrics->rows - 1, "step");
        epoch = nn_history_table_value(metrics, metrics->rows - 1, "epoch");
        batch = epoch < epochs ? 0 : batches; /* of the next one, or of the last */
        epoch += epoch < epochs;
        validated = NAN;
    }
    const nn_node *most = nn_node_get(run->config, "max_steps");
    double done = ((within ? epoch - 1 : epoch) * batches + batch) / (epochs * batches);
    if (most && most->kind == NN_NODE_INT && most->real > 0) done = fmax(done, step / most->real);
    if (epoch <= epochs) printf("  %-12s epoch %.0f of %.0f", "progress", epoch, epochs);
    else printf("  %-12s %.0f epochs, of which %.0f were wanted", "progress", epoch, epochs);
    if (batch > 0 && isnan(validated))
        printf(within ? ", step %s of %s" : " and %s of the %s steps of the next", nn_figure_count(batch, text),
               nn_figure_count(batches, other));
    if (isfinite(validated)) printf(", validating: %.0f %% done", 100 * validated);
    printf("; step %s in all", nn_figure_count(step, text));
    printf(run->state == NN_RUN_FINISHED ? "\n" : "; %.0f %% of the run\n", 100 * fmin(done, 1));
}

static void print_times(const nn_overview *run) {
    const double seconds = nn_overview_number(run, "seconds"), left = nn_overview_number(run, "seconds_left");
    const double epoch_left = nn_overview_number(run, "epoch_seconds_left");
    const double speed = nn_overview_number(run, "samples_per_second");
    char text[NN_FIGURE];
    if (!isfinite(seconds)) return;
    printf("  %-12s %s %s", "time", nn_figure_duration(seconds, text),
           run->state == NN_RUN_FINISHED ? "in all" : "so far");
    if (run->state <= NN_RUN_OUT_OF_SIGHT && isfinite(left)) {
        printf(", about %s left", nn_figure_duration(left, text));
        printf(" (%s of this epoch)", nn_figure_duration(epoch_left, text));
    }
    if (isfinite(speed)) printf(", %s samples/s", nn_figure_count(speed, text));
    printf(", %.0f rank%s x %.0f thread%s\n", nn_overview_number(run, "ranks"),
           nn_overview_number(run, "ranks") == 1 ? "" : "s", nn_overview_number(run, "threads"),
           nn_overview_number(run, "threads") == 1 ? "" : "s");
}

/* The values of an epoch of metrics.csv. */
static void print_row(const nn_history_table *metrics, int64_t row) {
    char text[NN_FIGURE];
    printf("%.0f", nn_history_table_value(metrics, row, "epoch"));
    for (int64_t i = 0; i < metrics->columns; i++) {
        const char *name = metrics->names[i];
        const double value = metrics->values[row * metrics->columns + i];
        if (strcmp(name, "epoch") == 0 || strcmp(name, "step") == 0 || strcmp(name, "seconds") == 0 ||
            strcmp(name, "samples_per_second") == 0)
            continue;
        if (strcmp(name, "learning_rate") == 0) printf(", %s %.4g", name, value);
        else printf(", %s %s", name, nn_figure_value(value, text));
    }
}

static void print_epochs(const nn_overview *run) {
    const nn_history_table *metrics = &run->metrics;
    char text[NN_FIGURE];
    const char *within = run->state <= NN_RUN_OUT_OF_SIGHT ? "this epoch" : NULL;
    if (within && !has_newer_epoch(run) && isfinite(nn_overview_number(run, "loss"))) {
        printf("  %-12s loss %s", within, nn_figure_value(nn_overview_number(run, "loss"), text));
        for (int64_t i = 0; i < metrics->columns; i++) {
            const double value = nn_overview_number(run, metrics->names[i]);
            if (nn_history_table_find(metrics, "loss") < i && i < nn_history_table_find(metrics, "learning_rate") &&
                isfinite(value))
                printf(", %s %s", metrics->names[i], nn_figure_value(value, text));
        }
        printf("\n");
    }
    if (metrics->rows == 0) return;
    printf("  %-12s ", "last epoch");
    print_row(metrics, metrics->rows - 1);
    printf("\n");
    if (run->best < 0) return;
    printf("  %-12s ", "best epoch");
    print_row(metrics, run->best);
    printf("; by %s\n", run->monitor);
}

static void print_file(const char *label, const char *name, const nn_saved_file *file) {
    char size[NN_FIGURE], text[NN_FIGURE];
    printf("  %-12s %-24s %10s  %s\n", label, name, nn_figure_bytes(file->bytes, size),
           format_time(file->written, text));
}

static void print_files(const nn_overview *run) {
    for (int64_t i = 0; i < run->checkpoint_count && i < SHOWN; i++) {
        char name[64];
        snprintf(name, sizeof name, "checkpoint-%" PRId64 ".h5", run->checkpoints[i].step);
        print_file(i == 0 ? "checkpoints" : "", name, &run->checkpoints[i]);
    }
    if (run->checkpoint_count > SHOWN)
        printf("  %-12s and %" PRId64 " older ones\n", "", run->checkpoint_count - SHOWN);
    if (run->checkpoint_count == 0) printf("  %-12s none\n", "checkpoints");
    if (run->model.written) print_file("model", "model.h5", &run->model);
    else printf("  %-12s not yet: model.h5 is written at the end\n", "model");
}

static void print_config(const nn_overview *run) {
    const nn_node *name = nn_node_get(run->config, "name");
    const nn_node *file = nn_node_get(nn_node_get(run->config, "data"), "file");
    if (name && name->kind == NN_NODE_TEXT) printf("  %-12s %s\n", "name", name->text);
    if (file && file->kind == NN_NODE_TEXT) printf("  %-12s %s\n", "data", file->text);
}

nn_status nn_info_run(const char *folder) {
    nn_overview run;
    nn_status status = nn_overview_read(folder, &run);
    if (status == NN_OK) {
        print_state(folder, &run);
        print_config(&run);
        print_progress(&run);
        print_times(&run);
        print_epochs(&run);
        print_files(&run);
    }
    nn_overview_free(&run);
    return status;
}
