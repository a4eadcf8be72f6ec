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
    rm -rf run pid.*
    # shellcheck disable=SC2016 # expanded by the ranks
    "$MPIRUN" -np $size bash -c 'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec "$NNMPI" "$@"' \
        bash train run.yaml --output run >out 2>err </dev/null &
    launcher=$!
    while [ "$(find . -name 'pid.*' -size +0 | wc -l)" -lt $size ] && kill -0 $launcher 2>/dev/null; do
        sleep 0.02
    done
    sleep "$(awk -v r="$RANDOM" 'BEGIN { print 2 * r / 32768 }')"
    begun=$(date +%s%N)
    kill -9 $launcher || fail 'the run is over'
    wait $launcher || true
    for ((rank = 0; rank < size; rank++)); do
        while kill -0 "$(cat pid.$rank)" 2>/dev/null; do
            if [ $((($(date +%s%N) - begun) / 1000000)) -gt 10000 ]; then
                cat pid.* | xargs kill -9 || true
                fail "kill $i: rank $rank of $size is still there"
            fi
            sleep 0.05
        done
    done
    took=$((($(date +%s%N) - begun) / 1000000))
    [ $slowest -gt $took ] || slowest=$took
done
expect_exit 0 "$NNMPI" train run.yaml --output run --overwrite --set max_steps=100
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output run --resume --set max_steps=200
report 'kill -9 of mpirun' "$count kills" "all ranks were gone within $slowest ms"
