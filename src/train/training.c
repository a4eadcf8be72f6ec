/* training.c: all that a run needs in memory. */
#include "train/training.h"

#include "io/publish.h"
#include "kernels/blas.h"
#include "model/keras.h"
#include "train/evaluate.h"
#include "train/replicas.h"
#include "util/clock.h"
#include "util/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- data ---- */

/* Validates with the last of the training rows, which validation_data holds as well. */
static nn_status split_off_validation(nn_training *self) {
    const nn_run_data *data = self->run->data;
    int64_t rows = nn_dataset_rows(self->train_data);
    int64_t kept = (int64_t)floor((double)rows * (1 - data->validation_split));
    if (kept < 1 || kept == rows)
        return nn_fail(NN_BAD_CONFIG, "data.validation_split: %g of %lld rows leaves no row for %s",
                       data->validation_split, (long long)rows, kept ? "validation" : "training");
    nn_dataset_restrict(self->train_data, 0, kept);
    nn_dataset_restrict(self->validation_data, kept, rows - kept);
    return NN_OK;
}

static nn_status check_shapes(const nn_training *self) {
    char ours[NN_SHAPE_TEXT], theirs[NN_SHAPE_TEXT];
    nn_shape train = nn_dataset_sample_shape(self->train_data);
    nn_shape validation = nn_dataset_sample_shape(self->validation_data);
    if (nn_shape_equal(train, validation)) return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s: a sample has the shape %s, but in %s it is %s",
                   nn_dataset_name(self->validation_data), nn_shape_format(validation, theirs),
                   nn_dataset_name(self->train_data), nn_shape_format(train, ours));
}

static nn_status open_files(nn_training *self) {
    const nn_run_data *data = self->run->data;
    const char *validation = data->validation_split > 0 ? data->train : data->validation;
    nn_status status = nn_dataset_open(self->comm, data->file, data->train, &self->train_data);
    if (status != NN_OK || !validation) return status;
    return nn_dataset_open(self->comm, data->file, validation, &self->validation_data);
}

static nn_status take_samples(nn_training *self, const nn_training_data *given) {
    const nn_samples *validation =
        self->run->data->validation_split > 0 ? given->train : given->validation;
    nn_status status = nn_dataset_of(self->comm, given->train, &self->train_data);
    if (status != NN_OK || !validation) return status;
    return nn_dataset_of(self->comm, validation, &self->validation_data);
}

static nn_status open_data(nn_training *self, const nn_training_data *given) {
    nn_status status = given ? take_samples(self, given) : open_files(self);
    if (status != NN_OK || !self->validation_data) return status;
    return self->run->data->validation_split > 0 ? split_off_validation(self) : check_shapes(self);
}

static nn_status load_data(nn_training *self) {
    nn_in_memory in_memory = (nn_in_memory)self->run->data->in_memory;
    const nn_target_spec spec = nn_dataset_targets(self->run->loss, self->model);
    nn_status status = nn_dataset_load(self->train_data, &spec, in_memory);
    if (status == NN_OK && self->validation_data)
        status = nn_dataset_load(self->validation_data, &spec, in_memory);
    return status;
}

/* ---- the parts ---- */

/* How the batches of one of the datasets are cut. */
static nn_shards cut(const nn_training *self, const nn_dataset *data) {
    const nn_run *run = self->run;
    const int64_t rows = nn_dataset_rows(data), wanted = nn_run_step_rows(run);
    const int64_t batch = wanted < rows ? wanted : rows;
    const int ranks = nn_comm_size(self->comm);
    return run->reproducible ? nn_shards_fixed(batch, ranks)
                             : nn_shards_by_rank(batch, run->batch_size, ranks);
}

/* The most rows that go through the model in one pass. */
static int64_t longest_shard(const nn_training *self) {
    int64_t longest = cut(self, self->train_data).shard_rows;
    if (longest < self->pass_rows) longest = self->pass_rows;
    if (!self->validation_data) return longest;
    int64_t other = cut(self, self->validation_data).shard_rows;
    return other > longest ? other : longest;
}

