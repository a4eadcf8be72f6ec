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
    rm "$other"/*.h5
    expect_exit 0 "$NNMPI" "${lost[@]}" --sweep seed=1,2,3,4 --resume
    expect_text '3 of the runs have ended before' out
    expect_same_bits "kept/${other#lost/}/model.h5" "$other/model.h5"
done
