/* run_files.h: run files for tests: the shortest, a usual one, and one that says nearly everything.
 */
#ifndef NN_TESTS_UNIT_RUN_FILES_H
#define NN_TESTS_UNIT_RUN_FILES_H

#include "check.h"

#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char SHORTEST[] = "data: {file: a.h5}\n"
                               "model: [{layer: Dense, units: 1}]\n"
                               "loss: mse\n";

static const char USUAL[] =
    "name: digits\n"
    "seed: 42\n"
    "data:\n"
    "  file: digits.h5\n"
    "  validation: /test\n"
    "model:\n"
    "  - {layer: Rescaling, scale: 0.0625}\n"
    "  - {layer: Dense, units: 64, activation: relu, kernel_regularizer: {l2: 1.0e-4}}\n"
    "  - {layer: Dropout, rate: 0.2}\n"
    "  - {layer: Dense, units: 10, activation: softmax}\n"
    "loss: sparse_categorical_crossentropy\n"
    "optimizer: {name: adam, learning_rate: 0.001}\n"
    "metrics: [accuracy]\n"
    "batch_size: 64\n"
    "epochs: 20\n"
    "checkpoint: {every_epochs: 1, keep: 3}\n"
    "early_stopping: {monitor: val_loss, patience: 5, restore_best_weights: true}\n";

static const char LONGEST[] =
    "name: everything\n"
    "seed: 7\n"
    "data: {file: /data/a b.h5, train: /, validation_split: 0.25, shuffle: false,"
    " in_memory: never}\n"
    "model:\n"
    "- {layer: Normalization, mean: [1, 2.5], variance: [1.0e-3, 4], name: first}\n"
    "- {layer: Dense, units: 6, activation: selu, use_bias: false,"
    " kernel_initializer: {name: random_normal, stddev: 0.1}, bias_initializer: ones,"
    " kernel_regularizer: {l1: 0.1, l2: 0.2}, bias_regularizer: l2}\n"
    "- {layer: Reshape, target_shape: [2, -1]}\n"
    "- layer: Flatten\n"
    "- {layer: Activation, activation: tanh}\n"
    "- {layer: Dense, units: 1, activation: sigmoid}\n"
    "loss: {name: binary_crossentropy, label_smoothing: 0.05}\n"
    "optimizer: {name: rmsprop, rho: 0.8, momentum: 0.5, centered: true, global_clipnorm: 1,"
    " weight_decay: 0.01, learning_rate: {schedule: CosineDecay, initial_learning_rate: 0.1,"
    " decay_steps: 1e3, warmup_target: 0.2, warmup_steps: 10}}\n"
    "metrics: [accuracy, {name: binary_accuracy, threshold: 0.3}, mse, r2]\n"
    "class_weight: {0: 0.5, 1: 3}\n"
    "batch_size: 128\n"
    "epochs: 3\n"
    "max_steps: 1000\n"
    "max_minutes: 1.5\n"
    "stop_at: {loss: 0.01, val_loss: 0.02}\n"
    "early_stopping: {monitor: val_accuracy, mode: max, min_delta: 0.001, patience: 4,"
    " baseline: 0.5, restore_best_weights: true, start_from_epoch: 2}\n"
    "reduce_lr_on_plateau: {monitor: loss, factor: 0.5, patience: 2, cooldown: 1, min_lr: 1.0e-6}\n"
    "checkpoint: {every_epochs: 2, every_steps: 100, every_minutes: 30, keep: 5}\n";

/** A run file read, with overrides; the caller destroys it. */
static inline nn_run *run_from(const char *text, const char *name, const char *const *overrides,
                               int64_t count) {
    nn_run *run;
    assert_ok(nn_run_read(text, name, overrides, count, &run));
    return run;
}

/** Fails unless run.yaml with this text is refused with `status` and `part` in the message. */
static inline void refuse_run(const char *text, const char *const *overrides, int64_t count,
                              nn_status status, const char *part) {
    nn_run *run = (nn_run *)&run;
    nn_status found = nn_run_read(text, "run.yaml", overrides, count, &run);
    if (found == NN_OK) {
        fail_msg("accepted: %s%s", count ? overrides[0] : "", text);
        return;
    }
    assert_null(run);
    if (found != status || !strstr(nn_message(), part))
        fail_msg("%s with '%s' instead of %s with '%s'", nn_status_name(found), nn_message(),
                 nn_status_name(status), part);
}

#endif
