#!/usr/bin/env bash
# elastic.sh: a run stopped at any step and resumed on other ranks and threads, as often as one likes,
# ends with the bits of the run that was never stopped where it is reproducible, and within rounding
# where it is not. eval and predict give the same bits on any number of ranks, for any model.
# test: TIMEOUT 170 NP 2
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# All that has a state; 7 steps an epoch, the last of 11 rows; early stopping ends it in epoch 6 to 29.
put run.yaml <<'END'
seed: 3
data: {file: data.h5, validation: /test}
model: [{layer: Normalization}, {layer: Dense, units: 8, activation: relu}, {layer: Dropout, rate: 0.3}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.05, decay_steps: 20, decay_rate: 0.9}}
metrics: [accuracy]
batch_size: 80
epochs: 30
early_stopping: {monitor: val_loss, patience: 3, min_delta: 0.005, restore_best_weights: true}
reduce_lr_on_plateau: {monitor: loss, patience: 1, factor: 0.7, min_delta: 0.05}
END
"$TOOLS/make_dataset" data.h5 train=491 test=130 features=6 weights=1
expect_exit 0 "$NNMPI" train run.yaml --output whole --set reproducible=true
last=$(column whole/metrics.csv step | tail -n 1)
expect_text 'early_stopping: no further improvement' err
[ "$((last > 35 && last < 210))" = 1 ] || fail "the run does not suit: it ends at step $last"

# part FOLDER RANKS THREADS ARGUMENT...: goes on with a run, or begins it.
part() {
    local folder=$1 count=$2 threads=$3 mode=--resume
    shift 3
    [ -d "$folder" ] || mode=--overwrite
    OMP_NUM_THREADS=$threads expect_exit 0 ranks "$count" "$NNMPI" train run.yaml --output "$folder" \
        $mode "$@"
}

# same_end FOLDER: it ended as the whole run.
same_end() {
    expect_same_bits whole/model.h5 "$1/model.h5"
    expect_same_bits "whole/checkpoint-$last.h5" "$1/checkpoint-$last.h5"
    expect_same_bits "whole/checkpoint-$last.h5" "$1/checkpoint-$last.h5" /optimizer_weights
    same_run whole "$1"
}

# 4 -> 3 -> 1 -> 6 -> 2 -> 5 ranks, in the middle of epochs and between them.
step=0
for stop in '4 1 5' '3 2 7' '1 3 18' '6 1 19' '2 2 33' '5 1'; do
    read -r count threads step <<<"$stop"
    part chain "$count" "$threads" --set reproducible=true ${step:+--set max_steps=$step}
done
same_end chain

# Stopped at each step of an epoch and a half.
for step in 1 2 3 4 5 6 7 8 9 10; do
    part "at.$step" $((step % 4 + 1)) 1 --set reproducible=true --set max_steps=$step
    part "at.$step" $(((step + 2) % 3 + 1)) 2 --set reproducible=true
    same_end "at.$step"
    rm -r "at.$step"
done

# A signal to one rank, instead of max_steps.
OMP_NUM_THREADS=1 start 3 "$NNMPI" train run.yaml --output signalled --set reproducible=true \
    --set early_stopping=null --set epochs=100000
until_there has_lines signalled/metrics.csv 4
kill -USR1 "$(cat pid.1)"
wait "$job" || true
expect_text 'go on with --resume' err
at=$(newest_step signalled)
for count in 2 1; do
    cp -r signalled "signalled.$count"
    OMP_NUM_THREADS=1 expect_exit 0 ranks $count "$NNMPI" train run.yaml --output "signalled.$count" --resume \
        --set reproducible=true --set early_stopping=null --set epochs=100000 --set max_steps=$((at + 9))
done
expect_exit 0 "$NNMPI" train run.yaml --output unsignalled --set reproducible=true \
    --set early_stopping=null --set epochs=100000 --set max_steps=$((at + 9))
expect_same_bits unsignalled/model.h5 signalled.1/model.h5
expect_same_bits unsignalled/model.h5 signalled.2/model.h5

# A part that was not reproducible is not forgotten.
part mixed 2 1 --set max_steps=5
part mixed 2 1 --set reproducible=true --set max_steps=9
expect_text 'steps before it were made without reproducible: true' err
part mixed 1 1 --set reproducible=true --set max_steps=12
expect_text 'steps before it were made without reproducible: true' err
part pure 2 1 --set reproducible=true --set max_steps=5
part pure 1 1 --set reproducible=true --set max_steps=9
expect_no_text 'steps before it' err

# In the default mode: within rounding.
expect_exit 0 "$NNMPI" train run.yaml --output default --set max_steps=40
part loose 4 1 --set max_steps=5
part loose 3 1 --set max_steps=17
part loose 1 2 --set max_steps=40
expect_close 2e-4 default/model.h5 loose/model.h5

# eval and predict.
expect_exit 0 "$NNMPI" eval default/model.h5 --data data.h5 --split train
tail -n 1 out >eval.1
expect_exit 0 "$NNMPI" predict default/model.h5 --data data.h5 --split train --output predicted.1.h5
for count in 2 3 4; do
    OMP_NUM_THREADS=2 expect_exit 0 ranks $count "$NNMPI" eval default/model.h5 --data data.h5 --split train
    tail -n 1 out >eval.$count
    cmp -s eval.1 eval.$count || fail "eval on $count ranks: $(cat eval.$count) instead of $(cat eval.1)"
    OMP_NUM_THREADS=2 expect_exit 0 ranks $count "$NNMPI" predict default/model.h5 --data data.h5 \
        --split train --output predicted.$count.h5
    expect_same_bits predicted.1.h5 predicted.$count.h5 /predictions
done
