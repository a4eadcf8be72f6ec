/* checkpoint_write.c: makes the file of a checkpoint, in memory. */
#include "io/publish.h"
#include "kernels/blas.h"
#include "model/keras.h"
#include "train/checkpoint_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const GROUP = NN_CHECKPOINT_GROUP;

/* Who made the file, from what. */
static nn_status write_provenance(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    NN_TRY(nn_h5_write_text(file, GROUP, "nnmpi_version", nn_version()));
    NN_TRY(nn_h5_write_text(file, GROUP, "host", nn_comm_host(self->comm)));
    NN_TRY(nn_h5_write_text(file, GROUP, "blas", nn_blas_name()));
    NN_TRY(nn_h5_write_int(file, GROUP, "ranks", nn_comm_size(self->comm)));
    NN_TRY(nn_h5_write_int(file, GROUP, "threads", self->threads));
    NN_TRY(nn_h5_write_text(file, GROUP, "dataset", nn_dataset_description(self->train_data)));
    NN_TRY(nn_names_write(&self->names, file, GROUP));
    char checksum[NN_CHECKSUM_ROOM];
    nn_checkpoint_format_checksum(self->train_data, checksum);
    NN_TRY(nn_h5_write_text(file, GROUP, "dataset_checksum", checksum));
    if (!self->validation_data) goto done;
    nn_checkpoint_format_checksum(self->validation_data, checksum);
    NN_TRY(nn_h5_write_text(file, GROUP, "validation_checksum", checksum));
done:
    return status;
}

static nn_status write_rules(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    char *rules = NULL, text[NN_MONITOR_ROOM];
    NN_TRY(nn_checkpoint_format_rules(self->run, &rules));
    NN_TRY(nn_h5_write_text(file, GROUP, "stop_rules", rules));
    NN_TRY(nn_h5_write_text(file, GROUP, "early_stopping_monitor",
                            nn_checkpoint_format_monitor(self->run->early_stopping, text)));
    NN_TRY(nn_h5_write_text(file, GROUP, "plateau_monitor",
                            nn_checkpoint_format_monitor(self->run->reduce_lr_on_plateau, text)));
done:
    free(rules);
    return status;
}

static nn_status write_run(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    char *history = self->history.bytes;
    const nn_checkpoint_cut ours = nn_checkpoint_cut_of(self);
    NN_TRY(nn_h5_write_int(file, GROUP, "format", NN_CHECKPOINT_FORMAT));
    NN_TRY(nn_h5_write_text(file, GROUP, "config", self->run_text));
    NN_TRY(nn_h5_write_text(file, GROUP, "history", history ? history : ""));
    NN_TRY(nn_h5_write_int(file, GROUP, "seed", self->run->seed));
    NN_TRY(nn_h5_write_int(file, GROUP, "batch_size", nn_run_step_rows(self->run)));
    NN_TRY(nn_h5_write_int(file, GROUP, "shuffle", self->run->data->shuffle));
    NN_TRY(nn_h5_write_int(file, GROUP, "windows", ours.windows));
    NN_TRY(nn_h5_write_int(file, GROUP, "block_rows", ours.block_rows));
    NN_TRY(nn_h5_write_int(file, GROUP, "reproducible", self->reproducible));
    NN_TRY(nn_h5_write_int(file, GROUP, "rows", nn_dataset_rows(self->train_data)));
    NN_TRY(nn_h5_write_real(file, GROUP, "learning_rate_factor",
                            nn_optimizer_factor(self->optimizer)));
done:
    return status;
}

static nn_status write_arrays(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    nn_shape sums = {1, {nn_objective_sums(self->objective)}};
    char path[64];
    NN_TRY(nn_h5_write(file, NN_CHECKPOINT_SUMS, NN_H5_F64, sums, self->sums));
    bool best = self->best_weights && self->progress.early_stopping.best_epoch >= 0;
    for (int64_t i = 0; best && i < nn_model_parameters(self->model); i++) {
        const nn_parameter *parameter = nn_model_parameter(self->model, i);
        snprintf(path, sizeof path, "%s/%" PRId64, NN_CHECKPOINT_BEST, i);
        NN_TRY(nn_h5_write(file, path, NN_H5_NN_REAL, parameter->variable->shape,
                           self->best_weights + parameter->offset));
    }
done:
    return status;
}

/* About how long the file becomes, so that it grows seldom while it is made. */
static int64_t estimate(const nn_training *self) {
    const int64_t values = nn_model_values(self->model).count, best = self->best_weights != NULL;
    const int64_t copies = 1 + nn_optimizer_slots(self->optimizer) + best;
    const int64_t reals = copies * values + nn_model_state(self->model).count;
    return (1 << 20) + (int64_t)sizeof(nn_real) * reals + (int64_t)self->history.length;
}

nn_status nn_checkpoint_write(nn_training *training, const char *path, nn_image *image) {
    nn_training *self = training;
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    NN_TRY(nn_image_reserve(image, "a checkpoint", estimate(self)));
    NN_TRY(nn_h5_create_image(image, path, NN_SEAL_BYTES, &file));
    NN_TRY(nn_keras_write(self->model, file));
    NN_TRY(nn_optimizer_write(self->optimizer, file));
    NN_TRY(nn_h5_make_group(file, GROUP));
    NN_TRY(write_run(self, file));
    NN_TRY(write_rules(self, file));
    NN_TRY(nn_checkpoint_write_progress(&self->progress, file));
    NN_TRY(write_provenance(self, file));
    NN_TRY(write_arrays(self, file));
    NN_TRY(nn_h5_close(&file));
done:
    nn_h5_discard(&file);
    return status;
}
