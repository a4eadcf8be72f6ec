/* panels.c: which curves are drawn. */
#include "report/panels.h"

#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char RATE[] = "learning_rate", SPEED[] = "samples_per_second";

/* ---- the names ---- */

typedef struct {
    const char **names;
    int64_t count;
} name_set;

static void add_name(name_set *set, const char *name) {
    for (int64_t i = 0; i < set->count; i++)
        if (strcmp(set->names[i], name) == 0) return;
    set->names[set->count++] = name;
}

static bool is_validation(const char *name) {
    return strncmp(name, "val_", 4) == 0;
}

/* What is no metric: it has a place of its own, or none. */
static bool is_other(const char *name) {
    static const char *const others[] = {"epoch", "step", "seconds", RATE, SPEED};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0) return true;
    return false;
}

/* Loss and metrics in the order of the runs, then learning rate and speed, and where all are wanted
 * that may be asked for, seconds. Names are without val_. */
static nn_status find_names(const nn_curves *runs, int64_t count, bool all, name_set *out) {
    static const char *const last[] = {RATE, SPEED, "seconds"};
    int64_t columns = 0;
    for (int64_t r = 0; r < count; r++) columns += runs[r].table.columns;
    nn_status status = nn_allocate("names of panels", columns + 3, sizeof *out->names, &out->names);
    if (status != NN_OK) return status;
    for (int64_t r = 0; r < count; r++)
        for (int64_t i = 0; i < runs[r].table.columns; i++)
            if (!is_other(runs[r].table.names[i]))
                add_name(out, runs[r].table.names[i] + (is_validation(runs[r].table.names[i]) ? 4 : 0));
    for (int k = 0; k < (all ? 3 : 2); k++)
        for (int64_t r = 0; r < count; r++)
            if (nn_history_table_find(&runs[r].table, last[k]) >= 0) add_name(out, last[k]);
    return NN_OK;
}

static nn_status pick_names(const name_set *all, const char *const *metrics, int64_t count,
                            name_set *out) {
    nn_status status = nn_allocate("names of panels", count, sizeof *out->names, &out->names);
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        const char *wanted = metrics[i] + (is_validation(metrics[i]) ? 4 : 0);
        int64_t found = 0;
        while (found < all->count && strcmp(all->names[found], wanted) != 0) found++;
        if (found < all->count) {
            add_name(out, all->names[found]);
            continue;
        }
        nn_text text = {0};
        nn_text_add(&text, "--metric %s: no run has such a column", metrics[i]);
        const char *nearest = nn_nearest_name(wanted, all->names, (size_t)all->count);
        if (nearest) nn_text_add(&text, "; did you mean '%s%s'?", is_validation(metrics[i]) ? "val_" : "", nearest);
        else nn_text_suggest(&text, wanted, all->names, (size_t)all->count, "there are");
        status = nn_text_fail(&text, NN_USAGE);
    }
    return status;
}

/* ---- a panel ---- */

static void measure(nn_panel *panel, const nn_curves *run, int64_t column) {
    for (int64_t row = 0; row < run->table.rows; row++) {
        const double value = nn_curves_value(run, row, column);
        if (!isfinite(value)) continue;
        if (isnan(panel->least) || value < panel->least) panel->least = value;
        if (isnan(panel->most) || value > panel->most) panel->most = value;
    }
}

/* Learning rates that differ by an order of magnitude from run to run: on a linear axis only the greatest
 * would be seen. Those that a schedule takes down to 0 end where they leave the axis. */
static void spread_rates(nn_panel *panel, const nn_curves *runs) {
    double lowest = INFINITY;
    for (int64_t i = 0; i < panel->count; i++) {
        const nn_series *series = &panel->series[i];
        double most = 0;
        for (int64_t row = 0; row < runs[series->run].table.rows; row++)
            most = fmax(most, nn_curves_value(&runs[series->run], row, series->column));
        if (most > 0 && most < lowest) lowest = most;
    }
    if (!(panel->most > 10 * lowest)) return;
    panel->logarithmic = true;
    if (!(panel->least > lowest / 100)) panel->floor = lowest / 100;
}

