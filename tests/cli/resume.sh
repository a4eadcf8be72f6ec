#!/usr/bin/env bash
# resume.sh: going on from a checkpoint: at the same ranks and threads the weights end the same to the
# bit, wherever the run was cut; on other numbers of ranks the same within rounding.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# All that has a state: Normalization, dropout, momentum, a schedule, early stopping that stops and
# restores (a run of 10 epochs ends before), a plateau that lowers the rate.
put full.yaml <<'END'
seed: 3
data: {file: small.h5, validation: /test}
model: [{layer: Normalization}, {layer: Dense, units: 8, activation: relu}, {layer: Dropout, rate: 0.3}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: sgd, momentum: 0.9, nesterov: true, learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.2, decay_steps: 20, decay_rate: 0.95}}
metrics: [accuracy]
batch_size: 8
epochs: 40
early_stopping: {monitor: val_loss, patience: 6, restore_best_weights: true}
reduce_lr_on_plateau: {monitor: loss, patience: 1, factor: 0.7, min_delta: 0.05}
checkpoint: {every_epochs: 1, keep: 2}
END
"$TOOLS/make_dataset" small.h5 train=107 test=41 features=5
expect_exit 0 "$NNMPI" train full.yaml --output whole
last=$(column whole/metrics.csv step | tail -n 1)
expect_text 'early_stopping: no further improvement' err
[ "$((last > 100 && last < 560))" = 1 ] || fail "the run does not suit: it ends at step $last"
[ "$(column whole/metrics.csv learning_rate | sort -u | wc -l)" -gt 3 ] || fail 'the rate is constant'

# max_steps in the middle of an epoch and just behind one, one part after the other.
for step in 5 14 33 100; do
    mode=--resume
    [ $step != 5 ] || mode=--overwrite
    expect_exit 0 "$NNMPI" train full.yaml --output parts $mode --set max_steps=$step
    [ -s parts/checkpoint-$step.h5 ] || fail "there is no checkpoint of step $step"
    cp -r parts parts.$step
done
expect_exit 0 "$NNMPI" train full.yaml --output parts --resume
expect_text 'going on after step 100 (epoch 8)' out
expect_same_bits whole/model.h5 parts/model.h5
expect_same_bits "whole/checkpoint-$last.h5" "parts/checkpoint-$last.h5"
same_run whole parts
[ "$(find parts -name 'checkpoint-*' | wc -l)" = 2 ] || fail 'keep: 2 keeps another number'

# A cut epoch is validated too, and may be the best: the part's model is of it. The run that goes on does not
# know of it: at its end its own best counts, although it is worse here.
expect_exit 0 "$NNMPI" train full.yaml --output best --set max_steps=32
cut=$(column best/metrics.csv val_loss | tail -n 1)
expect_number 'the run does not suit: val_loss of the cut epoch' "$cut" '<' \
    "$(column whole/metrics.csv val_loss | sort -g | head -n 1)"
expect_text 'the best was epoch 3, val_loss ' out
expect_text 'the model has the weights of its best epoch, 3' err
expect_exit 0 "$NNMPI" info best
expect_text 'best epoch   3, ' out
expect_exit 0 "$NNMPI" eval best/model.h5 --data small.h5
expect_near 'val_loss of the model' "$(field loss)" "$cut" 1e-6
cp best/model.h5 cut.h5
expect_exit 0 ranks 2 "$NNMPI" train full.yaml --output best --resume --set max_steps=32
expect_text 'the model has the weights of its best epoch, 3' err
expect_same_bits cut.h5 best/model.h5
expect_exit 0 "$NNMPI" train full.yaml --output best --resume
expect_same_bits whole/model.h5 best/model.h5
expect_same_bits "whole/checkpoint-$last.h5" "best/checkpoint-$last.h5"
same_run whole best
# Nor does a model that has its last weights, from which a run can go on.
expect_exit 0 "$NNMPI" train full.yaml --output last --set max_steps=32 --set early_stopping.restore_best_weights=false
expect_text 'the best was epoch 3, val_loss ' out
expect_same_bits last/checkpoint-32.h5 last/model.h5
rm last/checkpoint-*
expect_exit 0 "$NNMPI" train full.yaml --output last --resume --set early_stopping.restore_best_weights=false
expect_text 'no whole checkpoint is left: the run goes on from the model' err
expect_same_bits "whole/checkpoint-$last.h5" last/model.h5
same_run whole last

