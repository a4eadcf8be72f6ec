#!/usr/bin/env bash
# import_images.sh: the images of digits as a folder of PNG files: imported, they are the same bytes, and
# training from them is the same training; each row keeps the name of its file, up to the predictions;
# messages of the command.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# same_arrays A.h5 B.h5 PATH...: x and y of these groups are equal to the bit.
same_arrays() {
    local a=$1 b=$2 path
    shift 2
    for path in "$@"; do
        expect_same_bits "$a" "$b" "$path/x"
        expect_same_bits "$a" "$b" "$path/y"
    done
}

code=0
"$TOOLS/write_pictures" "$SOURCE_DIR/datasets/digits/digits.h5" 8 pictures expected.h5 >out 2>err || code=$?
[ "$code" != 77 ] || skip 'this build has no libpng'
[ "$code" = 0 ] || fail 'the images cannot be written'
expect_exit 0 "$NNMPI" import images pictures --output digits.h5
expect_text '1437 rows in /train, 360 in /test; x: uint8 (8, 8, 1) a row; y: 10 classes' out
[ ! -s err ] || fail 'a folder of images alone gives a note'
same_arrays digits.h5 expected.h5 /train /test
expect_exit 0 "$NNMPI" info digits.h5
expect_text 'class_names: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9' out
grep -qE '^ +/test/files +\(360\) +texts$' out || fail 'info does not show /test/files'

# Each row's file, called after its row in digits, is the one with its picture and its class.
for group in train test; do
    "$TOOLS/print_array" "$SOURCE_DIR/datasets/digits/digits.h5" /$group/x >pictures.$group
    "$TOOLS/print_array" digits.h5 /$group/files >files.$group
    "$TOOLS/print_array" digits.h5 /$group/y >y.$group
    "$TOOLS/print_array" digits.h5 /$group/x | paste -d / files.$group y.$group - |
        awk -F/ -v group=$group 'NR == FNR { picture[NR - 1] = $0; next }
            $1 != group || $2 != $4 || picture[$3 + 0] != $5 { exit 1 }' pictures.$group - ||
        fail "the names of /$group"
    [ "$(sort -u files.$group | wc -l)" = "$(wc -l <y.$group)" ] || fail "a file of /$group is named twice"
done

put run.yaml <<'END'
seed: 3
data: {file: digits.h5, validation: /test}
model: [{layer: Flatten}, {layer: Rescaling, scale: 0.0625}, {layer: Dense, units: 10, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.02}
metrics: [accuracy]
epochs: 3
END
expect_exit 0 "$NNMPI" train run.yaml --output a
expect_exit 0 "$NNMPI" train run.yaml --output b --set data.file=expected.h5
same_run a b
expect_number val_accuracy "$(column a/metrics.csv val_accuracy | tail -n 1)" '>' 0.85

# Equal input gives equal bytes; another seed, other rows in front.
expect_exit 0 "$NNMPI" import images pictures --output again.h5
cmp -s digits.h5 again.h5 || fail 'the same folder gives other bytes'
expect_exit 0 "$NNMPI" import images pictures --output seed.h5 --seed 1
expect_other_bits digits.h5 seed.h5 /train/x
same_arrays digits.h5 seed.h5 /test

# Predictions name the file of each row, on any number of ranks; so do those beside what is true.
for count in 1 2 3; do
    expect_exit 0 ranks $count "$NNMPI" predict a/model.h5 --data digits.h5 --output p$count.csv
    [ "$(head -n 1 p$count.csv)" = file,0,1,2,3,4,5,6,7,8,9,class ] || fail "the first line: $(head -n 1 p$count.csv)"
    column p$count.csv file | cmp -s - files.test || fail "the files of p$count.csv"
    awk -F, 'NR > 1 { print NF }' p$count.csv | sort -u | cmp -s - <(echo 12) || fail "the columns of p$count.csv"
    expect_exit 0 ranks $count "$NNMPI" predict a/model.h5 --data digits.h5 --split train --output p$count.h5
    "$TOOLS/print_array" p$count.h5 /files | cmp -s - files.train || fail "the files of p$count.h5"
    expect_exit 0 ranks $count "$NNMPI" eval a/model.h5 --data digits.h5 --save e$count.h5
    "$TOOLS/print_array" e$count.h5 /files | cmp -s - files.test || fail "the files of e$count.h5"
done
expect_exit 0 "$NNMPI" info p1.h5
grep -qE '^ +/files +\(1437\) +texts$' out || fail 'info does not show /files'
expect_exit 0 "$NNMPI" import --rechunk digits.h5 --compress 6 --output packed.h5
"$TOOLS/print_array" packed.h5 /test/files | cmp -s - files.test || fail 'the files of packed.h5'
expect_exit 0 "$NNMPI" predict a/model.h5 --data expected.h5 --output plain.csv # made by hand, without names
[ "$(head -n 1 plain.csv)" = 0,1,2,3,4,5,6,7,8,9,class ] || fail "the first line: $(head -n 1 plain.csv)"

# New images to be predicted.
mkdir new
cp pictures/test/3/*.png new/
cp "$(find pictures/test/5 -name '*.png' | sort | head -n 1)" 'new/a "five", or not.png'
expect_exit 0 "$NNMPI" import images new --no-label --like digits.h5 --output new.h5
expect_text ' in /test; x: uint8 (8, 8, 1) a row; y: none' out
expect_exit 0 "$NNMPI" predict a/model.h5 --data new.h5 --output predictions.h5
"$TOOLS/print_array" predictions.h5 /files | cmp -s - <(cd new && printf '%s\n' *) || fail 'the files of new'
expect_exit 0 "$NNMPI" predict a/model.h5 --data new.h5 --output predictions.csv
tail -n 1 predictions.csv | grep -q '^"a ""five"", or not.png",[0-9]' || fail "the last line of predictions.csv"
expect_exit 0 "$NNMPI" import images pictures/test --like digits.h5 --output test.h5
same_arrays digits.h5 test.h5 /test
"$TOOLS/print_array" test.h5 /test/files | sed 's|^|test/|' | cmp -s - files.test || fail 'the files of test.h5'
expect_exit 0 "$NNMPI" import images pictures/test --size 16x16 --channels 3 --test-fraction 0.5 --output l.h5
expect_text '180 rows in /train, 180 in /test; x: uint8 (16, 16, 3) a row; y: 10 classes' out

expect_error 64 "--size is '16'" import images pictures --size 16 --output bad.h5
expect_error 64 "--channels is '2'" import images pictures --channels 2 --output bad.h5
expect_error 64 'contradict' import images pictures --channels 3 --grayscale --output bad.h5
expect_error 64 'no folder to read' import images --output bad.h5
expect_error 64 'is an option of csv' import images pictures --label y --output bad.h5
expect_error 66 'cannot open the folder none' import images none --output bad.h5
expect_error 65 'holds no folders' import images new --output bad.h5
echo text >pictures/train/4/notes.md
expect_exit 0 "$NNMPI" import images pictures --output again.h5
expect_text '1 file is no PNG or JPEG image and left out: pictures/train/4/notes.md' err
cmp -s digits.h5 again.h5 || fail 'a file that is no image changes the dataset'
image=$(find pictures/train/4 -name '*.png' | sort | head -n 1)
head -c 60 "$image" >cut.png
mv cut.png "$image"
expect_error 65 "$image is damaged or cut short" import images pictures --output bad.h5
if [ -e bad.h5 ] || [ -e bad.h5.partial ]; then fail 'an import that failed leaves a file'; fi
