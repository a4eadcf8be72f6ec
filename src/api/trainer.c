/* trainer.c: a training, step by step or until it ends. */
#include "api/api.h"

#include "train/apply.h"
#include "train/checkpoint.h"
#include "train/fit.h"
#include "util/memory.h"

#include <math.h>
#include <stdlib.h>

enum { TRAIN, VALIDATION, KINDS };

struct nnmpi_trainer {
    nnmpi_context *context;      /* borrowed */
    nnmpi_dataset *data[KINDS];  /* borrowed; [VALIDATION] NULL: none, or a split */
    nnmpi_config config;         /* the effective one; no overrides */
    nn_run *run;
    nn_training *training;
    nnmpi_model model;
    int64_t revision;      /* of the rows that it trains on */
    double *values[KINDS]; /* of the last epoch */
    nnmpi_callback *callback;
    void *user;
    nn_api_outside outside; /* for the callback */
};

/* ---- beginning and end ---- */

static nn_samples *samples_of(const nnmpi_trainer *self, int kind) {
    return self->data[kind] ? self->data[kind]->samples : NULL;
}

static nn_training_data data_of(const nnmpi_trainer *self) {
    return (nn_training_data){.train = samples_of(self, TRAIN),
                              .validation = samples_of(self, VALIDATION),
                              .pass_rows = NN_MEASURE_ROWS};
}

static int64_t revision_of(const nnmpi_trainer *self) {
    int64_t revision = 0;
    for (int i = 0; i < KINDS; i++)
        if (self->data[i]) revision += nn_samples_revision(self->data[i]->samples);
    return revision;
}

static nn_status check_rows(const nnmpi_trainer *self) {
    nn_status status = NN_OK;
    for (int i = 0; i < KINDS && status == NN_OK; i++) status = nn_api_check_rows(self->data[i]);
    return status;
}

static void show_model(nnmpi_trainer *self) {
    self->model.context = self->context;
    self->model.network = self->training->model;
    self->model.objective = self->training->objective;
    self->model.loss = self->run->loss;
}

static void forget_values(nnmpi_trainer *self) {
    for (int kind = 0; kind < KINDS; kind++)
        for (int64_t i = 0; i <= nnmpi_model_metrics(&self->model); i++) self->values[kind][i] = NAN;
}

static nn_status prepare(nnmpi_trainer *self) {
    nn_status status = NN_OK;
    const int64_t values = 1 + nnmpi_model_metrics(&self->model);
    for (int kind = 0; kind < KINDS; kind++)
        NN_TRY(nn_allocate("values", values, sizeof(double), &self->values[kind]));
    forget_values(self);
    if (nn_comm_rank(self->context->comm) == 0)
        NN_TRY(nn_saver_create(false, &self->training->saver));
done:
    return status;
}

static nn_status create(nnmpi_trainer *self, const nnmpi_config *config) {
    nn_comm *comm = self->context->comm;
    nn_status status = NN_OK;
    if (!self->data[TRAIN])
        status = nn_fail(NN_USAGE, "there is no dataset to train on: a rank without rows has an empty one");
    if (status == NN_OK) status = check_rows(self);
    if (status == NN_OK) status = nn_api_read_config(config, self->data[VALIDATION] != NULL, &self->run);
    if (status == NN_OK) status = nn_run_format(self->run, &self->config.text);
    NN_TRY(nn_comm_agree(comm, status));
    NN_TRY(nn_comm_check_same(comm, "the configuration", self->config.text));
    const nn_training_data data = data_of(self);
    NN_TRY(nn_training_create_of(comm, self->run, &data, self->context->threads, &self->training));
    if (self->context->spares_threads) nn_training_spare_threads(self->training);
    self->revision = revision_of(self);
    show_model(self);
    NN_TRY(nn_comm_agree(comm, prepare(self)));
    NN_TRY(nn_training_prepare(self->training));
done:
    return status;
}

