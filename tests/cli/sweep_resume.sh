#!/usr/bin/env bash
# sweep_resume.sh: a sweep that is interrupted, by a signal to one rank, before the end of its job or by a
# kill, and gone on with: what is done stays, the rest ends with the bits of a sweep in one piece. More
# values, more epochs, another sweep in its place; a rank that hangs, and one that only waits.
# test: TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml 'checkpoint: {every_steps: 40}'
sweep=(train run.yaml --sweep 'epochs=2,120,121,122,123')
expect_exit 0 ranks 2 "$NNMPI" "${sweep[@]}" --output whole

same_as_whole() {
    local folder
    for folder in whole/00*; do
        expect_same_bits "$folder/model.h5" "$1/${folder#*/}/model.h5"
        same_run "$folder" "$1/${folder#*/}"
    done
    [ "$(states "$1")" = "${2-5 done}" ] || fail "not all runs are done: $(states "$1")"
    [ ! -e "$1/lock" ] || fail 'the lock has stayed'
}
states() {
    column "$1/sweep.csv" status | sort | uniq -c | xargs
}
# Whether a run has ended and N of the others train.
is_under_way() {
    local file count=0
    [[ $(states "$1") == '1 done '* ]] || return 1
    for file in "$1"/00[2-5]*/metrics.csv; do if has_lines "$file" 5; then count=$((count + 1)); fi; done
    [ "$count" = "$2" ]
}
# goes_on RANKS FOLDER: with --resume it comes to the same end.
goes_on() {
    expect_exit 0 ranks "$1" "$NNMPI" "${sweep[@]}" --output "$2" --resume
    expect_text '1 of the runs has ended before' out
    same_as_whole "$2"
}

# What is interrupted must not be through by then, on a fast machine either: its checkpoints take their time,
# where no sanitizer does that anyway.
export SLOW=
if [ -e "$TOOLS/libfaults.so" ]; then
    SLOW="LD_PRELOAD=$TOOLS/libfaults.so FAULT_CALLS=fsync FAULT_KIND=delay:100 FAULT_PATH=checkpoint- FAULT_AT=1 FAULT_ON=1"
fi

# TERM to one of three ranks: all save, and leave with 75.
start 3 "$NNMPI" "${sweep[@]}" --output term
until_there is_under_way term 3
kill -s TERM "$(cat pid.1)"
ends 75
expect_text 'interrupted: 1 of the 5 runs in term have ended' err
[ "$(grep -c '^nnmpi: ' err)" = 1 ] || fail 'more than one message'
[ "$(states term)" = '1 done 3 interrupted 1 waiting' ] || fail "other states: $(states term)"
[ ! -e term/lock ] || fail 'the lock has stayed'
goes_on 2 term

# says TEXT...: what nnmpi info tells of the sweep in the folder $1 (regular expressions).
says() {
    local line
    expect_exit 0 "$NNMPI" info "$1"
    for line in "${@:2}"; do grep -qE -- "$line" out || fail "no line is '$line'"; done
}
says term '^term: a sweep of 5 runs that is finished$' '^  runs         5 done$' '^  best         run [1-5], epochs=[0-9]+: epoch ' \
    '; by val_loss$'
expect_no_text 'nnmpi info' out

# A kill, of mpirun and of its ranks, which would go on for a moment.
start 2 "$NNMPI" "${sweep[@]}" --output killed
until_there is_under_way killed 2
kill -KILL "$job" "$(cat pid.0)" "$(cat pid.1)"
ends ''
all_gone 20
SLOW=
[ "$(states killed)" = '1 done 2 running 2 waiting' ] || fail "other states: $(states killed)"
says killed '^killed: a sweep of 5 runs that ended without a word; go on with --resume$' \
    '^  runs         2 waiting, 2 begun, 1 done$' '^  best so far  run 1, epochs=2: epoch 2, loss ' \
    "^  run [2-5] +epochs=12[0-3]: begun, [0-9]+ of 12[0-3] epochs; nnmpi info 'killed/00[2-5]-epochs=12[0-3]'$" \
    '^  run 5 +epochs=123: waiting$'
goes_on 1 killed
expect_text 'killed/lock was left by process' err

# A signal to a rank that has nothing to do, and the end of the job.
start 3 "$NNMPI" train run.yaml --sweep epochs=100000000,100000001 --ranks-per-run 1 --output idle
until_there has_lines idle/001-epochs=100000000/metrics.csv 5
until_there has_lines idle/002-epochs=100000001/metrics.csv 5
for rank in 0 1 2; do
    grep -qx "process $(cat pid.$rank)" idle/00*/lock || kill -s USR1 "$(cat pid.$rank)"
