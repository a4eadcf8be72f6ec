/* model.c: layers in a row, and the memory that they share. */
#include "kernels/gemm.h"
#include "kernels/team.h"
#include "layers/initializer.h"
#include "model/model_private.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = NN_ALIGNMENT / (int)sizeof(nn_real) };
enum { LAYERS_MAX = 10000 }; /* names are compared with each other */

nn_layer *nn_model_layer(const nn_model *model, int64_t index) {
    return (nn_layer *)model->layers.items[index];
}

static nn_layer *layer_of(const nn_object_list *layers, int64_t index) {
    return (nn_layer *)layers->items[index];
}

static nn_status check_unique(const nn_object_list *layers, const nn_layer *layer) {
    for (uint32_t i = 0; i < layer->index; i++)
        if (strcmp(layer_of(layers, i)->name, layer->name) == 0)
            return nn_fail(NN_BAD_CONFIG, "two layers are called '%s'", layer->name);
    return NN_OK;
}

/* "dense", "dense_1", as Keras names layers: the class in snake case and a number. */
static nn_status name_layer(const nn_object_list *layers, nn_layer *layer) {
    char base[NN_LAYER_NAME / 2];
    nn_layer_class_name(layer, base, sizeof base);
    int same = 0;
    for (uint32_t i = 0; i < layer->index; i++) {
        const nn_layer *other = layer_of(layers, i);
        same += other->object.isa == layer->object.isa && !other->given_name;
    }
    if (!layer->given_name) {
        snprintf(layer->name, sizeof layer->name, same ? "%s_%d" : "%s", base, same);
        return NN_OK;
    }
    if (strcmp(layer->given_name, "top_level_model_weights") == 0)
        return nn_fail(NN_BAD_CONFIG, "a layer cannot be called '%s': Keras's files use that name",
                       layer->given_name);
    if (layer->given_name[0] == '\0' || strchr(layer->given_name, '/') ||
        strlen(layer->given_name) >= NN_LAYER_NAME)
        return nn_fail(NN_BAD_CONFIG, "the layer name '%.80s' must have 1 to %d characters and no /",
                       layer->given_name, NN_LAYER_NAME - 1);
    snprintf(layer->name, sizeof layer->name, "%s", layer->given_name);
    return NN_OK;
}

static nn_status check_count(const nn_object_list *layers) {
    if (layers->count <= LAYERS_MAX) return NN_OK;
    return nn_fail(NN_BAD_CONFIG, "model: there are %lld layers; at most %d are possible",
                   (long long)layers->count, LAYERS_MAX);
}

nn_status nn_model_name_layers(const nn_object_list *layers, int64_t *index) {
    *index = 0;
    nn_status status = check_count(layers);
    if (status != NN_OK) return status;
    for (*index = 0; *index < layers->count; ++*index) {
        nn_layer *layer = layer_of(layers, *index);
        layer->index = (uint32_t)*index;
        NN_TRY(name_layer(layers, layer));
        NN_TRY(check_unique(layers, layer));
    }
done:
    return status;
}

static nn_status build_layer(nn_layer *layer, nn_shape input) {
    layer->input_shape = input;
    return nn_layer_methods(layer)->build(layer);
}

static nn_status build_layers(nn_model *self) {
    nn_shape shape = self->input;
    int64_t i = 0;
    nn_status status = nn_model_name_layers(&self->layers, &i);
    if (status == NN_OK) i = 0;
    while (status == NN_OK && i < self->layers.count) {
        status = build_layer(nn_model_layer(self, i), shape);
        if (status != NN_OK) break;
        shape = nn_model_layer(self, i++)->output_shape;
    }
    if (status == NN_OK) return NN_OK;
    const nn_layer *layer = nn_model_layer(self, i);
    nn_within(status, "model: layer %lld (%s)", (long long)i + 1, layer->object.isa->name);
    return nn_layer_within(layer, status);
}

