/* use.c: what eval and predict have in common. */
#include "cli/use.h"

#include "cli/commands.h"
#include "comm/watchdog.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 256, BATCH = 64 * ROWS }; /* most rows of a pass; of a batch that is evaluated */

static nn_status open_model(nn_use *use, bool objective) {
    nn_status status = nn_saved_open(use->model_file, ROWS, &use->saved);
    if (status != NN_OK || !objective) return status;
    nn_run *run = use->saved.run;
    if (!run)
        return nn_fail(
            NN_BAD_DATA,
            "%s: it does not say with which loss it was trained (the attribute config of "
            "/nnmpi); nnmpi predict can use it",
            use->model_file);
    return nn_within(nn_objective_create(use->saved.model, run->loss, &run->metrics,
                                         &run->class_weight, &use->objective),
                     "%s", use->model_file);
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

/* Says how the data would be read faster. */
static void advise(nn_comm *comm, const nn_dataset *dataset) {
    char *advice = NULL;
    if (nn_comm_rank(comm) != 0 || nn_dataset_advise(dataset, &advice) != NN_OK) return;
    if (advice) fprintf(stderr, "nnmpi: %s\n", advice);
    free(advice);
}

static nn_target_spec targets_of(const nn_use *use) {
    if (!use->objective) return (nn_target_spec){.wanted = false};
    return nn_dataset_targets(use->saved.run->loss,
                              nn_shape_last(nn_model_output_shape(use->saved.model)));
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
    NN_TRY(nn_comm_agree(comm, open_model(use, objective)));
    NN_TRY(nn_dataset_open(comm, use->data_file, use->split, &use->dataset));
    NN_TRY(nn_comm_agree(comm, check_shapes(use)));
    advise(comm, use->dataset);
    const nn_target_spec targets = targets_of(use);
    NN_TRY(nn_dataset_load(use->dataset, &targets, NN_IN_MEMORY_AUTO));
    const nn_loader_options options = {.shards = cut(use, nn_comm_size(comm))};
    NN_TRY(nn_loader_create(comm, use->dataset, &options, &use->loader));
done:
    return status;
}

void nn_use_close(nn_use *use) {
    nn_loader_destroy(&use->loader);
    nn_dataset_close(&use->dataset);
    nn_objective_destroy(&use->objective);
    nn_saved_close(&use->saved);
}