# A part that ends with nothing left to do: the same model again, nothing lost.
expect_exit 0 "$NNMPI" train full.yaml --output parts --resume
expect_same_bits whole/model.h5 parts/model.h5
same_run whole parts
cp -r parts.33 again
expect_exit 0 "$NNMPI" train full.yaml --output again --resume --set max_steps=33
expect_same_bits parts.33/model.h5 again/model.h5
same_run parts.33 again
expect_exit 0 "$NNMPI" train full.yaml --output again --resume --set max_steps=20
expect_same_bits parts.33/model.h5 again/model.h5

# More epochs than the run had.
small_run run.yaml 'epochs: 5'
expect_exit 0 "$NNMPI" train run.yaml --output five
expect_exit 0 "$NNMPI" train run.yaml --output more --set epochs=2
expect_exit 0 "$NNMPI" train run.yaml --output more --resume --set epochs=5
expect_same_bits five/model.h5 more/model.h5
same_run five more
# The end of a run is saved, whatever the checkpoints' distance.
expect_exit 0 "$NNMPI" train run.yaml --output far --set epochs=3 --set checkpoint.every_epochs=2
expect_exit 0 "$NNMPI" train run.yaml --output far --resume --set epochs=5
expect_text 'going on after step 42 (epoch 3)' out
expect_same_bits five/model.h5 far/model.h5

# On other numbers of ranks, and of threads: within rounding.
for count in 1 2 3; do
    cp -r parts.33 other.$count
    expect_exit 0 ranks $count env OMP_NUM_THREADS=$((3 - count % 2)) \
        "$NNMPI" train full.yaml --output other.$count --resume --set max_steps=70
done
expect_close 1e-4 other.1/model.h5 other.2/model.h5
expect_close 1e-4 other.1/model.h5 other.3/model.h5

# The best weights are asked for only now: there are none yet, and none are made up.
expect_exit 0 "$NNMPI" train run.yaml --output late --set epochs=3 \
    --set 'early_stopping={monitor: loss, patience: 9}'
expect_exit 0 "$NNMPI" train run.yaml --output late --resume --set epochs=3 \
    --set 'early_stopping={monitor: loss, patience: 9, restore_best_weights: true}'
expect_same_bits late/checkpoint-42.h5 late/model.h5

# What cannot be resumed.
expect_error_everywhere 66 'nothing: there is no checkpoint to resume from' \
    train run.yaml --output nothing --resume
[ ! -e nothing ] || fail 'a refused resume leaves a folder'
cp -r five five.before
expect_error_everywhere 78 "five/checkpoint-70.h5: it holds another model than this run's: units of the layer 'dense' is 9 there and 10 here" \
    train run.yaml --output five --resume --set model.1.units=10
expect_text 'a run from the start wants another folder (--output)' err
"$TOOLS/make_dataset" wide.h5 train=107 test=41 features=12
for change in 'its samples have the shape (5), those of the data (12)|data.file=wide.h5' \
    'layer 1 is of the kind Normalization there and Dense here|model=[{layer: Dense, units: 3, activation: softmax}]' \
    'it has 4 layers, here there are 2|model=[{layer: Normalization}, {layer: Dense, units: 9, activation: tanh}]'; do
    expect_error 78 "${change%%|*}" train run.yaml --output five --resume --set "${change#*|}"
done
expect_exit 78 "$NNMPI" train run.yaml --output five --resume --set optimizer=sgd
expect_error 78 'metrics and validation can change only in a run from the start' \
    train run.yaml --output five --resume --set 'metrics=[]'
expect_error 78 'metrics and validation' train run.yaml --output five --resume --set 'metrics=[sparse_top_k_categorical_accuracy]'
expect_error 78 'metrics and validation' train run.yaml --output five --resume --set data.validation=null
diff -r five five.before >/dev/null || fail 'a refused resume changes the folder'
expect_exit 0 "$NNMPI" train run.yaml --output cut --set max_steps=5
for change in batch_size=9 seed=8; do
    expect_error 78 'it is in the middle of an epoch of 107 rows in steps of 8 with seed 7' \
        train run.yaml --output cut --resume --set $change
done
expect_exit 0 "$NNMPI" train run.yaml --output more --resume --set epochs=6 --set batch_size=9

# Data that have changed between epochs are told of, once.
"$TOOLS/make_dataset" other.h5 train=107 test=41 features=5 seed=2
expect_exit 0 "$NNMPI" train run.yaml --output more --resume --set epochs=7 --set data.file=other.h5
expect_text "$work/other.h5:/train holds other training data than before: the run goes on with them" err
expect_text "$work/other.h5:/test holds other validation data than before" err
expect_exit 0 "$NNMPI" train run.yaml --output more --resume --set epochs=8 --set data.file=other.h5
[ ! -s err ] || fail 'the same data as before are told of'
