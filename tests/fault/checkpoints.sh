#!/usr/bin/env bash
# checkpoints.sh: checkpoints that are cut short, have flipped bits, or are gone: detected, the one before
# is taken, the end has the bits that it would have had; with nothing left the run refuses.
# test: NP 3 TIMEOUT 900
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/fault/lib.sh"

small_run run.yaml 'epochs: 1' 'checkpoint: {every_steps: 5, keep: 3}' 'reproducible: true'
expect_exit 0 "$NNMPI" train run.yaml --output alone # checkpoints at 5, 10 and 14
mkdir kept
cp alone/checkpoint-*.h5 alone/config.yaml alone/metrics.csv kept

# resumes RANKS CODE: a run resumed from what is in the folder run.
resumes() {
    rm -f run/model.h5
    if [ "$1" = 1 ]; then expect_exit "$2" "$NNMPI" train run.yaml --output run --resume
    else expect_exit "$2" ranks "$1" "$NNMPI" train run.yaml --output run --resume; fi
    if [ "$2" = 0 ]; then expect_same_bits alone/model.h5 run/model.h5; fi
}

fresh() {
    rm -rf run
    cp -r kept run
}

newest=kept/checkpoint-14.h5
length=$(wc -c <$newest)
done=0
for ((bytes = 0; bytes < length; bytes += 512)); do
    [ "$FAULTS" = whole ] || [ $((bytes / 512 % 4)) = 0 ] || continue
    fresh
    truncate -s $bytes run/checkpoint-14.h5
    resumes 1 0
    expect_text 'checkpoint-14.h5 is damaged and is set aside' out err
    done=$((done + 1))
done
report 'checkpoint truncated at multiples of 512 bytes' "$done lengths of $((length / 512 + 1))" \
    'detected, the one before is taken'

flips=$(how_many 10000 10000)
cp $newest flipped.h5
expect_exit 0 "$TOOLS/flip_bits" flipped.h5 "$flips" "$SEED"
some=$(how_many 10 200)
for ((i = 0; i < some; i++)); do
    fresh
    at=$(((RANDOM * 32768 + RANDOM) % length))
    byte=$(od -An -tu1 -j $at -N 1 run/checkpoint-14.h5)
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\x$(printf %x $((byte ^ (1 << RANDOM % 8))))" |
        dd of=run/checkpoint-14.h5 bs=1 seek=$at conv=notrunc status=none
    if [ $at -lt 8 ] || [ $at -gt 9 ]; then # those tell of another version, which is no damage
        resumes 1 0
        expect_text 'checkpoint-14.h5 is damaged and is set aside' out err
    else
        resumes 1 78
    fi
done
report 'flipped bits' "$flips in process, $some by --resume" 'detected'

done=0
for ranks in 1 2 3; do
    for how in erase corrupt; do
        for which in '14' '14 10' '14 10 5'; do
            fresh
            for step in $which; do
                if [ $how = erase ]; then rm run/checkpoint-"$step".h5
                else printf x | dd of=run/checkpoint-"$step".h5 bs=1 seek=3000 conv=notrunc status=none; fi
            done
            if [ "$which" = '14 10 5' ]; then resumes $ranks 66
            else resumes $ranks 0; fi
            [ -e run/model.h5 ] || [ "$which" = '14 10 5' ] || fail 'there is no model'
            [ ! -e run/model.h5 ] || [ "$which" != '14 10 5' ] || fail 'it began anew silently'
            done=$((done + 1))
        done
    done
done
report 'erase or corrupt x newest, newest two, all x 1, 2, 3 ranks' "$done" 'as designed'

# A folder that cannot be listed, for once, is not taken for an empty one.
if [ -e "$TOOLS/libfaults.so" ]; then
    fresh
    for how in '' --resume --overwrite; do
        # shellcheck disable=SC2086 # no word where it is empty
        expect_exit 74 env LD_PRELOAD="$TOOLS/libfaults.so" FAULT_PATH=run FAULT_CALLS=opendir FAULT_KIND=EIO \
            FAULT_AT=1 "$NNMPI" train run.yaml --output run $how
        expect_text 'the folder run cannot be listed: Input/output error' err
        [ ! -e run/lock ] || fail 'the lock is left'
        diff -r kept run || fail "the folder has changed with '$how'"
    done
    # Neither is a bad place in a file taken for a missing file, or for a damaged one.
    for at in 1 2; do
        expect_exit 74 env LD_PRELOAD="$TOOLS/libfaults.so" FAULT_PATH=run/checkpoint-14.h5 FAULT_CALLS=pread \
            FAULT_KIND=EIO FAULT_AT=$at "$NNMPI" train run.yaml --output run --resume
        expect_text 'cannot read run/checkpoint-14.h5: Input/output error' err
        diff -r kept run || fail 'the folder has changed'
    done
fi
