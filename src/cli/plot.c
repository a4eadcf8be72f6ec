/* plot.c: `nnmpi plot RUN...|EVAL.h5`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "io/publish.h"
#include "report/confusion.h"
#include "report/gnuplot.h"
#include "report/learning.h"
#include "report/scatter.h"
#include "sweep/listing.h"
#include "util/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HELP[] =
    "Usage: nnmpi plot RUN... [--metric NAME]... [--output FILE.png|.svg|.pdf]\n"
    "       nnmpi plot EVAL.h5 [--output FILE.png|.svg|.pdf]\n"
    "\n"
    "Draws the learning curves of one run, or of several in the same axes: loss, metrics, learning\n"
    "rate and speed over the epochs; training solid, validation dashed. RUN is the folder of a run,\n"
    "also of one in progress, or a metrics.csv; or the folder of a sweep, or its sweep.csv, which\n"
    "stand for all its runs that have begun.\n"
    "\n"
    "Of a file that nnmpi eval --save has written: the confusion matrix of a classifier, or what is\n"
    "predicted against what is true.\n"
    "\n"
    "  --metric NAME   draw this column of metrics.csv, with its validation, and no other; may be\n"
    "                  given several times\n"
    "  --output FILE   the picture, PNG, SVG or PDF by the ending of its name; one of its kind that\n"
    "                  is there is replaced, no other file. Without it the terminal shows it\n"
    "\n"
    "All but a confusion matrix on the terminal needs gnuplot (in Debian and Ubuntu gnuplot-nox).\n";

typedef struct {
    const char *output;
    nn_option_list metrics;
    nn_canvas canvas;
} request;

/* The size of the terminal, or what COLUMNS and LINES say, or what one usually has. */
static void measure_terminal(nn_canvas *canvas) {
    struct winsize size;
    const char *columns = getenv("COLUMNS"), *lines = getenv("LINES");
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    canvas->columns = known ? size.ws_col : columns ? atoi(columns) : 0;
    canvas->lines = known ? size.ws_row : lines ? atoi(lines) : 0;
    if (canvas->columns < 40 || canvas->columns > 1000) canvas->columns = 79;
    if (canvas->lines < 10 || canvas->lines > 1000) canvas->lines = 40;
}

/* ---- learning curves ---- */

/* No file is drawn twice, whatever the way to it is. */
static nn_status check_different(const nn_curves *runs, char *const *paths, int64_t count) {
    nn_status status = NN_OK;
    struct stat *files = NULL;
    NN_TRY(nn_allocate("files of runs", count, sizeof *files, &files));
    for (int64_t i = 0; i < count; i++) {
        if (stat(runs[i].path, &files[i]) != 0) /* it was read a moment ago */
            NN_TRY(nn_fail(NN_NO_INPUT, "cannot open %s: %s", runs[i].path, strerror(errno)));
        for (int64_t k = 0; k < i; k++)
            if (files[i].st_dev == files[k].st_dev && files[i].st_ino == files[k].st_ino)
                NN_TRY(nn_fail(NN_USAGE, "nnmpi plot: %s is given twice", paths[i]));
    }
done:
    free(files);
    return status;
}

/* Runs whose folders have the same name are called by their paths. */
static nn_status tell_apart(nn_curves *runs, char *const *paths, int64_t count) {
    nn_status status = NN_OK;
    bool *twice = NULL;
    NN_TRY(check_different(runs, paths, count));
    NN_TRY(nn_allocate("names of runs", count, sizeof *twice, &twice));
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < count; k++)
            twice[i] = twice[i] || (k != i && strcmp(runs[i].name, runs[k].name) == 0);
    for (int64_t i = 0; i < count; i++) {
        if (!twice[i]) continue;
        free(runs[i].name);
        runs[i].name = NULL;
        NN_TRY(nn_copy_text(paths[i], &runs[i].name));
    }
done:
    free(twice);
    return status;
}

/* The paths of runs, and what they are called in place of their folders' names; NULL: as those. */
typedef struct {
    char **paths, **names;
    int64_t count;
} run_list;

static nn_status add_run(run_list *list, const char *path, const char *name) {
    const size_t size = (size_t)(list->count + 1) * sizeof(char *);
    char **paths = realloc(list->paths, size), **names = paths ? realloc(list->names, size) : NULL;
    if (paths) list->paths = paths;
    if (names) list->names = names;
    if (!names) return nn_fail(NN_INTERNAL, "out of memory: the names of runs");
    paths[list->count] = names[list->count] = NULL;
    list->count++;
    nn_status status = nn_copy_text(path, &paths[list->count - 1]);
    return status == NN_OK && name ? nn_copy_text(name, &names[list->count - 1]) : status;
}