static nn_status build_model(nn_training *self, nn_run *run) {
    nn_status status = NN_OK;
    NN_TRY(nn_model_create(&run->model, nn_dataset_sample_shape(self->train_data),
                           longest_shard(self), &self->model));
    if (nn_model_parameters(self->model) == 0)
        NN_TRY(nn_fail(NN_BAD_CONFIG, "model: there is nothing to train: no layer has weights"));
    nn_model_initialize(self->model, (uint64_t)run->seed);
    NN_TRY(nn_objective_create(self->model, run->loss, &run->metrics, &run->class_weight,
                               &self->objective));
    NN_TRY(nn_optimizer_create(run->optimizer, self->model, &self->optimizer));
    if (run->early_stopping)
        NN_TRY(nn_monitor_check(&run->early_stopping->monitor, self->objective));
    if (run->reduce_lr_on_plateau)
        NN_TRY(nn_monitor_check(&run->reduce_lr_on_plateau->monitor, self->objective));
    int64_t sums = nn_objective_sums(self->objective);
    NN_TRY(nn_allocate("sums", sums, sizeof(double), &self->sums));
    NN_TRY(nn_allocate("sums", sums, sizeof(double), &self->val_sums));
    const nn_shards shards = cut(self, self->train_data);
    NN_TRY(nn_gradients_create(self->model, &shards, nn_comm_rank(self->comm), &self->gradients));
    NN_TRY(nn_allocate("the step's message",
                       nn_step_message(self->objective, nn_shards_slots(&shards)), sizeof(double),
                       &self->stepper.message));
    if (run->early_stopping && run->early_stopping->restore_best_weights)
        NN_TRY(nn_allocate("the best weights", nn_model_values(self->model).count, sizeof(nn_real),
                           &self->best_weights));
done:
    return status;
}

static nn_status build_exchange(nn_training *self) {
    const nn_shards *shards = nn_gradients_shards(self->gradients);
    const int64_t last_rows = nn_dataset_rows(self->train_data) % shards->batch_rows;
    const nn_exchange_options options = {
        .communication = (nn_communication)self->run->communication,
        .precision = (nn_precision)self->run->gradient_precision,
        .last_rows = last_rows > 0 ? last_rows : shards->batch_rows,
        .message = nn_step_message(self->objective, nn_shards_slots(shards))};
    return nn_exchange_create(self->comm, self->model, self->optimizer, self->gradients, &options,
                              &self->exchange);
}

/* Fixed shards are the same on any number of ranks, and whatever accumulate_steps makes of a batch. */
static int64_t pass_rows(const nn_run *run) {
    return run->reproducible ? 0 : run->batch_size;
}

static nn_status build_loaders(nn_training *self) {
    nn_loader_options options = {.shards = cut(self, self->train_data),
                                 .shuffle = self->run->data->shuffle,
                                 .seed = (uint64_t)self->run->seed,
                                 .buffer = nn_run_buffer(self->run),
                                 .pass_rows = pass_rows(self->run)};
    nn_status status = nn_loader_create(self->comm, self->train_data, &options, &self->train);
    if (status != NN_OK || !self->validation_data) return status;
    options.shards = cut(self, self->validation_data);
    options.shuffle = false;
    return nn_loader_create(self->comm, self->validation_data, &options, &self->validation);
}

static void scale_learning_rate(nn_training *self) {
    const nn_scaling *scaling = self->run->learning_rate_scaling;
    if (!scaling) return;
    nn_optimizer_scale(self->optimizer, nn_training_scale(self),
                       scaling->warmup_epochs * (double)nn_loader_batches(self->train));
}

