#!/usr/bin/env bash
# matrix.sh: with reproducible: true, every run ends with the bits of the run on one rank and
# one thread: the weights, the optimizer's state and metrics.csv, times aside. The runs are the golden
# cases, which together have every layer, loss and optimizer, and some of its own that have the rest:
# early stopping and its best weights, a plateau, weights of samples and classes, shares that are
# empty, products large enough to be cut, data read from the file.
#
# It takes a few numbers of ranks and threads; with NNMPI_TRUST=whole in the environment ranks 1, 2, 3,
# 4, 5, 6, 8 times threads 1, 2, 3, the table of docs/REPRODUCIBILITY.md:
#     NNMPI_TRUST=whole ctest --preset release -R trust.matrix -V
# test: TIMEOUT 900 NP 2
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

combinations="1x1 1x3 2xnone 2x2 3x1 5x2 8x1"
if [ "${NNMPI_TRUST:-}" = whole ]; then
    combinations=
    for count in 1 2 3 4 5 6 8; do
        for threads in 1 2 3; do combinations+=" ${count}x$threads"; done
    done
fi

# ---- the runs ----

golden=("$SOURCE_DIR"/tests/golden/*.h5)

"$TOOLS/make_dataset" weighted.h5 train=331 test=113 features=7 weights=1
put state.yaml <<'END'
name: state
seed: 5
data: {file: weighted.h5, validation: /test}
model:
  - {layer: Normalization}
  - {layer: Dense, units: 12, activation: relu, kernel_regularizer: {l1: 0.0001, l2: 0.001}}
  - {layer: Dropout, rate: 0.3}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
class_weight: {0: 1.0, 1: 2.5, 2: 0.5}
optimizer: {name: adam, learning_rate: 0.03, global_clipnorm: 0.5}
metrics: [accuracy, {name: sparse_top_k_categorical_accuracy, k: 2}]
batch_size: 75
epochs: 30
early_stopping: {monitor: val_loss, patience: 3, restore_best_weights: true}
reduce_lr_on_plateau: {monitor: loss, patience: 1, factor: 0.6, min_delta: 0.05}
END

"$TOOLS/make_dataset" wide.h5 train=1500 test=400 features=300 bytes=1 classes=10
put wide.yaml <<'END'
name: wide
seed: 6
data: {file: wide.h5, validation: /test}
model:
  - {layer: Rescaling, scale: 0.00390625}
  - {layer: Dense, units: 200, activation: gelu}
  - {layer: Dropout, rate: 0.2}
  - {layer: Dense, units: 150, activation: tanh}
  - {layer: Dense, units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adamw, clipnorm: 1.0}
metrics: [accuracy]
batch_size: 1100
epochs: 3
END
sed 's/^name: .*/name: from_file/; s/file: wide.h5/file: wide.h5, in_memory: never, buffer_mb: 0.1/; s/^batch_size: .*/batch_size: 200/; s/^epochs: .*/epochs: 1/' wide.yaml >from_file.yaml

"$TOOLS/make_dataset" values.h5 train=900 features=5 values=4
put values.yaml <<'END'
name: values
seed: 8
data: {file: values.h5, validation_split: 0.3}
model: [{layer: Dense, units: 20, activation: silu}, {layer: Dense, units: 4}]
loss: {name: huber, delta: 0.5}
optimizer: {name: sgd, momentum: 0.9, nesterov: true, learning_rate: 0.05}
metrics: [mse, mae, r2]
batch_size: 16
accumulate_steps: 20
learning_rate_scaling: {rule: sqrt, warmup_epochs: 2}
epochs: 6
END
# Statistics behind a product: gathered outside of a team, where the CBLAS must start no threads either.
"$TOOLS/make_dataset" odd.h5 train=500 features=517
put statistics.yaml <<'END'
name: statistics
data: {file: odd.h5}
model: [{layer: Dense, units: 301}, {layer: Normalization}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
batch_size: 500
epochs: 2
END
own=(state.yaml wide.yaml from_file.yaml values.yaml statistics.yaml)
cases=$((${#golden[@]} + ${#own[@]}))

# train_runs RANKS THREADS FOLDER: all of them; without OMP_NUM_THREADS where THREADS is none. The golden
# ones get what they lack: shuffling, validation, early stopping.
train_runs() {
    local OMP_NUM_THREADS=$2
    export OMP_NUM_THREADS
    [ "$2" != none ] || unset OMP_NUM_THREADS
    expect_exit 0 timeout --kill-after=10 600 "$MPIRUN" -np "$1" "$TOOLS/train_all" \
        "$3" reproducible=true data.shuffle=true data.validation_split=0.2 'metrics=[accuracy]' \
        epochs=6 'early_stopping={monitor: val_loss, patience: 2, restore_best_weights: true}' \
        "${golden[@]}"
    expect_exit 0 timeout --kill-after=10 600 "$MPIRUN" -np "$1" "$TOOLS/train_all" \
        "$3" reproducible=true "${own[@]}"
}

# compare_runs FOLDER: with those of 1x1; sets `equal`.
compare_runs() {
    local run last
    equal=0
    for run in runs.1x1/*; do
        run=${run##*/}
        last=$(cd "runs.1x1/$run" && find . -name 'checkpoint-*.h5' | sort -V | tail -n 1)
        expect_same_bits "runs.1x1/$run/model.h5" "$1/$run/model.h5"
        expect_same_bits "runs.1x1/$run/$last" "$1/$run/$last"
        expect_same_bits "runs.1x1/$run/$last" "$1/$run/$last" /optimizer_weights
        same_run "runs.1x1/$run" "$1/$run"
        equal=$((equal + 1))
    done
}

echo "ranks x threads: runs with the bits of 1 x 1, of $cases"
for combination in $combinations; do
    train_runs "${combination%x*}" "${combination#*x}" "runs.$combination"
    compare_runs "runs.$combination"
    echo "$combination: $equal ($SECONDS s)"
    [ "$equal" = "$cases" ] || fail "$equal runs instead of $cases"
    [ "$combination" = 1x1 ] || rm -rf "runs.$combination"
done

# Where OpenMP gives fewer threads than are asked for.
for setting in OMP_THREAD_LIMIT=1 OMP_THREAD_LIMIT=2 OMP_DYNAMIC=true OMP_MAX_ACTIVE_LEVELS=0; do
    expect_exit 0 timeout --kill-after=5 60 env OMP_NUM_THREADS=4 $setting "$TOOLS/train_all" "$setting" \
        reproducible=true wide.yaml
    expect_same_bits runs.1x1/wide/model.h5 "$setting/wide/model.h5"
done

# What would make all of this empty: runs that end at once, or that differ in nothing.
epochs=$(column runs.1x1/state/metrics.csv epoch | tail -n 1)
expect_number 'the epochs before early stopping' "$epochs" '<' 30
[ "$(column runs.1x1/state/metrics.csv learning_rate | sort -u | wc -l)" -gt 1 ] ||
    fail 'the plateau is never met'
expect_exit 0 "$TOOLS/train_all" default wide.yaml
expect_other_bits runs.1x1/wide/model.h5 default/wide/model.h5
