#!/usr/bin/env bash
# signals.sh: SIGTERM and SIGUSR1, to one rank or to mpirun: saved, exit code 75, and resumed to the
# same bits as a run that was left alone; so too after kill -9 of a rank.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# From 3 ranks on bits are compared with the same communication only, and auto tries which is faster.
small_run run.yaml 'epochs: 1000000' 'communication: node' 'checkpoint: {every_steps: 500, keep: 2}' \
    'early_stopping: {monitor: val_loss, patience: 1000000, restore_best_weights: true}'

# train RANKS FOLDER ARGUMENT...: trains in the background and waits until the third epoch.
train() {
    start "$1" "$NNMPI" train run.yaml --output "${@:2}"
    until_there has_lines "$2/metrics.csv" 4
}

# resumes RANKS FOLDER: going on 40 steps after its newest checkpoint ends as a run without a break.
resumes() {
    local count=$1 folder=$2 step
    step=$(newest_step "$folder")
    expect_exit 0 ranks "$count" "$NNMPI" train run.yaml --output "$folder" --resume \
        --set max_steps=$((step + 40))
    expect_text "going on after step $step " out
    expect_exit 0 ranks "$count" "$NNMPI" train run.yaml --output whole --overwrite \
        --set max_steps=$((step + 40))
    expect_same_bits whole/model.h5 "$folder/model.h5"
    expect_same_bits "whole/checkpoint-$((step + 40)).h5" "$folder/checkpoint-$((step + 40)).h5"
    same_run whole "$folder"
    rm -r "$folder"
}

# To one rank, the first and another.
for signal in TERM USR1 INT; do
    train 2 run
    to=$((${#signal} % 2))
    kill -s $signal "$(cat pid.$to)"
    ends 75
    grep -qE "a signal came: $signal from process $$ \($(cat /proc/$$/comm)\), to rank $to; step [0-9]+ is saved in run: go on with --resume" err ||
        fail 'the message'
    [ "$(grep -c 'a signal came' err)" = 1 ] || fail 'the message should be printed once'
    [ ! -e run/model.h5 ] || fail 'an interrupted run leaves a model'
    resumes 2 run
done

# To mpirun, which passes USR1 on, and after a TERM or INT gives the ranks a second and leaves with a code of its
# own: what docs/RUNNING.md says.
train 3 run
kill -s USR1 "$job"
ends 75
grep -qE 'a signal came: USR1 from process [0-9]+ \(.*\), to rank 0; step' err || fail 'the message'
resumes 3 run
open_mpi=$("$MPIRUN" --version | grep -c 'Open MPI) 4' || true)
for signal in TERM INT; do
    [ "$open_mpi" = 1 ] || [ $signal = TERM ] || continue # other MPIs pass INT on in their own ways
    train 2 run
    before=$(newest_step run)
    kill -s $signal "$job"
    ends "$([ "$open_mpi" = 0 ] || echo 1)"
    [ "$open_mpi" = 0 ] || [ "$(newest_step run)" -gt "$before" ] || fail "$signal to mpirun: nothing is saved"
    resumes 2 run
done

# Alone, without mpirun, in the middle of a resumed run.
expect_exit 0 "$NNMPI" train run.yaml --output run --set max_steps=30
"$NNMPI" train run.yaml --output run --resume --set max_steps=100000000 >out 2>err &
job=$!
until_there has_lines run/metrics.csv 5
kill -s TERM "$job"
ends 75
expect_text "a signal came: TERM from process $$ (" err
resumes 1 run

# kill -9 of a rank: the others end too, and the last checkpoint counts.
train 3 run
until_there has_file 'run/checkpoint-*.h5'
kill -s KILL "$(cat pid.1)"
case $MPIRUN in *mpich*) ends 9 ;; *) ends 137 ;; esac
resumes 3 run
