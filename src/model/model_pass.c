/* model_pass.c: passes through the layers, forward and backward, and the penalties of their weights. */
#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "layers/regularizer.h"
#include "model/model_private.h"

nn_real *nn_model_forward(nn_model *model, const nn_pass *pass, const nn_real *x) {
    const nn_real *input = x;
    for (int64_t i = 0; i < model->layers.count; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        if (nn_model_is_view(layer)) continue;
        nn_layer_methods(layer)->forward(layer, pass, input, model->outputs[i]);
        input = model->outputs[i];
    }
    return (nn_real *)input;
}

nn_real *nn_model_output_gradient(nn_model *model) {
    return model->flow[0];
}

/* Whether a layer in front of `index` has something to train. */
static bool is_trained_before(const nn_model *model, int64_t index) {
    return model->parameter_count > 0 && model->parameters[0].layer->index < index;
}

void nn_model_on_gradients(nn_model *model, void (*ready)(void *context, int64_t offset),
                           void *context) {
    model->ready = ready;
    model->ready_context = context;
}

/* After a layer's backward pass, behind which all threads have met. */
static void tell_ready(const nn_model *model, const nn_layer *layer) {
    if (!model->ready || layer->variable_count == 0 || !layer->variables[0].gradient) return;
    if (nn_team_is_lead())
        model->ready(model->ready_context, layer->variables[0].gradient - model->gradients.data);
}

void nn_model_backward(nn_model *model, const nn_pass *pass, const nn_real *x) {
    if (pass->rows == 0) {
        nn_zero(model->gradients.count, model->gradients.data);
        return;
    }
    nn_real *dy = model->flow[0], *free_flow = model->flow[1];
    for (int64_t i = model->layers.count - 1; i >= 0; i--) {
        nn_layer *layer = nn_model_layer(model, i);
        if (nn_model_is_view(layer)) continue;
        int64_t before = i - 1;
        while (before >= 0 && nn_model_is_view(nn_model_layer(model, before))) before--;
        const nn_real *input = before >= 0 ? model->outputs[before] : x;
        nn_real *dx = is_trained_before(model, i) ? free_flow : NULL;
        if (!dx && layer->variable_count == 0) return;
        nn_layer_methods(layer)->backward(layer, pass, input, model->outputs[i], dy, dx);
        tell_ready(model, layer);
        free_flow = dy;
        dy = dx;
        if (!dx) return;
    }
}

typedef struct {
    nn_penalty penalty;
    const nn_real *value;
    nn_real *gradient; /* NULL: only the sum */
} penalty_job;

static double penalty_some(int64_t begin, int64_t end, void *context) {
    const penalty_job *job = context;
    return nn_penalty_add(job->penalty, end - begin, job->value + begin,
                          job->gradient ? job->gradient + begin : NULL);
}

double nn_model_penalty(nn_model *model, bool gradients) {
    double sum = 0;
    for (int64_t i = 0; i < model->parameter_count; i++) {
        const nn_parameter *parameter = &model->parameters[i];
        if (!parameter->variable->regularizer) continue;
        penalty_job job = {nn_regularizer_penalty(parameter->variable->regularizer),
                           model->values.data + parameter->offset,
                           gradients ? model->gradients.data + parameter->offset : NULL};
        sum += nn_team_sum(parameter->count, NN_PENALTY_GRAIN, penalty_some, &job, model->partials);
    }
    return sum;
}

void nn_model_gather(nn_model *model, int64_t index, int turn, int64_t rows, const nn_real *x,
                     double *sums) {
    nn_pass pass = {.rows = rows, .training = false};
    const nn_real *input = x;
    for (int64_t i = 0; i < index; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        if (nn_model_is_view(layer)) continue;
        nn_layer_methods(layer)->forward(layer, &pass, input, model->outputs[i]);
        input = model->outputs[i];
    }
    nn_layer *layer = nn_model_layer(model, index);
    nn_layer_methods(layer)->gather(layer, turn, rows, input, sums);
}
