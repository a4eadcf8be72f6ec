#!/usr/bin/env bash
# saves.sh: every system call of a run's saves in turn: the process is killed there, or the call fails
# with the errors that disks have. The old or the new checkpoint loads and the resumed run ends with the
# bits of one that was left alone; a failure names path and reason and leaves with 73 or 74, or training
# goes on where the run file says so.
# test: TIMEOUT 900
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"
[ -e "$TOOLS/libfaults.so" ] || skip 'there is no libfaults.so: sanitizers do not go with it'

# 14 steps: checkpoints at 5, 10 and 14, of which the newest two stay, and the model.
small_run run.yaml 'epochs: 1' 'checkpoint: {every_steps: 5, keep: 2}'
expect_exit 0 "$NNMPI" train run.yaml --output alone

# with_fault VARIABLE=VALUE... -- ARGUMENT...: trains with the fault; sets code and call, the first call
# that it hit.
with_fault() {
    local settings=()
    while [ "$1" != -- ]; do settings+=("$1") && shift; done
    shift
    rm -rf run log
    code=0
    { env LD_PRELOAD="$TOOLS/libfaults.so" FAULT_PATH=run/ FAULT_LOG=log "${settings[@]}" \
        "$NNMPI" train run.yaml --output run "$@" >out 2>err </dev/null || code=$?; } 2>killed
    call=$(head -n 1 log 2>/dev/null || true)
}

# whole_or_none: each checkpoint and model that is there verifies.
whole_or_none() {
    local file
    for file in run/checkpoint-*.h5 run/model.h5; do
        [ ! -e "$file" ] || "$NNMPI" info "$file" >out 2>&1 || fail "$file is not whole after $call"
    done
}

# goes_on: what is left leads to the end that it would have had.
goes_on() {
    local how=--resume
    compgen -G 'run/checkpoint-*.h5' >/dev/null || how=--overwrite
    expect_exit 0 "$NNMPI" train run.yaml --output run $how
    expect_same_bits alone/model.h5 run/model.h5
    same_run alone run
    ! compgen -G 'run/*.partial' >/dev/null || fail "a .partial is left after $call"
}

with_fault -- # counts
[ "$code" = 0 ] || fail "it does not train with libfaults.so: $(cat err)"
calls=$(wc -l <log)
[ "$calls" -gt 30 ] || fail "only $calls calls were counted"

for ((n = 1; n <= calls; n++)); do
    with_fault FAULT_AT=$n FAULT_KIND=kill --
    [ "$code" = 137 ] || fail "call $n ($call) was not the end: $code"
    whole_or_none
    goes_on
done
report 'kill -9 at each system call of a save' "$calls calls" 'the old or the new checkpoint loads'

kinds=(ENOSPC EIO EDQUOT EFBIG short)
declare -A said=([ENOSPC]='No space left on device' [EIO]='Input/output error'
    [EDQUOT]='Disk quota exceeded' [EFBIG]='File too large' [short]='')

# fault N KIND ON POLICY: one failing call, or all from it on; what must follow.
fault() {
    local kind=$2 harmless=
    with_fault FAULT_AT="$1" FAULT_KIND="$kind" ${3:+FAULT_ON=1} -- --set "checkpoint.on_error=$4"
    whole_or_none
    case $call in
    unlink*) harmless=1 ;;            # what cannot be removed stays
    'open run' | 'close run') harmless=1 ;; # the folder: its fsync is tried
    fsync*run/lock* | close*run/lock*) harmless=1 ;; # it is held all the same, or has been removed
    opendir*run/tensorboard*) harmless=1 ;; # whether an earlier run has left something there
    *run/progress.json*) harmless=1 ;;      # the next one comes in a moment
    esac
    [ "$kind" != short ] || [ "$code" = 0 ] || fail "a short write is a failure: $call"
    case $code in
    0)
        # The file was published, or its failure survived.
        if [ -z "$harmless" ] && [ "$kind" != short ]; then
            [ "$4" = continue ] || fail "$kind at $call is no failure"
            grep -qE 'training goes on without a new checkpoint|the last checkpoint is tried once more' out err ||
                fail "the failure is not told: $call"
            expect_text "${said[$kind]}" out err
        fi
        ;;
    73 | 74)
        expect_text "${said[$kind]}" err
        [ "$4" = continue ] || [ "$(wc -l <err)" = 1 ] || fail "more than one message: $call"
        grep -qF run/ err || fail "the message names no path: $call"
        ;;
    *) fail "exit code $code after $kind at $call" ;;
    esac
    goes_on
}

done=0
for ((n = 1; n <= calls; n++)); do
    for policy in stop continue; do
        for on in '' 1; do
            for ((k = 0; k < ${#kinds[@]}; k++)); do
                # the short run takes a part of them, another one for each call
                [ "$FAULTS" = whole ] || [ $(((n + k) % 5)) = 0 ] || continue
                [ "$FAULTS" = whole ] || [ -n "$on" ] || [ $((n % 3)) = 0 ] || continue
                fault "$n" "${kinds[k]}" "$on" $policy
                done=$((done + 1))
            done
        done
    done
done
report 'a call fails (no space, quota, EIO, file too large, short write), once and from then on' \
    "$done faults in $calls calls" 'message, path, 73 or 74, or training goes on'