done
ends 75
[ "$(states idle)" = '2 interrupted' ] || fail "other states: $(states idle)"
SLURM_JOB_END_TIME=$(($(date +%s) + 32)) expect_exit 75 ranks 2 "$NNMPI" train run.yaml \
    --sweep epochs=100000000,100000001 --output idle --resume --stop-before 0.5
[ "$(states idle)" = '2 interrupted' ] || fail "other states: $(states idle)"

# A group that waits for the others longer than --hang-timeout does not hang; a run that is stopped does.
start 2 "$NNMPI" train run.yaml --sweep epochs=1,100000000 --output hangs --hang-timeout 2
until_there has_lines hangs/002-epochs=100000000/metrics.csv 5
sleep 4
kill -0 "$job" || fail 'what waits for another run is taken to hang'
mv out out.started
mv err err.started
says hangs "^hangs: a sweep of 2 runs that goes on: process $(cat pid.0) on " '^  runs         1 running, 1 done$' \
    "^  run 2 +epochs=100000000: running, [0-9]+ of 100000000 epochs; nnmpi info 'hangs/002-epochs=100000000'$"
mv out.started out
mv err.started err
kill -STOP "$(sed -n 's/^process //p' hangs/002-epochs=100000000/lock)"
ends 70
expect_text 'the run hangs' err

# More values, which come behind the others; more epochs of all; other keys or fewer values are refused.
cp -r whole more
expect_exit 0 "$NNMPI" train run.yaml --sweep epochs=1,123,122,121,120,2 --output more --resume
expect_text '5 of the runs have ended before' out
expect_text '1/1  run 6  epochs=1  done' out
[ -e more/006-epochs=1/model.h5 ] || fail 'the new run has another folder'
same_as_whole more '6 done'
before=$(find more -type f -exec cksum {} + | sort)
for refused in 'epochs=1,2,120' 'seed=1'; do
    expect_exit 78 "$NNMPI" train run.yaml --sweep $refused --output more --resume
done
[ "$before" = "$(find more -type f -exec cksum {} + | sort)" ] || fail 'a refused sweep changes the folder'
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=2 --output longer
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=4 --output longer --resume
[ "$(column longer/sweep.csv epochs | xargs)" = '4 4' ] || fail 'the runs have not gone on'
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --set epochs=4 --output anew
same_run anew/001-seed=1 longer/001-seed=1
expect_same_bits anew/002-seed=2/model.h5 longer/002-seed=2/model.h5

# Another sweep in its place: of the old one nothing stays but what is not nnmpi's.
mv longer/001-seed=1/untimed.csv longer/001-seed=1/mine # by same_run
expect_exit 0 "$NNMPI" train run.yaml --sweep batch_size=8 --set epochs=1 --output longer --overwrite
[ "$(find longer -type f | grep -v batch_size | sort | xargs)" = 'longer/001-seed=1/mine longer/sweep.csv' ] ||
    fail "there is something else: $(find longer)"
# Two at once in one folder: the second is refused.
start 1 "$NNMPI" train run.yaml --sweep epochs=100000000 --output both
until_there has_file 'both/001-epochs=100000000/metrics.csv'
mv out out.1
mv err err.1
expect_error 73 'both is in use by another run' train run.yaml --sweep epochs=100000000 --output both --resume
kill -s TERM "$(cat pid.0)"
ends 75
# Nor is a run replaced that somebody goes on with by itself.
run='both/001-epochs=100000000'
start 1 "$NNMPI" train run.yaml --set epochs=100000000 --output $run --resume
until_there has_file $run/lock
mv out out.1
mv err err.1
expect_error 73 "$run is in use by another run" train run.yaml --sweep epochs=1 --output both --overwrite
[ -n "$(find $run -name 'checkpoint-*.h5')" ] || fail 'the checkpoints of a run in use are removed'
kill -s TERM "$(cat pid.0)"
ends 75
expect_exit 0 "$NNMPI" train run.yaml --sweep epochs=1 --output both --overwrite
[ ! -e $run ] || fail 'a run that was replaced leaves its folder'

# A table that is none.
for text in 'nothing' 'run,epochs,status,folder' $'run,epochs,status,folder\n1,2,done,../x' ''; do
    mkdir -p broken
    printf '%s\n' "$text" >broken/sweep.csv
    code=65
    [ "$text" != 'run,epochs,status,folder' ] || code=0 # a table of no runs: all are new
    expect_exit $code "$NNMPI" train run.yaml --sweep epochs=1,2 --output broken --resume
    [ $code = 0 ] || expect_text 'broken/sweep.csv' err
    rm -r broken
done
