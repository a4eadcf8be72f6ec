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

# Kills at any moment, from before MPI starts to the middle of a save.
kills=$(how_many 6 100)
taken=0
for ((n = 0; n < kills; n++)); do
    count=$((1 + RANDOM % 3)) victim=$((RANDOM % 4)) delay=$((RANDOM % 1500))
    start "$count" "$NNMPI" train long.yaml --output killed --overwrite
    until_there all_begun "$count"
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    if [ "$victim" -lt "$count" ]; then kill -s KILL "$(cat pid.$victim)"; else kill -s KILL "$job"; fi
    wait "$job" 2>/dev/null || true
    # The next run begins at once, or, when nobody holds the lock any more, as if on another node.
    if [ $((RANDOM % 2)) = 0 ]; then
        all_gone 10
        [ ! -s killed/lock ] || sed -i 's/^host .*/host elsewhere/' killed/lock
    fi
    if [ -n "$(find killed -name 'checkpoint-*.h5' 2>/dev/null)" ]; then how=--resume; else how=--overwrite; fi
    [ ! -e killed/lock ] || taken=$((taken + 1))
    expect_exit 0 ranks "$count" "$NNMPI" train long.yaml --output killed $how --set max_steps=1
    [ ! -e killed/lock ] || fail 'a run that ended leaves the lock'
    all_gone 10
done
# A run that does not see the other, as where locks do not reach from node to node: the one whose lock was
# taken over ends before it writes again, and leaves the folder to the other.
start 2 "$NNMPI" train long.yaml --output taken
until_there test -s taken/metrics.csv
printf 'host elsewhere\nprocess 7\nbegun 9\njob 77\nrestart 1\n' >lock
mv lock taken/lock
got=0
wait "$job" || got=$?
[ "$got" = 73 ] || fail "exit code $got of a run whose lock was taken over"
expect_text 'another run may be writing to its folder, and this one ends' err
expect_text 'host elsewhere' taken/lock

report folder $((races + kills)) "$races races of 3 runs ($refused refused), $kills kills of ranks and mpirun" \
    "($taken left a lock, which was taken over)"
