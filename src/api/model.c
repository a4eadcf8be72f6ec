/* model.c: a model at work, and its variables. */
#include "api/api.h"

#include "train/apply.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 256 }; /* of a pass of a model from a file */

/* ---- from a file ---- */

/* Where nnmpi does not know by what a file's model is to be measured, it can still predict. */
static nn_status open_saved(nnmpi_model *self, const char *path) {
    const nn_measures as_the_file_says = {NULL, NULL};
    nn_saved *saved = &self->saved;
    nn_status status = NN_OK;
    status = nn_saved_open(path, ROWS, NN_KERAS_EVALUATE, saved);
    if (status == NN_OK && (saved->run || saved->training_config))
        status = nn_saved_measure(saved, &as_the_file_says, &self->saved_objective);
    if (status == NN_OK || saved->run) goto done;
    NN_TRY(nn_copy_text(nn_message(), &self->why_not));
    nn_saved_close(saved); /* its last activation may be the loss's by now */
    NN_TRY(nn_saved_open(path, ROWS, NN_KERAS_PREDICT, saved));
done:
    self->network = saved->model;
    self->objective = self->saved_objective;
    self->loss = saved->loss;
    return status;
}

nn_status nnmpi_model_load(nnmpi_context *context, const char *path, nnmpi_model **out) {
    nnmpi_model *self = NULL;
    const nn_api_outside outside = nn_api_enter();
    *out = NULL;
    nn_status status = nn_allocate("a model", 1, sizeof *self, &self);
    if (status == NN_OK) {
        self->context = context;
        status = open_saved(self, path);
    }
    status = nn_comm_agree(context->comm, status);
    if (status == NN_OK) *out = self;
    else nnmpi_model_destroy(&self);
    nn_api_leave(outside);
    return status;
}

void nnmpi_model_destroy(nnmpi_model **model) {
    if (!*model) return;
    if ((*model)->network != (*model)->saved.model) { /* a trainer's own */
        *model = NULL;
        return;
    }
    nn_objective_destroy(&(*model)->saved_objective);
    nn_saved_close(&(*model)->saved);
    free((*model)->why_not);
    free((*model)->x);
    free(*model);
    *model = NULL;
}

/* ---- what it is ---- */

static int copy_shape(nn_shape from, int64_t *shape) {
    for (int i = 0; i < from.rank; i++) shape[i] = from.dim[i];
    return from.rank;
}

int nnmpi_model_input_shape(const nnmpi_model *model, int64_t *shape) {
    return copy_shape(nn_model_input_shape(model->network), shape);
}

int nnmpi_model_output_shape(const nnmpi_model *model, int64_t *shape) {
    return copy_shape(nn_model_output_shape(model->network), shape);
}

int64_t nnmpi_model_layers(const nnmpi_model *model) {
    return nn_model_layers(model->network);
}

int64_t nnmpi_model_parameters(const nnmpi_model *model) {
    return nn_model_parameter_count(model->network);
}

int64_t nnmpi_model_metrics(const nnmpi_model *model) {
    return model->objective ? nn_objective_metrics(model->objective) : 0;
}

const char *nnmpi_model_metric_name(const nnmpi_model *model, int64_t metric) {
    if (metric < 0 || metric >= nnmpi_model_metrics(model)) return NULL;
    return nn_objective_metric_name(model->objective, metric);
}

/* ---- at work ---- */

static nn_status predict(nnmpi_model *self, int64_t rows, const void *x, nn_h5_type x_type, void *y,
                         nn_h5_type y_type) {
    const int64_t most = nn_model_max_rows(self->network);
    const int64_t in = nn_shape_count(nn_model_input_shape(self->network));
    const int64_t out = nn_shape_count(nn_model_output_shape(self->network));
    const size_t x_row = (size_t)in * nn_samples_type_bytes(x_type);
    const size_t y_row = (size_t)out * nn_samples_type_bytes(y_type);
    const bool converts = x_type != NN_H5_F32;
    if (converts && !self->x) {
        nn_status status = nn_allocate("rows", most * in, sizeof *self->x, &self->x);
        if (status != NN_OK) return status;
    }
    for (int64_t row = 0; row < rows; row += most) {
        const int64_t count = rows - row < most ? rows - row : most;
        const void *from = (const char *)x + (size_t)row * x_row;
        if (converts) nn_samples_convert(x_type, from, NN_H5_F32, self->x, count * in);
        const nn_real *made = nn_apply(self->network, self->objective, count,
                                       converts ? self->x : from, self->context->threads);
        nn_samples_convert(NN_H5_F32, made, y_type, (char *)y + (size_t)row * y_row, count * out);
    }
    return NN_OK;
}

nn_status nnmpi_model_predict(nnmpi_model *model, int64_t rows, const void *x, nnmpi_type x_type,
                              void *y, nnmpi_type y_type) {
    nn_h5_type from, to;
    if (!nn_api_type(x_type, &from) || from == NN_H5_I32 || from == NN_H5_I64)
        return nn_fail(NN_USAGE, "x_type must be NNMPI_FLOAT32, NNMPI_FLOAT64 or NNMPI_UINT8");
    if (!nn_api_type(y_type, &to) || (to != NN_H5_F32 && to != NN_H5_F64))
        return nn_fail(NN_USAGE, "y_type must be NNMPI_FLOAT32 or NNMPI_FLOAT64");
    const nn_api_outside outside = nn_api_enter();
    nn_status status = predict(model, rows, x, from, y, to);
    nn_api_leave(outside);
    return status;
}

static nn_status evaluate(nnmpi_model *self, const nnmpi_dataset *dataset, double *values) {
    nn_status status = NN_OK;
    nn_comm *comm = self->context->comm;
    double *sums = NULL;
    if (!self->objective) /* the same on all ranks */
        return nn_fail(NN_BAD_CONFIG, "%s",
                       self->why_not ? self->why_not
                                     : "the model's file does not say with which loss it was trained");
    status = nn_api_check_rows(dataset);
    if (status == NN_OK)
        status = nn_allocate("sums", nn_objective_sums(self->objective), sizeof *sums, &sums);
    NN_TRY(nn_comm_agree(comm, status));
    const nn_measuring what = {.comm = comm,
                               .model = self->network,
                               .objective = self->objective,
                               .loss = self->loss,
                               .mine = dataset->samples,
                               .threads = self->context->threads};
    NN_TRY(nn_measure(&what, sums));
    values[0] = nn_objective_loss(self->objective, sums) + nn_model_penalty(self->network, false);
    for (int64_t i = 0; i < nn_objective_metrics(self->objective); i++)
        values[1 + i] = nn_objective_metric(self->objective, i, sums);
done:
    free(sums);
    return status;
}

nn_status nnmpi_model_evaluate(nnmpi_model *model, nnmpi_dataset *dataset, double *values) {
    const nn_api_outside outside = nn_api_enter();
    nn_status status = evaluate(model, dataset, values);
    nn_api_leave(outside);
    return status;
}
