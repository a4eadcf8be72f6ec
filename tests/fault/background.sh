#!/usr/bin/env bash
# background.sh: checkpoints that are written while training goes on: slow disks, full disks, a limit on
# the size of files, signals meanwhile, with checkpoint.on_error stop and continue.
# test: NP 3 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"
done=0

# expect_whole FILE: the file verifies; it leaves the run's output alone.
expect_whole() { "$NNMPI" info "$1" >info.txt 2>&1 || fail "$1 is not whole: $(cat info.txt)"; }

no_partial() {
    if compgen -G "$1/*.partial" >/dev/null; then fail "a .partial is left in $1"; fi
}

# A full disk on which room is made while training goes on.
full_disk() {
    local last
    mkdir disk
    mount -t tmpfs -o size=400k none disk
    "$TOOLS/make_dataset" rows.h5 train=4000 test=41 features=5
    small_run disk.yaml 'data: {file: rows.h5}' 'batch_size: 1' 'epochs: 100000' \
        'checkpoint: {every_steps: 500, keep: 1, on_error: continue}' \
        'model: [{layer: Dense, units: 900, activation: relu}, {layer: Dense, units: 3, activation: softmax}]'
    "$NNMPI" train disk.yaml --output disk/run >out 2>err </dev/null &
    job=$!
    until_true 30 'no checkpoint' has_file 'disk/run/checkpoint-*.h5'
    # each time a save is over there may be room again
    # shellcheck disable=SC2317 # until_true calls it
    fill() {
        head -c 1000000 /dev/zero >>disk/filler 2>/dev/null || true
        grep -q 'training goes on without a new checkpoint: saving' err
    }
    until_true 30 'no save fails' fill
    expect_text 'No space left on device' err
    last=$(find disk/run -name 'checkpoint-*.h5')
    expect_whole "$last"
    rm disk/filler
    until_true 30 'no other checkpoint' test ! -e "$last"
    kill -TERM $job
    ends 75
    no_partial disk/run
    expect_whole "$(find disk/run -name 'checkpoint-*.h5')"
    umount disk
}
if [ "${1:-}" = mounted ]; then
    full_disk
    exit
fi
# A limit on the size of files; MPI itself needs some MB, the checkpoint 9.7.
small_run large.yaml 'checkpoint: {every_epochs: 1, on_error: continue}' 'epochs: 2' \
    'model: [{layer: Dense, units: 90000, activation: relu}, {layer: Dense, units: 3, activation: softmax}]'
# shellcheck disable=SC2016 # expanded by the inner shell
expect_exit 74 bash -c 'ulimit -f 8192; exec "$@"' bash "$NNMPI" train large.yaml --output run
expect_text 'training goes on without a new checkpoint: saving run/checkpoint-14.h5: ' err
expect_text 'the last checkpoint is tried once more: saving run/checkpoint-28.h5: ' err
expect_text 'File too large' err
[ "$(wc -l <run/metrics.csv)" = 3 ] || fail 'it did not go on'
if compgen -G 'run/*.h5*' >/dev/null; then fail 'something half-written is left'; fi
done=$((done + 1))

how=(unshare --mount)
"${how[@]}" true 2>/dev/null || how=(unshare --map-root-user --mount)
if "${how[@]}" mount -t tmpfs -o size=64k none "$work" 2>/dev/null; then
    "${how[@]}" bash "$SOURCE_DIR/tests/fault/background.sh" mounted
    done=$((done + 1))
else
    echo 'left out: a tiny file system cannot be mounted here, so no disk can be full'
fi

[ -e "$TOOLS/libfaults.so" ] || skip 'there is no libfaults.so for the rest: sanitizers do not go with it'

# A run with faults in rank 0's calls on the folder run: "${faults[@]}" SETTING... COMMAND...
faults=(env LD_PRELOAD="$TOOLS/libfaults.so" FAULT_PATH=run/ FAULT_RANK=)

# 14 steps an epoch. Each fsync takes its time: the next save waits for the one before; a snapshot has
# the bits of its step, although training goes on; as many stay as shall.
small_run run.yaml 'checkpoint: {every_steps: 5, keep: 99}' 'epochs: 2'
for ranks in 1 2 3; do
    for way in node allreduce; do
        rm -rf alone run
        expect_exit 0 ranks $ranks "$NNMPI" train run.yaml --output alone --set communication=$way
        expect_exit 0 ranks $ranks "${faults[@]}" FAULT_RANK=0 \
            FAULT_CALLS=fsync FAULT_AT=1 FAULT_ON=1 FAULT_KIND=delay:50 \
            "$NNMPI" train run.yaml --output run --set communication=$way --set checkpoint.keep=3
        for step in 20 25 28; do
            expect_same_bits alone/checkpoint-$step.h5 run/checkpoint-$step.h5
        done
        [ "$(find run -name 'checkpoint-*' | wc -l)" = 3 ] || fail 'keep: 3 keeps another number'
        expect_same_bits alone/model.h5 run/model.h5
        done=$((done + 1))
    done
