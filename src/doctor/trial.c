/* trial.c: a trial of a run: a few passes over a few of its rows, and its exchange. */
#include "doctor/trial.h"

#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "model/objective.h"
#include "optim/optimizer.h"
#include "train/exchange.h"
#include "doctor/measure.h"
#include "train/step.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DATA_MOST = 4 << 20, PASS_MOST = 1 << 28 }; /* bytes of the rows that are used; of a pass */
static const int64_t ROWS[NN_TRIAL_POINTS] = {8, 32, 128, 512};
static const double BUDGET = 0.2; /* seconds for a point */

typedef struct {
    nn_comm *comm;
    nn_dataset *data;
    nn_model *model;
    nn_objective *objective;
    nn_optimizer *optimizer;
    nn_gradients *gradients;
    nn_exchange *exchange;
    nn_profile profile;
    double *message;
    int64_t message_length, shards, batch_rows;
    int64_t most;        /* rows of a pass */
    nn_real *x, *values; /* (most, columns) */
    int32_t *classes;    /* (most) */
    int64_t *index;      /* (most): which rows of the data */
    double *sums;
    int threads;
    int64_t rows; /* of the pass */
} trial;

/* ---- what is timed ---- */

static void gather(const trial *self, const nn_array *array, nn_real *out) {
    bool bytes = array->type == NN_H5_U8;
    if (!array->memory) return;
    nn_gather(self->rows, array->columns, bytes ? array->memory : NULL,
              bytes ? NULL : array->memory, self->index, out);
}

/* A step without its exchange and update. */
static void pass_body(void *context) {
    trial *self = context;
    const nn_pass pass = {.rows = self->rows, .training = true, .seed = 1};
    const nn_targets targets = {.classes = self->classes, .values = self->values};
    gather(self, nn_dataset_x(self->data), self->x);
    const nn_array *y = nn_dataset_y(self->data);
    if (!self->classes) gather(self, y, self->values);
    else if (y->memory) nn_gather_classes(self->rows, y->memory, self->index, self->classes);
    nn_real *output = nn_model_forward(self->model, &pass, self->x);
    nn_objective_evaluate(self->objective, self->rows, self->rows, output, &targets,
                          nn_model_output_gradient(self->model), self->sums);
    nn_model_backward(self->model, &pass, self->x);
}

static void update_body(void *context) {
    nn_optimizer_apply(((trial *)context)->optimizer);
}

static void run_pass(void *context) {
    nn_team_run(((trial *)context)->threads, pass_body, context);
}

static void run_update(void *context) {
    nn_team_run(((trial *)context)->threads, update_body, context);
}

/* ---- making it ready ---- */

/* Bytes that a row needs in a pass, as nn_model_create() takes them. */
static int64_t bytes_of_row(const nn_model *model) {
    int64_t numbers = 0, widest = nn_shape_count(nn_model_input_shape(model));
    for (int64_t i = 0; i < nn_model_layers(model); i++) {
        const nn_layer *layer = nn_model_layer(model, i);
        int64_t columns = nn_shape_count(layer->output_shape);
        if (columns > widest) widest = columns;
        if (nn_layer_methods(layer)->forward) numbers += columns;
        numbers += layer->workspace_per_row;
    }
    return (numbers + 2 * widest) * (int64_t)sizeof(nn_real);
}

static nn_status build(trial *self, nn_run *run) {
    nn_status status = NN_OK;
    nn_shape shape = nn_dataset_sample_shape(self->data);
    int64_t columns = nn_shape_count(shape);
    int64_t room = PASS_MOST / (columns * (int64_t)sizeof(nn_real) * (run->model.count + 2));
    self->most = room < ROWS[NN_TRIAL_POINTS - 1] ? room : ROWS[NN_TRIAL_POINTS - 1];
    if (self->most < ROWS[0]) self->most = ROWS[0];
    NN_TRY(nn_model_create(&run->model, shape, self->most, &self->model));
    if (nn_model_parameters(self->model) == 0)
        NN_TRY(nn_fail(NN_BAD_CONFIG, "model: there is nothing to train: no layer has weights"));
    nn_model_initialize(self->model, (uint64_t)run->seed);
    NN_TRY(nn_objective_create(self->model, run->loss, &run->metrics, &run->class_weight,
                               &self->objective));
    NN_TRY(nn_optimizer_create(run->optimizer, self->model, &self->optimizer));
    NN_TRY(
        nn_allocate("sums", nn_objective_sums(self->objective), sizeof *self->sums, &self->sums));
    NN_TRY(nn_allocate("a batch", self->most * columns, sizeof *self->x, &self->x));
    NN_TRY(nn_allocate("row numbers", self->most, sizeof *self->index, &self->index));
    int64_t outputs = nn_shape_count(nn_model_output_shape(self->model));
    if (nn_objective_target(self->objective) == NN_TARGET_CLASSES)
        NN_TRY(nn_allocate("classes", self->most, sizeof *self->classes, &self->classes));
    else
        NN_TRY(nn_allocate("values", self->most * outputs, sizeof *self->values, &self->values));
done:
    return status;
}

