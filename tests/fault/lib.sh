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

# report FAULT COUNT TEXT...: the line with which a test of faults ends.
report() {
    printf 'fault: %s: %s, seed %s: %s\n' "$1" "$2" "$SEED" "${*:3}"
}
