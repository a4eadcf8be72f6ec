/* run_check.c: what can be told of a run file before its data are there: whether layers, loss, metrics, class
 * weights and monitored values fit each other. What the shape of x decides, training tells. */
#include "model/model.h"
#include "model/objective.h"
#include "train/run_private.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the item of a list stands, or the list where that is not known. */
static const char *place_of(const nn_node *list, int64_t index) {
    return list && (size_t)index < list->count ? list->items[index]->where : list ? list->where : "the run file";
}

/* The outputs of the model, which a loss wants on one axis; 0: the shape of x decides. */
static int64_t count_outputs(const nn_object_list *layers) {
    const nn_layer *layer = nn_model_find_units(layers);
    return layer ? nn_layer_methods(layer)->units(layer) : 0;
}

static nn_status check_model(const nn_run *run, const nn_node *root) {
    const nn_node *weights = nn_node_get(root, "class_weight"), *loss = nn_node_get(root, "loss");
    const int64_t outputs = count_outputs(&run->model);
    nn_activation last;
    int64_t i = 0;
    nn_status status = nn_model_name_layers(&run->model, &i);
    NN_TRY(nn_within(status, "%s", place_of(nn_node_get(root, "model"), i)));
    NN_TRY(nn_within(nn_objective_check_outputs(run->loss, outputs), "%s", loss->where));
    if (nn_model_find_activation(&run->model, &last))
        NN_TRY(nn_within(nn_objective_check_activation(run->loss, last), "%s", loss->where));
    for (i = 0; i < run->metrics.count; i++)
        NN_TRY(nn_within(nn_objective_check_metric(run->loss, &run->metrics, i), "%s",
                         place_of(nn_node_get(root, "metrics"), i)));
    status = nn_objective_check_classes(run->loss, &run->class_weight, outputs, &i);
    NN_TRY(nn_within(status, "%s", place_of(weights, i)));
done:
    return status;
}

/* ---- what is monitored ---- */

enum { NAMES_MAX = 64 };

/* The names that a value can be monitored under. */
typedef struct {
    const char *names[NAMES_MAX];
    const char *columns[NAMES_MAX]; /* in metrics.csv; NULL: the number of outputs decides whether it is there */
    size_t count, shown;            /* shown: so many of the first are columns' names */
} name_list;

static void add_name(name_list *list, const char *name, const char *column) {
    list->names[list->count] = name;
    list->columns[list->count++] = column;
}

/* "loss" comes first. `accuracy` also goes by the name of what it stands for. */
static void list_names(const nn_run *run, name_list *list) {
    const int64_t outputs = count_outputs(&run->model), least = outputs ? outputs : 1, most = outputs ? outputs : 2;
    const bool may = nn_accuracy_is_binary(run->loss, least), must = nn_accuracy_is_binary(run->loss, most);
    list->count = 0;
    add_name(list, "loss", "loss");
    for (int64_t i = 0; i < run->metrics.count && list->count < NAMES_MAX / 4; i++)
        add_name(list, run->metrics.items[i]->isa->name, run->metrics.items[i]->isa->name);
    list->shown = list->count;
    for (int64_t i = 0; i < run->metrics.count && list->count < NAMES_MAX - 3; i++) {
        const nn_class *isa = run->metrics.items[i]->isa;
        if (isa->alias) add_name(list, isa->alias, isa->name);
        if (strcmp(isa->name, "accuracy") != 0) continue;
        if (may) add_name(list, "binary_accuracy", must ? isa->name : NULL);
        if (!must) add_name(list, "categorical_accuracy", may ? NULL : isa->name);
    }
}

static nn_status fail_unknown(const nn_run_monitor *monitor, const char *where, const char *const *names,
                              size_t count, bool validated) {
    static const char val[] = "val_";
    char with_val[NAMES_MAX][64];
    const char *all[2 * NAMES_MAX];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) all[total++] = names[i];
    for (size_t i = 0; i < count && validated; i++) {
        snprintf(with_val[i], sizeof with_val[i], "%s%s", val, names[i]);
        all[total++] = with_val[i];
    }
    nn_text text = {0};
    nn_text_add(&text, "%s: %s: there is no '%.64s' to monitor", where, monitor->object.isa->name, monitor->monitor);
    nn_text_suggest(&text, monitor->monitor, all, total, "there are");
    return nn_text_fail(&text, NN_BAD_CONFIG);
}

/* Gives the monitored value the name that metrics.csv has for it. */
static nn_status rename_monitor(nn_run_monitor *monitor, const char *column, bool validation) {
    nn_text text = {0};
    char *name = NULL;
    nn_text_add(&text, "%s%s", validation ? "val_" : "", column);
    nn_status status = nn_text_take(&text, &name);
    if (status != NN_OK) return status;
    free(monitor->monitor);
    monitor->monitor = name;
    return NN_OK;
}

static nn_status check_monitor(const nn_run *run, nn_run_monitor *monitor, const nn_node *section) {
    name_list list;
    const char *name = monitor->monitor;
    const nn_node *given = nn_node_get(section, "monitor");
    const char *where = given ? given->where : section ? section->where : "the run file";
    const bool validated = run->data->validation || run->data->validation_split > 0;
    const bool validation = strncmp(name, "val_", 4) == 0;
    size_t i = 0;
    list_names(run, &list);
    if (validation && !validated)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: %s monitors '%s', but there is no validation data: give "
                       "data.validation or data.validation_split, or monitor 'loss'",
                       where, monitor->object.isa->name, name);
    while (i < list.count && strcmp(list.names[i], name + (validation ? 4 : 0)) != 0) i++;
    if (i == list.count) return fail_unknown(monitor, where, list.names, list.shown, validated);
    return list.columns[i] ? rename_monitor(monitor, list.columns[i], validation) : NN_OK;
}

void nn_run_ask(const nn_run *run, nn_text *text) {
    nn_activation last;
    const bool known = nn_model_find_activation(&run->model, &last);
    const nn_activation wanted = nn_loss_wants(run->loss);
    if (!known || last != NN_LINEAR || wanted == NN_LINEAR) return;
    nn_text_add(text, "%s: ", nn_node_get(run->tree, "loss")->where);
    nn_objective_ask_for(wanted, run->loss, text);
}

nn_status nn_run_check(nn_run *run, const nn_node *root) {
    nn_status status = NN_OK;
    NN_TRY(check_model(run, root));
    if (run->early_stopping)
        NN_TRY(check_monitor(run, &run->early_stopping->monitor, nn_node_get(root, "early_stopping")));
    if (run->reduce_lr_on_plateau)
        NN_TRY(check_monitor(run, &run->reduce_lr_on_plateau->monitor, nn_node_get(root, "reduce_lr_on_plateau")));
done:
    return status;
}
