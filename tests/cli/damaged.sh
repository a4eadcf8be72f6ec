#!/usr/bin/env bash
# damaged.sh: models and checkpoints that are cut short or have a wrong bit: refused by eval, predict
# and info; set aside by --resume, which takes the newest that is whole.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# flip FILE BYTE: changes a bit of a byte.
flip() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf %o $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

small_run run.yaml
expect_exit 0 "$NNMPI" train run.yaml
model=runs/run/model.h5
size=$(stat -c %s $model)

for place in 9 20 30 600 2000 $((size / 2)) $((size - 1)); do
    cp $model bad.h5
    flip bad.h5 "$place"
    expect_error 65 'bad.h5' eval bad.h5 --data small.h5
done
for length in 0 5 100 512 1000 $((size / 2)) $((size - 1)); do
    head -c "$length" $model >bad.h5
    expect_error 65 'bad.h5' eval bad.h5 --data small.h5
done
expect_text 'bad.h5 is cut short' err
cp $model bad.h5
echo >>bad.h5
expect_error 65 'bad.h5 is too long' info bad.h5
cp $model bad.h5
flip bad.h5 $((size / 2))
expect_error_everywhere 65 'bad.h5 is damaged: its checksum is not the one in its header' eval bad.h5 --data small.h5
expect_error 65 'bad.h5 is damaged' predict bad.h5 --data small.h5 --output p.h5
expect_error 65 'bad.h5 is damaged' info bad.h5

# Resuming: two damaged files are named and set aside; the third is taken, and training ends as if
# nothing had happened.
cp -r runs/run kept
rm $model
flip runs/run/checkpoint-42.h5 3000
head -c 2000 kept/checkpoint-28.h5 >runs/run/checkpoint-28.h5
expect_exit 0 "$NNMPI" train run.yaml --resume
expect_text 'runs/run/checkpoint-42.h5 is damaged and is set aside: ' err
expect_text 'runs/run/checkpoint-28.h5 is damaged and is set aside: ' err
expect_text 'going on after step 14' out
[ -s runs/run/checkpoint-42.h5.damaged ] || fail 'the damaged file is not there any more'
[ -s runs/run/checkpoint-28.h5.damaged ] || fail 'the damaged file is not there any more'
expect_same_bits kept/model.h5 $model
same_run kept runs/run

# On several ranks the same, named once.
rm -r runs/run
cp -r kept runs/run
flip runs/run/checkpoint-42.h5 3000
expect_exit 0 ranks 3 "$NNMPI" train run.yaml --resume
[ "$(grep -c 'is damaged and is set aside' err)" = 1 ] || fail 'it should be named once'
expect_text 'going on after step 28' out
expect_close 1e-4 kept/model.h5 $model

# No checkpoint is left, but the model that the run ended with: it is one.
damage() { # has checkpoints damaged, of a run that is done
    rm -r runs/run
    cp -r kept runs/run
    for step in 14 28 42; do flip runs/run/checkpoint-$step.h5 3000; done
}
damage
expect_exit 0 "$NNMPI" train run.yaml --output four --set epochs=4
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --resume --set epochs=4
expect_text 'no whole checkpoint is left: the run goes on from the model that it ended with, runs/run/model.h5' err
expect_text 'going on after step 42' out
expect_close 1e-4 four/model.h5 $model
rm -r runs/run
cp -r kept runs/run
rm runs/run/checkpoint-*
expect_exit 0 "$NNMPI" train run.yaml --resume --set epochs=4
expect_same_bits four/model.h5 $model
same_run four runs/run

# Unless it has the weights of an earlier epoch: they stay, and begin another run as the message says.
best() { # MODE EPOCH: a run whose best epoch is that, without checkpoints
    words=(--set "early_stopping={monitor: loss, mode: $1, patience: 9, restore_best_weights: true}")
    rm -rf best
    expect_exit 0 "$NNMPI" train run.yaml --output best "${words[@]}"
    expect_text "the best was epoch $2," out
    rm best/checkpoint-*
    cp best/model.h5 best.h5
}
best max 1
expect_error_everywhere 66 \
    "best: no whole checkpoint is left to resume from, and its model.h5 has the weights of its best epoch, 1, " \
    train run.yaml --output best --resume "${words[@]}" --set epochs=5
expect_text "another one can begin with them: --output OTHER --set initial_weights=$work/best/model.h5;" err
cmp best/model.h5 best.h5 || fail 'the model has changed'
expect_exit 0 "$NNMPI" train run.yaml --output other --set initial_weights="$work/best/model.h5"
best min 3
expect_exit 0 "$NNMPI" train run.yaml --output best --resume "${words[@]}" --set epochs=5

# Nothing whole is left.
damage
flip $model 3000
expect_exit 66 "$NNMPI" train run.yaml --resume
expect_text "runs/run: no whole checkpoint is left to resume from, nor is its model one: $model is damaged" err
[ "$(grep -c 'is damaged and is set aside' err)" = 3 ] || fail 'not all are named'
rm $model
expect_error_everywhere 66 'runs/run: there is no checkpoint to resume from' train run.yaml --resume
expect_error_everywhere 73 'runs/run holds a run already' train run.yaml