static nn_status create(nn_comm *comm, nn_run *run, const nn_training_data *given, int threads,
                        nn_training **out) {
    nn_training *self = NULL;
    *out = NULL;
    nn_status status = nn_comm_agree(comm, nn_allocate("a training", 1, sizeof *self, &self));
    if (status != NN_OK) goto done;
    self->comm = comm;
    self->run = run;
    self->threads = self->most_threads = threads;
    self->reproducible = run->reproducible;
    self->pass_rows = given ? given->pass_rows : 0;
    self->progress.early_stopping = self->progress.plateau = nn_monitor_start();
    if (run->reproducible) NN_TRY(nn_comm_check_same(comm, "reproducible: the CBLAS", nn_blas_name()));
    NN_TRY(nn_comm_agree(comm, nn_run_format(run, &self->run_text)));
    NN_TRY(nn_comm_agree(comm, open_data(self, given)));
    NN_TRY(nn_comm_agree(comm, build_model(self, run)));
    NN_TRY(nn_comm_agree(comm, nn_names_fill(&self->names, nn_dataset_names(self->train_data))));
    NN_TRY(load_data(self));
    NN_TRY(build_loaders(self));
    scale_learning_rate(self);
    nn_replicas_share(comm, self->model); /* another processor's logarithm may differ by a bit */
    NN_TRY(build_exchange(self)); /* from now on ranks may share their weights */
    self->stepper.comm = comm;
    self->stepper.model = self->model;
    self->stepper.objective = self->objective;
    self->stepper.optimizer = self->optimizer;
    self->stepper.loader = self->train;
    self->stepper.gradients = self->gradients;
    self->stepper.exchange = self->exchange;
    self->stepper.threads = threads;
    self->stepper.seed = (uint64_t)run->seed;
    nn_history_begin(&self->history, self->objective, self->validation_data != NULL);
    *out = self;
    self = NULL;
done:
    nn_training_destroy(&self);
    return status;
}

/* Where products are whole, the thread that makes them has the weights in its cache, and updates them faster
 * alone, too (docs/PERFORMANCE.md). */
void nn_training_spare_threads(nn_training *self) {
    const int most = nn_model_tiles(self->model, longest_shard(self));
    self->spares_threads = true;
    if (most < self->threads) self->threads = self->stepper.threads = most;
}

nn_status nn_training_create(nn_comm *comm, nn_run *run, int threads, nn_training **out) {
    return create(comm, run, NULL, threads, out);
}

nn_status nn_training_create_of(nn_comm *comm, nn_run *run, const nn_training_data *data, int threads,
                                nn_training **out) {
    return create(comm, run, data, threads, out);
}

void nn_training_destroy(nn_training **training) {
    nn_training *self = *training;
    if (!self) return;
    nn_saver_destroy(&self->saver);
    nn_loader_destroy(&self->train);
    nn_loader_destroy(&self->validation);
    nn_dataset_close(&self->train_data);
    nn_dataset_close(&self->validation_data);
    nn_gradients_destroy(&self->gradients);
    nn_optimizer_destroy(&self->optimizer);
    nn_objective_destroy(&self->objective);
    nn_model_destroy(&self->model);
    nn_exchange_destroy(&self->exchange); /* the model may have lain in its memory */
    free(self->stepper.message);
    free(self->run_text);
    free(self->sums);
    free(self->val_sums);
    free(self->best_weights);
    nn_names_free(&self->names);
    nn_text_free(&self->history);
    free(self);
    *training = NULL;
}

static nn_status adapt(nn_training *self) {
    nn_loader *loader = NULL;
    const nn_loader_options in_order = {.shards = *nn_loader_shards(self->train),
                                        .buffer = nn_run_buffer(self->run),
                                        .pass_rows = pass_rows(self->run)};
    nn_status status = nn_loader_create(self->comm, self->train_data, &in_order, &loader);
    if (status == NN_OK) status = nn_adapt(self->comm, self->model, loader);
    nn_loader_destroy(&loader);
    return status;
}

