#!/usr/bin/env bash
# kill_mpirun.sh: kill -9 of mpirun at a random time, every third time after the first checkpoint: no rank is left 10 seconds later, and the run goes
# on with --resume to the bits of one that nobody disturbed.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

count=$(how_many 10 100)
# From 3 ranks on bits are compared with the same communication only, and auto tries which is faster.
small_run run.yaml 'epochs: 100000' 'communication: node' 'checkpoint: {every_steps: 50, keep: 2}'
slowest=0 resumed=0
for ((i = 0; i < count; i++)); do
    size=$((2 + RANDOM % 3))
    rm -rf run
    start $size "$NNMPI" train run.yaml --output run
    until_there all_begun $size
    [ $((i % 3)) != 0 ] || until_there has_saved run 0
    sleep "$(awk -v r="$RANDOM" 'BEGIN { print 2 * r / 32768 }')"
    begun=$(date +%s%N)
    kill -9 "$job" || fail 'the run is over'
    wait "$job" || true
    all_gone 10
    no_shared_memory killed
    took=$((($(date +%s%N) - begun) / 1000000))
    [ $slowest -gt $took ] || slowest=$took
    step=$(newest_step run)
    [ "$step" -ge 0 ] || continue # too early for a checkpoint
    resumed=$((resumed + 1))
    expect_exit 0 ranks $size "$NNMPI" train run.yaml --output run --resume --set max_steps=$((step + 20))
    expect_exit 0 ranks $size "$NNMPI" train run.yaml --output whole --overwrite --set max_steps=$((step + 20))
    expect_same_bits whole/model.h5 run/model.h5
    same_run whole run
done
[ $resumed -gt 0 ] || fail 'no run got to a checkpoint'
report 'kill -9 of mpirun' "$count kills" "all ranks were gone within $slowest ms; $resumed had a checkpoint," \
    "from which they went on to the bits of an undisturbed run"
