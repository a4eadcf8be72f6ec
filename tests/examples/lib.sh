# shellcheck shell=bash
# lib.sh: what the tests of the examples share: a copy of datasets/NAME, so that they leave nothing
# there, its data generated anew, and its run file trained as it stands.
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# prepare NAME: the example in the folder NAME, with its data.
prepare() {
    mkdir "$1"
    cp "$SOURCE_DIR/datasets/lcg.awk" .
    cp "$SOURCE_DIR/datasets/$1/"* "$1"
    if [ -e "$1/generate.sh" ]; then
        rm -f "$1"/*.h5
        expect_exit 0 sh "$1/generate.sh"
        [ -s "$1/$1.h5" ] || fail "generate.sh makes no $1.h5"
    fi
}

# learn RANKS NAME ARGUMENT...: trains its run file.
learn() {
    local count=$1 name=$2
    shift 2
    rm -rf "runs/$name"
    expect_exit 0 timeout 600 "$MPIRUN" -np "$count" "$NNMPI" train "$name/train.yaml" "$@"
}

# evaluate RANKS NAME SPLIT: its model on a group of its data; `field` gives the numbers.
evaluate() {
    expect_exit 0 ranks "$1" "$NNMPI" eval "runs/$2/model.h5" --data "$2/$2.h5" --split "$3"
}
