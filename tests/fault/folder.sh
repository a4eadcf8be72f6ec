#!/usr/bin/env bash
# folder.sh: of several runs that want one folder at the same time, one trains and the others are refused;
# after kill -9 of any rank, or of mpirun, at a random moment, nothing keeps the next run out, on the same
# host or another.
# test: NP 3 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

small_run run.yaml 'epochs: 60'
small_run long.yaml 'epochs: 1000000' 'checkpoint: {every_steps: 50, keep: 2}'
expect_exit 0 "$NNMPI" train run.yaml --output alone

# Races: all begin at once. One may end before another begins; then that one is told so.
races=$(how_many 3 50)
refused=0
for ((race = 0; race < races; race++)); do
    jobs=()
    for ((i = 0; i < 3; i++)); do
        "$NNMPI" train run.yaml --output shared >race.out$i 2>race.err$i &
        jobs+=($!)
    done
    trained=0
    for ((i = 0; i < 3; i++)); do
        code=0
        wait "${jobs[i]}" || code=$?
        case $code in
        0) trained=$((trained + 1)) ;;
        73)
            grep -qE 'is in use by another run|holds a run already' race.err$i || fail "$(cat race.err$i)"
            refused=$((refused + 1))
            ;;
        *) fail "race $race: exit code $code: $(cat race.err$i)" ;;
        esac
    done
    [ "$trained" = 1 ] || fail "race $race: $trained runs trained"
    expect_same_bits alone/model.h5 shared/model.h5
    same_run alone shared
    [ ! -e shared/lock ] || fail "race $race: the lock is left"
    rm -r shared
done

# all_gone COUNT: waits for the ranks of a job: those of a killed mpirun end a moment after it.
all_gone() {
    local rank i
    for ((rank = 0; rank < $1; rank++)); do
        for ((i = 0; i < 200; i++)); do
            kill -0 "$(cat pid.$rank)" 2>/dev/null || break
            sleep 0.05
        done
        [ $i -lt 200 ] || fail "rank $rank of $1 is still there after 10 seconds"
    done
}

# Kills at any moment, from before MPI starts to the middle of a save.
kills=$(how_many 6 100)
taken=0
for ((n = 0; n < kills; n++)); do
    count=$((1 + RANDOM % 3)) victim=$((RANDOM % 4)) delay=$((RANDOM % 1500))
    rm -f pid.*
    # shellcheck disable=SC2016 # expanded by the ranks
    "$MPIRUN" -np "$count" bash -c \
        'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec "$NNMPI" train long.yaml --output killed --overwrite' \
        >out 2>err </dev/null &
    job=$!
    for ((i = 0; i < 600; i++)); do
        [ ! -s pid.$((count - 1)) ] || break
        sleep 0.02
    done
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    if [ "$victim" -lt "$count" ]; then kill -s KILL "$(cat pid.$victim)"; else kill -s KILL "$job"; fi
    wait "$job" 2>/dev/null || true
    # The next run begins at once, or, when nobody holds the lock any more, as if on another node.
    if [ $((RANDOM % 2)) = 0 ]; then
        all_gone $count
        [ ! -s killed/lock ] || sed -i 's/^host .*/host elsewhere/' killed/lock
    fi
    if [ -n "$(find killed -name 'checkpoint-*.h5' 2>/dev/null)" ]; then how=--resume; else how=--overwrite; fi
    [ ! -e killed/lock ] || taken=$((taken + 1))
    expect_exit 0 ranks "$count" "$NNMPI" train long.yaml --output killed $how --set max_steps=1
    [ ! -e killed/lock ] || fail 'a run that ended leaves the lock'
    all_gone $count
done
report folder $((races + kills)) "$races races of 3 runs ($refused refused), $kills kills of ranks and mpirun" \
    "($taken left a lock, which was taken over)"