/* Lays the variables out one after another, each on an aligned address; with `bind` set also gives
 * the layers their views. */
static void lay_out_variables(nn_model *self, bool bind) {
    int64_t trained = 0, other = 0, count = 0;
    for (int64_t i = 0; i < self->layers.count; i++) {
        nn_layer *layer = nn_model_layer(self, i);
        for (int v = 0; v < layer->variable_count; v++) {
            nn_variable *variable = &layer->variables[v];
            int64_t size = nn_shape_count(variable->shape);
            int64_t *offset = variable->trainable ? &trained : &other;
            if (bind && variable->trainable) {
                variable->value = self->values.data + *offset;
                variable->gradient = self->gradients.data + *offset;
                self->parameters[count] = (nn_parameter){*offset, size, variable, layer};
            } else if (bind) {
                variable->value = self->state.data + *offset;
            }
            count += variable->trainable;
            *offset += nn_round_up(size, ALIGN);
        }
    }
    self->parameter_count = count;
    self->values.count = self->gradients.count = trained;
    self->state.count = other;
}

/* Lays out what a pass needs; with `bind` set also hands out the views. Returns the size. */
static int64_t lay_out_pass(nn_model *self, bool bind) {
    int64_t used = 0, widest = nn_shape_count(self->input);
    for (int64_t i = 0; i < self->layers.count; i++) {
        nn_layer *layer = nn_model_layer(self, i);
        int64_t columns = nn_shape_count(layer->output_shape);
        if (columns > widest) widest = columns;
        if (!nn_model_is_view(layer)) {
            if (bind) self->outputs[i] = self->scratch + used;
            used += nn_round_up(self->max_rows * columns, ALIGN);
        }
        if (bind && layer->workspace_per_row) layer->workspace = self->scratch + used;
        used += nn_round_up(self->max_rows * layer->workspace_per_row, ALIGN);
    }
    for (int i = 0; i < 2; i++) {
        if (bind) self->flow[i] = self->scratch + used;
        used += nn_round_up(self->max_rows * widest, ALIGN);
    }
    return used;
}

static nn_status too_large(const nn_model *self, int64_t layer, double numbers, double most) {
    const nn_layer *last = nn_model_layer(self, layer);
    nn_status status =
        nn_fail(NN_BAD_CONFIG,
                "model: up to layer %lld (%s) its weights, gradients and activations take %.3g GB, and this "
                "process can have %.3g GB",
                (long long)layer + 1, last->object.isa->name, 1e-9 * numbers * sizeof(nn_real),
                1e-9 * most * sizeof(nn_real));
    return nn_layer_within(last, status);
}

/* Refuses what the machine does not hold: the system would promise the memory, and end processes when it
 * is used. Nor can the sums of the layouts overflow then. */
static nn_status check_size(const nn_model *self) {
    const double available = (double)nn_memory_available() / sizeof(nn_real); /* 0: unknown */
    const double most = available > 0 ? available : 0x1p50;
    double used = 0, widest = (double)nn_shape_count(self->input);
    for (int64_t i = 0; i < self->layers.count; i++) {
        const nn_layer *layer = nn_model_layer(self, i);
        double columns = (double)nn_shape_count(layer->output_shape);
        for (int v = 0; v < layer->variable_count; v++)
            used += (layer->variables[v].trainable ? 2 : 1) *
                    (double)nn_shape_count(layer->variables[v].shape);
        used += (double)self->max_rows * (columns + (double)layer->workspace_per_row);
        if (columns > widest) widest = columns;
        const double all = used + 2 * (double)self->max_rows * widest;
        if (all > most) return too_large(self, i, all, most);
    }
    return NN_OK;
}

