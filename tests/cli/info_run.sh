#!/usr/bin/env bash
# info_run.sh: nnmpi info RUN: a run that goes on, that was interrupted, killed, that failed, that is finished;
# it answers while the run writes, and changes nothing.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# says TEXT...: nnmpi info of the folder `run` succeeds with each of these lines (regular expressions).
says() {
    local line
    expect_exit 0 "$NNMPI" info run
    [ ! -s err ] || fail 'it writes to stderr'
    for line in "$@"; do grep -qE -- "$line" out || fail "no line is '$line'"; done
}

shows() { # shows TEXT: whether it says so just now
    "$NNMPI" info run >now 2>&1 && grep -qE -- "$1" now
}

# A step an epoch, so that each has its line, and checkpoints come and go.
small_run run.yaml 'batch_size: 107' 'epochs: 100000' 'checkpoint: {every_steps: 7, keep: 2}' \
    'log: {tensorboard: true}'
start 2 "$NNMPI" train run.yaml --output run
until_there shows '^run: a run, training since [-0-9]+ [:0-9]+: process [0-9]+ on '
shows "process $(cat pid.0) on $(uname -n)" || fail 'another process'
until_there shows '^  last epoch   [0-9]+, loss 0'
answers=0
while kill -0 "$job" 2>/dev/null && [ $answers -lt 100 ]; do
    "$NNMPI" info run >now 2>&1 || { cat now; fail 'it fails while the run writes'; }
    answers=$((answers + 1))
done
until_there shows '^  this epoch   loss 0'
until_there shows '^  progress     epoch [0-9]+ of 100000.*; step [0-9,]+ in all; [0-9]+ % of the run$'
until_there shows '^  time         [0-9]+s so far, about [0-9hms]+ left .*, 2 ranks x 1 thread$'

# Interrupted, resumed and killed.
kill -USR1 "$job"
ends ''
step=$(newest_step run)
find run -type f | sort | xargs sha256sum >before
says '^run: a run that was interrupted; go on with --resume$' "^  it said      a signal came: [A-Z0-9]+ .*; step $step is saved" \
    "^  checkpoints  checkpoint-$step.h5 +[0-9.]+ [kM]B  [-0-9]+ [:0-9]+$" '^  model        not yet' \
    "^  last epoch   [0-9]+, loss 0.*, val_accuracy .*, learning_rate 0.01$" '^  best epoch   .*; by val_loss$'
[ "$(grep -c 'checkpoint-' out)" = 2 ] || fail 'it does not show each checkpoint'
find run -type f | sort | xargs sha256sum | cmp - before || fail 'it changes the folder'
start 1 "$NNMPI" train run.yaml --output run --resume
until_there all_begun 1
until_there shows "process $(cat pid.0) on "
until_there shows ', training since'
kill -9 "$(cat pid.0)"
ends ''
says '^run: a run that ended without a word; go on with --resume$' "^  it was       process $(cat pid.0) on "
printf 'host elsewhere\nprocess 5\nbegun 7\njob 99\n' >run/lock
says '^run: a run that (ended without a word|goes on, unless it was killed)' 'process 5 on elsewhere, Slurm job 99'

# Finished: by its epochs, and early, with the best epoch as early stopping sees it.
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output run --overwrite --set epochs=3
says '^run: a run that is finished$' '^  progress     epoch 3 of 3; step 3 in all$' '^  last epoch   3, loss [01]' \
    '^  model        model.h5 ' '^  name         run$' "^  data         $work/small.h5$"
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set epochs=30 --set max_steps=5 \
    --set 'early_stopping={monitor: val_accuracy, patience: 20}'
says '^  it said      max_steps is reached$' '^  best epoch   .*; by val_accuracy$'
best=$(awk -F, 'NR > 1 && $6 > most { most = $6; at = $1 } END { print at }' run/metrics.csv)
says "^  best epoch   $best, "

# Another name of a metric in early stopping is its column's; and its rules say what the best is.
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set epochs=8 \
    --set 'early_stopping={monitor: val_categorical_accuracy, mode: max, patience: 20}' \
    --set 'reduce_lr_on_plateau={monitor: categorical_accuracy}'
best=$(awk -F, 'NR > 1 && $6 > most { most = $6; at = $1 } END { print at }' run/metrics.csv)
expect_text "the best was epoch $best, val_accuracy " out
says "^  best epoch   $best, .*; by val_accuracy$"
[ "$(grep -cE 'monitor: (val_)?accuracy$' run/config.yaml)" = 2 ] || fail 'config.yaml has another name'
sed -i 's/monitor: val_accuracy$/monitor: val_other/' run/config.yaml # of another nnmpi
best=$(awk -F, 'NR > 1 && (!at || $5 < least) { least = $5; at = $1 } END { print at }' run/metrics.csv)
says "^  best epoch   $best, .*; by val_loss$"
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set epochs=8 \
    --set 'early_stopping={monitor: val_loss, min_delta: 100, start_from_epoch: 2, patience: 20}'
expect_text 'the best was epoch 3, val_loss ' out
says '^  best epoch   3, .*; by val_loss$'

# More epochs than are wanted by now; a progress.json that is older than the last line of metrics.csv.
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set epochs=5
expect_exit 0 "$NNMPI" train run.yaml --output run --resume --set epochs=3
expect_text ': 5 epochs, of which 3 were wanted, step 5' out
says '^  progress     5 epochs, of which 3 were wanted; step 5 in all$'
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set epochs=6
sed -i 's/"finished", "epoch": 6/"training", "epoch": 2/; s/"step": 6/"step": 1/' run/progress.json
says '^  progress     epoch 6 of 6, step 1 of 1; step 6 in all; 100 % of the run$' '^  last epoch   6, '
expect_no_text 'this epoch' out
sed -i '$d' run/metrics.csv
says '^  progress     epoch 6 of 6; step 5 in all; 83 % of the run$' '^  last epoch   5, '

# What an older nnmpi, or a machine that went down, leaves; and a run that failed.
: >run/progress.json
says '^run: a run that is finished$'
rm run/progress.json run/metrics.csv
says '^run: a run that is finished$' '^  checkpoints '
"$TOOLS/make_dataset" values.h5 values=2 train=40 test=10
small_run wild.yaml 'data: {file: values.h5}' 'loss: mean_squared_error' 'metrics: []' \
    'model: [{layer: Dense, units: 2}]' 'optimizer: {name: sgd, learning_rate: 1.0e+30}'
expect_exit 76 "$NNMPI" train wild.yaml --output run --overwrite
says '^run: a run that failed; it has saved nothing$' '^  it said      step 3 \(epoch 1\): the loss is NaN'

# No run.
mkdir empty
expect_error 65 'empty is no folder of a run: it holds no config.yaml' info empty
expect_error 66 'none' info none
echo 'epoch,loss' >run/metrics.csv
echo '1,x' >>run/metrics.csv
expect_error 65 "run/metrics.csv:2: the column 'loss' holds 'x', which is no number" info run
