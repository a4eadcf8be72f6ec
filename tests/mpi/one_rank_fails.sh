#!/usr/bin/env bash
# one_rank_fails.sh: whichever rank it is that cannot read a file, all leave within seconds, with its
# exit code; one message names it. (test_step_errors.c: the same in the middle of an epoch.)
# test: NP 2 TIMEOUT 180
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# Each rank works in a folder of its own, and /proc/self/cwd leads to it.
[ -e /proc/self/cwd/. ] || skip 'there is no /proc/self/cwd here'
small_run small.yaml
expect_exit 0 "$NNMPI" train small.yaml --output good
cp good/model.h5 .
small_run run.yaml 'data: {file: /proc/self/cwd/data.h5, validation: /test}'
for rank in 0 1 2; do
    mkdir rank$rank
    cp run.yaml model.h5 rank$rank
    cp small.h5 rank$rank/data.h5
done
"$TOOLS/make_dataset" other.h5 train=108 test=41 features=5
"$TOOLS/make_dataset" nan.h5 train=107 test=41 features=5 nan_row=53 # in the part that rank 1 checks
head -c 3000 model.h5 >cut.h5
echo text >text.h5

# each ARGUMENT...: runs nnmpi on 3 ranks, each in its folder; out, err and code.RANK.
each() {
    rm -f code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    ranks 3 bash -c 'cd rank${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; timeout 20 "$NNMPI" "$@"
        echo $? >../code.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}' bash "$@" >out 2>err </dev/null || fail 'mpirun fails'
}

# all_fail CODE RANK TEXT
all_fail() {
    local rank
    for rank in 0 1 2; do
        [ "$(cat code.$rank)" = "$1" ] || fail "rank $rank leaves with $(cat code.$rank) instead of $1"
    done
    [ "$(wc -l <err)" = 1 ] || fail 'it should be one message'
    expect_text "nnmpi: rank $2 on " err
    expect_text "$3" err
}

# all_work WHY
all_work() {
    [ "$(cat code.0 code.1 code.2 | tr -d '\n')" = 000 ] || fail "it should work: $1"
}

each train run.yaml
all_work 'no rank fails'
rm -r rank0/runs
for k in 0 1 2; do
    rm rank$k/data.h5
    each train run.yaml
    all_fail 66 $k data.h5
    cp text.h5 rank$k/data.h5
    each train run.yaml
    all_fail 65 $k 'data.h5 is not an HDF5 file'
    cp other.h5 rank$k/data.h5
    each train run.yaml
    all_fail 78 $((k > 0 ? k : 1)) 'the dataset differs'
    cp small.h5 rank$k/data.h5
done
# The model is rank 0's to read, for all.
cp cut.h5 rank0/model.h5
each eval model.h5 --data data.h5
all_fail 65 0 'model.h5 is cut short'
[ ! -s out ] || fail 'eval prints a result'
rm rank0/model.h5
each predict model.h5 --data data.h5 --output p.h5
all_fail 66 0 'model.h5'
[ ! -e rank0/p.h5 ] || fail 'predict leaves a file'
mv rank1/model.h5 rank0
cp cut.h5 rank2/model.h5
each predict model.h5 --data data.h5 --output p.h5
all_work 'the model of rank 0 is enough'
for k in 0 1 2; do cp nan.h5 rank$k/data.h5; done
each train run.yaml --set data.in_memory=never
all_fail 65 1 'row 53 holds nan'
for k in 0 1 2; do cp small.h5 rank$k/data.h5; done
[ ! -e rank0/runs ] || fail 'a run that did not begin leaves a folder'
each eval model.h5 --data data.h5
all_work 'all is there again'