static nn_status allocate(nn_model *self) {
    nn_status status = NN_OK;
    NN_TRY(check_size(self));
    lay_out_variables(self, false);
    NN_TRY(nn_allocate("the list of parameters", self->parameter_count, sizeof *self->parameters,
                       &self->parameters));
    NN_TRY(nn_allocate("the weights", self->values.count, sizeof(nn_real), &self->own_values));
    NN_TRY(nn_allocate("the gradients", self->values.count, sizeof(nn_real),
                       &self->own_gradients));
    self->values.data = self->own_values;
    self->gradients.data = self->own_gradients;
    NN_TRY(nn_allocate("the state", self->state.count, sizeof(nn_real), &self->state.data));
    NN_TRY(nn_allocate("the list of outputs", self->layers.count, sizeof *self->outputs,
                       &self->outputs));
    NN_TRY(nn_allocate("sums", nn_chunks(self->values.count, NN_PENALTY_GRAIN), sizeof(double),
                       &self->partials));
    NN_TRY(nn_allocate("the activations", lay_out_pass(self, false), sizeof(nn_real),
                       &self->scratch));
    lay_out_variables(self, true);
    lay_out_pass(self, true);
done:
    return status;
}

nn_status nn_model_create(nn_object_list *layers, nn_shape input, int64_t max_rows,
                          nn_model **out) {
    nn_status status = NN_OK;
    nn_model *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a model", 1, sizeof *self, &self));
    self->layers = *layers;
    *layers = (nn_object_list){0};
    self->input = input;
    self->max_rows = max_rows;
    if (self->layers.count == 0)
        NN_TRY(nn_fail(NN_BAD_CONFIG, "model: there must be at least one layer"));
    NN_TRY(check_count(&self->layers));
    NN_TRY(build_layers(self));
    NN_TRY(allocate(self));
    *out = self;
    self = NULL;
done:
    nn_model_destroy(&self);
    return status;
}

void nn_model_destroy(nn_model **model) {
    if (!*model) return;
    nn_model *self = *model;
    for (int64_t i = 0; i < self->layers.count; i++) nn_object_destroy(&self->layers.items[i]);
    free(self->layers.items);
    free(self->parameters);
    free(self->own_values);
    free(self->own_gradients);
    free(self->state.data);
    free(self->outputs);
    free(self->partials);
    free(self->scratch);
    free(self);
    *model = NULL;
}

void nn_model_initialize(nn_model *model, uint64_t seed) {
    uint32_t number = 0;
    for (int64_t i = 0; i < model->layers.count; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        for (int v = 0; v < layer->variable_count; v++, number++) {
            nn_variable *variable = &layer->variables[v];
            nn_random_stream stream = {seed, NN_RANDOM_WEIGHTS, number, 0};
            nn_initialize(variable->initializer, stream, variable->shape, variable->value);
        }
        if (nn_layer_methods(layer)->initialize) nn_layer_methods(layer)->initialize(layer);
    }
}

nn_shape nn_model_input_shape(const nn_model *model) {
    return model->input;
}

nn_shape nn_model_output_shape(const nn_model *model) {
    return nn_model_layer(model, model->layers.count - 1)->output_shape;
}

int64_t nn_model_max_rows(const nn_model *model) {
    return model->max_rows;
}

int64_t nn_model_layers(const nn_model *model) {
    return model->layers.count;
}

int64_t nn_model_variables(const nn_model *model) {
    int64_t count = 0;
    for (int64_t i = 0; i < model->layers.count; i++) count += nn_model_layer(model, i)->variable_count;
    return count;
}

const nn_variable *nn_model_variable(const nn_model *model, int64_t index, const nn_layer **layer) {
    for (int64_t i = 0; i < model->layers.count && index >= 0; i++) {
        *layer = nn_model_layer(model, i);
        if (index < (*layer)->variable_count) return &(*layer)->variables[index];
        index -= (*layer)->variable_count;
    }
    return NULL;
}

int64_t nn_model_parameters(const nn_model *model) {
    return model->parameter_count;
}

const nn_parameter *nn_model_parameter(const nn_model *model, int64_t index) {
    return &model->parameters[index];
}

