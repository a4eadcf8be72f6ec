#!/usr/bin/env bash
# leaving.sh: when a signal comes, or the job's end comes near: before the libraries have started, while
# data are opened, in a validation, while a checkpoint is written, twice. Always 75, one step on
# all ranks, and a resumed run ends with the bits of one that was left alone; a second INT leaves
# at once, with the older checkpoints as they were.
# test: NP 2 TIMEOUT 400
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# From 3 ranks on bits are compared with the same communication only, and auto tries which is faster.
small_run run.yaml 'epochs: 1000000' 'communication: node' 'checkpoint: {every_steps: 500, keep: 2}' \
    'early_stopping: {monitor: val_loss, patience: 1000000, restore_best_weights: true}'

# slow CALLS MS PATH: what makes these system calls last, for env.
slow() {
    echo "LD_PRELOAD=$TOOLS/libfaults.so FAULT_CALLS=$1 FAULT_KIND=delay:$2 FAULT_PATH=$3 FAULT_AT=1 FAULT_ON=1"
}

# all_catch RANKS: whether all ranks of a job do.
all_catch() {
    for ((r = 0; r < $1; r++)); do [ -s pid.$r ] && catches "$(cat pid.$r)" || return 1; done
}

# train RANKS ARGUMENT...: trains into run, and waits until signals are caught.
train() {
    start "$1" "$NNMPI" train "${@:2}" --output run
    until_there all_catch "$1"
}

# saves: the job ends with 75, says so once, and gives the folder back.
saves() {
    ends 75
    [ "$(grep -c 'is saved in run: go on with --resume' err)" = 1 ] || fail 'the message'
    [ ! -e run/lock ] || fail 'the lock is still there'
}

# resumes RANKS RUN.yaml STEPS: going on so many steps ends as a run without a break.
resumes() {
    local count=$1 file=$2 step
    step=$(newest_step run)
    [ "$step" -ge 0 ] || fail 'nothing was saved'
    expect_exit 0 ranks "$count" "$NNMPI" train "$file" --output run --resume \
        --set max_steps=$((step + $3))
    expect_exit 0 ranks "$count" "$NNMPI" train "$file" --output whole --overwrite \
        --set max_steps=$((step + $3))
    expect_same_bits whole/model.h5 run/model.h5
    same_run whole run
    rm -r run
}
export SLOW=

# It came before the program began, which begins once more for better kernels on some processors.
got=0
# shellcheck disable=SC2016 # expanded by the inner shell
env --block-signal=TERM bash -c 'kill -s TERM $$; exec "$NNMPI" train run.yaml --output run' \
    >out 2>err </dev/null || got=$?
[ "$got" = 75 ] || fail "exit code $got of a run whose signal came first"
[ "$(newest_step run)" = 0 ] || fail 'it made a step before'
resumes 1 run.yaml 20

if [ -e "$TOOLS/libfaults.so" ]; then
    # While the data are opened.
    SLOW=$(slow open 400 small.h5)
    train 2 run.yaml
    kill -s USR1 "$(cat pid.1)"
    saves
    [ "$(newest_step run)" = 0 ] || fail "a step before it left: $(newest_step run)"
    resumes 2 run.yaml 20

    # While a checkpoint is written, to one rank and to two.
    SLOW=$(slow fsync 300 run/)
    train 2 run.yaml --set checkpoint.every_steps=5
    until_there test -e run/metrics.csv
    until_there has_file 'run/*.partial'
    kill -s TERM "$(cat pid.0)"
    kill -s USR1 "$(cat pid.1)"
    saves
    resumes 2 run.yaml 20

    # A save that takes longer than the second that mpirun gives after TERM.
    SLOW=
    expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output run --set max_steps=20
    cp -r run before
    SLOW=$(slow fsync 3000 run/checkpoint)
    train 2 run.yaml --resume
    until_there has_lines run/metrics.csv 6
    kill -s TERM "$job"
    wait "$job" || true
    cmp -s before/checkpoint-20.h5 run/checkpoint-20.h5 || fail 'the older checkpoint is not as it was'
    SLOW=
    resumes 2 run.yaml 20

    # A second INT, while the first one's save lasts.
    expect_exit 0 "$NNMPI" train run.yaml --output run --set max_steps=20
    # shellcheck disable=SC2046 # words
    env $(slow fsync 5000 run/checkpoint) "$NNMPI" train run.yaml --output run --resume >out 2>err &
    job=$!
    until_there has_lines run/metrics.csv 6
    kill -s INT $job
    until_there has_file 'run/*.partial'
    sleep 0.5 # two that wait for the process are one
    kill -s INT $job
    ends 130
    cmp -s before/checkpoint-20.h5 run/checkpoint-20.h5 || [ "$(newest_step run)" = 20 ] ||
        fail 'the older checkpoint is not as it was'
    [ "$(newest_step run)" = 20 ] || fail 'the second INT waited for the save'
    expect_exit 0 "$NNMPI" train run.yaml --output run --resume --set max_steps=40
    expect_text 'was left by process' err
    rm -r run