static void free_list(run_list *list) {
    for (int64_t i = 0; i < list->count; i++) {
        free(list->paths[i]);
        free(list->names[i]);
    }
    free(list->paths);
    free(list->names);
}

/* The runs of a sweep that have begun, by their values. */
static nn_status add_sweep(run_list *list, const char *folder) {
    nn_status status = NN_OK;
    nn_sweep_listing sweep;
    char *path = NULL;
    const int64_t before = list->count;
    NN_TRY(nn_sweep_listing_read(folder, &sweep));
    for (int64_t i = 0; i < sweep.runs; i++) {
        free(path);
        NN_TRY(nn_join_path(sweep.folders[i], "metrics.csv", &path));
        if (access(path, F_OK) == 0)
            NN_TRY(add_run(list, sweep.folders[i], sweep.labels[i]));
    }
    if (list->count == before)
        status = nn_fail(NN_NO_INPUT, "%s: no run of the sweep has begun: there is nothing to draw", folder);
done:
    free(path);
    nn_sweep_listing_free(&sweep);
    return status;
}

/* A path of the command line: of a run, or of a sweep. */
static nn_status add_path(run_list *list, const char *path) {
    static const char table[] = "sweep.csv";
    nn_status status = NN_OK;
    char *folder = NULL;
    const char *slash = strrchr(path, '/');
    if (nn_is_folder(path)) return nn_sweep_is_in(path) ? add_sweep(list, path) : add_run(list, path, NULL);
    if (strcmp(slash ? slash + 1 : path, table) != 0) return add_run(list, path, NULL);
    NN_TRY(nn_copy_text(slash ? path : ".", &folder));
    if (slash) folder[slash - path] = '\0';
    NN_TRY(nn_sweep_is_in(*folder ? folder : "/") ? add_sweep(list, *folder ? folder : "/")
                                                  : add_run(list, path, NULL));
done:
    free(folder);
    return status;
}

/* Runs without a line yet are named and left out, unless there is no other. */
static nn_status read_runs(run_list *list, nn_curves *runs, int64_t *kept) {
    char **paths = list->paths;
    const int64_t count = list->count;
    nn_status status = NN_OK;
    for (int64_t i = 0; i < count; i++) {
        nn_curves *run = &runs[*kept];
        NN_TRY(nn_curves_read(paths[i], run));
        if (run->table.rows > 0) {
            char *path = paths[i], *name = run->name;
            if (list->names[i]) run->name = list->names[i];
            if (list->names[i]) list->names[i] = name;
            paths[i] = paths[*kept];
            paths[(*kept)++] = path;
            continue;
        }
        status = nn_fail(NN_NO_INPUT, "%s: no epoch of the run has ended yet: there is nothing to draw",
                         run->path);
        nn_curves_release(run);
        if (count > 1) fprintf(stderr, "nnmpi: %s\n", nn_message());
        if (count == 1) return status;
        status = NN_OK;
    }
    if (*kept == 0)
        status = nn_fail(NN_NO_INPUT, "no epoch of any of these runs has ended yet: there is nothing "
                                      "to draw");
done:
    return status;
}

static nn_status plot_runs(const request *self, char **paths, int count) {
    nn_status status = NN_OK;
    nn_curves *runs = NULL;
    nn_panels panels = {0};
    nn_text script = {0};
    run_list list = {0};
    int64_t kept = 0;
    for (int i = 0; i < count; i++) NN_TRY(add_path(&list, paths[i]));
    NN_TRY(nn_allocate("runs", list.count, sizeof *runs, &runs));
    NN_TRY(read_runs(&list, runs, &kept));
    NN_TRY(tell_apart(runs, list.paths, kept));
    NN_TRY(nn_panels_choose(runs, kept, self->metrics.values, self->metrics.count, &panels));
    NN_TRY(nn_learning_script(&self->canvas, runs, kept, &panels, &script));
    NN_TRY(nn_gnuplot_draw(&self->canvas, &script, self->output));
    if (self->output)
        printf("%s: learning curves of %" PRId64 " run%s\n", self->output, kept, kept == 1 ? "" : "s");
done:
    nn_text_free(&script);
    nn_panels_release(&panels);
    for (int64_t i = 0; i < kept; i++) nn_curves_release(&runs[i]);
    free(runs);
    free_list(&list);
    return status;
}