nn_span nn_model_values(const nn_model *model) {
    return model->values;
}

nn_span nn_model_gradients(const nn_model *model) {
    return model->gradients;
}

nn_span nn_model_state(const nn_model *model) {
    return model->state;
}

void nn_model_use_gradients(nn_model *model, nn_real *gradients) {
    model->gradients.data = gradients;
    for (int64_t i = 0; i < model->layers.count; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        for (int v = 0; v < layer->variable_count; v++) {
            nn_variable *variable = &layer->variables[v];
            if (variable->trainable)
                variable->gradient = gradients + (variable->value - model->values.data);
        }
    }
}

void nn_model_move(nn_model *model, nn_real *values, nn_real *gradients) {
    const size_t bytes = (size_t)model->values.count * sizeof *values;
    memcpy(values, model->values.data, bytes);
    memset(gradients, 0, bytes);
    free(model->own_values);
    free(model->own_gradients);
    model->own_values = model->own_gradients = NULL;
    model->values.data = values;
    model->gradients.data = gradients;
    lay_out_variables(model, true);
}

bool nn_model_is_finite(const nn_model *model) {
    nn_real sum = 0; /* a number times zero is zero only where it is finite */
    for (int64_t i = 0; i < model->values.count; i++) sum += model->values.data[i] * 0;
    return sum == 0;
}

int64_t nn_model_parameter_count(const nn_model *model) {
    int64_t count = 0;
    for (int64_t i = 0; i < model->parameter_count; i++) count += model->parameters[i].count;
    return count;
}

int nn_model_tiles(const nn_model *model, int64_t rows) {
    int most = 1;
    for (int64_t i = 0; i < model->parameter_count; i++) {
        const int tiles = nn_gemm_tiles((double)rows * (double)model->parameters[i].count);
        if (tiles > most) most = tiles;
    }
    return most;
}

/* The last layer that computes something, where it is one that can have an activation. */
static nn_layer *find_ending(const nn_object_list *layers) {
    int64_t i = layers->count - 1;
    while (i > 0 && nn_model_is_view(layer_of(layers, i))) i--;
    nn_layer *layer = layer_of(layers, i);
    const nn_shape shape = layer->output_shape;
    /* softmax is over the layer's own last axis, which a later view may have merged with others; a layer
     * that is not built yet has no shape */
    const bool whole = shape.rank > 0 ? nn_shape_last(shape) == nn_shape_count(shape) : i == layers->count - 1;
    return nn_layer_methods(layer)->activation && whole ? layer : NULL;
}

bool nn_model_find_activation(const nn_object_list *layers, nn_activation *activation) {
    const nn_layer *layer = find_ending(layers);
    *activation = layer && !layer->bare ? nn_layer_methods(layer)->activation(layer) : NN_LINEAR;
    return layer != NULL;
}

nn_activation nn_model_last_activation(const nn_model *model) {
    nn_activation activation;
    nn_model_find_activation(&model->layers, &activation);
    return activation;
}

bool nn_model_ends_linear(const nn_model *model) {
    nn_activation activation;
    return nn_model_find_activation(&model->layers, &activation) && activation == NN_LINEAR;
}

void nn_model_leave_last_activation(nn_model *model) {
    nn_layer *layer = find_ending(&model->layers);
    if (layer) layer->bare = true;
}

const nn_layer *nn_model_find_units(const nn_object_list *layers) {
    for (int64_t i = layers->count - 1; i >= 0; i--) {
        const nn_layer *layer = layer_of(layers, i);
        if (nn_layer_methods(layer)->units) return layer;
        if (nn_model_is_view(layer)) return NULL;
    }
    return NULL;
}

const char *nn_model_output_where(const nn_model *model) {
    const nn_layer *layer = nn_model_find_units(&model->layers);
    return layer ? layer->where : nn_model_layer(model, model->layers.count - 1)->where;
}
