/* progress.c: the progress bar and the line an epoch. */
#include "cli/progress.h"

#include "io/json.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_CELLS = 24 };
static const double REDRAW_SECONDS = 0.1;

/* 1234567 as "1,234,567", into `text` with room for 32 bytes. */
static const char *with_commas(double number, char *text) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", number), used = 0;
    for (int i = 0; i < length && used < 30; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

void nn_progress_clear(nn_progress_view *view) {
    if (!view->drawn) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    view->drawn = false;
}

/* Where the rows come from, if not from memory. */
static void show_buffer(const nn_training *training) {
    char size[32];
    const nn_windows *windows = nn_loader_windows(training->train);
    if (!windows) return;
    printf("reading the samples from the file, with %s MiB of them in memory at a time",
           with_commas(ceil((double)nn_loader_buffer(training->train) / (1 << 20)), size));
    if (windows->shuffle && windows->count > 1)
        printf(": shuffled in %" PRId64 " windows of %" PRId64 " blocks an epoch (data.buffer_mb)",
               windows->count, windows->blocks / windows->count);
    printf("\n");
}

/* What the run file asks for beyond the ordinary. */
static void show_numerics(const nn_training *training) {
    const nn_run *run = training->run;
    const nn_shards *shards = nn_loader_shards(training->train);
    if (run->learning_rate_scaling)
        printf("learning rate times %.4g, by the rule %s\n", nn_training_scale(training),
               run->learning_rate_scaling->object.isa->name);
    if (!run->reproducible) return;
    printf("reproducible: %" PRId64 " shard%s of up to %" PRId64
           " rows a step, on any number of ranks\n",
           shards->fixed, shards->fixed == 1 ? "" : "s", shards->shard_rows);
    if (shards->fixed < shards->ranks)
        printf("ranks that have something to do: %" PRId64 " of %d; a larger batch_size would make "
               "more shards: 4 from 64 samples a step on, then one for each 128\n",
               shards->fixed, shards->ranks);
}

static void show_note(void *context, const char *text) {
    nn_progress_clear(context);
    fprintf(stderr, "nnmpi: %s\n", text);
    fflush(stderr);
}

/* How the data would be read faster: once, for what is trained on if that is at fault. */
static void advise(nn_progress_view *view, const nn_training *training) {
    const nn_dataset *datasets[] = {training->train_data, training->validation_data};
    char *advice = NULL;
    for (int i = 0; i < 2 && !advice; i++)
        if (datasets[i] && nn_dataset_advise(datasets[i], &advice) != NN_OK) return;
    if (advice) show_note(view, advice);
    free(advice);
}

static void show_start(void *context, const nn_training *training) {
    nn_progress_view *view = context;
    char parameters[32], shape[NN_SHAPE_TEXT];
    const nn_run *run = training->run;
    int ranks = nn_comm_size(training->comm);
    printf("nnmpi %s  %s: %d rank%s x %d thread%s, %s parameters, %s and %s\n", nn_version(),
           run->name, ranks, ranks == 1 ? "" : "s", training->threads,
           training->threads == 1 ? "" : "s",
           with_commas((double)nn_model_parameter_count(training->model), parameters),
           run->loss->isa->name, run->optimizer->isa->name);
    printf("training on %" PRId64 " samples %s of %s in batches of %" PRId64,
           nn_dataset_rows(training->train_data),
           nn_shape_format(nn_dataset_sample_shape(training->train_data), shape),
           nn_dataset_name(training->train_data), run->batch_size);
    if (run->accumulate_steps > 1)
        printf(", %" PRId64 " to a step", run->accumulate_steps);
    if (training->validation_data)
        printf(", validating on %" PRId64 "%s%s", nn_dataset_rows(training->validation_data),
               run->data->validation ? " of " : " of the same",
               run->data->validation ? run->data->validation : "");
    printf("\n");
    const char *way = nn_exchange_description(training->exchange);
    if (way[0]) printf("communication: %s\n", way);
    show_numerics(training);
    if (view->warning) printf("slower than it could be: %s\n", view->warning);
    show_buffer(training);
    fflush(stdout);
    advise(view, training);
    if (training->progress.step > 0)
        printf("going on after step %" PRId64 " (epoch %" PRId64 ")\n", training->progress.step,
               training->progress.epoch + (training->progress.batch > 0));
    fflush(stdout);
    view->started = nn_now();
    view->first_batch = training->progress.batch;
}

static void draw_bar(nn_progress_view *view, const nn_training *training) {
    char cells[BAR_CELLS + 1], speed[32];
    const nn_progress *progress = &training->progress;
    int64_t batches = nn_loader_batches(training->train);
    int filled = (int)(BAR_CELLS * progress->batch / batches);
    double seconds = nn_now() - view->started;
    int64_t done = progress->batch - view->first_batch;
    double per_batch = done > 0 ? seconds / (double)done : 0;
    memset(cells, '-', BAR_CELLS);
    memset(cells, '=', (size_t)filled);
    cells[BAR_CELLS] = '\0';
    fprintf(stderr, "\r\033[Kepoch %" PRId64 "/%" PRId64 " [%s] %" PRId64 "/%" PRId64 "  loss %.4f",
            progress->epoch + 1, training->run->epochs, cells, progress->batch, batches,
            nn_objective_loss(training->objective, training->sums));
    if (nn_objective_metrics(training->objective) > 0)
        fprintf(stderr, "  %s %.4f", nn_objective_metric_name(training->objective, 0),
                nn_objective_metric(training->objective, 0, training->sums));
    if (per_batch > 0)
        fprintf(stderr, "  %s samples/s  %.0f s left",
                with_commas((double)nn_loader_shards(training->train)->batch_rows / per_batch, speed),
                per_batch * (double)(batches - progress->batch));
    fflush(stderr);
    view->drawn = true;
}

static void show_step(void *context, const nn_training *training) {
    nn_progress_view *view = context;
    if (!view->bar || nn_now() - view->last_drawn < REDRAW_SECONDS) return;
    view->last_drawn = nn_now();
    draw_bar(view, training);
}

static void show_epoch(void *context, const nn_training *training, const nn_history_line *line) {
    nn_progress_view *view = context;
    const nn_epoch_values *values = &line->values;
    char speed[32];
    nn_progress_clear(view);
    printf("epoch %3" PRId64 "/%" PRId64, line->epoch, training->run->epochs);
    for (int part = 0; part < (values->val_sums ? 2 : 1); part++) {
        const char *prefix = part ? "val_" : "";
        printf("  %sloss %.4g", prefix, part ? values->val_loss : values->loss);
        for (int64_t i = 0; i < nn_objective_metrics(values->objective); i++)
            printf("  %s%s %.4f", prefix, nn_objective_metric_name(values->objective, i),
                   nn_objective_metric(values->objective, i,
                                       part ? values->val_sums : values->sums));
    }
    printf("  lr %.4g  %.2f s  %s samples/s\n", line->learning_rate, line->seconds,
           with_commas(line->samples_per_second, speed));
    fflush(stdout);
    view->started = nn_now();
    view->first_batch = 0;
}

/* One JSON object in a line: seconds of the lead of rank 0, by phases of the step. */
static void show_profile(void *context, const nn_profile *profile) {
    nn_node *root = NULL, *phases;
    char *text = NULL;
    double all = 0;
    nn_progress_clear(context);
    for (int i = 0; i < NN_PHASES; i++) all += profile->seconds[i];
    nn_status status = nn_node_add(NULL, NULL, NN_NODE_MAP, "the profile", &root);
    if (status == NN_OK) status = nn_node_add_int(root, "steps", profile->steps);
    if (status == NN_OK) status = nn_node_add_real(root, "seconds", all);
    if (status == NN_OK) status = nn_node_add(root, "phases", NN_NODE_MAP, "the profile", &phases);
    for (int i = 0; i < NN_PHASES && status == NN_OK; i++)
        status = nn_node_add_real(phases, NN_PHASE_NAMES[i], profile->seconds[i]);
    if (status == NN_OK) status = nn_json_format(root, &text);
    if (status == NN_OK) printf("profile: %s\n", text);
    free(text);
    nn_node_destroy(&root);
}

nn_observer nn_progress_observer(nn_progress_view *view) {
    return (nn_observer){view, show_start, show_step, show_epoch, show_profile, show_note};
}
