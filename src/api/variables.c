/* variables.c: the variables of a model, by their names. */
#include "api/api.h"

#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int64_t nnmpi_model_variables(const nnmpi_model *model) {
    return nn_model_variables(model->network);
}

const char *nnmpi_model_variable_name(nnmpi_model *model, int64_t variable) {
    const nn_layer *layer = NULL;
    const nn_variable *at = nn_model_variable(model->network, variable, &layer);
    if (!at) return NULL;
    snprintf(model->name, sizeof model->name, "%s/%s", layer->name, at->name);
    return model->name;
}

static const nn_variable *find(const nnmpi_model *self, const char *name) {
    for (int64_t i = 0; i < nn_model_layers(self->network); i++) {
        const nn_layer *layer = nn_model_layer(self->network, i);
        const size_t length = strlen(layer->name);
        if (strncmp(name, layer->name, length) != 0 || name[length] != '/') continue;
        for (int v = 0; v < layer->variable_count; v++)
            if (strcmp(name + length + 1, layer->variables[v].name) == 0) return &layer->variables[v];
    }
    return NULL;
}

int nnmpi_model_variable_shape(const nnmpi_model *model, const char *name, int64_t *shape) {
    const nn_variable *at = find(model, name);
    for (int i = 0; at && i < at->shape.rank; i++) shape[i] = at->shape.dim[i];
    return at ? at->shape.rank : -1;
}

static nn_status find_checked(const nnmpi_model *self, const char *name, int64_t count,
                              const nn_variable **out) {
    char shape[NN_SHAPE_TEXT];
    const nn_layer *layer = NULL;
    const nn_variable *at;
    *out = find(self, name);
    if (*out && nn_shape_count((*out)->shape) == count) return NN_OK;
    if (*out)
        return nn_fail(NN_USAGE, "%s has %" PRId64 " numbers, %s, not %" PRId64, name,
                       nn_shape_count((*out)->shape), nn_shape_format((*out)->shape, shape), count);
    nn_text known = {0};
    nn_text_add(&known, "the model has no variable '%s'; it has", name);
    for (int64_t i = 0; (at = nn_model_variable(self->network, i, &layer)) != NULL; i++)
        nn_text_add(&known, "%s %s/%s", i ? "," : "", layer->name, at->name);
    return nn_text_fail(&known, NN_USAGE);
}

nn_status nnmpi_model_get(const nnmpi_model *model, const char *name, int64_t count, float *values) {
    const nn_variable *at;
    nn_status status = find_checked(model, name, count, &at);
    if (status == NN_OK) memcpy(values, at->value, (size_t)count * sizeof *values);
    return status;
}

static nn_status check_finite(const char *name, int64_t count, const float *values) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return nn_fail(NN_BAD_DATA, "%s: number %" PRId64 " is %g; it must be finite", name, i,
                           (double)values[i]);
    return NN_OK;
}

/* Behind the agreement no rank reads any more what the ranks of a node may share. */
nn_status nnmpi_model_set(nnmpi_model *model, const char *name, int64_t count, const float *values) {
    nn_comm *comm = model->context->comm;
    const bool first = nn_comm_rank(comm) == 0;
    const nn_variable *at;
    nn_status status = find_checked(model, name, count, &at);
    if (status == NN_OK && first) status = check_finite(name, count, values);
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) status = nn_comm_check_same(comm, "the name of the variable", name);
    if (status != NN_OK) return status;
    if (first) memcpy(at->value, values, (size_t)count * sizeof *values);
    nn_comm_broadcast(comm, at->value, count * (int64_t)sizeof *values);
    return NN_OK;
}
