#!/usr/bin/env bash
# one_rank.sh: one rank alone fails at each agreement of a run, when it fetches rows, by a loss that is
# NaN, or leaves without a word: all ranks leave within 10 seconds, with the same code and one
# message, and leave neither shared memory nor half a file. (faulty.c makes them fail;
# tests/mpi/one_rank_fails.sh and test_step_errors.c have real causes.)
# test: NP 3 TIMEOUT 900
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

[ -x "$TOOLS/nnmpi_faulty" ] || skip 'there is no nnmpi_faulty'
size=3
codes=(66 70 74 65 73) # no such file, no memory, no space, bad data, cannot create
mkdir shm
export OMPI_MCA_btl_vader_backing_directory=$PWD/shm OMPI_MCA_osc_sm_backing_directory=$PWD/shm

small_run run.yaml 'epochs: 1' 'batch_size: 30' 'checkpoint: {every_steps: 2}'
expect_exit 0 "$NNMPI" train run.yaml --output kept

# What a rank does: nnmpi_faulty, whose process and exit code it leaves.
put rank <<'END'
#!/usr/bin/env bash
bash -c 'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec "$TOOLS/nnmpi_faulty" "$@"' bash "$@"
code=$?
echo $code >code.$OMPI_COMM_WORLD_RANK
[ $code != 3 ] || exit 3
END
chmod +x rank

# each ARGUMENT...: runs nnmpi_faulty on all ranks; out, err, code.RANK, and how long it took in `took`.
each() {
    local begun
    begun=$(date +%s%N)
    rm -rf run again predicted.h5 code.* pid.*
    cp -r kept again
    ranks $size ./rank "$@" >out 2>err </dev/null || true
    took=$((($(date +%s%N) - begun) / 1000000))
}

# judge CODE RANK WHAT
judge() {
    local rank left
    [ $took -lt $((10000 + 5 * usual)) ] || fail "$3: it takes $took ms, and $usual where nothing fails"
    left=$(find shm -mindepth 1)
    [ -z "$left" ] || fail "$3: $left stays"
    if [ "$1" = -1 ]; then # mpirun kills the others, in the middle of a file too
        no_shared_memory killed
        find . -name '*.partial' -delete
        [ "$(cat "code.$2")" = 3 ] || fail "$3: rank $2 leaves with $(cat "code.$2")"
        return
    fi
    no_shared_memory ended
    left=$(find . -name '*.partial')
    [ -z "$left" ] || fail "$3: $left stays"
    # Without shared memory, and a way of adding gradients whose trial fails, a run may go on; it says so
    # where it was an agreement within the trial.
    if [ "$(cat code.0)" = 0 ] &&
        { [ "$FAULTY_SITE" = trial ] || grep -qE '^communication: .*: made to fail at call' out; }; then
        [ "$(cat code.0 code.1 code.2 | tr -d '\n')" = 000 ] || fail "$3: it should go on"
        return
    fi
    for ((rank = 0; rank < size; rank++)); do
        [ "$(cat code.$rank)" = "$1" ] || fail "$3: rank $rank leaves with $(cat code.$rank), not $1"
    done
    [ "$(grep -c '' err)" = 1 ] || fail "$3: it should be one message"
    if [ "$1" != 76 ]; then expect_text "rank $2 on " err; fi
}

# sweep SITE STRIDE ARGUMENT...: each STRIDE-th call of a site, on each rank in turn (each rank at
# each call, where STRIDE is 1).
done=0
sweep() {
    local site=$1 stride=$2 most call rank code pick
    shift 2
    rm -f count
    FAULTY_SITE=$site FAULTY_COUNT=$PWD/count each "$@"
    [ "$(cat code.0 code.1 code.2 | tr -d '\n')" = 000 ] || fail "it should work: $*"
    usual=$took
    most=$(cat count)
    [ "$most" -gt 0 ] || fail "no call of $site in $*"
    for ((call = 1 + RANDOM % stride; call <= most; call += stride)); do
        pick=$((RANDOM % size))
        for ((rank = 0; rank < size; rank++)); do
            if [ "$stride" -gt 1 ] && [ $rank != $pick ]; then continue; fi
            code=${codes[done % ${#codes[@]}]}
            if [ "$site" = loss ]; then code=76; fi
            if [ $((done % 6)) = 5 ]; then code=-1; fi
            export FAULTY_SITE=$site FAULTY_CALL=$call FAULTY_RANK=$rank FAULTY_CODE=$code
            each "$@"
            judge "$code" $rank "call $call of $site fails on rank $rank with $code ($*)"
            unset FAULTY_SITE FAULTY_CALL FAULTY_RANK FAULTY_CODE
            done=$((done + 1))
        done
    done
}

train='train run.yaml --output run --overwrite'
for way in '' '--set data.in_memory=never' '--set reproducible=true' '--set communication=node' \
    '--set communication=overlap'; do
    # shellcheck disable=SC2086 # words
    sweep agree "$(how_many 12 1)" $train $way
done
for site in trial rows loss; do
    # shellcheck disable=SC2086
    sweep $site "$(how_many 4 1)" $train
done
for command in 'train run.yaml --output again --resume --set epochs=2' \
    'eval kept/model.h5 --data small.h5' 'predict kept/model.h5 --data small.h5 --output predicted.h5'; do
    rm -rf again
    cp -r kept again
    # shellcheck disable=SC2086
    sweep agree "$(how_many 12 1)" $command
done
# What is being written then is waited for, however long the disk takes, and the failure is still the one
# that is told.
if [ -e "$TOOLS/libfaults.so" ]; then
    small_run plain.yaml 'epochs: 1' 'batch_size: 30' 'checkpoint: {every_steps: 2}' \
        'model: [{layer: Dense, units: 3, activation: softmax}]'
    export FAULTY_SITE=rows FAULTY_CALL=3 FAULTY_RANK=1 FAULTY_CODE=65
    LD_PRELOAD=$TOOLS/libfaults.so FAULT_RANK=0 FAULT_PATH=run/checkpoint-2 FAULT_CALLS=fsync FAULT_AT=1 \
        FAULT_KIND=delay:5000 each train plain.yaml --output run --overwrite --hang-timeout 2
    [ "$(cat code.0 code.1 code.2 | tr '\n' ' ')" = '65 65 65 ' ] || fail 'a slow disk hides a failure'
    expect_no_text 'the run hangs' err
    expect_text 'rank 1 on ' err
    expect_exit 0 "$NNMPI" info run/checkpoint-2.h5
    unset FAULTY_SITE FAULTY_CALL FAULTY_RANK FAULTY_CODE
fi
report 'one rank fails alone' "$done failures" "at agreements, in fetching rows, with NaN, by exit;" \
    "3 ranks left within 10 s with one code and one message"
