#!/usr/bin/env bash
# allocations.sh: the n-th allocation of nnmpi, jansson or libyaml fails: alone for every n up to 2,000 (in
# CI every so many of them), and for every seventh on one of 2 ranks, and on both. All ranks leave with 70 and one message, or
# with 0 where nothing depended on it, and the model is then the same to the bit.
# test: NP 2 TIMEOUT 900
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

shim=$TOOLS/libfail_allocation.so
[ -e "$shim" ] || skip 'there is no libfail_allocation.so'
if ldd "$NNMPI" | grep -qE 'lib(a|t)san'; then skip 'sanitizers have an allocator of their own'; fi
export FAIL_IN=jansson,yaml
lanes=2

small_run run.yaml 'epochs: 1' 'batch_size: 50' \
    'model: [{layer: Normalization}, {layer: Dense, units: 3, activation: softmax}]'
for size in 1 2; do
    ranks $size "$NNMPI" train run.yaml --output good$size >out 2>err </dev/null || fail 'it should work'
done
commands=('train run.yaml --output run --overwrite' 'eval good1/model.h5 --data small.h5'
    'predict good1/model.h5 --data small.h5 --output predicted.h5')
rare=('train run.yaml --output run --overwrite --set data.in_memory=never'
    'train run.yaml --output kept --resume --set epochs=2' 'info good1/model.h5' 'info good1' 'config run.yaml'
    'export good1/model.h5 --output model.onnx' 'export good1/model.h5 --output model.safetensors'
    'import csv data.csv --label k --one-hot c --fill mean --output o.h5'
    'import csv data.csv --like good.like.h5 --output o.h5' 'import npy good.npy --output o.h5'
    'plot good.saved.h5' 'eval good1/model.h5 --data small.h5 --save saved.h5')
printf 'a,c,k\n1,red,x\n,blue,y\n3,red,x\n' >data.csv
"$NNMPI" import csv data.csv --label k --one-hot c --fill mean --output good.like.h5 >out
"$NNMPI" eval good1/model.h5 --data small.h5 --save good.saved.h5 >out
{ printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }"; printf 'abcdef'; } >good.npy

# each SIZE RANK N ARGUMENT...: runs nnmpi on SIZE ranks, where rank RANK's N-th allocation fails;
# out, err and code.RANK.
each() {
    local size=$1 on=$2 n=$3
    shift 3
    rm -f code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    local here='timeout 20 env LD_PRELOAD=$SHIM FAIL_AT=$AT FAIL_RANK=$ON "$NNMPI" "$@"
        echo $? >code.${OMPI_COMM_WORLD_RANK:-0}'
    if [ "$size" = 1 ]; then
        SHIM=$shim AT=$n ON=$on bash -c "$here" bash "$@" >out 2>err </dev/null
    else
        SHIM=$shim AT=$n ON=$on ranks "$size" bash -c "$here" bash "$@" >out 2>err </dev/null ||
            fail "mpirun fails where allocation $n fails on rank $on: $*"
    fi
}

# judge SIZE RANK N ARGUMENT...: what must be true afterwards.
judge() {
    local what="$4 with allocation $3 failing on rank $2 of $1 (${*:5})" rank code
    code=$(cat code.0)
    for ((rank = 0; rank < $1; rank++)); do
        [ "$(cat code.$rank)" = "$code" ] || fail "other exit codes: $(cat code.*) of $what"
    done
    [ "$code" = 70 ] || [ "$code" = 0 ] || fail "exit code $code of $what"
    if [ "$code" = 70 ]; then
        [ "$(grep -c '' err)" = 1 ] || fail "it should be one message: $what"
        grep -qi 'memory' err || fail "the message does not say what is missing: $what"
    elif [ "$4" = train ] && [ "$6" = --output ] && [ "$7" = run ] && [ $# -lt 10 ]; then
        expect_same_bits "good$1/model.h5" run/model.h5
    fi
}

# count_of SIZE ARGUMENT...: how many allocations rank 0 makes, at most 2,000.
count_of() {
    local size=$1 n
    shift
    FAIL_COUNT=$PWD/count each "$size" 0 0 "$@"
    n=$(cat count.0)
    [ "$(cat code.0)" = 0 ] || fail "it should work: $*"
    echo $((n < 2000 ? n : 2000))
}

# sweep SIZE RANK STRIDE ARGUMENT...: each STRIDE-th allocation, in lanes.
sweep() {
    local size=$1 on=$2 stride=$3 most i job
    shift 3
    waiting=()
    most=$(count_of "$size" "$@") || { echo "$most"; exit 1; }
    for ((i = 0; i < lanes; i++)); do
        (
            rm -rf "lane$i"
            mkdir "lane$i"
            cp -r ./*.yaml small.h5 data.csv good* kept "lane$i"
            cd "lane$i"
            for ((n = 1 + i * stride; n <= most; n += lanes * stride)); do
                if [ "$1" = train ] && [ "$4" = kept ]; then
                    rm -rf kept
                    cp -r ../good1 kept
                fi
                each "$size" "$on" "$n" "$@"
                judge "$size" "$on" "$n" "$@"
                echo "$n" >>../done
            done
        ) &
        waiting+=($!)
    done
    for job in "${waiting[@]}"; do
        wait "$job" || fail 'see above'
    done
}

cp -r good1 kept
: >"done"
for command in "${commands[@]}" "${rare[@]}"; do
    # shellcheck disable=SC2086 # words
    sweep 1 0 "$(how_many 29 1)" $command
done
alone=$(wc -l <"done")
for on in 0 1 -1; do
    for command in "${commands[@]}"; do
        # shellcheck disable=SC2086 # words
        sweep 2 $on "$(how_many 331 7)" $command
    done
done
report 'an allocation fails' "$(wc -l <"done") allocations" "$alone alone, the others on rank 0, rank 1" \
    "or both of 2; 70 and one message everywhere, or the same model"