nn_status nnmpi_trainer_create(nnmpi_context *context, const nnmpi_config *config,
                               nnmpi_dataset *train, nnmpi_dataset *validation,
                               nnmpi_trainer **out) {
    nnmpi_trainer *self = NULL;
    const nn_api_outside outside = nn_api_enter();
    *out = NULL;
    nn_status status =
        nn_comm_agree(context->comm, nn_allocate("a trainer", 1, sizeof *self, &self));
    if (status == NN_OK) {
        self->context = context;
        self->data[TRAIN] = train;
        self->data[VALIDATION] = validation;
        status = create(self, config);
    }
    if (status == NN_OK) *out = self;
    else nnmpi_trainer_destroy(&self);
    nn_api_leave(outside);
    return status;
}

void nnmpi_trainer_destroy(nnmpi_trainer **trainer) {
    if (!*trainer) return;
    nn_training_destroy(&(*trainer)->training);
    nn_run_destroy(&(*trainer)->run);
    for (int kind = 0; kind < KINDS; kind++) free((*trainer)->values[kind]);
    free((*trainer)->config.text);
    free((*trainer)->model.x);
    free(*trainer);
    *trainer = NULL;
}

/* Between two epochs: rows that were appended or cleared since. */
static nn_status take_up_rows(nnmpi_trainer *self) {
    nn_comm *comm = self->context->comm;
    nn_run *run = NULL, *old = self->run;
    const int64_t revision = revision_of(self);
    if (self->training->progress.batch > 0) return NN_OK;
    if (nn_comm_max(comm, check_rows(self) != NN_OK || revision != self->revision) == 0) return NN_OK;
    const bool validated = self->data[VALIDATION] != NULL;
    nn_status status = nn_api_read_config(&self->config, validated, &run);
    if (status == NN_OK) status = check_rows(self);
    status = nn_comm_agree(comm, status);
    const nn_training_data data = data_of(self);
    if (status == NN_OK) status = nn_training_renew(&self->training, run, &data);
    if (status != NN_OK) {
        nn_run_destroy(&run);
        return status;
    }
    nn_run_destroy(&old);
    self->run = run;
    self->revision = revision;
    free(self->model.x); /* passes may have more rows now */
    self->model.x = NULL;
    show_model(self);
    return NN_OK;
}

/* ---- how far it has come ---- */

static void describe(const nnmpi_trainer *self, const nn_training *training, nnmpi_progress *out) {
    const nn_progress *progress = &training->progress;
    *out = (nnmpi_progress){
        .epoch = progress->epoch,
        .batch = progress->batch,
        .batches = nn_loader_batches(training->train),
        .step = progress->step,
        .samples = progress->samples,
        .loss = training->sums[NN_SUM_ROWS] > 0 ? nn_objective_loss(training->objective, training->sums)
                                                : self->values[TRAIN][0],
        .val_loss = self->values[VALIDATION][0],
        .learning_rate = nn_optimizer_learning_rate(training->optimizer),
        .seconds = progress->seconds,
        .stopped = progress->stopped};
}

/* The caller's own function runs with the caller's own threads. */
static bool tell(nnmpi_trainer *self, const nnmpi_progress *progress) {
    if (!self->callback) return false;
    nn_api_leave(self->outside);
    const bool stop = self->callback(progress, self->user) != 0;
    self->outside = nn_api_enter();
    return stop;
}

static bool stepped(void *context, const nn_training *training) {
    nnmpi_trainer *self = context;
    nnmpi_progress progress;
    describe(self, training, &progress);
    return tell(self, &progress);
}

static void keep_values(double *values, const nn_objective *objective, double loss,
                        const double *sums) {
    values[0] = loss;
    for (int64_t i = 0; i < nn_objective_metrics(objective); i++)
        values[1 + i] = sums ? nn_objective_metric(objective, i, sums) : NAN;
}

static bool epoch_ended(void *context, const nn_training *training, const nn_history_line *line) {
    nnmpi_trainer *self = context;
    nnmpi_progress progress;
    const nn_epoch_values *values = &line->values;
    keep_values(self->values[TRAIN], values->objective, values->loss, values->sums);
    keep_values(self->values[VALIDATION], values->objective, values->val_loss, values->val_sums);
    describe(self, training, &progress);
    progress.epoch++;
    progress.batch = 0;
    progress.epoch_ended = 1;
    return tell(self, &progress);
}

