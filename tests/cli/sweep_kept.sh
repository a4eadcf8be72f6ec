#!/usr/bin/env bash
# sweep_kept.sh: what a sweep keeps of the one that is in its folder: gone on with, the runs whose models are there;
# replacing it, everything until a new run has got through its data.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml

# A run whose model is gone or damaged is not done: it is made again from the run's checkpoint, whatever else the
# sweep is to do, and only then the best. Where there is no checkpoint either, the run begins again.
for stopping in null '{patience: 3, restore_best_weights: true}'; do
    lost=(train run.yaml --set epochs=4 --set "early_stopping=$stopping" --set optimizer.learning_rate=0.5 --output lost)
    rm -rf lost kept
    expect_exit 0 "$NNMPI" "${lost[@]}" --sweep seed=1,2,3
    cp -r lost kept
    best=$(sed -n 's/^best model: //p' out)
    rm "$best"
    number=${best#lost/00}
    number=${number%%-*}
    other=$(echo lost/00$((number % 3 + 1))-*)
    truncate -s -1 "$other/model.h5"
    expect_exit 0 "$NNMPI" "${lost[@]}" --sweep seed=1,2,3,4 --resume
    expect_text '1 of the runs has ended before' out
    best=$(sed -n 's/^best model: //p' out)
    [ -e "$best" ] || fail 'the best model is not there'
    [ "$(column lost/sweep.csv seed | xargs)" = '1 2 3 4' ] || fail 'not all runs are in the table'
    [ "$(column lost/sweep.csv status | sort -u)" = 'done' ] || fail 'not all runs are done'
    for model in kept/*/model.h5; do expect_same_bits "$model" "lost/${model#kept/}"; done
    cp "$other/metrics.csv" whole.csv
    sed -i '$s/,.*/,/' "$other/metrics.csv" # damaged
    expect_exit 0 "$NNMPI" "${lost[@]}" --sweep seed=1,2,3,4 --resume
    expect_text '3 of the runs have ended before' out
    cmp "$other/metrics.csv" whole.csv || fail 'metrics.csv is not made again'
    rm "$other"/*.h5
    expect_exit 0 "$NNMPI" "${lost[@]}" --sweep seed=1,2,3,4 --resume
    expect_text '3 of the runs have ended before' out
    expect_same_bits "kept/${other#lost/}/model.h5" "$other/model.h5"
done

# A sweep that is to be replaced stays until a run has got through its data: where none does, as it is.
all_of() { # FOLDER: what is in it
    find "$1" -type f -exec cksum {} + | sort
}
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2,3,4 --output old
before=$(all_of old)
for count in 1 2; do
    expect_exit 66 ranks $count "$NNMPI" train run.yaml --sweep seed=1,9 --output old --overwrite --set data.file=gone.h5
    expect_text 'failed before any run had begun: what was in old is there still' err
    expect_no_text 'table:' out
    [ "$before" = "$(all_of old)" ] || fail 'a sweep that could not begin changes the old one'
    [ ! -e old/002-seed=9 ] || fail 'a run that could not begin leaves its folder'
done
cp -r old one
expect_exit 66 "$NNMPI" train run.yaml --sweep data.file=gone.h5,small.h5 --output one --overwrite # one of two does
[ "$(column one/sweep.csv status | xargs)" = 'failed done' ] || fail 'not one of two runs has ended'
[ "$(find one -mindepth 1 -maxdepth 1 | sort | xargs)" = 'one/002-file=small.h5 one/sweep.csv' ] || fail 'the old sweep is there'

cp -r old alone # without its table, runs are replaced in the same way
rm alone/sweep.csv
before=$(all_of alone)
expect_exit 66 "$NNMPI" train run.yaml --sweep seed=1,2 --output alone --overwrite --set data.file=gone.h5
[ "$before" = "$(all_of alone)" ] || fail 'a sweep that could not begin changes runs without a table'
expect_exit 66 "$NNMPI" train run.yaml --sweep seed=8,9 --output alone --overwrite --set data.file=gone.h5
[ "$(column alone/sweep.csv status | xargs)" = 'failed failed' ] || fail 'what replaces nothing has no table'
before=$(all_of old)

# The folders of both sweeps have the same names, but for one; more groups than one.
new=(train run.yaml --sweep 'seed=1,2,9' --set batch_size=16)
expect_exit 0 "$NNMPI" "${new[@]}" --output fresh
for count in 1 2; do
    rm -rf both
    cp -r old both
    expect_exit 0 ranks $count "$NNMPI" "${new[@]}" --output both --overwrite
    [ "$(cd both && find . | sort)" = "$(cd fresh && find . | sort)" ] || fail "the folders differ: $(find both)"
    for model in fresh/*/model.h5; do expect_same_bits "$model" "both/${model#fresh/}"; done
done

# Killed while it reads its data, it has changed nothing: the old sweep is what can be gone on with.
if [ -e "$TOOLS/libfaults.so" ]; then
    SLOW="LD_PRELOAD=$TOOLS/libfaults.so FAULT_CALLS=pread FAULT_KIND=delay:20000 FAULT_PATH=small.h5 FAULT_AT=1 FAULT_ON=1 FAULT_LOG=log" \
        start 1 "$NNMPI" "${new[@]}" --output old --overwrite
    until_there has_file log
    kill -KILL "$job" "$(cat pid.0)"
    ends ''
    rm -f old/lock old/*/lock
    [ "$before" = "$(all_of old)" ] || fail 'a sweep that was killed before it began changes the old one'
    expect_error 78 'seed=3, which is not part of this sweep' "${new[@]}" --output old --resume
    expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2,3,4 --output old --resume
    expect_text '4 of the runs have ended before' out
fi

# Killed later, it is the new one, and no run goes on with what an old one has saved.
is_new() {
    [ "$(column old/sweep.csv seed | xargs) $(column old/sweep.csv status | xargs)" = '1 2 9 running running waiting' ] &&
        has_lines old/001-seed=1/metrics.csv 6 && has_lines old/002-seed=2/metrics.csv 6
}
start 2 "$NNMPI" "${new[@]}" --output old --overwrite --set epochs=100000000
until_there is_new
kill -KILL "$job" "$(cat pid.0)" "$(cat pid.1)"
ends ''
all_gone 20
is_new || fail 'the table is not the new one'
! has_file 'old/00[34]-seed=[34]' || fail 'old runs are there that are in no table'
rm old/002-seed=2/*.h5 # of this one nothing was saved
expect_exit 0 "$NNMPI" "${new[@]}" --output old --resume
for seed in 2 9; do expect_same_bits fresh/*-seed=$seed/model.h5 old/*-seed=$seed/model.h5; done
