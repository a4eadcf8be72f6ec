/* use.c: what eval and predict have in common. */
#include "cli/use.h"

#include "cli/commands.h"
#include "comm/watchdog.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 256, BATCH = 64 * ROWS }; /* most rows of a pass; of a batch that is evaluated */

/* Who predicts alone needs no loss; one from logits says how a model without a last activation decides. */
static nn_status measure(nn_use *use, bool objective) {
    nn_status status = nn_saved_find_loss(&use->saved, &use->measures);
    if (status == NN_BAD_DATA && !use->measures.loss)
        nn_advise(status, "--loss says which loss nnmpi is to compute");
    if (status != NN_OK && objective) return status;
    use->decision = nn_decision_of(use->saved.model, use->saved.loss);
    return objective ? nn_saved_measure(&use->saved, &use->measures, &use->objective) : NN_OK;
}

static nn_status check_shapes(const nn_use *use) {
    char data[NN_SHAPE_TEXT], model[NN_SHAPE_TEXT];
    nn_shape given = nn_dataset_sample_shape(use->dataset);
    nn_shape wanted = nn_model_input_shape(use->saved.model);
    if (nn_shape_equal(given, wanted)) return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s: a sample has the shape %s, but %s wants %s",
                   nn_dataset_name(use->dataset), nn_shape_format(given, data), use->model_file,
                   nn_shape_format(wanted, model));
}

static nn_status take_names(nn_use *use) {
    const nn_names *of_model = &use->saved.names, *of_data = nn_dataset_names(use->dataset);
    nn_status status = nn_names_compare(of_model, use->model_file, of_data, use->data_file);
    if (status == NN_OK) status = nn_names_fill(&use->names, of_model);
    if (status == NN_OK) status = nn_names_fill(&use->names, of_data);
    return status;
}

/* Says how the data would be read faster. */
static void advise(nn_comm *comm, const nn_dataset *dataset) {
    char *advice = NULL;
    if (nn_comm_rank(comm) != 0 || nn_dataset_advise(dataset, &advice) != NN_OK) return;
    if (advice) fprintf(stderr, "nnmpi: %s\n", advice);
    free(advice);
}

static nn_target_spec targets_of(const nn_use *use) {
    if (!use->objective) return (nn_target_spec){.wanted = false};
    return nn_dataset_targets(use->saved.loss, use->saved.model);
}

/* What is evaluated needs sums in a fixed order, what is predicted the rows in theirs. */
static nn_shards cut(const nn_use *use, int ranks) {
    int64_t rows = nn_dataset_rows(use->dataset);
    if (!use->objective) return nn_shards_one_each(ROWS, ranks);
    return nn_shards_fixed(rows < BATCH ? rows : BATCH, ranks);
}

nn_status nn_use_open(nn_comm *comm, bool objective, nn_use *use) {
    nn_status status = NN_OK;
    NN_TRY(nn_watchdog_start(comm, use->timeout, "run it again"));
    NN_TRY(nn_command_threads(comm, &use->threads));
    NN_TRY(nn_saved_open_once(comm, use->model_file, ROWS, objective ? NN_KERAS_EVALUATE : NN_KERAS_PREDICT,
                              &use->saved));
    NN_TRY(nn_comm_agree(comm, measure(use, objective)));
    NN_TRY(nn_dataset_open(comm, use->data_file, use->split, &use->dataset));
    NN_TRY(nn_comm_agree(comm, check_shapes(use)));
    NN_TRY(nn_comm_agree(comm, take_names(use)));
    advise(comm, use->dataset);
    const nn_target_spec targets = targets_of(use);
    NN_TRY(nn_dataset_load(use->dataset, &targets, NN_IN_MEMORY_AUTO));
    const nn_loader_options options = {.shards = cut(use, nn_comm_size(comm))};
    NN_TRY(nn_loader_create(comm, use->dataset, &options, &use->loader));
done:
    return status;
}

static nn_truth truth_of(const nn_use *use) {
    if (!use->objective) return NN_TRUTH_NONE;
    return nn_objective_target(use->objective) == NN_TARGET_CLASSES ? NN_TRUTH_CLASSES
                                                                    : NN_TRUTH_VALUES;
}

nn_status nn_use_predict(nn_comm *comm, const nn_use *use, const char *path, double *sums,
                         nn_status (*finish)(const nn_use *use, const double *sums,
                                             nn_predictions *file)) {
    nn_status status = NN_OK;
    nn_predictions *file = NULL;
    const bool first = nn_comm_rank(comm) == 0;
    nn_predictions_about about = {.model_file = use->model_file,
                                  .data_file = use->data_file,
                                  .split = use->split,
                                  .names = &use->names,
                                  .rows = nn_dataset_rows(use->dataset),
                                  .row = nn_model_output_shape(use->saved.model),
                                  .decision = use->decision,
                                  .truth = truth_of(use)};
    nn_prediction prediction = {.model = use->saved.model,
                                .objective = use->objective,
                                .dataset = use->dataset,
                                .loader = use->loader,
                                .threads = use->threads,
                                .truth = about.truth,
                                .from_logits = use->objective &&
                                               nn_loss_from_logits(use->saved.loss)};
    nn_watchdog_file_begin();
    if (first) status = nn_dataset_files_open(use->dataset, &about.files);
    if (first && status == NN_OK) status = nn_predictions_create(path, &about, &file);
    nn_watchdog_file_end();
    prediction.files = about.files;
    NN_TRY(nn_comm_agree(comm, status));
    NN_TRY(nn_predict(comm, &prediction, file, sums));
    if (first && finish) status = finish(use, sums, file);
done:
    nn_watchdog_doing(NN_DOING_SAVE);
    nn_watchdog_file_begin();
    status = nn_predictions_close(&file, status);
    nn_watchdog_file_end();
    return nn_comm_agree(comm, status);
}

void nn_use_close(nn_use *use) {
    nn_loader_destroy(&use->loader);
    nn_dataset_close(&use->dataset);
    nn_objective_destroy(&use->objective);
    nn_names_free(&use->names);
    nn_saved_close(&use->saved);
}
