#!/usr/bin/env bash
# kill_mpirun.sh: kill -9 of mpirun at a random time: no rank is left 10 seconds later, and the run goes
# on with --resume.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

count=$(how_many 10 100)
small_run run.yaml 'epochs: 100000' 'checkpoint: {every_steps: 50, keep: 2}'
slowest=0
for ((i = 0; i < count; i++)); do
    size=$((2 + RANDOM % 3))
    rm -rf run
    start $size "$NNMPI" train run.yaml --output run
    until_there all_begun $size
    sleep "$(awk -v r="$RANDOM" 'BEGIN { print 2 * r / 32768 }')"
    begun=$(date +%s%N)
    kill -9 "$job" || fail 'the run is over'
    wait "$job" || true
    all_gone 10
    took=$((($(date +%s%N) - begun) / 1000000))
    [ $slowest -gt $took ] || slowest=$took
done
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set max_steps=100
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output run --resume --set max_steps=200
report 'kill -9 of mpirun' "$count kills" "all ranks were gone within $slowest ms"