void nnmpi_trainer_progress(const nnmpi_trainer *trainer, nnmpi_progress *out) {
    describe(trainer, trainer->training, out);
}

void nnmpi_trainer_values(const nnmpi_trainer *trainer, int validation, double *values) {
    const double *from = trainer->values[validation ? VALIDATION : TRAIN];
    for (int64_t i = 0; i <= nnmpi_model_metrics(&trainer->model); i++) values[i] = from[i];
}

const char *nnmpi_trainer_config(const nnmpi_trainer *trainer) {
    return trainer->config.text;
}

nnmpi_model *nnmpi_trainer_model(nnmpi_trainer *trainer) {
    return &trainer->model;
}

/* ---- training ---- */

nn_status nnmpi_trainer_step(nnmpi_trainer *trainer, double *loss) {
    nnmpi_trainer *self = trainer;
    const nn_fit_watcher watcher = {.epoch_ended = epoch_ended, .context = self};
    nn_fit_turn turn = {.wish = false};
    nnmpi_progress progress;
    const nn_api_outside outside = nn_api_enter();
    nn_status status = NN_OK;
    if (nn_epoch_is_whole(self->training)) status = nn_fit_step(self->training, &watcher, &turn);
    if (status == NN_OK) status = take_up_rows(self);
    if (status == NN_OK) status = nn_fit_step(self->training, &watcher, &turn);
    nn_api_leave(outside);
    if (status != NN_OK || !loss) return status;
    nnmpi_trainer_progress(self, &progress);
    *loss = progress.loss;
    return NN_OK;
}

nn_status nnmpi_trainer_fit(nnmpi_trainer *trainer, int64_t epochs, nnmpi_callback *callback,
                            void *user) {
    nnmpi_trainer *self = trainer;
    const nn_fit_watcher watcher = {
        .stepped = callback ? stepped : NULL, .epoch_ended = epoch_ended, .context = self};
    self->callback = callback;
    self->user = user;
    self->outside = nn_api_enter();
    nn_status status = take_up_rows(self);
    if (status == NN_OK) status = nn_fit(self->training, epochs, &watcher);
    nn_api_leave(self->outside);
    self->callback = NULL;
    return status;
}

double nnmpi_trainer_learning_rate(const nnmpi_trainer *trainer) {
    return nn_optimizer_learning_rate(trainer->training->optimizer);
}

nn_status nnmpi_trainer_set_learning_rate(nnmpi_trainer *trainer, double rate) {
    nn_optimizer *optimizer = trainer->training->optimizer;
    const double now = nn_optimizer_learning_rate(optimizer);
    nn_comm_broadcast(trainer->context->comm, &rate, sizeof rate);
    if (!(rate > 0) || !isfinite((nn_real)rate)) /* which would spoil the weights for good */
        return nn_fail(NN_USAGE, "a learning rate of %g cannot be; it must be above 0 and a float32", rate);
    if (now == 0)
        return nn_fail(NN_USAGE, "the schedule of the learning rate has come to 0, from where no other "
                                 "rate can be set");
    nn_optimizer_set_factor(optimizer, nn_optimizer_factor(optimizer) * (rate / now));
    return NN_OK;
}

/* ---- files ---- */

nn_status nnmpi_trainer_save(nnmpi_trainer *trainer, const char *path) {
    const nn_api_outside outside = nn_api_enter();
    nn_status status = nn_checkpoint_save(trainer->training, path);
    nn_api_leave(outside);
    return status;
}

/* What would be worth a line on a terminal. */
static void pass_over(void *context, const char *text) {
    (void)context, (void)text;
}

nn_status nnmpi_trainer_restore(nnmpi_trainer *trainer, const char *path) {
    const nn_api_outside outside = nn_api_enter();
    nn_status status = nn_checkpoint_restore(trainer->training, path, pass_over, NULL);
    nn_api_leave(outside);
    if (status == NN_OK) forget_values(trainer);
    return status;
}
