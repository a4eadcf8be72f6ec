/* progress.c: the progress bar and the line an epoch. */
#include "cli/progress.h"

#include "cli/bar.h"
#include "cli/figures.h"
#include "io/json.h"
#include "train/history_table.h"
#include "util/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const double REDRAW_SECONDS = 0.1;
static const double DATA_MEMORY = 20; /* seconds over which waiting for data is told */

void nn_progress_clear(nn_progress_view *view) {
    if (!view->drawn) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    view->drawn = false;
}

/* ---- the bar ---- */

static int digits_of(int64_t number) {
    return snprintf(NULL, 0, "%" PRId64, number);
}

/* The part of the last seconds in which the lead waited for rows from the file. */
static double waited_for_data(nn_progress_view *view, const nn_training *training) {
    const double now = nn_now(), waited = nn_loader_waited(training->train);
    const double passed = now - view->looked, kept = exp(-passed / DATA_MEMORY);
    if (!nn_loader_windows(training->train)) return 0;
    view->waits = kept * view->waits + (waited - view->waited);
    view->passes = kept * view->passes + passed;
    view->looked = now;
    view->waited = waited;
    return view->passes > 0 ? view->waits / view->passes : 0;
}

/* What is known of the epoch until now; the time that is left comes last. */
static void add_figures(nn_progress_view *view, const nn_training *training, bool validating, nn_bar *bar) {
    const nn_objective *objective = training->objective;
    const int64_t batch = training->progress.batch, batches = nn_loader_batches(training->train);
    const double step = nn_pace_of_step(&training->pace), waited = waited_for_data(view, training);
    char text[NN_FIGURE];
    double epoch_left, run_left;
    if (validating) nn_bar_add(bar, 1, "validating");
    else nn_bar_add(bar, 6, "%*" PRId64 "/%" PRId64, digits_of(batches), batch,
                    batches);
    if (batch > 0) {
        nn_bar_add(bar, 2, "loss %-6s", nn_figure_value(nn_objective_loss(objective, training->sums), text));
        for (int64_t i = 0; i < nn_objective_metrics(objective); i++)
            nn_bar_add(bar, i == 0 ? 4 : 8 + (int)i, "%s %.4f", nn_objective_metric_name(objective, i),
                       nn_objective_metric(objective, i, training->sums));
    }
    if (isfinite(step) && !validating)
        nn_bar_add(bar, 5, "%7s",
                   nn_figure_rate((double)nn_loader_shards(training->train)->batch_rows / step, text));
    if (waited >= 0.05 && !validating) nn_bar_add(bar, 8, "waiting for data %2.0f%%", 100 * waited);
    if (!isfinite(step)) return;
    nn_training_left(training, &epoch_left, &run_left);
    nn_bar_add(bar, 3, "%5s left", nn_figure_duration(epoch_left, text));
    if (run_left > epoch_left) nn_bar_add(bar, 7, "(run %s)", nn_figure_duration(run_left, text));
}

/* Of how many epochs; a run may have more already than the run file wants by now. */
static void format_of(const nn_training *training, int64_t epoch, char *text) {
    text[0] = '\0';
    if (epoch <= training->run->epochs) snprintf(text, NN_FIGURE, "/%" PRId64, training->run->epochs);
}

static void draw(nn_progress_view *view, const nn_training *training) {
    const nn_progress *progress = &training->progress;
    const double validated = training->pace.validated;
    const double trained = (double)progress->batch / (double)nn_loader_batches(training->train);
    char of[NN_FIGURE];
    nn_bar bar = {.blocks = view->blocks, .filled = validated > 0 ? validated : trained};
    format_of(training, progress->epoch + 1, of);
    nn_bar_add(&bar, 0, "epoch %*" PRId64 "%s", digits_of(training->run->epochs), progress->epoch + 1, of);
    add_figures(view, training, validated > 0, &bar);
    nn_bar_draw(&bar);
    view->drawn = true;
}

static void draw_if_due(void *context, const nn_training *training) {
    nn_progress_view *view = context;
    if (!view->bar || nn_now() - view->last_drawn < REDRAW_SECONDS) return;
    view->last_drawn = nn_now();
    draw(view, training);
}

/* ---- the beginning ---- */