/* ---- what eval --save has written ---- */

static nn_status plot_classes(const request *self, nn_results *results) {
    nn_status status = NN_OK;
    nn_confusion matrix = {0};
    nn_text text = {0};
    NN_TRY(nn_confusion_count(results, &matrix));
    if (self->output) {
        NN_TRY(nn_confusion_script(&self->canvas, &matrix, &text));
        NN_TRY(nn_gnuplot_draw(&self->canvas, &text, self->output));
        printf("%s: confusion matrix of %" PRId64 " classes, %" PRId64 " rows\n", self->output, matrix.classes,
               matrix.rows);
        goto done;
    }
    nn_confusion_table(&matrix, self->canvas.columns, &text);
    if (text.failed) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: a table"));
    fputs(text.bytes, stdout);
done:
    nn_text_free(&text);
    nn_confusion_release(&matrix);
    return status;
}

/* Outputs that are not in the picture. */
static void tell_left_out(const nn_scatter *of, bool all) {
    for (int64_t k = 0; k < of->panels; k++) {
        const char *name = nn_names_get(of->names, NN_NAMES_TARGETS, of->columns, k);
        if (of->agreement[k].pairs == 0)
            fprintf(stderr, "nnmpi: output %" PRId64 "%s%s is not drawn: in no row is it finite both as predicted and "
                            "as true\n", k, name ? ", " : "", name ? name : "");
    }
    if (all && of->panels < of->columns)
        fprintf(stderr, "nnmpi: the first %d of %" PRId64 " outputs are drawn\n", NN_SCATTER_PANELS, of->columns);
}

static nn_status plot_values(const request *self, nn_results *results) {
    nn_status status = NN_OK;
    nn_scatter scatter = {0};
    nn_text script = {0};
    NN_TRY(nn_scatter_read(results, &scatter));
    tell_left_out(&scatter, !self->output); /* a picture says itself how many of them it has */
    NN_TRY(nn_scatter_script(&self->canvas, &scatter, &script));
    NN_TRY(nn_gnuplot_draw(&self->canvas, &script, self->output));
    if (self->output) printf("%s: what is predicted against what is true\n", self->output);
done:
    nn_text_free(&script);
    nn_scatter_release(&scatter);
    return status;
}

static nn_status plot_results(const request *self, const char *path) {
    nn_status status = NN_OK;
    nn_results results = {0};
    if (self->metrics.count > 0)
        return nn_fail(NN_USAGE, "--metric chooses learning curves; %s holds predictions", path);
    if (self->output) NN_TRY(nn_refuse_same_file(self->output, path));
    NN_TRY(nn_results_open(path, &results));
    NN_TRY(results.classes > 0 ? plot_classes(self, &results) : plot_values(self, &results));
done:
    nn_results_close(&results);
    return status;
}

/* A file that is no text, whatever its name: HDF5, or a model that nnmpi has sealed. */
static bool is_hdf5(const char *path) {
    char begin[8] = "";
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return nn_ends_with(path, ".h5");
    FILE *file = fopen(path, "re");
    if (!file) return false;
    const size_t got = fread(begin, 1, sizeof begin, file);
    fclose(file);
    return got == sizeof begin && (unsigned char)begin[0] == 0x89;
}

static nn_status plot(const request *self, char **paths, int count) {
    for (int i = 0; i < count; i++) {
        if (!is_hdf5(paths[i])) continue;
        if (count > 1)
            return nn_fail(NN_USAGE, "nnmpi plot takes runs, or one file of predictions; %s is one of %d",
                           paths[i], count);
        return plot_results(self, paths[i]);
    }
    return plot_runs(self, paths, count);
}

nn_status nn_command_plot(int argc, char **argv) {
    request self = {.output = NULL};
    const nn_option options[] = {{"output", NN_OPTION_TEXT, &self.output},
                                 {"metric", NN_OPTION_LIST, &self.metrics},
                                 {0}};
    bool help;
    int first = argc;
    nn_status status =
        nn_options_parse_all(argc, argv, options, "RUN or EVAL.h5", &first, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    measure_terminal(&self.canvas);
    if (self.output) status = nn_canvas_kind_of(self.output, &self.canvas.kind);
    if (status != NN_OK) return status;
    return plot(&self, argv + first, argc - first);
}