/* Weights may not fit because the model of the file was made for other data. What else it is, is said already. */
static nn_status blame_data(const nn_training *self, nn_h5 *file, nn_status failed) {
    char said[NN_MESSAGE_MAX], ours[NN_SHAPE_TEXT], theirs[NN_SHAPE_TEXT], *config = NULL;
    nn_model *model = NULL;
    nn_status status = NN_OK;
    snprintf(said, sizeof said, "%s", nn_message());
    NN_TRY(nn_keras_read_config(file, &config));
    NN_TRY(nn_keras_build(config, 1, &model));
done:
    free(config);
    nn_shape data = nn_model_input_shape(self->model), wanted = data;
    if (status == NN_OK) wanted = nn_model_input_shape(model);
    nn_model_destroy(&model);
    if (nn_shape_equal(data, wanted)) return nn_fail(failed, "%s", said);
    return nn_fail(failed, "%s: a sample has the shape %s, but %s wants %s", nn_dataset_name(self->train_data),
                   nn_shape_format(data, ours), nn_h5_path(file), nn_shape_format(wanted, theirs));
}

/* The path may stand in the run file as initial_weights, in an option, or in `model: {from: ...}`. */
static nn_status blame_key(const nn_run *run, nn_status status) {
    const nn_node *key = nn_node_get(run->tree, "initial_weights");
    if (!key) return nn_within(status, "initial_weights");
    return nn_within(status, key->key_where ? "%s: initial_weights" : "%s", key->where);
}

static nn_status read_initial_weights(const nn_training *self) {
    const char *path = self->run->initial_weights;
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    if (nn_seal_present(path)) NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    status = nn_keras_take_weights(self->model, file);
    if (status == NN_BAD_DATA) status = blame_data(self, file, status);
done:
    nn_h5_discard(&file);
    return blame_key(self->run, status);
}

nn_status nn_training_check_names(const nn_training *training) {
    const char *path = training->run->initial_weights;
    nn_status status = NN_OK;
    nn_names names = {0};
    nn_h5 *file = NULL;
    if (!path) return NN_OK;
    NN_TRY(nn_h5_open(path, &file));
    if (nn_h5_has(file, "/nnmpi")) NN_TRY(nn_names_read(file, "/nnmpi", &names));
    NN_TRY(nn_names_compare(&names, path, &training->names, nn_dataset_name(training->train_data)));
done:
    nn_names_free(&names);
    nn_h5_discard(&file);
    return status;
}

nn_status nn_training_prepare(nn_training *training) {
    nn_status status = NN_OK;
    const char *file = training->run->initial_weights;
    if (!file) return adapt(training);
    if (nn_comm_rank(training->comm) == 0) status = read_initial_weights(training);
    status = nn_comm_agree(training->comm, status);
    if (status == NN_OK) nn_replicas_share(training->comm, training->model);
    return status;
}

double nn_training_scale(const nn_training *training) {
    const nn_run *run = training->run;
    if (!run->learning_rate_scaling) return 1;
    return nn_scaling_factor(run->learning_rate_scaling,
                             nn_loader_shards(training->train)->batch_rows, run->batch_size);
}

double nn_training_loss(nn_training *training, const double *sums) {
    return nn_objective_loss(training->objective, sums) + nn_model_penalty(training->model, false);
}

void nn_training_left(const nn_training *training, double *epoch, double *run) {
    const nn_progress *progress = &training->progress;
    const nn_run *limits = training->run;
    const nn_pace *pace = &training->pace;
    const int64_t batches = nn_loader_batches(training->train);
    const double all = (double)(limits->epochs - progress->epoch) * (double)batches;
    double steps = all - (double)progress->batch;
    if (limits->max_steps > 0) steps = fmin(steps, (double)(limits->max_steps - progress->step));
    const double validations =
        training->validation ? ceil(steps / (double)batches) + (progress->batch == batches) : 0;
    const double most = 60 * limits->max_minutes - (nn_now() - pace->started); /* NAN: no limit */
    *epoch = nn_pace_left(pace, (double)(batches - progress->batch), training->validation != NULL);
    *run = nn_pace_left(pace, steps, validations);
    if (*run > most) *run = fmax(most, 0);
    if (*epoch > *run) *epoch = *run;
}
