#!/usr/bin/env bash
# stopped.sh: a rank that is stopped (SIGSTOP) in a step, in an evaluation or in a save: the watchdog
# names it, all processes end, and what was saved is whole. What only takes long (files, an evaluation, a
# job that is stopped as a whole for a while) is not a hang.
# test: NP 4 TIMEOUT 400
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

small_run run.yaml 'epochs: 1000000' 'checkpoint: {every_steps: 2000, keep: 2}'
small_run files.yaml 'epochs: 2' 'checkpoint: {every_epochs: 1, keep: 2}'
"$TOOLS/make_dataset" long.h5 train=16 test=250000 features=5
"$TOOLS/make_dataset" longer.h5 train=16 test=600000 features=5
small_run long.yaml 'data: {file: long.h5, validation: /test}' 'epochs: 1000000' 'batch_size: 64' \
    'model: [{layer: Dense, units: 700, activation: tanh}, {layer: Dense, units: 700, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'
small_run stream.yaml 'data: {file: stream.h5, in_memory: never, buffer_mb: 0.008}' 'epochs: 3'
"$TOOLS/make_dataset" stream.h5 train=2000 features=6

# has_data RANK: whether it has the memory in which a node's ranks share data.
has_data() {
    grep -q '/dev/shm/nnmpi-' "/proc/$(cat "pid.$1")/maps"
}

# slow CALL KIND PATH [VARIABLE]...: what start() takes for a fault at the first such call on such files.
slow() {
    echo "LD_PRELOAD=$TOOLS/libfaults.so FAULT_CALLS=$1 FAULT_KIND=$2 FAULT_PATH=$3 FAULT_AT=1 ${*:4}"
}

# is_stopped PROCESS: whether it is.
is_stopped() {
    grep -qE '^State:\s+T' "/proc/$1/status" 2>/dev/null
}

# hangs RANK DOING: the job must end within 40 s (the others finish what they can first), with exit
# code 70, naming the rank and what it did.
hangs() {
    until_true 40 "rank $1 is stopped, and the run does not end" is_gone "$job"
    ends 70
    grep -qE "the run hangs: .*waiting for rank $1 on $(uname -n) \(stopped or cut off: last heard of [0-9]+ s ago, $2\); " err ||
        fail "rank $1 ($2) is not named"
    # rank 0 itself goes on for the moment between mpirun's CONT and its KILL, and may say so too
    [ "$(grep -c 'the run hangs' err)" = 1 ] || [ "$1" = 0 ] || fail 'the message is not printed once'
    all_gone 5
    no_shared_memory killed
}

# tells FOLDER RANK: nnmpi info says why the run ended: rank 0's watchdog has left that in the folder.
tells() {
    [ "$2" != 0 ] || return 0
    expect_exit 0 "$NNMPI" info "$1"
    expect_text "$1: a run that failed; go on with --resume" out
    grep -qE "^  it said +the run hangs: .*waiting for rank $2 on $(uname -n)" out || fail 'info does not say why'
}

# stop_in PHASE RANK RANKS: one fault.
stop_in() {
    local rank=$2 size=$3 to=$fault.$1
    case $1 in
    step)
        start "$size" "$NNMPI" train run.yaml --output "$to" --hang-timeout 2
        until_there has_saved "$to" 4000
        # it may be caught in one of the checkpoints, and what was last heard of it be of a moment before
        kill -s STOP "$(cat pid."$rank")"
        hangs "$rank" '(loading|in a step|evaluating|saving)'
        tells "$to" "$rank"
        expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output "$to" --resume --set max_steps=4100
        ;;
    evaluation)
        start "$size" "$NNMPI" train long.yaml --output "$to" --hang-timeout 2
        until_there grep -q '^training on' out
        sleep 0.$((RANDOM % 10))
        kill -s STOP "$(cat pid."$rank")"
        hangs "$rank" '(loading|evaluating|in a step)' # wherever a busy machine lets it be by then
        ;;
    save) # rank 0 stops in it, or is slow in it, so that another can be stopped meanwhile
        if [ "$rank" = 0 ]; then
            SLOW=$(slow fsync stop:1000 checkpoint-) start "$size" "$NNMPI" train files.yaml --output "$to" \
                --hang-timeout 2
        else
            SLOW=$(slow fsync delay:6000 checkpoint-) start "$size" "$NNMPI" train files.yaml \
                --output "$to" --hang-timeout 2
            until_there grep -qsE '^1,' "$to/metrics.csv"
            sleep 0.5
            kill -s STOP "$(cat pid."$rank")"
        fi
        # a busy machine may not have let it get to the next save, a fast one not to the next message
        hangs "$rank" '(loading|in a step|evaluating|saving)'
        ;;
    eval)
        start "$size" "$NNMPI" eval model.h5 --data longer.h5 --hang-timeout 2s
        until_there has_data "$rank"
        sleep 0.$((RANDOM % 5))
        kill -s STOP "$(cat pid."$rank")"
        hangs "$rank" '(loading|evaluating)'
        expect_text 'run it again' err
        ;;
    esac
}

