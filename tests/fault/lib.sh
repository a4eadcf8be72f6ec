# shellcheck shell=bash
# lib.sh: what the tests of faults share, beside tests/cli/lib.sh. Each runs a small number of faults,
# or, with FAULTS=whole, the whole number that docs/RELIABILITY.md promises; SEED chooses them, and is
# printed, so that a failure can be made again.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

FAULTS=${FAULTS:-ci}
SEED=${SEED:-20261125}
RANDOM=$SEED # bash's generator: the same numbers from the same seed

# how_many CI WHOLE: prints the number of faults of this run.
how_many() {
    if [ "$FAULTS" = whole ]; then echo "$2"; else echo "$1"; fi
}

# no_shared_memory ended|killed: the ranks of pid.RANK have left none; where one was killed, at most a name without memory, which is removed here.
no_shared_memory() {
    local file name how=$1
    for file in pid.*; do
        for name in /dev/shm/nnmpi-"$(cat "$file")"-*; do
            [ -e "$name" ] || continue
            [ "$how$(stat -c %b "$name")" = killed0 ] || fail "rank ${file#pid.} has left $name"
            rm "$name"
        done
    done
}

# report FAULT COUNT TEXT...: the line with which a test of faults ends.
report() {
    printf 'fault: %s: %s, seed %s: %s\n' "$1" "$2" "$SEED" "${*:3}"
}
