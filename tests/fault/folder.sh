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
# taken over ends before it writes again, and leaves the folder to the other. So too where the other has
# removed the file meanwhile and made it anew, and where failing writes would be survived.
printf 'host elsewhere\nprocess 7\nbegun 9\njob 77\nrestart 1\n' >other
for how in written replaced; do
    for policy in stop continue; do
        rm -rf taken
        start 2 "$NNMPI" train long.yaml --output taken --set checkpoint.on_error=$policy
        until_there test -s taken/metrics.csv
        if [ $how = written ]; then
            said='was taken over by process 7 on elsewhere, Slurm job 77: '
            cat other >taken/lock
        else
            said='taken/lock has been removed or replaced: '
            cp other new
            mv new taken/lock
        fi
        ends 73
        expect_text "${said}another run may be writing to its folder, and this one ends" err
        expect_no_text 'tried once more' err
        cmp other taken/lock || fail "the other's lock has changed"
    done
done

# A file system of which it is not known whose locks it sees: who ended before it wrote its name into the
# lock is gone if that is long ago.
elsewhere() {
    mkdir disk
    mount -t ramfs none disk
    mkdir disk/run
    : >disk/run/lock
    expect_error 73 'disk/run is in use by another run: a process that it does not name' \
        train run.yaml --output disk/run
    touch --date='2 minutes ago' disk/run/lock
    expect_exit 0 "$NNMPI" train run.yaml --output disk/run
    expect_text 'disk/run/lock was left by a process that it does not name' err
    umount disk
}
if unshare --mount mount -t ramfs none "$work" 2>/dev/null; then
    export -f elsewhere expect_error expect_exit expect_text expect_no_text fail
    unshare --mount bash -euc elsewhere
else
    echo 'left out: no file system of another kind can be mounted here'
fi

report folder $((races + kills)) "$races races of 3 runs ($refused refused), $kills kills of ranks and mpirun" \
    "($taken left a lock, which was taken over)"
