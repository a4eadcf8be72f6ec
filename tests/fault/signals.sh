#!/usr/bin/env bash
# signals.sh: TERM, USR1 and INT at random times to one rank, two or all, to mpirun, while a checkpoint is
# written, once or twice, on 1 to 4 ranks: all ranks leave with 75, the newest checkpoint can be
# read, and the resumed run ends with the bits of one that was left alone.
# test: NP 4 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

# The validation takes about half of the time. From 3 ranks on bits are compared with the same communication
# only, and auto tries which is faster.
small_run run.yaml 'epochs: 1000000' 'communication: node' 'checkpoint: {every_steps: 40, keep: 3}' \
    'early_stopping: {monitor: val_loss, patience: 1000000, restore_best_weights: true}'
rm small.h5
"$TOOLS/make_dataset" small.h5 train=107 test=200 features=5

rank_catches() { [ -s "pid.$1" ] && catches "$(cat "pid.$1")"; }

# train RANKS: in the background; sets job, and waits until every rank catches signals. Each has a shell
# that stays, to tell its exit code.
train() {
    local count=$1 r
    rm -rf run pid.* code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    "$MPIRUN" -np "$count" bash -c '
        trap "" TERM USR1 INT
        bash -c "trap - TERM USR1 INT; echo \$\$ >pid.$OMPI_COMM_WORLD_RANK
            exec env --default-signal=TERM,USR1,INT $SLOW \"$NNMPI\" train run.yaml --output run"
        echo $? >code.$OMPI_COMM_WORLD_RANK' >out 2>err </dev/null &
    job=$!
    for ((r = 0; r < count; r++)); do
        until_true 30 "rank $r of $count does not begin" rank_catches "$r"
    done
}

# send SIGNAL RANK...
send() {
    local r
    for r in "${@:2}"; do kill -s "$1" "$(cat "pid.$r")" 2>/dev/null || true; done
}

count=$(how_many 20 200)
declare -A tally=()
names=(TERM USR1 INT)
for ((k = 0; k < count; k++)); do
    size=$((RANDOM % 4 + 1))
    kinds=(one pair all twice saving mpirun)
    kind=${kinds[k % 6]}
    signal=${names[RANDOM % 3]}
    second=${names[RANDOM % 2]} # a second INT would end the run at once
    rank=$((RANDOM % size))
    other=$((RANDOM % size))
    delay=$(printf '0.%03d' $((RANDOM % 700)))
    SLOW=
    [ "$kind" != saving ] || [ ! -e "$TOOLS/libfaults.so" ] ||
        SLOW="LD_PRELOAD=$TOOLS/libfaults.so FAULT_CALLS=fsync FAULT_KIND=delay:150 FAULT_PATH=run/ FAULT_AT=1 FAULT_ON=1"
    export SLOW
    what="fault $k: $signal, $kind, rank $rank of $size, after $delay s"
    train "$size"
    sleep "$delay"
    case $kind in
    one) send "$signal" "$rank" ;;
    pair)
        send "$signal" "$rank"
        [ "$other" = "$rank" ] || send "$second" "$other"
        ;;
    all) send "$signal" $(seq 0 $((size - 1))) ;;
    twice)
        send "$signal" "$rank"
        send "$second" "$rank"
        ;;
    saving)
        until_true 30 'no save begins' has_file 'run/checkpoint*.partial'
        send "$signal" "$rank"
        ;;
    mpirun) kill -s USR1 "$job" ;; # it passes USR1 on
    esac
    until_true 30 "$what: it does not end" is_gone "$job"
    wait "$job" || true
    for ((r = 0; r < size; r++)); do
        [ -s code.$r ] || fail "$what: rank $r was ended"
        [ "$(cat code.$r)" = 75 ] || fail "$what: rank $r leaves with $(cat code.$r)"
    done
    [ "$(grep -c 'is saved in run: go on with --resume' err)" = 1 ] || fail "$what: the message"
    step=$(newest_step run)
    [ "$step" -ge 0 ] || fail "$what: no checkpoint"
    grep -qF "step $step is saved" err || fail "$what: the newest checkpoint is of step $step"
    [ ! -e run/lock ] || fail "$what: the lock is still there"
    unset SLOW
    expect_exit 0 "$NNMPI" info "run/checkpoint-$step.h5"
    expect_exit 0 ranks $size "$NNMPI" train run.yaml --output run --resume --set max_steps=$((step + 20))
    expect_exit 0 ranks $size "$NNMPI" train run.yaml --output whole --overwrite \
        --set max_steps=$((step + 20))
    expect_same_bits whole/model.h5 run/model.h5 || fail "$what"
    same_run whole run
    tally[$kind]=$((${tally[$kind]-0} + 1))
done
report 'signals at random times' "$count signals" \
    "$(for kind in "${!tally[@]}"; do printf '%s %s, ' "$kind" "${tally[$kind]}"; done)all 75, resumed to the same bits"
