/* predict.c: what a model says about each row of a dataset. The ranks' shares of a batch come to
 * rank 0 in the order of the ranks, which is the order of the rows. */
#include "train/predict.h"

#include "comm/watchdog.h"
#include "kernels/team.h"
#include "train/pass.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const nn_prediction *of;
    nn_comm *comm;
    nn_predictions *to;
    nn_pass_job pass;
    int64_t columns;
    nn_real *share; /* (rows of the greatest share of a batch, columns): of this rank, or one received */
    void *truth;    /* rank 0: that of a share; as the array of y in memory and, for bytes, then as reals */
    char **files;   /* rank 0: those of a share; NULL: there are none */
} collector;

/* The rows of a rank in a batch. */
static int64_t share_of(const collector *self, int64_t batch, int rank, int64_t *first) {
    const nn_shards *shards = nn_loader_shards(self->of->loader);
    const int64_t rows = nn_loader_batch_rows(self->of->loader, batch);
    *first = nn_shards_begin(shards, rows, rank);
    return nn_shards_begin(shards, rows, rank + 1) - *first;
}

static nn_status open_here(collector *self, double *sums) {
    nn_status status = NN_OK;
    const nn_loader *loader = self->of->loader;
    int64_t most = 1, first;
    for (int r = 0; r < nn_comm_size(self->comm); r++) {
        const int64_t rows = share_of(self, 0, r, &first); /* no batch has more than the first */
        if (rows > most) most = rows;
    }
    NN_TRY(nn_allocate("predictions", most * self->columns, sizeof *self->share, &self->share));
    if (self->to && self->of->truth != NN_TRUTH_NONE)
        NN_TRY(nn_allocate("targets", most * nn_dataset_y(self->of->dataset)->columns,
                           sizeof(nn_real), &self->truth));
    if (self->to && self->of->files)
        NN_TRY(nn_allocate("names of files", most, sizeof *self->files, &self->files));
    if (self->of->objective && self->of->from_logits)
        NN_TRY(nn_allocate("logits", nn_loader_shards(loader)->shard_rows * self->columns,
                           sizeof(nn_real), &self->pass.logits));
    if (!sums) goto done;
    const int64_t each = nn_objective_sums(self->of->objective);
    memset(sums, 0, (size_t)each * sizeof *sums);
    NN_TRY(nn_allocate("sums", each * nn_shards_slots(nn_loader_shards(loader)), sizeof(double),
                       &self->pass.slots));
done:
    return status;
}

/* The truth of rows first .. first + rows - 1 of the dataset. */
static nn_status read_truth(collector *self, int64_t first, int64_t rows) {
    const nn_array *y = nn_dataset_y(self->of->dataset);
    const size_t row_bytes = (size_t)nn_array_row_bytes(y);
    if (y->memory)
        memcpy(self->truth, (const char *)y->memory + (size_t)first * row_bytes,
               (size_t)rows * row_bytes);
    else {
        nn_status status = nn_dataset_read(self->of->dataset, y, first, rows, self->truth);
        if (status != NN_OK) return status;
    }
    if (y->type != NN_H5_U8) return NN_OK;
    const uint8_t *bytes = self->truth;
    nn_real *reals = self->truth;
    for (int64_t i = rows * y->columns - 1; i >= 0; i--) reals[i] = (nn_real)bytes[i]; /* in place */
    return NN_OK;
}

static nn_status append(collector *self, int64_t first, int64_t rows) {
    nn_status status = NN_OK;
    const nn_predictions_rows some = {.count = rows,
                                      .outputs = self->share,
                                      .truth = self->truth,
                                      .files = (const char *const *)self->files};
    nn_watchdog_file_begin();
    if (self->truth) status = read_truth(self, first, rows);
    if (status == NN_OK && self->files)
        status = nn_dataset_files_read(self->of->dataset, first, rows, self->files);
    if (status == NN_OK) status = nn_predictions_append(self->to, &some);
    nn_watchdog_file_end();
    for (int64_t i = 0; self->files && i < rows; i++) {
        free(self->files[i]);
        self->files[i] = NULL;
    }
    return status;
}

/* This rank's shards of a batch. */
static nn_status run_share(collector *self, int64_t batch) {
    const nn_prediction *of = self->of;
    nn_status status = NN_OK;
    nn_real *next = self->share;
    const int64_t count = nn_loader_count(of->loader, batch);
    for (int64_t shard = 0; shard < count && status == NN_OK; shard++) {
        status = nn_loader_choose(of->loader, 0, batch, shard);
        if (status != NN_OK) break;
        nn_team_run(of->threads, nn_pass_run, &self->pass);
        const int64_t values = nn_loader_batch(of->loader)->rows * self->columns;
        memcpy(next, self->pass.output, (size_t)values * sizeof *next);
        next += values;
        nn_watchdog_tick();
    }
    return status;
}

static nn_status collect(collector *self, int64_t batch) {
    nn_status status = NN_OK;
    int64_t first;
    const int64_t begin = batch * nn_loader_shards(self->of->loader)->batch_rows;
    const int64_t row_bytes = self->columns * (int64_t)sizeof *self->share;
    if (nn_comm_rank(self->comm) != 0) {
        const int64_t rows = share_of(self, batch, nn_comm_rank(self->comm), &first);
        if (rows > 0) nn_comm_send(self->comm, self->share, rows * row_bytes, 0);
        return NN_OK;
    }
    for (int r = 0; r < nn_comm_size(self->comm); r++) {
        const int64_t rows = share_of(self, batch, r, &first);
        if (rows == 0) continue;
        if (r > 0) nn_comm_receive(self->comm, self->share, rows * row_bytes, r);
        if (status == NN_OK) status = append(self, begin + first, rows);
    }
    return status;
}

nn_status nn_predict(nn_comm *comm, const nn_prediction *prediction, nn_predictions *to,
                     double *sums) {
    nn_status status = NN_OK;
    const nn_prediction *of = prediction;
    collector self = {.of = of,
                      .comm = comm,
                      .to = to,
                      .pass = {.model = of->model, .objective = of->objective, .loader = of->loader},
                      .columns = nn_shape_count(nn_model_output_shape(of->model))};
    nn_watchdog_doing(of->objective ? NN_DOING_EVALUATION : NN_DOING_PREDICTION);
    NN_TRY(nn_comm_agree(comm, open_here(&self, sums)));
    for (int64_t batch = 0; batch < nn_loader_batches(of->loader); batch++) {
        NN_TRY(nn_comm_agree(comm, run_share(&self, batch))); /* all send, or none */
        NN_TRY(nn_comm_agree(comm, collect(&self, batch)));
    }
    if (!sums) goto done;
    const int64_t slots = nn_shards_slots(nn_loader_shards(of->loader));
    nn_comm_sum_double(comm, self.pass.slots, slots * nn_objective_sums(of->objective));
    nn_objective_add(of->objective, slots, self.pass.slots, sums);
done:
    free(self.pass.slots);
    free(self.pass.logits);
    free(self.share);
    free(self.truth);
    free(self.files);
    return status;
}