fi

# In a validation that is much longer than its epoch of two steps: left before its end, and made again.
SLOW=
"$TOOLS/make_dataset" long.h5 train=16 test=20000 features=5
small_run long.yaml 'data: {file: long.h5, validation: /test}' 'epochs: 1000000' \
    'checkpoint: {every_epochs: 1000000}' \
    'model: [{layer: Dense, units: 700, activation: tanh}, {layer: Dense, units: 700, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'
train 2 long.yaml
until_there has_lines run/metrics.csv 2
sleep 0.1
kill -s TERM "$(cat pid.1)"
saves
step=$(newest_step run)
[ $((step % 2)) = 0 ] || fail "not in one of the validations, which take nearly all of the time: step $step"
[ "$(wc -l <run/metrics.csv)" = $((step / 2)) ] || fail "the validation was not left: step $step"
resumes 2 long.yaml 2

# Twice: two signals to one rank, the same again, both ranks at once.
for signals in 'TERM USR1' 'USR1 USR1' 'TERM TERM'; do
    train 2 run.yaml
    until_there has_lines run/metrics.csv 3
    for signal in $signals; do kill -s "$signal" "$(cat pid.1)" 2>/dev/null || true; done
    saves
    resumes 2 run.yaml 20
done
train 3 run.yaml
until_there has_lines run/metrics.csv 3
kill -s TERM "$(cat pid.0)" "$(cat pid.1)" "$(cat pid.2)"
saves
resumes 3 run.yaml 20

# The terminal is closed; a run that was to outlive it goes on.
for how in '' nohup; do
    # shellcheck disable=SC2086 # no word where it is empty
    $how "$NNMPI" train run.yaml --output run --set max_steps=100000000 >out 2>err </dev/null &
    job=$!
    until_there has_lines run/metrics.csv 3
    kill -s HUP $job
    if [ -n "$how" ]; then
        until_there has_lines run/metrics.csv $(($(wc -l <run/metrics.csv) + 5))
        kill -s TERM $job
    fi
    saves
    resumes 1 run.yaml 20
done

# Whoever reads the lines leaves before the run: it goes on, and says in the end that its lines were lost.
got=0
"$NNMPI" train run.yaml --output run --set epochs=2000 --set checkpoint.every_steps=null 2>err | head -n 1 >out ||
    got=${PIPESTATUS[0]}
[ "$got" = 74 ] || fail "exit code $got of a run whose lines nobody reads"
expect_text 'standard output cannot be written: Broken pipe' err
[ -e run/model.h5 ] || fail 'it did not go on'
rm -r run

# The end of the job.
export SLURM_JOB_END_TIME
SLURM_JOB_END_TIME=$(($(date +%s) + 32))
expect_exit 75 ranks 2 "$NNMPI" train run.yaml --output run --stop-before 0.5
expect_text 'the job ends in' err
resumes 2 run.yaml 20
SLURM_JOB_END_TIME=$(($(date +%s) - 1))
expect_exit 0 "$NNMPI" train run.yaml --output run --set max_steps=20
expect_error_everywhere 64 'is in the past' train run.yaml --output run --stop-before 1
unset SLURM_JOB_END_TIME
expect_error_everywhere 64 'SLURM_JOB_END_TIME' train run.yaml --output run --stop-before 1
