#!/usr/bin/env bash
# sweep_from.sh: a sweep whose runs begin with a model file, gone on with: without that file, or with another
# in its place, where no run has to begin; where one has, the message names run, file and line.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run first.yaml 'epochs: 1'
expect_exit 0 "$NNMPI" train first.yaml --output first
cp first/model.h5 first.h5
small_run wide.yaml 'model: [{layer: Dense, units: 3, activation: softmax}]' 'epochs: 1'
expect_exit 0 "$NNMPI" train wide.yaml --output wide

small_run sub/on.yaml 'model: {from: ../first.h5}'
sweep=(train sub/on.yaml --sweep 'seed=1,2')
more=(train sub/on.yaml --sweep 'seed=3,1,2')
expect_exit 0 "$NNMPI" "${more[@]}" --output whole
expect_exit 0 "$NNMPI" "${sweep[@]}" --set epochs=1
mv first.h5 away.h5

as_whole() { # FOLDER SEED...
    local seed
    for seed in "${@:2}"; do expect_same_bits whole/*-seed="$seed"/model.h5 "$1"/*-seed="$seed"/model.h5; done
}
unchanged() { # FOLDER COMMAND...: what is in the folder stays as it is.
    local before
    before=$(find "$1" -type f -exec cksum {} + | sort)
    "${@:2}"
    [ "$before" = "$(find "$1" -type f -exec cksum {} + | sort)" ] || fail "$1 is changed by: ${*:2}"
}

# What is done stays, also in the folder that nobody has named; more epochs are trained from what is saved.
for file in gone another; do
    [ $file = gone ] || cp wide/model.h5 first.h5
    expect_exit 0 ranks 2 "$NNMPI" "${sweep[@]}" --set epochs=1 --resume
    expect_text '2 of the runs have ended before' out
    cp -r runs/on-sweep $file
    expect_exit 0 ranks 2 "$NNMPI" "${sweep[@]}" --output $file --resume
    expect_no_text 'ended before' out
    as_whole $file 1 2
    rm -f first.h5
done

# What was interrupted goes on from its checkpoint, on more ranks too.
sed -i 's/^2,2,done,/2,2,interrupted,/' gone/sweep.csv
rm gone/002-seed=2/model.h5
expect_exit 0 "$NNMPI" "${sweep[@]}" --output gone --resume
expect_text '1/1  run 2  seed=2  done' out
as_whole gone 1 2

# What has to begin wants the file: a new run, and one of which nothing is saved.
unchanged gone expect_error_everywhere 66 "run 3 (seed=3) has yet to begin: sub/on.yaml:8:15: cannot open" \
    "${more[@]}" --output gone --resume
expect_text 'first.h5' err
cp -r gone lost
sed -i 's/^2,2,done,/2,2,running,/' lost/sweep.csv
rm lost/002-seed=2/*.h5
unchanged lost expect_error 66 'run 2 (seed=2) has yet to begin: sub/on.yaml:8:15: cannot open' \
    "${sweep[@]}" --output lost --resume
cp away.h5 first.h5
for folder in gone lost; do
    expect_exit 0 ranks 2 "$NNMPI" "${more[@]}" --output $folder --resume --ranks-per-run 1
    [ "$(column $folder/sweep.csv seed | xargs)" = '1 2 3' ] || fail "$folder: the runs have other numbers"
    as_whole $folder 1 2 3
done

# A run that has diverged stays so without the file, unless it is another run now.
diverges=(train sub/on.yaml --output diverged --set optimizer=sgd --set model.1.activation=relu
    --sweep 'optimizer.learning_rate=0.1,1e30')
expect_exit 76 "$NNMPI" "${diverges[@]}"
! has_file 'diverged/002*/*.h5' || fail 'something is saved of the run that diverges'
rm first.h5
expect_exit 76 "$NNMPI" "${diverges[@]}" --resume
expect_text '2 of the runs have ended before' out
unchanged diverged expect_error 66 'run 2 (learning_rate=1.0e+30) has yet to begin: sub/on.yaml:8:15: cannot open' \
    "${diverges[@]}" --resume --set batch_size=9

# Several files.
cp away.h5 first.h5
files=(train sub/on.yaml --set epochs=1 --sweep 'model.from=../first.h5,../wide/model.h5' --output files)
expect_exit 0 "$NNMPI" "${files[@]}"
rm first.h5
expect_exit 0 "$NNMPI" "${files[@]}" --resume --set epochs=2
[ "$(column files/sweep.csv epochs | xargs)" = '2 2' ] || fail 'the runs of several files have not gone on'