# goes_on RANKS ARGUMENT...: it must end well, however long it takes.
goes_on() {
    start "$1" "$NNMPI" "${@:2}"
    local got=0
    wait "$job" || got=$?
    [ "$got" = 0 ] || fail "exit code $got instead of 0"
    expect_no_text 'the run hangs' err
}

# Each rank and phase in turn.
expect_exit 0 ranks 2 "$NNMPI" train long.yaml --set epochs=1 --output model
cp model/model.h5 .
faults=('step 0 2' 'evaluation 1 3' 'save 0 3' 'step 3 4' 'save 1 2' 'evaluation 0 2' 'eval 2 3'
    'step 1 2' 'step 2 3' 'evaluation 3 4' 'save 3 4' 'eval 0 2' 'step 0 4' 'save 0 2')
count=$(how_many 7 ${#faults[@]})
for ((fault = 0; fault < count; fault++)); do
    read -r phase rank size <<<"${faults[fault]}"
    stop_in "$phase" "$rank" "$size"
done

# A save, an evaluation and reading that take longer than the timeout.
SLOW=$(slow fsync delay:5000 checkpoint-) goes_on 3 train files.yaml --output slow --hang-timeout 2
grep -qE 'no progress for [0-9]+ s: waiting for rank 0 on .* \(saving, for [0-9]+ s\); files may' err ||
    fail 'nothing is said of the slow save'
expect_exit 0 "$NNMPI" eval slow/model.h5 --data small.h5
begin=$SECONDS
goes_on 1 train long.yaml --output slow.long --hang-timeout 1 --set epochs=1
goes_on 2 train long.yaml --output slow.long --overwrite --hang-timeout 1 --set epochs=1
((SECONDS - begin > 2)) || fail 'the evaluation was not long enough to say something'
SLOW=$(slow pread delay:5000 stream.h5 FAULT_AT=40 FAULT_RANK=1) \
    goes_on 3 train stream.yaml --output stream --hang-timeout 2
grep -qE 'no progress for [0-9]+ s: waiting for rank 1 on .*: reading rows, for [0-9]+ s\); files may' err ||
    fail 'nothing is said of slow reading'

# All ranks stopped, and let go, as a batch system does: their clocks stood too.
start 3 "$NNMPI" train run.yaml --output suspended --hang-timeout 2 --set max_steps=40000
until_there has_saved suspended 2000
mapfile -t all < <(cat pid.*)
kill -s STOP "${all[@]}"
until_there is_stopped "${all[0]}"
sleep 4
kill -s CONT "${all[@]}"
wait "$job" || fail 'a job that was suspended does not go on'
expect_no_text 'the run hangs' err

# Switched off, and what is no time.
expect_exit 0 ranks 2 "$NNMPI" train files.yaml --output off --hang-timeout 0
expect_error 64 "--hang-timeout is a time of a second or more" train files.yaml --hang-timeout 5x
expect_error 64 "--hang-timeout is a time of a second or more" eval model.h5 --data small.h5 --hang-timeout 0.1

report stopped "$count" 'each named with its host and phase within seconds, all processes gone, exit code 70'
