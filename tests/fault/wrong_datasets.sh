#!/usr/bin/env bash
# wrong_datasets.sh: 300 dataset files that are wrong, each in one way, from a seed (wrong_datasets.py):
# train leaves with 65, or 66 where there is no file, and one message that names the file and where
# in it; on 2 ranks the same, with the same code everywhere. eval, predict and info do not crash
# either.
# test: NP 2 TIMEOUT 700
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

python=
for candidate in "${NNMPI_PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import h5py' 2>/dev/null; then python=$candidate; fi
done
[ -n "$python" ] || skip 'no python3 with h5py'
count=300
beside=$(how_many 10 1) # every so many files go through the other commands and 2 ranks too

"$python" "$SOURCE_DIR/tests/fault/wrong_datasets.py" files $count "$SEED" >list
"$TOOLS/make_dataset" right.h5 train=40 test=20 features=5
small_run run.yaml 'data: {file: right.h5, validation: /test}' 'epochs: 1'
expect_exit 0 "$NNMPI" train run.yaml --output good
others=0 parallel=0 row=0

# expect_named NAME WHERE: one message names the file and the place.
expect_named() {
    [ "$(grep -c '' err)" = 1 ] || fail "$1: it should be one message"
    expect_text "$1" err
    expect_text "$2" err
}

while IFS=$'\t' read -r name code where; do
    row=$((row + 1))
    expect_exit "$code" "$NNMPI" train run.yaml --output run --set "data.file=files/$name"
    expect_named "$name" "$where"
    [ ! -e run ] || fail "$name: a run that did not begin leaves a folder"
    [ $((row % beside)) = 0 ] || continue
    for command in "eval good/model.h5 --data files/$name" "info files/$name" \
        "predict good/model.h5 --data files/$name --output p.h5"; do
        # A file whose other group is wrong is right for them.
        got=0
        # shellcheck disable=SC2086 # words
        timeout 20 "$NNMPI" $command >out 2>err </dev/null || got=$?
        case $got in
        0) ;;
        65 | 66) expect_named "$name" '' ;;
        *) fail "exit code $got of $command" ;;
        esac
        others=$((others + 1))
    done
    [ $((row % (8 * beside))) -lt "$beside" ] || continue
    rm -f code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    ranks 2 bash -c 'timeout 20 "$NNMPI" "$@"; echo $? >code.$OMPI_COMM_WORLD_RANK' bash \
        train run.yaml --output run --set "data.file=files/$name" >out 2>err </dev/null ||
        fail "mpirun fails: $name"
    [ "$(cat code.0) $(cat code.1)" = "$code $code" ] ||
        fail "$name: 2 ranks leave with $(cat code.0 code.1), not $code"
    expect_named "$name" "$where"
    parallel=$((parallel + 1))
done <list
[ "$row" = $count ] || fail "only $row files were tried"
report 'wrong datasets' "$count files" "65, or 66 where there is none, and one message that names file" \
    "and path; $others runs of eval, predict and info, $parallel on 2 ranks"
