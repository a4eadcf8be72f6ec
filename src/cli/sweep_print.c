/* sweep_print.c: the results of a sweep as a table in columns, and the best run as a JSON object. */
#include "cli/sweep.h"

#include "io/json.h"
#include "io/yaml.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 40 }; /* of a cell; longer texts push the rest of their line */

/* A table of texts, filled cell by cell. */
typedef struct {
    char **cells;
    int64_t rows, columns, filled;
} grid;

static nn_status add_cell(grid *to, const char *text) {
    return nn_copy_text(text ? text : "", &to->cells[to->filled++]);
}

static nn_status add_number(grid *to, double value) {
    char text[32] = "";
    if (!isnan(value)) snprintf(text, sizeof text, "%.6g", value);
    return add_cell(to, text);
}

static nn_status add_count(grid *to, int64_t count) {
    char text[32] = "";
    if (count > 0) snprintf(text, sizeof text, "%" PRId64, count);
    return add_cell(to, text);
}

static void free_grid(grid *of) {
    for (int64_t i = 0; i < of->filled; i++) free(of->cells[i]);
    free(of->cells);
}

/* The width of a column, the last one's aside, which ends the line. */
static int width_of(const grid *of, int64_t column) {
    size_t widest = 0;
    for (int64_t row = 0; row < of->rows; row++) {
        const size_t length = strlen(of->cells[row * of->columns + column]);
        if (length > widest && length <= WIDEST) widest = length;
    }
    return column + 1 < of->columns ? (int)widest : 0;
}

static nn_status print_grid(const grid *of) {
    int *widths = NULL;
    nn_status status = nn_allocate("widths", of->columns, sizeof *widths, &widths);
    if (status != NN_OK) return status;
    for (int64_t column = 0; column < of->columns; column++) widths[column] = width_of(of, column);
    for (int64_t i = 0; i < of->rows * of->columns; i++) {
        const int64_t column = i % of->columns;
        printf("%-*s%s", widths[column], of->cells[i], column + 1 < of->columns ? "  " : "\n");
    }
    free(widths);
    return NN_OK;
}

/* The value of a run by the name of its column; NAN: it has none. */
static double value_of(const nn_sweep_result *result, const char *name) {
    for (int64_t i = 0; i < result->count; i++)
        if (result->values && strcmp(result->names[i], name) == 0) return result->values[i];
    return NAN;
}

/* The run whose values all runs' names are taken from: the one that has most. */
static const nn_sweep_result *widest(const nn_sweep_table *table) {
    const nn_sweep_result *found = &table->results[0];
    for (int64_t i = 1; i < table->sweep->run_count; i++)
        if (table->results[i].count > found->count) found = &table->results[i];
    return found;
}

static nn_status add_header(const nn_sweep_table *table, const nn_sweep_result *names, grid *to) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *best = NULL;
    NN_TRY(add_cell(to, "run"));
    for (int64_t i = 0; i < table->sweep->key_count; i++)
        NN_TRY(add_cell(to, table->sweep->keys[i].column));
    NN_TRY(add_cell(to, "status"));
    NN_TRY(add_cell(to, "epochs"));
    NN_TRY(add_cell(to, "model_epoch"));
    for (int64_t i = 0; i < names->count; i++) NN_TRY(add_cell(to, names->names[i]));
    nn_text_add(&text, "best_%s", table->by);
    NN_TRY(nn_text_take(&text, &best));
    NN_TRY(add_cell(to, best));
    NN_TRY(add_cell(to, "best_epoch"));
    NN_TRY(add_cell(to, "seconds"));
done:
    free(best);
    return status;
}

static nn_status add_run(const nn_sweep_table *table, int64_t run, const nn_sweep_result *names,
                         grid *to) {
    nn_status status = NN_OK;
    const nn_sweep_result *result = &table->results[run];
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, run + 1);
    NN_TRY(add_cell(to, number));
    for (int64_t i = 0; i < table->sweep->key_count; i++)
        NN_TRY(add_cell(to, table->sweep->runs[run].values[i]));
    NN_TRY(add_cell(to, NN_SWEEP_STATE_NAMES[result->state]));
    NN_TRY(add_count(to, result->epochs));
    NN_TRY(add_count(to, result->model_epoch));
    for (int64_t i = 0; i < names->count; i++)
        NN_TRY(add_number(to, value_of(result, names->names[i])));
    NN_TRY(add_number(to, result->best));
    NN_TRY(add_count(to, result->best_epoch));
    snprintf(number, sizeof number, "%.1f", result->seconds);
    NN_TRY(add_cell(to, result->epochs ? number : ""));
done:
    return status;
}

/* A swept value, as what it is. */
static nn_status add_value(nn_node *to, const char *key, const char *text) {
    nn_node *value = NULL, *target = NULL;
    nn_status status = nn_yaml_parse(text, "a value", &value);
    if (status == NN_OK) status = nn_node_add(to, key, NN_NODE_NULL, "the best run", &target);
    if (status == NN_OK) nn_node_move(target, &value);
    nn_node_destroy(&value);
    return status;
}

static nn_status print_best(const nn_sweep_table *table, int64_t run) {
    nn_status status = NN_OK;
    const nn_sweep_result *result = &table->results[run];
    nn_node *root = NULL;
    nn_text name = {0};
    char *text = NULL, *best = NULL, *folder = NULL;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the best run", &root));
    NN_TRY(nn_node_add_int(root, "run", run + 1));
    for (int64_t i = 0; i < table->sweep->key_count; i++)
        NN_TRY(add_value(root, table->sweep->keys[i].column, table->sweep->runs[run].values[i]));
    NN_TRY(nn_node_add_int(root, "epochs", result->epochs));
    NN_TRY(nn_node_add_int(root, "model_epoch", result->model_epoch));
    for (int64_t i = 0; i < result->count; i++)
        NN_TRY(nn_node_add_real(root, result->names[i], value_of(result, result->names[i])));
    nn_text_add(&name, "best_%s", table->by);
    NN_TRY(nn_text_take(&name, &best));
    NN_TRY(nn_node_add_real(root, best, result->best));
    NN_TRY(nn_node_add_int(root, "best_epoch", result->best_epoch));
    NN_TRY(nn_sweep_table_run_folder(table, run, &folder));
    NN_TRY(nn_node_add_text(root, "folder", folder));
    NN_TRY(nn_json_format(root, &text));
    printf("table: %s\nbest model: %s/model.h5\n%s\n", table->path, folder, text);
done:
    nn_node_destroy(&root);
    free(folder);
    free(best);
    free(text);
    return status;
}

nn_status nn_sweep_print(const nn_sweep_table *table) {
    nn_status status = NN_OK;
    const nn_sweep_result *names = widest(table);
    const int64_t runs = table->sweep->run_count;
    grid all = {.rows = runs + 1, .columns = table->sweep->key_count + names->count + 7};
    int64_t *order = NULL;
    NN_TRY(nn_allocate("an order", runs, sizeof *order, &order));
    NN_TRY(nn_allocate("a table", all.rows * all.columns, sizeof *all.cells, &all.cells));
    nn_sweep_table_sort(table, order);
    NN_TRY(add_header(table, names, &all));
    for (int64_t i = 0; i < runs; i++) NN_TRY(add_run(table, order[i], names, &all));
    NN_TRY(print_grid(&all));
    const nn_sweep_result *best = &table->results[order[0]];
    if (best->state == NN_SWEEP_DONE && best->best_epoch && !isnan(best->value)) NN_TRY(print_best(table, order[0]));
    else printf("table: %s\n", table->path);
done:
    free_grid(&all);
    free(order);
    return status;
}
