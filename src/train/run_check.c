/* run_check.c: what can be told of a run file before its data are there: whether layers, loss, metrics, class
 * weights and monitored values fit each other. What the shape of x decides, training tells. */
#include "model/model.h"
#include "model/objective.h"
#include "train/run_private.h"
#include "util/text.h"

#include <stdio.h>
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

/* The names that a value can be monitored under, "loss" first; returns how many. `accuracy` also goes by the
 * name of what it stands for, which the number of outputs may decide. */
static size_t list_names(const nn_run *run, const char **names, size_t *shown) {
    const int64_t outputs = count_outputs(&run->model), least = outputs ? outputs : 1, most = outputs ? outputs : 2;
    size_t count = 0;
    names[count++] = "loss";
    for (int64_t i = 0; i < run->metrics.count && count < NAMES_MAX / 4; i++)
        names[count++] = run->metrics.items[i]->isa->name;
    *shown = count;
    for (int64_t i = 0; i < run->metrics.count && count < NAMES_MAX - 3; i++) {
        const nn_class *isa = run->metrics.items[i]->isa;
        if (isa->alias) names[count++] = isa->alias;
        if (strcmp(isa->name, "accuracy") != 0) continue;
        if (nn_accuracy_is_binary(run->loss, least)) names[count++] = "binary_accuracy";
        if (!nn_accuracy_is_binary(run->loss, most)) names[count++] = "categorical_accuracy";
    }
    return count;
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

static nn_status check_monitor(const nn_run *run, const nn_run_monitor *monitor, const nn_node *section) {
    const char *names[NAMES_MAX], *name = monitor->monitor;
    const nn_node *given = nn_node_get(section, "monitor");
    const char *where = given ? given->where : section ? section->where : "the run file";
    const bool validated = run->data->validation || run->data->validation_split > 0;
    const bool validation = strncmp(name, "val_", 4) == 0;
    size_t shown = 0, i = 0, count = list_names(run, names, &shown);
    if (validation && !validated)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: %s monitors '%s', but there is no validation data: give "
                       "data.validation or data.validation_split, or monitor 'loss'",
                       where, monitor->object.isa->name, name);
    while (i < count && strcmp(names[i], name + (validation ? 4 : 0)) != 0) i++;
    return i < count ? NN_OK : fail_unknown(monitor, where, names, shown, validated);
}

void nn_run_ask(const nn_run *run, nn_text *text) {
    nn_activation last;
    const bool known = nn_model_find_activation(&run->model, &last);
    const nn_activation wanted = nn_loss_wants(run->loss);
    if (!known || last != NN_LINEAR || wanted == NN_LINEAR) return;
    nn_text_add(text, "%s: ", nn_node_get(run->tree, "loss")->where);
    nn_objective_ask_for(wanted, run->loss, text);
}

nn_status nn_run_check(const nn_run *run, const nn_node *root) {
    nn_status status = NN_OK;
    NN_TRY(check_model(run, root));
    if (run->early_stopping)
        NN_TRY(check_monitor(run, &run->early_stopping->monitor, nn_node_get(root, "early_stopping")));
    if (run->reduce_lr_on_plateau)
        NN_TRY(check_monitor(run, &run->reduce_lr_on_plateau->monitor, nn_node_get(root, "reduce_lr_on_plateau")));
done:
    return status;
}
