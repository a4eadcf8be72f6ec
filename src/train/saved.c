/* saved.c: a trained model in a file, ready to be used. */
#include "train/saved.h"

#include "comm/watchdog.h"
#include "io/h5.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "model/keras_compile.h"
#include "train/replicas.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

static nn_status read_run(nn_h5 *file, nn_run **run) {
    char *text = NULL;
    *run = NULL;
    if (!nn_h5_has(file, "/nnmpi") || !nn_h5_has_attribute(file, "/nnmpi", "config")) return NN_OK;
    nn_status status = nn_h5_read_text(file, "/nnmpi", "config", &text);
    if (status == NN_OK) status = nn_run_read(text, nn_h5_path(file), NULL, 0, run);
    free(text);
    return status;
}

static nn_status check_use(nn_saved *self, nn_h5 *file, nn_keras_use use) {
    nn_status status = nn_keras_read_config(file, &self->config);
    if (status == NN_OK) status = nn_keras_check_use(self->config, self->model, use);
    return nn_within(status, "%s", nn_h5_path(file));
}

nn_status nn_saved_open(const char *path, int64_t max_rows, nn_keras_use use, nn_saved *out) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    *out = (nn_saved){0};
    NN_TRY(nn_copy_text(path, &out->path));
    if (nn_seal_present(path)) NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_keras_read(file, max_rows, &out->model));
    NN_TRY(check_use(out, file, use));
    NN_TRY(read_run(file, &out->run));
    if (nn_h5_has(file, "/nnmpi")) NN_TRY(nn_names_read(file, "/nnmpi", &out->names));
    if (nn_h5_has_attribute(file, "/", "training_config"))
        NN_TRY(nn_h5_read_text(file, "/", "training_config", &out->training_config));
done:
    nn_h5_discard(&file);
    if (status != NN_OK) nn_saved_close(out);
    return status;
}

/* ---- on all ranks ---- */

/* Rank 0's text to all; NULL where it has none. */
static nn_status share_text(nn_comm *comm, char **text) {
    if (nn_comm_max(comm, *text != NULL) == 0) return NN_OK;
    return nn_comm_broadcast_text(comm, text);
}

static nn_status read_here(nn_saved *self, int64_t max_rows, nn_keras_use use, const char *path, char **run) {
    nn_watchdog_file_begin();
    nn_status status = nn_saved_open(path, max_rows, use, self);
    nn_watchdog_file_end();
    if (status == NN_OK && self->run) status = nn_run_format(self->run, run);
    return status;
}

static nn_status build_here(nn_saved *self, int64_t max_rows, const char *run) {
    nn_status status = nn_keras_build(self->config, max_rows, &self->model);
    if (status == NN_OK && run) status = nn_run_read(run, self->path, NULL, 0, &self->run);
    return nn_within(status, "%s", self->path);
}

nn_status nn_saved_open_once(nn_comm *comm, const char *path, int64_t max_rows, nn_keras_use use, nn_saved *out) {
    const bool first = nn_comm_rank(comm) == 0;
    char *run = NULL;
    *out = (nn_saved){0};
    nn_status status = first ? read_here(out, max_rows, use, path, &run) : nn_copy_text(path, &out->path);
    NN_TRY(nn_comm_agree(comm, status));
    NN_TRY(share_text(comm, &out->config));
    NN_TRY(share_text(comm, &out->training_config));
    NN_TRY(share_text(comm, &run));
    if (!first) status = build_here(out, max_rows, run);
    NN_TRY(nn_comm_agree(comm, status));
    nn_replicas_share(comm, out->model);
done:
    free(run);
    if (status != NN_OK) nn_saved_close(out);
    return status;
}

/* ---- what it is measured by ---- */

static nn_status read_loss(const char *text, nn_object **out) {
    nn_node *node = NULL;
    nn_status status = nn_yaml_parse(text, "--loss", &node);
    if (status == NN_OK) status = nn_object_read(&NN_LOSSES, node, NN_STYLE_RUN, out);
    nn_node_destroy(&node);
    return status;
}

static nn_status read_metrics(const char *names, nn_object_list *out) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *list = NULL;
    nn_node *node = NULL;
    nn_text_add(&text, "[%s]", names);
    NN_TRY(nn_text_take(&text, &list));
    NN_TRY(nn_yaml_parse(list, "--metric", &node));
    out->items = calloc(node->count + 1, sizeof *out->items);
    if (!out->items) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: metrics"));
    for (size_t i = 0; i < node->count; i++, out->count++)
        NN_TRY(nn_object_read(&NN_METRICS, node->items[i], NN_STYLE_RUN, &out->items[i]));
done:
    nn_node_destroy(&node);
    free(list);
    return status;
}

nn_status nn_saved_find_loss(nn_saved *saved, const nn_measures *measures) {
    nn_status status = NN_OK;
    if (saved->loss) return NN_OK;
    if (measures->loss) {
        NN_TRY(read_loss(measures->loss, &saved->own_loss));
    } else if (saved->run) {
        saved->loss = saved->run->loss;
        return NN_OK;
    } else if (saved->training_config) {
        status = nn_keras_compiled_loss(saved->training_config, &saved->own_loss);
        NN_TRY(nn_within(status, "%s: the loss that Keras compiled it with", saved->path));
    } else {
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s: it does not say which loss belongs to it: it has no training_config (Keras: "
                       "model.compile(loss=...) before model.save()), and nnmpi has not trained it",
                       saved->path));
    }
    saved->loss = saved->own_loss;
done:
    return status;
}

static nn_status find_metrics(nn_saved *saved, const nn_measures *measures) {
    nn_status status = NN_OK;
    const int64_t columns = nn_shape_last(nn_model_output_shape(saved->model));
    saved->metrics = &saved->own_metrics;
    if (measures->metrics) return read_metrics(measures->metrics, &saved->own_metrics);
    if (saved->run) {
        saved->metrics = &saved->run->metrics;
    } else if (saved->training_config) {
        status = nn_keras_compiled_metrics(saved->training_config, saved->loss, columns,
                                           &saved->own_metrics);
        status = nn_within(status, "%s: the metrics that Keras compiled it with", saved->path);
    }
    return status;
}

nn_status nn_saved_measure(nn_saved *saved, const nn_measures *measures, nn_objective **out) {
    const nn_real_map no_class_weights = {0}; /* they count in training alone */
    *out = NULL;
    nn_status status = nn_saved_find_loss(saved, measures);
    if (status == NN_OK) status = find_metrics(saved, measures);
    if (status != NN_OK) return status;
    return nn_within(nn_objective_create(saved->model, saved->loss, saved->metrics, &no_class_weights, out),
                     "%s", saved->path);
}

void nn_saved_close(nn_saved *saved) {
    nn_model_destroy(&saved->model);
    nn_run_destroy(&saved->run);
    nn_names_free(&saved->names);
    nn_object_destroy(&saved->own_loss);
    for (int64_t i = 0; i < saved->own_metrics.count; i++) nn_object_destroy(&saved->own_metrics.items[i]);
    free(saved->own_metrics.items);
    free(saved->config);
    free(saved->training_config);
    free(saved->path);
    *saved = (nn_saved){0};
}