done

# Training goes on during a write: the epoch ends, and has its line, before the checkpoint is there.
small_run long.yaml 'epochs: 100000' 'checkpoint: {every_steps: 10, keep: 2}'
rm -rf run
"${faults[@]}" FAULT_PATH=run/checkpoint-10.h5 FAULT_CALLS=fsync FAULT_KIND=delay:4000 FAULT_AT=1 \
    "$NNMPI" train long.yaml --output run >out 2>err </dev/null &
job=$!
until_true 30 'no epoch ends' grep -q '^1,14,' run/metrics.csv
[ ! -e run/checkpoint-10.h5 ] || fail 'training stood still for the checkpoint'
[ -e run/checkpoint-10.h5.partial ] || fail 'no checkpoint is under way'
# A signal meanwhile: both checkpoints are waited for.
kill -INT $job
ends 75
no_partial run
saved=$(sed -n 's/.*step \([0-9]*\) is saved.*/\1/p' err)
expect_exit 0 "$NNMPI" info "run/checkpoint-$saved.h5"
expect_exit 0 "$NNMPI" train long.yaml --output run --resume --set epochs=1 --set max_steps=$((saved + 1))
expect_text "going on after step $saved " out
done=$((done + 1))

# Further INTs do not wait; what the write leaves is removed by the next run, and nothing else.
rm -rf run
expect_exit 0 "$NNMPI" train long.yaml --output run --set max_steps=8
cp run/checkpoint-8.h5 eight.h5
"${faults[@]}" FAULT_PATH=run/checkpoint-10.h5 FAULT_CALLS=fsync FAULT_KIND=delay:60000 FAULT_AT=1 \
    "$NNMPI" train long.yaml --output run --resume >out 2>err </dev/null &
job=$!
until_true 30 'no save begins' test -e run/checkpoint-10.h5.partial
interrupt() { kill -INT $job && sleep 0.2 && ! kill -0 $job; }
until_true 20 'it does not leave at once' interrupt
ends 130
[ -e run/checkpoint-10.h5.partial ] || fail 'the write was waited for'
cmp -s eight.h5 run/checkpoint-8.h5 || fail 'the older checkpoint has changed'
cp eight.h5 run/mine.h5.partial
expect_exit 0 "$NNMPI" train long.yaml --output run --resume --set max_steps=12
expect_text 'going on after step 8 ' out
rm run/mine.h5.partial
no_partial run
done=$((done + 1))

# With on_error: continue the last checkpoint is tried once more, and must be written.
rm -rf run
"${faults[@]}" FAULT_CALLS=rename FAULT_LOG="$work/log" "$NNMPI" train run.yaml --output run >out 2>err
at=$(grep -n 'checkpoint-28.h5$' log | cut -d: -f1)
rm -rf run
expect_exit 0 "${faults[@]}" FAULT_CALLS=rename FAULT_KIND=EIO FAULT_AT="$at" \
    "$NNMPI" train run.yaml --output run --set checkpoint.on_error=continue
expect_text 'the last checkpoint is tried once more: saving run/checkpoint-28.h5: ' err
expect_same_bits run/checkpoint-28.h5 run/model.h5
rm -rf run
expect_exit 74 "${faults[@]}" FAULT_CALLS=rename FAULT_KIND=EIO FAULT_AT="$at" FAULT_ON=1 \
    "$NNMPI" train run.yaml --output run --set checkpoint.on_error=continue
[ ! -e run/model.h5 ] || fail 'there is a model without its checkpoint'
expect_exit 0 "$NNMPI" info run/checkpoint-25.h5
done=$((done + 2))

# Several ranks: a failure that comes while training goes on is everyone's, told once.
for ranks in 2 3; do
    for policy in stop continue; do
        rm -rf run
        code=74
        [ $policy = stop ] || code=0
        expect_exit $code ranks $ranks "${faults[@]}" FAULT_RANK=0 \
            FAULT_PATH=run/checkpoint-5.h5 FAULT_CALLS=write FAULT_KIND=ENOSPC FAULT_AT=1 \
            "$NNMPI" train run.yaml --output run --set checkpoint.on_error=$policy
        [ "$(grep -c 'saving run/checkpoint-5.h5: ' err)" = 1 ] || fail 'it is not told once'
        expect_text 'No space left on device' err
        [ $policy = stop ] || expect_same_bits run/checkpoint-28.h5 run/model.h5
        done=$((done + 1))
    done
done
report 'background checkpoints: slow and full disks, limits, signals, one more try' "$done cases" \
    'whole checkpoints, 74 or 75, or training goes on'
