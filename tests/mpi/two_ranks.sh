#!/usr/bin/env bash
# two_ranks.sh: a little of everything on 2 ranks of 2 threads, for the sanitizers.
# test: NP 2 TIMEOUT 240 LABELS sanitize
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

export OMP_NUM_THREADS=2
small_run run.yaml 'early_stopping: {monitor: val_loss, patience: 9, restore_best_weights: true}' \
    'reduce_lr_on_plateau: {monitor: loss, patience: 1}' 'checkpoint: {every_steps: 9, keep: 2}'
for where in always never; do
    expect_exit 0 ranks 2 "$NNMPI" train run.yaml --overwrite --set max_steps=25 \
        --set data.in_memory=$where
    [ ! -s err ] || expect_text 'max_steps is reached' err
    expect_exit 0 ranks 2 "$NNMPI" train run.yaml --resume --set data.in_memory=$where
done
expect_exit 0 ranks 2 "$NNMPI" eval runs/run/model.h5 --data small.h5
grep -q '"accuracy": ' out || fail 'no accuracy'
expect_exit 0 ranks 2 "$NNMPI" predict runs/run/model.h5 --data small.h5 --output p.h5
expect_exit 0 "$NNMPI" info runs/run/model.h5
expect_exit 0 "$NNMPI" config run.yaml
expect_error_everywhere 66 'none.h5' eval runs/run/model.h5 --data none.h5