/* Where the rows come from, if not from memory. */
static void show_buffer(const nn_training *training) {
    char size[NN_FIGURE];
    const nn_windows *windows = nn_loader_windows(training->train);
    if (!windows) return;
    printf("reading the samples from the file, with %s MiB of them in memory at a time",
           nn_figure_count(ceil((double)nn_loader_buffer(training->train) / (1 << 20)), size));
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
    char parameters[NN_FIGURE], shape[NN_SHAPE_TEXT];
    const nn_run *run = training->run;
    int ranks = nn_comm_size(training->comm);
    char spared[48] = "";
    if (training->threads < training->most_threads)
        snprintf(spared, sizeof spared, " (a step has no work for %d)", training->most_threads);
    printf("nnmpi %s  %s: %d rank%s x %d thread%s%s, %s parameters, %s and %s\n", nn_version(),
           run->name, ranks, ranks == 1 ? "" : "s", training->threads,
           training->threads == 1 ? "" : "s", spared,
           nn_figure_count((double)nn_model_parameter_count(training->model), parameters),
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
    view->blocks = nn_bar_blocks();
    view->looked = nn_now();
    view->waited = nn_loader_waited(training->train);
    draw_if_due(view, training);
}

/* ---- lines ---- */

/* Losses are padded to their usual width, so that the lines of epochs stand below each other. */
static void add_values(const nn_epoch_values *values, bool validated, int64_t metrics, nn_text *text) {
    const char *prefix = validated ? "val_" : "";
    const double *sums = validated ? values->val_sums : values->sums;
    char loss[NN_FIGURE];
    nn_text_add(text, "  %sloss %-6s", prefix,
                nn_figure_value(validated ? values->val_loss : values->loss, loss));
    for (int64_t i = 0; i < metrics; i++)
        nn_text_add(text, "  %s%s %.4f", prefix, nn_objective_metric_name(values->objective, i),
                    nn_objective_metric(values->objective, i, sums));
}

/* The line of an epoch; `less` leaves out what is less important: 1 the learning rate, 2 the speed, 3 the
 * time, 4 and more metrics, the last first. */
static void format_epoch(const nn_training *training, const nn_history_line *line, int64_t less,
                         nn_text *text) {
    const nn_epoch_values *values = &line->values;
    const int64_t metrics = nn_objective_metrics(values->objective) - (less > 3 ? less - 3 : 0);
    char speed[NN_FIGURE], of[NN_FIGURE];
    format_of(training, line->epoch, of);
    nn_text_add(text, "epoch %*" PRId64 "%s", digits_of(training->run->epochs), line->epoch, of);
    add_values(values, false, metrics, text);
    if (values->val_sums) add_values(values, true, metrics, text);
    if (less < 1) nn_text_add(text, "  lr %-8.4g", line->learning_rate);
    if (less < 3) nn_text_add(text, "  %.2f s", line->seconds);
    if (less < 2)
        nn_text_add(text, "  %s samples/s", nn_figure_count(line->samples_per_second, speed));
}

/* A terminal gets what it has room for; metrics.csv has all. */
static void show_epoch(void *context, const nn_training *training, const nn_history_line *line) {
    nn_progress_view *view = context;
    const bool narrows = view->bar && isatty(STDOUT_FILENO) == 1;
    const int64_t most = 3 + nn_objective_metrics(line->values.objective);
    nn_text text = {0};
    nn_progress_clear(view);
    for (int64_t less = 0; less <= most; less++) {
        nn_text_free(&text);
        format_epoch(training, line, less, &text);
        if (!narrows || text.failed || (int)text.length <= nn_bar_columns()) break;
    }
    if (!text.failed) printf("%s\n", text.bytes);
    nn_text_free(&text);
    fflush(stdout);
}

/* The best epoch of early stopping, as metrics.csv has it. */
static void show_best(const nn_training *training) {
    const nn_run_early_stopping *early = training->run->early_stopping;
    const int64_t best = training->progress.early_stopping.best_epoch;
    nn_history_table table;
    char text[NN_FIGURE];
    if (!early || best < 0) return;
    printf("; the best was epoch %" PRId64, best + 1);
    nn_status status = nn_history_table_read(training->history.bytes, NULL, "metrics.csv", &table);
    for (int64_t row = 0; row < table.rows && status == NN_OK; row++) {
        const double value = nn_history_table_value(&table, row, early->monitor.monitor);
        if (nn_history_table_value(&table, row, "epoch") == (double)(best + 1) && !isnan(value))
            printf(", %s %s", early->monitor.monitor, nn_figure_value(value, text));
    }
    nn_history_table_free(&table);
}

static void show_end(void *context, const nn_training *training, double seconds) {
    const nn_progress *progress = &training->progress;
    char text[NN_FIGURE];
    nn_progress_clear(context);
    if (seconds < 60) printf("done in %.2f s", seconds);
    else printf("done in %s", nn_figure_duration(seconds, text));
    const int64_t epoch = progress->epoch + (progress->batch > 0), wanted = training->run->epochs;
    if (epoch <= wanted) printf(": epoch %" PRId64 " of %" PRId64, epoch, wanted);
    else printf(": %" PRId64 " epochs, of which %" PRId64 " were wanted", epoch, wanted);
    printf(", step %s", nn_figure_count((double)progress->step, text));
    show_best(training);
    printf("\n");
    fflush(stdout);
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
    return (nn_observer){.context = view,
                         .started = show_start,
                         .stepped = draw_if_due,
                         .validated = draw_if_due,
                         .epoch_ended = show_epoch,
                         .profiled = show_profile,
                         .finished = show_end,
                         .noted = show_note};
}
