#!/usr/bin/env bash
# stopping.sh: what ends a run before its last epoch, and the learning rate that falls on a plateau.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml 'epochs: 40'

# lines FOLDER: the number of epochs in its metrics.csv.
lines() {
    column "$1/metrics.csv" epoch | wc -l
}

# max_steps, in the middle of an epoch (14 steps) and at its end.
expect_exit 0 "$NNMPI" train run.yaml --set max_steps=33 --output middle
expect_text 'max_steps is reached' err
[ "$(column middle/metrics.csv step | tail -n 1)" = 33 ] || fail 'it did not stop at step 33'
[ "$(lines middle)" = 3 ] || fail 'the epoch that was cut short has no line'
[ -s middle/checkpoint-33.h5 ] || fail 'there is no checkpoint of step 33'
expect_same_bits middle/model.h5 middle/checkpoint-33.h5
expect_exit 0 ranks 3 "$NNMPI" train run.yaml --set max_steps=28 --output end
[ "$(column end/metrics.csv step | tail -n 1)" = 28 ] || fail 'it did not stop at step 28'
[ "$(lines end)" = 2 ] || fail 'max_steps at the end of an epoch'
expect_exit 0 "$NNMPI" train run.yaml --set epochs=2 --output two
expect_close 1e-4 two/model.h5 end/model.h5

# max_minutes: it stops in the middle of its work, all ranks at the same step.
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --set epochs=1000000 --set max_minutes=0.01 --output time \
    --set checkpoint.every_epochs=100000
expect_text 'max_minutes is reached' err
[ -s time/model.h5 ] || fail 'max_minutes leaves no model'
step=$(column time/metrics.csv step | tail -n 1)
[ -s "time/checkpoint-$step.h5" ] || fail 'max_minutes leaves no checkpoint'
expect_exit 0 "$NNMPI" train run.yaml --set epochs=1000000 --set max_minutes=0.01 --output time --resume
[ -s "time/checkpoint-$step.h5" ] || fail 'resumed after its time, it goes on'
[ "$(find time -name 'checkpoint-*' | wc -l)" = 1 ] || fail 'resumed after its time, it goes on'

# stop_at.
expect_exit 0 "$NNMPI" train run.yaml --set stop_at.loss=0.6 --output loss
expect_text 'stop_at: the loss is reached' err
column loss/metrics.csv loss | awk '{ if (last && last <= 0.6) exit 1; last = $1 } END { exit !(last <= 0.6) }' ||
    fail 'it did not stop at the first loss of 0.6'
[ "$(lines loss)" -lt 40 ] || fail 'stop_at did not stop it'
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --set stop_at.val_loss=0.5 --output val_loss
column val_loss/metrics.csv val_loss | awk '{ if (last && last <= 0.5) exit 1; last = $1 } END { exit !(last <= 0.5) }' ||
    fail 'it did not stop at the first val_loss of 0.5'

# Early stopping: after as many epochs without improvement as patience says, on any number of ranks.
cat >early <<'END'
early_stopping: {monitor: val_loss, patience: 3, restore_best_weights: true}
END
small_run early.yaml 'epochs: 200' "$(cat early)" 'optimizer: {name: adam, learning_rate: 0.2}'
expect_exit 0 "$NNMPI" train early.yaml --output early1
expect_text 'early_stopping: no further improvement' err
epochs=$(lines early1)
best=$(column early1/metrics.csv val_loss | sort -g | head -n 1)
at=$(column early1/metrics.csv val_loss | grep -nx -e "$best" | cut -d: -f1)
[ "$((epochs - at))" = 3 ] || fail "best in epoch $at, stopped after $epochs"

# The model has the weights of the best epoch, the checkpoint those of the last one.
expect_exit 0 ranks 2 "$NNMPI" eval early1/model.h5 --data small.h5
expect_near 'val_loss of the model' "$(field loss)" "$best" 1e-6
expect_other_bits early1/model.h5 "early1/checkpoint-$((14 * epochs)).h5"
expect_exit 0 "$NNMPI" train early.yaml --output without --set early_stopping.restore_best_weights=false
expect_same_bits without/model.h5 "early1/checkpoint-$((14 * epochs)).h5"
same_run early1 without
expect_exit 0 ranks 3 "$NNMPI" train early.yaml --output early3 --set max_steps=$((14 * at))
expect_close 1e-3 early1/model.h5 early3/model.h5

# Of larger values the largest is the best.
expect_exit 0 "$NNMPI" train early.yaml --output accuracy --set early_stopping.monitor=val_accuracy
best=$(column accuracy/metrics.csv val_accuracy | sort -gr | head -n 1)
expect_exit 0 "$NNMPI" eval accuracy/model.h5 --data small.h5
expect_near val_accuracy "$(field accuracy)" "$best" 1e-6

# The learning rate falls on a plateau, not below min_lr.
small_run plateau.yaml 'epochs: 12' \
    'reduce_lr_on_plateau: {monitor: loss, patience: 2, factor: 0.5, min_delta: 1000, min_lr: 0.002}'
expect_exit 0 ranks 2 "$NNMPI" train plateau.yaml
rates=$(column runs/plateau/metrics.csv learning_rate | tr '\n' ' ')
[ "$rates" = '0.01 0.01 0.01 0.005 0.005 0.0025 0.0025 0.002 0.002 0.002 0.002 0.002 ' ] ||
    fail "the learning rates: $rates"
