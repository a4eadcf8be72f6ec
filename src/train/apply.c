/* apply.c: a model at work on rows that a program holds in memory. */
#include "train/apply.h"

#include "kernels/team.h"
#include "train/evaluate.h"

typedef struct {
    nn_model *model;
    const nn_objective *objective;
    int64_t rows;
    const nn_real *x;
    nn_real *output;
} apply_job;

static void apply_body(void *context) {
    apply_job *job = context;
    const nn_pass pass = {.rows = job->rows, .training = false};
    nn_real *output = nn_model_forward(job->model, &pass, job->x);
    if (job->objective) nn_objective_activate(job->objective, job->rows, output);
    if (nn_team_is_lead()) job->output = output;
}

const nn_real *nn_apply(nn_model *model, const nn_objective *objective, int64_t rows, const nn_real *x,
                        int threads) {
    apply_job job = {model, objective, rows, x, NULL};
    nn_team_run(threads, apply_body, &job);
    return job.output;
}

/* ---- measuring ---- */

enum { BATCH = 1 << 14 }; /* most rows of a batch, as eval takes them */

static nn_status check_shape(const nn_measuring *self, const nn_dataset *data) {
    char given[NN_SHAPE_TEXT], wanted[NN_SHAPE_TEXT];
    const nn_shape sample = nn_dataset_sample_shape(data), input = nn_model_input_shape(self->model);
    if (nn_shape_equal(sample, input)) return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s: a sample has the shape %s, but the model wants %s",
                   nn_dataset_name(data), nn_shape_format(sample, given),
                   nn_shape_format(input, wanted));
}

nn_status nn_measure(const nn_measuring *what, double *sums) {
    nn_status status = NN_OK;
    nn_dataset *data = NULL;
    nn_loader *loader = NULL;
    const nn_target_spec targets = nn_dataset_targets(what->loss, what->model);
    NN_TRY(nn_dataset_of(what->comm, what->mine, &data));
    NN_TRY(nn_comm_agree(what->comm, check_shape(what, data)));
    NN_TRY(nn_dataset_load(data, &targets, NN_IN_MEMORY_ALWAYS));
    const int64_t rows = nn_dataset_rows(data);
    const nn_loader_options options = {
        .shards = nn_shards_fixed(rows < BATCH ? rows : BATCH, nn_comm_size(what->comm))};
    NN_TRY(nn_loader_create(what->comm, data, &options, &loader));
    NN_TRY(nn_evaluate(what->comm, what->model, what->objective, loader, what->threads, NULL, sums));
done:
    nn_loader_destroy(&loader);
    nn_dataset_close(&data);
    return status;
}
