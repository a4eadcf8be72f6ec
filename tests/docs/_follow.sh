# shellcheck shell=bash
# _follow.sh: types what a page of docs/ says. In order: a ```sh block is run, and must succeed; a block of
# yaml, python or csv whose first line is "# NAME" is written to the file NAME; the lines of a ```text block
# must be among those that the commands since the text block before it have printed, in order, numbers and
# blanks aside; "..." stands for anything. It happens in a folder that has the checkout's datasets and slurm,
# with nnmpi in the PATH and python as NNMPI_PYTHON says.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

ln -s "$SOURCE_DIR/datasets" datasets
ln -s "$SOURCE_DIR/slurm" slurm
mkdir bin
ln -s "$NNMPI" bin/nnmpi
printf '#!/bin/sh\nexec "%s" "$@"\n' "${NNMPI_PYTHON:-python3}" >bin/python # a link would not find its modules
chmod +x bin/python
PATH=$PWD/bin:$PATH
export MPLBACKEND=agg KERAS_BACKEND=${KERAS_BACKEND:-jax}

# plain FILE: its lines without what differs from run to run.
plain() {
    sed -E 's/[-+]?[0-9][0-9,]*(\.[0-9]+)?(e[-+]?[0-9]+)?/#/g; s/[[:space:]]+/ /g; s/^ //; s/ $//' "$1"
}

# expect_lines FILE: its lines stand in said, in this order; the next ones stand in what is said from now on.
expect_lines() {
    plain "$1" | grep -vxF -e '...' -e '' >expected || true
    plain said >printed
    awk 'NR == FNR { want[NR] = $0; count = NR; next } got < count && $0 == want[got + 1] { got++ }
         END { if (got < count) { print want[got + 1]; exit 1 } }' expected printed >missing ||
        fail "the page says: $(cat missing)"
    : >said
}

# follow PAGE [NEEDS...]: does what docs/PAGE says; the Python modules NEEDS are there, or it is skipped.
follow() {
    local page=$SOURCE_DIR/docs/$1 block kind number=0
    shift
    for module in "$@"; do
        python -c "import $module" 2>/dev/null || skip "${NNMPI_PYTHON:-python3} cannot import $module"
    done
    mkdir blocks
    : >said
    awk '/^```[a-z]+$/ { kind = substr($0, 4); file = sprintf("blocks/%03d.%s", ++n, kind); inside = 1; printf "" >file; next }
         /^```$/ { inside = 0; close(file); next }
         inside { print >file }' "$page"
    for block in blocks/*; do
        kind=${block##*.}
        case $kind in
        sh)
            echo "set -euo pipefail" | cat - "$block" >block.sh
            expect_exit 0 bash block.sh
            cat out err >>said
            number=$((number + 1))
            ;;
        text) expect_lines "$block" ;;
        yaml | python | csv)
            read -r _ name <"$block"
            cp "$block" "$name"
            ;;
        *) fail "a block of $kind: what is to be done with it?" ;;
        esac
    done
    ((number > 0)) || fail "the page has no commands"
}
