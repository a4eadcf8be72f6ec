/* keras_compile.c: the loss and the metrics in Keras's training_config. Each is a name, the name of a
 * function, or an object {class_name, config}; Keras 2 wraps the functions of metrics in a class, and puts
 * all of it into lists, an item for each output of the model. */
#include "model/keras_compile.h"

#include "io/json.h"
#include "model/loss.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names that Keras takes beside those that run files know. */
static const char *const SYNONYMS[][2] = {
    {"MSE", "mse"}, {"MAE", "mae"}, {"acc", "accuracy"}, {"Accuracy", "accuracy"},
    {"huber_loss", "huber"}, {"bce", "binary_crossentropy"}, {"BCE", "binary_crossentropy"},
};

static nn_status set_text(nn_node *node, const char *text) {
    char *copy = NULL;
    nn_status status = nn_copy_text(text, &copy);
    if (status != NN_OK) return status;
    free(node->text);
    node->text = copy;
    return NN_OK;
}

static bool is_text(const nn_node *node, const char *text) {
    return node && node->kind == NN_NODE_TEXT && strcmp(node->text, text) == 0;
}

static bool is_named(const nn_node *node) {
    return node->kind == NN_NODE_MAP && nn_node_get(node, "class_name");
}

/* What stands for the only output of the model: in a list, or under its name. */
static nn_node *only_item(nn_node *node) {
    while (node && (node->kind == NN_NODE_LIST || node->kind == NN_NODE_MAP) && !is_named(node) &&
           node->count == 1)
        node = node->items[0];
    return node;
}

/* Brings all forms to those that nn_object_read() takes: a name, or an object of a class. */
static nn_status simplify(nn_node *node) {
    nn_status status = NN_OK;
    nn_node *name = nn_node_get(node, "class_name"), *config = nn_node_get(node, "config");
    const nn_node *function = nn_node_get(config, "fn");
    const bool wrapped = is_text(name, "MeanMetricWrapper") || is_text(name, "LossFunctionWrapper");
    if (is_text(name, "function") && config && config->kind == NN_NODE_TEXT) {
        nn_node *text = NULL;
        NN_TRY(nn_node_add(NULL, NULL, NN_NODE_TEXT, node->where, &text));
        NN_TRY(nn_copy_text(config->text, &text->text));
        nn_node_move(node, &text);
    } else if (wrapped && function && function->kind == NN_NODE_TEXT) {
        NN_TRY(set_text(name, function->text));
    }
    for (size_t i = 0; node->kind == NN_NODE_TEXT && i < sizeof SYNONYMS / sizeof *SYNONYMS; i++)
        if (strcmp(node->text, SYNONYMS[i][0]) == 0) NN_TRY(set_text(node, SYNONYMS[i][1]));
done:
    return status;
}

/* Whether anything but nothing stands under the key. */
static bool is_given(const nn_node *root, const char *key) {
    const nn_node *node = nn_node_get(root, key);
    return node && node->kind != NN_NODE_NULL &&
           !((node->kind == NN_NODE_LIST || node->kind == NN_NODE_MAP) && node->count == 0);
}

/* What nnmpi does not know stands in a file, not in a run file. */
static nn_status blame_file(nn_status status) {
    return status == NN_BAD_CONFIG ? NN_BAD_DATA : status;
}

nn_status nn_keras_compiled_loss(const char *training_config, nn_object **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    *out = NULL;
    NN_TRY(nn_json_parse(training_config, "training_config", &root));
    nn_node *loss = only_item(nn_node_get(root, "loss"));
    if (!loss || loss->kind == NN_NODE_NULL)
        NN_TRY(nn_fail(NN_BAD_DATA, "training_config: it was compiled without a loss"));
    const nn_node *factor = only_item(nn_node_get(root, "loss_weights"));
    if (is_given(root, "loss_weights") && factor->real != 1)
        NN_TRY(nn_fail(NN_BAD_DATA, "training_config: nnmpi does not know loss_weights"));
    NN_TRY(simplify(loss));
    status = blame_file(nn_object_read(&NN_LOSSES, loss, NN_STYLE_KERAS, out));
done:
    nn_node_destroy(&root);
    return status;
}

/* ---- metrics ---- */

/* Metrics are read where `nnmpi eval` wants them. */
static const char CHOOSE[] = "--metric says which metrics nnmpi is to compute";

/* What is being read. */
typedef struct {
    const nn_object *loss;
    int64_t columns;
    nn_object_list *out;
} metrics_reader;

/* `accuracy` as Keras chooses it: yes or no for one output, otherwise by class. Keras 2 writes what it has
 * chosen under that name. It stays `accuracy` where nnmpi would choose the same: from logits Keras compares
 * these with 1/2, nnmpi with 0. */