/* Some rows of the data, which are used again and again. */
static nn_status load(trial *self, const nn_run *run) {
    int64_t rows = nn_dataset_rows(self->data);
    int64_t columns = nn_shape_count(nn_dataset_sample_shape(self->data));
    int64_t some = DATA_MOST / (columns * (int64_t)sizeof(nn_real)) + 1;
    if (some < rows) rows = some;
    const nn_target_spec spec = nn_dataset_targets(run->loss, self->model);
    nn_dataset_restrict(self->data, 0, rows);
    nn_status status = nn_dataset_load(self->data, &spec, NN_IN_MEMORY_AUTO);
    for (int64_t i = 0; i < self->most; i++) self->index[i] = i * 7919 % rows;
    for (int64_t i = 0; i < self->most * columns; i++) /* for where no row finds room in memory */
        self->x[i] = (nn_real)(i * 7919 % 1000) / 1000 - (nn_real)0.5;
    return status;
}

static void describe(const trial *self, const nn_run *run, int64_t rows, nn_trial *out) {
    const int ranks = nn_comm_size(self->comm);
    const nn_array *arrays[] = {nn_dataset_x(self->data), nn_dataset_y(self->data),
                                nn_dataset_w(self->data)};
    out->rows = rows;
    out->parameters = nn_model_parameter_count(self->model);
    out->slots = nn_optimizer_slots(self->optimizer);
    out->weight_bytes = nn_model_values(self->model).count * (int64_t)sizeof(nn_real);
    out->tiles = nn_model_tiles(self->model, (run->batch_size + ranks - 1) / ranks);
    out->row_bytes = bytes_of_row(self->model);
    for (int i = 0; i < 3; i++)
        out->data_bytes += rows * arrays[i]->columns * (arrays[i]->type == NN_H5_U8 ? 1 : 4);
}

/* ---- timing ---- */

/* The seconds of the slowest rank. */
static nn_status time_slowest(trial *self, void (*work)(void *context), double *seconds) {
    nn_spread spread = {0};
    nn_comm_wait_for_all(self->comm); /* all begin at the same time */
    double mine = nn_measure_seconds(work, self, BUDGET);
    nn_status status = nn_measure_spread(self->comm, mine, &spread);
    *seconds = spread.greatest;
    return status;
}

/* Ends with the first point that takes long; all ranks with the same one. */
static nn_status time_points(trial *self, int threads, int most, nn_pass_point *points,
                             int *count) {
    nn_status status = NN_OK;
    self->threads = threads;
    for (*count = 0; *count < most && ROWS[*count] <= self->most; ++*count) {
        nn_pass_point *point = &points[*count];
        if (*count > 0 && 4 * point[-1].seconds > 5 * BUDGET) break;
        point->rows = self->rows = ROWS[*count];
        status = time_slowest(self, run_pass, &point->seconds);
        if (status != NN_OK) break;
    }
    return status;
}

static void time_alone(trial *self, int threads, int count, nn_pass_point *points) {
    self->threads = threads;
    for (int i = 0; i < count; i++) {
        points[i].rows = self->rows = ROWS[i];
        points[i].seconds = nn_measure_seconds(run_pass, self, BUDGET);
    }
}

/* The first rank of each node has all its cores; the others do not even wait for a message, for
 * that keeps a core busy. */
static nn_status time_node(trial *self, int cores, nn_trial *out) {
    nn_shared *shared = NULL;
    int ranks;
    nn_status status = nn_shared_create(self->comm, 0, (int64_t)sizeof(int), &shared);
    if (status != NN_OK) return status;
    int *done = nn_shared_data(shared);
    bool first = nn_shared_rank(shared, &ranks) == 0;
    if (first) *done = 0;
    nn_shared_sync(shared);
    if (first) {
        nn_cores before = nn_cores_widen();
        time_alone(self, 1, out->count, out->single);
        time_alone(self, cores, out->count, out->node);
        nn_cores_bind(&before);
        __atomic_store_n(done, 1, __ATOMIC_RELEASE);
    }
    while (!__atomic_load_n(done, __ATOMIC_ACQUIRE))
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    nn_shared_sync(shared);
    nn_shared_destroy(&shared);
    nn_comm_broadcast(self->comm, out->single, sizeof out->single);
    nn_comm_broadcast(self->comm, out->node, sizeof out->node);
    out->alone = cores;
    return NN_OK;
}

/* ---- the exchange ---- */

