#!/usr/bin/env bash
# import_train.sh: from other people's files to a trained model: CSV with text classes, a constant
# column, missing values; IDX and NPY, plain and .gz; files that are wrong.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# 120 rows, learnable; column c is constant, some of a are missing.
awk 'BEGIN {
    print "a,b,c,kind"
    for (i = 0; i < 120; i++) {
        a = (i * 37 % 120) / 60 - 1; b = (i * 53 % 120) / 60 - 1
        kind = (a + b > 0.3) ? "large" : (a < b) ? "left" : "right"
        printf("%s,%g,7,%s\n", i % 20 == 3 ? "" : a, b, kind)
    }
}' >data.csv
run_file() {
    small_run "$1.yaml" "data: {file: $1.h5, validation: /test}" 'epochs: 15' "${@:2}"
}

expect_error 65 "data.csv:5: column 'a' has no value" import csv data.csv --label kind --output csv.h5
expect_exit 0 "$NNMPI" import csv data.csv --label kind --fill mean --test-fraction 0.25 --seed 4 \
    --output csv.h5
expect_text '90 rows in /train, 30 in /test' out
expect_exit 0 "$NNMPI" info csv.h5
expect_text 'class_names: large, left, right' out
expect_text 'feature_names: a, b, c' out
run_file csv
expect_exit 0 ranks 2 "$NNMPI" train csv.yaml # Normalization takes the constant column
expect_exit 0 "$NNMPI" eval runs/csv/model.h5 --data csv.h5
expect_number accuracy "$(field accuracy)" '>' 0.6

# The same file compressed; the same seed splits alike, another one differently.
gzip -k data.csv
expect_exit 0 "$NNMPI" import csv data.csv.gz --label kind --fill mean --test-fraction 0.25 --seed 4 \
    --output gz.h5
expect_same_bits csv.h5 gz.h5 /train
expect_same_bits csv.h5 gz.h5 /test
expect_exit 0 "$NNMPI" import csv data.csv --label kind --fill mean --test-fraction 0.25 --seed 5 \
    --output seed.h5
expect_other_bits csv.h5 seed.h5 /train/x

# New rows, with the columns, classes and means of the first file: predicted, and evaluated.
awk -F, 'BEGIN { OFS = "," } NR == 1 { print "kind", "extra", "c", "b", "a"; next } $4 != "large" && n++ < 9 {
    print $4, "text", $3, $2, $1 }' data.csv >new.csv
cut -d, -f2- new.csv >unlabelled.csv
expect_exit 0 "$NNMPI" import csv new.csv --like csv.h5 --output new.h5
expect_text '9 rows in /test; x: float32 (3) a row; y: 3 classes' out
expect_exit 0 "$NNMPI" eval runs/csv/model.h5 --data new.h5
expect_exit 0 "$NNMPI" predict runs/csv/model.h5 --data new.h5 --output new-p.h5
expect_exit 0 "$NNMPI" import csv unlabelled.csv --like csv.h5 --output unlabelled.h5
expect_text 'features alone' err
expect_text 'y: none' out
expect_same_bits new.h5 unlabelled.h5 /test/x
expect_exit 0 "$NNMPI" predict runs/csv/model.h5 --data unlabelled.h5 --output unlabelled-p.h5
expect_same_bits new-p.h5 unlabelled-p.h5 /predictions
sed -i '4s/left\|right/up/' new.csv
expect_error 65 "new.csv:4: the label 'kind' holds 'up', which is no class of csv.h5" \
    import csv new.csv --like csv.h5 --output bad.h5
printf '"a, b","c ""d""",k\n1,2,x\n3,4,y\n' >quoted.csv
expect_exit 0 "$NNMPI" import csv quoted.csv --label k --columns '"c ""d"""' --columns '"a, b"' --output q.h5
expect_exit 0 "$NNMPI" info q.h5
expect_text 'feature_names: "c ""d""", "a, b"' out
expect_error 64 'quoted as in a CSV file' import csv quoted.csv --label '"k' --output bad.h5
expect_error 64 'names no column' import csv quoted.csv --label '' --output bad.h5
expect_error 64 '--no-label imports' import csv quoted.csv --output bad.h5

# Ragged, empty, no text at all.
printf 'a,b,k\n1,2,x\n3,y\n' >ragged.csv
expect_error 65 'ragged.csv:3' import csv ragged.csv --label k --output bad.h5
: >empty.csv
expect_error 65 'empty.csv' import csv empty.csv --label k --output bad.h5
printf 'a,b,k\n1,2,x\n3,oops,y\n' >words.csv
expect_error 65 "words.csv:3: column 'b'" import csv words.csv --label k --output bad.h5
head -c 100 data.csv.gz >cut.csv.gz
expect_error 65 'cut.csv.gz' import csv cut.csv.gz --label kind --fill 0 --output bad.h5
[ ! -e bad.h5 ] || fail 'an import that failed leaves a file'

# npy HEADER FILE: the header of an NPY file, version 1.0; what follows comes from standard input.
npy() {
    { printf '\223NUMPY\001\000\166\000%-117s\n' "$1"; cat; } >"$2"
}
# 40 images of 2 x 3 bytes, labelled by whether they are dark.
for i in $(seq 40); do
    # shellcheck disable=SC2059 # the format is the bytes
    printf "$(printf '\\%03o' $((i * 6)) $((i * 5)) $((i * 4)) $((i * 6)) $((i * 3)) $((i * 2)))"
done >pixels
# shellcheck disable=SC2059
for i in $(seq 40); do printf "\\$(printf %03o $((i > 20)))"; done >marks
npy "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 2, 3), }" x.npy <pixels
npy "{'descr': '|u1', 'fortran_order': False, 'shape': (40,), }" y.npy <marks
{ printf '\0\0\10\3\0\0\0\50\0\0\0\2\0\0\0\3'; cat pixels; } | gzip >x.idx.gz
{ printf '\0\0\10\1\0\0\0\50'; cat marks; } >y.idx
expect_exit 0 "$NNMPI" import npy x.npy y.npy --test-fraction 0.25 --output npy.h5
expect_text '30 rows in /train, 10 in /test; x: uint8 (2, 3) a row; y: 2 classes' out
expect_exit 0 "$NNMPI" import idx x.idx.gz y.idx --test-fraction 0.25 --output idx.h5
expect_same_bits npy.h5 idx.h5 /train
run_file npy 'model: [{layer: Rescaling, scale: 0.004}, {layer: Flatten}, {layer: Dense, units: 8, activation: tanh}, {layer: Dense, units: 2, activation: softmax}]' \
    'optimizer: {name: adam, learning_rate: 0.05}'
expect_exit 0 "$NNMPI" train npy.yaml
expect_exit 0 "$NNMPI" eval runs/npy/model.h5 --data idx.h5
expect_number accuracy "$(field accuracy)" '>=' 0.8
head -c 200 x.npy >cut.npy
expect_error 65 'cut.npy' import npy cut.npy --output bad.h5
head -c 20 y.idx >cut.idx
expect_error 65 'cut.idx' import idx x.idx.gz cut.idx --output bad.h5
[ ! -e bad.h5 ] || fail 'an import that failed leaves a file'