static nn_status settle_accuracy(const metrics_reader *reader, nn_node *metric) {
    nn_status status = NN_OK;
    const nn_node *name = nn_node_get(nn_node_get(metric, "config"), "name");
    const nn_node *function = nn_node_get(metric, "class_name");
    const bool wrapped = is_text(name, "accuracy") || is_text(name, "acc");
    if (!wrapped && !is_text(metric, "accuracy")) return NN_OK;
    const bool binary = wrapped ? is_text(function, "binary_accuracy") : reader->columns == 1;
    const bool same = binary == nn_accuracy_is_binary(reader->loss, reader->columns) &&
                      !(binary && nn_loss_from_logits(reader->loss));
    if (wrapped && !same) return NN_OK; /* the function's own name */
    nn_node *text = NULL;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_TEXT, metric->where, &text));
    NN_TRY(nn_copy_text(same ? "accuracy" : binary ? "binary_accuracy" : "categorical_accuracy", &text->text));
    nn_node_move(metric, &text);
done:
    return status;
}

/* Where the loss is from logits, Keras measures these, and nnmpi probabilities. The order is the same; a
 * threshold becomes the sigmoid's value there; of the rest nothing can be said. */
static nn_status settle_logits(const metrics_reader *reader, nn_object *metric) {
    static const char *const by_order[] = {"accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
                                           "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"};
    if (!nn_loss_from_logits(reader->loss)) return NN_OK;
    for (size_t i = 0; i < sizeof by_order / sizeof *by_order; i++)
        if (strcmp(metric->isa->name, by_order[i]) == 0) return NN_OK;
    if (strcmp(metric->isa->name, "binary_accuracy") != 0 ||
        nn_loss_methods(reader->loss)->takes_over != NN_SIGMOID)
        return nn_fail(NN_BAD_DATA,
                       "training_config: Keras computes %s of the model's logits, nnmpi of probabilities; "
                       "%s",
                       metric->isa->name, CHOOSE);
    double *threshold = (double *)(void *)((char *)metric + metric->isa->fields->offset);
    *threshold = 1 / (1 + exp(-*threshold));
    return NN_OK;
}

/* Whether the metric is there already, under another name; refused where it is there with other arguments,
 * as its name can stand in the result once. */
static nn_status find_twin(const nn_object_list *list, const nn_object *metric, bool *there) {
    *there = false;
    for (int64_t i = 0; i < list->count; i++) {
        if (list->items[i]->isa != metric->isa) continue;
        *there = true;
        if (memcmp(list->items[i], metric, metric->isa->size) != 0) /* numbers alone */
            return nn_fail(NN_BAD_DATA,
                           "training_config: it has %s twice, with different arguments; %s", metric->isa->name,
                           CHOOSE);
    }
    return NN_OK;
}

static nn_status add_metric(const metrics_reader *reader, nn_node *node) {
    nn_status status = NN_OK;
    nn_object *object = NULL, **items;
    nn_object_list *out = reader->out;
    bool there;
    NN_TRY(simplify(node));
    NN_TRY(settle_accuracy(reader, node));
    status = blame_file(nn_object_read(&NN_METRICS, node, NN_STYLE_KERAS, &object));
    NN_TRY(nn_advise(status, "%s", CHOOSE));
    NN_TRY(settle_logits(reader, object));
    NN_TRY(find_twin(out, object, &there));
    if (there) goto done;
    items = realloc(out->items, (size_t)(out->count + 1) * sizeof *items);
    if (!items) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: metrics"));
    out->items = items;
    out->items[out->count++] = object;
    object = NULL;
done:
    nn_object_destroy(&object);
    return status;
}

/* A metric, or lists of them, or maps with an item for each output. */
static nn_status add_metrics(const metrics_reader *reader, nn_node *node) {
    nn_status status = NN_OK;
    if (!node || node->kind == NN_NODE_NULL) return NN_OK;
    if (node->kind != NN_NODE_LIST && (node->kind != NN_NODE_MAP || is_named(node)))
        return add_metric(reader, node);
    for (size_t i = 0; i < node->count && status == NN_OK; i++)
        status = add_metrics(reader, node->items[i]);
    return status;
}

nn_status nn_keras_compiled_metrics(const char *training_config, const nn_object *loss, int64_t columns,
                                    nn_object_list *out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    const metrics_reader reader = {loss, columns, out};
    *out = (nn_object_list){0};
    NN_TRY(nn_json_parse(training_config, "training_config", &root));
    if (is_given(root, "weighted_metrics"))
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "training_config: nnmpi does not know weighted_metrics: its metrics use no weights; %s", CHOOSE));
    NN_TRY(add_metrics(&reader, nn_node_get(root, "metrics")));
done:
    nn_node_destroy(&root);
    return status;
}