/* As the training would do it (train/training.c). */
static nn_status build_exchange(trial *self, const nn_run *run, int64_t rows) {
    nn_status status = NN_OK;
    const int rank = nn_comm_rank(self->comm), size = nn_comm_size(self->comm);
    const int64_t wanted = nn_run_step_rows(run), batch = wanted < rows ? wanted : rows;
    const nn_shards shards = run->reproducible ? nn_shards_fixed(batch, size)
                                               : nn_shards_by_rank(batch, run->batch_size, size);
    self->batch_rows = batch;
    self->shards = nn_shards_of(&shards, nn_shards_begin(&shards, batch, rank + 1) -
                                             nn_shards_begin(&shards, batch, rank));
    self->message_length = nn_step_message(self->objective, nn_shards_slots(&shards));
    const nn_exchange_options options = {.communication = (nn_communication)run->communication,
                                         .precision = (nn_precision)run->gradient_precision,
                                         .last_rows = rows % batch > 0 ? rows % batch : batch,
                                         .message = self->message_length};
    status =
        nn_allocate("the step's message", self->message_length, sizeof(double), &self->message);
    if (status == NN_OK) status = nn_gradients_create(self->model, &shards, rank, &self->gradients);
    NN_TRY(nn_comm_agree(self->comm, status));
    NN_TRY(nn_exchange_create(self->comm, self->model, self->optimizer, self->gradients, &options,
                              &self->exchange));
done:
    return status;
}

/* A whole step (train/step.c), with few rows in each shard. */
static void step_body(void *context) {
    trial *self = context;
    if (nn_team_is_lead()) {
        nn_gradients_begin(self->gradients, self->batch_rows);
        nn_exchange_begin(self->exchange, self->shards);
    }
    for (int64_t shard = 0; shard < self->shards; shard++) {
        if (nn_team_is_lead()) nn_gradients_next(self->gradients);
        nn_team_barrier();
        pass_body(self);
        nn_gradients_add(self->gradients);
    }
    if (nn_team_is_lead()) nn_exchange_message(self->exchange, self->message, self->message_length);
    nn_team_barrier();
    nn_exchange_update(self->exchange, &self->profile);
}

static void run_step(void *context) {
    trial *self = context;
    for (int64_t i = 0; i < self->message_length; i++) self->message[i] = 0;
    nn_team_run(self->threads, step_body, self);
}

/* What a step takes beyond its passes and the update; ranks that own a part of the weights each
 * (communication: node) may take less for both than one alone for the update. */
static nn_status time_exchange(trial *self, const nn_run *run, int64_t rows, nn_trial *out) {
    if (nn_comm_size(self->comm) == 1) return NN_OK;
    nn_status status = build_exchange(self, run, rows);
    if (status != NN_OK) return status;
    const nn_pass_point *point = out->many > 1 ? &out->team[0] : &out->one[0];
    self->rows = point->rows;
    double step = nn_measure_together(self->comm, run_step, self);
    int64_t passes = nn_comm_max(self->comm, self->shards);
    double rest = step - (double)passes * point->seconds;
    if (rest < 0) rest = 0;
    if (rest < out->update) out->update = rest;
    out->exchange = rest - out->update;
    snprintf(out->way, sizeof out->way, "%s", nn_exchange_description(self->exchange));
    return NN_OK;
}

/* Rank 0's number of threads decides for all whether teams are timed. */
static nn_status time_teams(trial *self, int threads, nn_trial *out) {
    int many = threads;
    nn_status status = time_points(self, 1, NN_TRIAL_POINTS, out->one, &out->count);
    nn_comm_broadcast(self->comm, &many, sizeof many);
    if (status != NN_OK || many == 1) return status;
    out->many = many;
    return time_points(self, threads, out->count, out->team, &out->count);
}

static nn_status time_all(trial *self, const nn_place *place, int cores, nn_trial *out) {
    nn_status status = NN_OK;
    const nn_span gradients = nn_model_gradients(self->model);
    NN_TRY(time_teams(self, place->threads, out));
    self->threads = place->threads;
    for (int64_t i = 0; i < gradients.count; i++) gradients.data[i] = 0; /* no weight changes */
    NN_TRY(time_slowest(self, run_update, &out->update));
    nn_comm_broadcast(self->comm, &cores, sizeof cores);
    if (cores > 0) NN_TRY(time_node(self, cores, out));
done:
    return status;
}

nn_status nn_trial_run(nn_comm *comm, nn_run *run, const nn_place *place, int cores,
                       nn_trial *out) {
    nn_status status = NN_OK;
    trial self = {.comm = comm};
    *out = (nn_trial){0};
    NN_TRY(nn_dataset_open(comm, run->data->file, run->data->train, &self.data));
    int64_t rows = nn_dataset_rows(self.data);
    NN_TRY(nn_comm_agree(comm, build(&self, run)));
    NN_TRY(load(&self, run));
    describe(&self, run, rows, out);
    NN_TRY(time_all(&self, place, cores, out));
    self.threads = place->threads;
    NN_TRY(time_exchange(&self, run, rows, out)); /* the last: ranks may share their weights now */
done:
    free(self.x);
    free(self.values);
    free(self.classes);
    free(self.index);
    free(self.sums);
    free(self.message);
    nn_dataset_close(&self.data);
    nn_gradients_destroy(&self.gradients);
    nn_optimizer_destroy(&self.optimizer);
    nn_objective_destroy(&self.objective);
    nn_model_destroy(&self.model);
    nn_exchange_destroy(&self.exchange); /* the model may have lain in its memory */
    return status;
}
