#!/usr/bin/env bash
# kill_rank.sh: kill -9 of a random rank at a random time, again and again until the run is through:
# the newest checkpoint is always whole, and no more than an interval and what is made while the next is
# written is lost; no rank stays, and the weights end as those of a run that nobody disturbed. Runs in two
# lanes at a time; every second run is reproducible, and goes on with another number of ranks each time.
# test: NP 2 TIMEOUT 600
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

count=$(how_many 30 1000)
interval=5
lanes=2

for way in plain reproducible; do
    # a step an epoch, so that each has its line in metrics.csv; from 3 ranks on bits are compared with the same
    # communication only, and auto tries which is faster
    small_run $way.yaml 'batch_size: 107' 'epochs: 600' 'communication: node' "checkpoint: {every_steps: $interval, keep: 3}"
done
echo 'reproducible: true' >>reproducible.yaml

# What an undisturbed run ends with, and how long the fastest takes, in milliseconds.
usual=0
for size in 2 3 4; do
    begun=$(date +%s%N)
    start $size "$NNMPI" train plain.yaml --output good$size
    wait "$job" || fail "the undisturbed run on $size ranks fails"
    took=$((($(date +%s%N) - begun) / 1000000))
    [ $usual != 0 ] && [ $usual -lt $took ] || usual=$took
done
start 2 "$NNMPI" train reproducible.yaml --output good0
wait "$job" || fail 'the undisturbed reproducible run fails'

# after_kill: what must be true of the folder `run` when a rank was killed. Of mpirun it is known that it
# sometimes stays where a rank dies while it reports to it; then it is ended, and counted.
after_kill() {
    local step told=0
    all_gone 10
    no_shared_memory killed
    for _ in $(seq 100); do
        kill -0 "$job" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$job" 2>/dev/null && stuck=$((stuck + 1))
    code=0
    wait "$job" || code=$?
    step=$(newest_step run)
    [ "$step" -ge 0 ] || step=0
    [ "$step" = 0 ] || expect_exit 0 "$NNMPI" info "run/checkpoint-$step.h5"
    if [ -s run/metrics.csv ]; then
        told=$(tail -n 1 run/metrics.csv | cut -d, -f2)
        [ "$told" != step ] || told=0
    fi
    # A checkpoint that was being written is lost with what was made meanwhile; the next one waits for it.
    [ $((step + interval)) -ge "${told:-0}" ] || longer=$((longer + 1))
    [ $((step + 2 * interval)) -ge "${told:-0}" ] ||
        fail "step $told was made, and the newest checkpoint is that of step $step"
}

# lane NUMBER KILLS: kills so many times.
lane() {
    local kills=0 runs=0 stuck=0 longer=0 size way good mode code victim
    RANDOM=$((SEED + 7919 * $1))
    trap 'kill "${job:-}" 2>/dev/null || true' EXIT
    mkdir "lane$1"
    cp -r ./*.yaml small.h5 good* "lane$1"
    cd "lane$1"
    while [ $kills -lt "$2" ]; do
        runs=$((runs + 1))
        rm -rf run
        size=$((2 + RANDOM % 3))
        way=plain
        good=$size
        if [ $((runs % 2)) = 0 ]; then way=reproducible good=0; fi
        while true; do
            [ $good != 0 ] || size=$((2 + RANDOM % 3))
            mode=--overwrite
            [ "$(newest_step run)" = -1 ] || mode=--resume
            start $size "$NNMPI" train $way.yaml --output run $mode
            until_there all_begun $size
            if [ $kills -ge "$2" ]; then # undisturbed to the end
                wait "$job" || fail 'the resumed run fails'
                break
            fi
            victim=$((RANDOM % size))
            sleep "$(awk -v r=$RANDOM -v t=$usual 'BEGIN { print t * r / 32768000 }')"
            if ! kill -9 "$(cat pid.$victim)" 2>/dev/null; then
                wait "$job" || fail "exit code $?, and nobody was killed"
                break
            fi
            kills=$((kills + 1))
            after_kill
            [ "$code" != 0 ] || break
        done
        [ "$(find run -mindepth 1 -printf '%f\n' | LC_ALL=C sort)" = "$(find "good$good" -mindepth 1 -printf '%f\n' | grep -v untimed | LC_ALL=C sort)" ] ||
            fail "other files than without kills: $(ls -A run)"
        expect_same_bits good$good/model.h5 run/model.h5
        same_run good$good run
    done
    echo $runs $stuck $longer >runs
}

waiting=()
for ((i = 0; i < lanes; i++)); do
    (lane $i $(((count + i) / lanes))) &
    waiting+=($!)
done
for job in "${waiting[@]}"; do
    wait "$job" || fail 'see above'
done
read -r runs stuck longer <<<"$(cat lane*/runs | awk '{ n += $1; m += $2; l += $3 } END { print n, m, l }')"
report 'kill -9 of a rank' "$count kills" "$runs runs of 2 to 4 ranks, all with the weights of an" \
    "undisturbed one; the newest checkpoint always whole and at most $interval steps old," \
    "but for $longer kills while the next was written; no rank stayed ($stuck times mpirun did)"
