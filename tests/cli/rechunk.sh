#!/usr/bin/env bash
# rechunk.sh: nnmpi import --rechunk keeps everything but the chunks, and what it mends is named by
# train, eval and predict, once.
# test: TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# same_values A B: the arrays of two files hold the same values.
same_values() {
    local path
    for path in /train/x /train/y /train/w /test/x; do
        cmp <("$TOOLS/print_array" "$1" $path) <("$TOOLS/print_array" "$2" $path) ||
            fail "$path of $2 is not that of $1"
    done
}

# describe FILE: what nnmpi info says, without the file's name and the chunks.
describe() {
    "$NNMPI" info "$1" | sed -e '1d' -e 's/, in chunks of [0-9]* rows//'
}

write_run() {
    cat >run.yaml <<END
name: t
data: {file: $1}
model: [{layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: sgd, learning_rate: 0.0}
batch_size: 64
max_steps: 1
END
}

# Every shape of chunks: cut rows (whole height, edges that stick out), large, small, compressed.
for chunks in '3000 1 0' '700 11 0' '700 11 4' '3000 100 4' '1 100 0' '37 100 1'; do
    # shellcheck disable=SC2086
    "$TOOLS/chunk_dataset" old.h5 3000 100 $chunks
    for level in 0 6; do
        expect_exit 0 "$NNMPI" import --rechunk old.h5 --output new.h5 --compress $level
        same_values old.h5 new.h5
        [ "$(describe old.h5)" = "$(describe new.h5)" ] || fail 'nnmpi info tells them apart'
    done
    "$NNMPI" info new.h5 >out
    expect_text 'in chunks of 2621 rows' out
done
expect_text 'title: Badly chunked' out
if command -v h5diff >/dev/null; then
    h5diff old.h5 new.h5 || fail 'h5diff finds a difference'
    h5dump -A new.h5 >dump
    for name in version limits units class_names H5T_IEEE_F32BE H5T_STD_I16LE H5T_ENUM; do
        grep -q "$name" dump || fail "$name is lost"
    done
fi
expect_exit 0 "$NNMPI" import --output again.h5 --compress 6 --rechunk old.h5
cmp new.h5 again.h5 || fail 'equal input gave other bytes'
expect_exit 0 "$NNMPI" import --rechunk old.h5 --output new.h5 --title 'Another title'
"$NNMPI" info new.h5 >out
expect_text 'title: Another title' out

# What cannot be copied, or was not asked for rightly.
expect_exit 64 "$NNMPI" import --rechunk old.h5 --output old.h5
expect_exit 64 "$NNMPI" import --rechunk old.h5 --output new.h5 --test-fraction 0.5
expect_exit 64 "$NNMPI" import --rechunk old.h5 --output new.h5 --label a
expect_exit 64 "$NNMPI" import --rechunk old.h5
expect_exit 64 "$NNMPI" import --rechunk --output new.h5
expect_exit 64 "$NNMPI" import --rechunk old.h5 more.h5 --output new.h5
expect_exit 66 "$NNMPI" import --rechunk none.h5 --output new.h5
echo text >text.h5
expect_exit 65 "$NNMPI" import --rechunk text.h5 --output new.h5
rm -f new.h5
for link in soft external; do
    "$TOOLS/chunk_dataset" links.h5 300 4 300 4 0 $link
    expect_exit 65 "$NNMPI" import --rechunk links.h5 --output new.h5
    expect_text "links.h5: /test/y is a"
    expect_text "$link link"
done
head -c 100000 old.h5 >cut.h5
expect_exit 65 "$NNMPI" import --rechunk cut.h5 --output new.h5
expect_text 'cut.h5'
if [ -e new.h5 ] || [ -e new.h5.partial ]; then fail 'a copy that failed left a file behind'; fi

# The warning: ROWS COLUMNS CHUNK_ROWS CHUNK_COLUMNS DEFLATE, and a part of it; none where it is fine.
while read -r shape part; do
    # shellcheck disable=SC2086
    "$TOOLS/chunk_dataset" bad.h5 ${shape//,/ }
    write_run bad.h5
    expect_exit 0 ranks 2 "$NNMPI" train run.yaml --overwrite
    [ "$(grep -c -- --rechunk err)" = "$([ -z "$part" ] && echo 0 || echo 1)" ] ||
        fail "chunks $shape: the warning is there too often or not at all"
    [ -z "$part" ] && continue
    grep -q "bad.h5: /train/x lies in chunks of .*$part" err || fail "chunks $shape: no '$part'"
    command=$(sed -n 's/.*; \(nnmpi import --rechunk .*\) makes a file.*/\1/p' err)
    for use in eval 'predict --output p.h5'; do
        # shellcheck disable=SC2086
        expect_exit 0 ranks 2 "$NNMPI" ${use%% *} runs/t/model.h5 --data bad.h5 --split train \
            ${use#"${use%% *}"}
        [ "$(grep -c "$part" err)" = 1 ] || fail "$use: no warning, or more than one"
    done
    # What it says to do mends it.
    eval "\"\$NNMPI\" ${command#nnmpi}" >out
    made=$(find . -name 'bad-rows.h5')
    write_run "${made#./}"
    expect_exit 0 "$NNMPI" train run.yaml --overwrite
    if grep -q -- --rechunk err; then fail 'the file that was mended is warned of too'; fi
    rm "$made"
done <<'END'
3000,100,700,11,0 cut its rows
5000,1000,5000,1000,1 over 16 MiB
3000,100,2,100,0 less than 16 KiB
3000,100,2000,100,0
5000,1000,5000,1000,0
3000,10,2,10,0
30,10,7,3,0
END