static bool has_numbers(const nn_curves *run, int64_t column) {
    for (int64_t row = 0; row < run->table.rows; row++)
        if (isfinite(nn_curves_value(run, row, column))) return true;
    return false;
}

static nn_status make_panel(const nn_curves *runs, int64_t count, const char *name,
                            nn_panel *panel) {
    nn_status status = NN_OK;
    char *validation = NULL;
    nn_text text = {0};
    *panel = (nn_panel){.column = name, .least = NAN, .most = NAN, .floor = NAN, .scale = 1, .unit = ""};
    nn_text_add(&text, "val_%s", name);
    NN_TRY(nn_text_take(&text, &validation));
    NN_TRY(nn_allocate("series", 2 * count, sizeof *panel->series, &panel->series));
    for (int part = 0; part < 2; part++) {
        for (int64_t r = 0; r < count; r++) {
            const int64_t column = nn_history_table_find(&runs[r].table, part ? validation : name);
            if (column < 0 || !has_numbers(&runs[r], column)) continue;
            panel->series[panel->count++] = (nn_series){r, column, part == 1};
            measure(panel, &runs[r], column);
        }
    }
    const bool speed = strcmp(name, SPEED) == 0, seconds = strcmp(name, "seconds") == 0;
    panel->from_zero = speed || seconds;
    panel->logarithmic = !panel->from_zero && panel->least > 0 && panel->most / panel->least > 100;
    if (strcmp(name, RATE) == 0) spread_rates(panel, runs);
    if (speed && panel->most >= 1e4) {
        panel->scale = panel->most >= 2e6 ? 1e6 : 1e3;
        panel->unit = panel->most >= 2e6 ? "million " : "thousand ";
    }
done:
    free(validation);
    return status;
}

static void find_epochs(const nn_curves *runs, int64_t count, nn_panels *out) {
    out->first_epoch = NAN;
    out->last_epoch = NAN;
    for (int64_t r = 0; r < count; r++) {
        const int64_t column = nn_history_table_find(&runs[r].table, "epoch");
        for (int64_t row = 0; row < runs[r].table.rows; row++) {
            const double epoch = nn_curves_value(&runs[r], row, column);
            if (!isfinite(epoch)) continue;
            if (!(epoch >= out->first_epoch)) out->first_epoch = epoch;
            if (!(epoch <= out->last_epoch)) out->last_epoch = epoch;
        }
    }
}

nn_status nn_panels_choose(const nn_curves *runs, int64_t count, const char *const *metrics,
                           int64_t metric_count, nn_panels *out) {
    nn_status status = NN_OK;
    name_set all = {0}, picked = {0};
    *out = (nn_panels){0};
    NN_TRY(find_names(runs, count, metric_count > 0, &all));
    if (metric_count > 0) NN_TRY(pick_names(&all, metrics, metric_count, &picked));
    const name_set *names = metric_count > 0 ? &picked : &all;
    NN_TRY(nn_allocate("panels", names->count, sizeof *out->panels, &out->panels));
    find_epochs(runs, count, out);
    for (int64_t i = 0; i < names->count; i++) {
        nn_panel *panel = &out->panels[out->count++];
        NN_TRY(make_panel(runs, count, names->names[i], panel));
        for (int64_t k = 0; k < panel->count; k++) out->validated |= panel->series[k].validation;
        if (panel->count > 0) continue;
        free(panel->series);
        out->count--;
        if (metric_count > 0)
            NN_TRY(nn_fail(NN_BAD_DATA, "--metric %s: no run has a number there that could be drawn",
                           names->names[i]));
    }
    if (out->count == 0 || isnan(out->first_epoch))
        status = nn_fail(NN_BAD_DATA, "%s: there is no number that could be drawn", runs[0].path);
done:
    free(all.names);
    free(picked.names);
    return status;
}

void nn_panels_release(nn_panels *panels) {
    for (int64_t i = 0; panels->panels && i < panels->count; i++) free(panels->panels[i].series);
    free(panels->panels);
    *panels = (nn_panels){0};
}
