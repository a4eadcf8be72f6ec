#!/usr/bin/env bash
# info.sh: nnmpi info: datasets, models, checkpoints, and files that are none of these.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

expect_exit 0 "$NNMPI" info "$SOURCE_DIR/datasets/digits/digits.h5"
expect_text 'digits.h5: a dataset' out
expect_text 'class_names: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9' out
expect_text 'license: CC BY 4.0' out
grep -qE '^ +/train/x +\(1437, 8, 8\) +uint8' out || fail 'the shape of /train/x'
grep -qE '^ +/test/y +\(360\) +int32' out || fail 'the shape of /test/y'

"$TOOLS/make_dataset" root.h5 root=1 values=2 weights=1 train=30
expect_exit 0 "$NNMPI" info root.h5
grep -qE '^ +/x +\(30, 4\) +float32' out || fail 'x in the root'
grep -qE '^ +/y +\(30, 2\) +float32' out || fail 'y in the root'
grep -qE '^ +/w +\(30\) +float32' out || fail 'w in the root'

printf '%s\n' kind,a,b x,1,low y,,high x,3,low >table.csv
expect_exit 0 "$NNMPI" import csv table.csv --label kind --one-hot b --fill mean --output table.h5
expect_exit 0 "$NNMPI" info table.h5
expect_text 'class_names: x, y' out
expect_text 'label_names: kind' out
expect_text 'one_hot: b' out
grep -q '^ *fill_values: 2' out || fail 'the mean that fills gaps'

printf '%s\n' '"width, ""cm""",b;c,kind' '1,2,"a,b"' '3,4,plain' >names.csv
expect_exit 0 "$NNMPI" import csv names.csv --label kind --output names.h5
expect_exit 0 "$NNMPI" info names.h5
expect_text 'class_names: "a,b", plain' out
expect_text 'feature_names: "width, ""cm""", "b;c"' out
expect_error 65 'the columns are: "width, ""cm""", "b;c", kind' import csv names.csv --label zzzzzz --output n.h5

printf '"two\nlines",b,kind\n1,2,"so\rso"\n3,4,plain\n' >lines.csv
expect_exit 0 "$NNMPI" import csv lines.csv --label kind --title $'one\ntwo\e[31m' --output lines.h5
expect_exit 0 "$NNMPI" info lines.h5
expect_text '  title: one\ntwo\x1b[31m' out
expect_text '  class_names: plain, "so\rso"' out
expect_text '  feature_names: "two\nlines", b' out

small_run run.yaml 'epochs: 1'
expect_exit 0 ranks 2 "$NNMPI" train run.yaml
for file in runs/run/model.h5 runs/run/checkpoint-14.h5; do
    expect_exit 0 "$NNMPI" info $file
    expect_text "$file: a model with the state of its training" out
    grep -qE '^ +dense +Dense +\(9\) +54$' out || fail 'the first Dense layer'
    grep -qE '^ +normalization +Normalization +\(5\) +0$' out || fail 'the Normalization layer'
    expect_text 'input (5), 84 trained parameters' out
    grep -qE '^ +step +14$' out || fail 'the step'
    grep -qE '^ +ranks +2$' out || fail 'the ranks'
    grep -qE '^ +dataset +x \(107, 5\) float32, y \(107\) int32$' out || fail 'the dataset'
done
[ ! -s err ] || fail 'info writes to stderr'
for format in 'csv table.csv' 'images .'; do
    # shellcheck disable=SC2086 # words
    expect_error 65 'model.h5 is a model; --like takes a dataset that nnmpi import made' \
        import $format --like runs/run/model.h5 --output like.h5
done

expect_error 66 'none.h5' info none.h5
expect_error 65 "$work is no folder of a run" info "$work"
echo 'no HDF5' >text.h5
expect_error 65 'text.h5 is not an HDF5 file' info text.h5
# What another kind of file seems to be.
expect_error 65 'run.yaml is not an HDF5 file: it seems to be a run file, which' info run.yaml
expect_error 65 'metrics.csv is not an HDF5 file: it seems to be the metrics of a run' info runs/run/metrics.csv
expect_exit 0 "$NNMPI" export runs/run/model.h5 -o m.onnx
expect_error 65 'm.onnx is not an HDF5 file: it seems to be an ONNX model, which nnmpi export writes' info m.onnx
expect_exit 0 "$NNMPI" export runs/run/model.h5 -o m.safetensors
expect_error 65 'm.safetensors is not an HDF5 file: it seems to be a safetensors file' info m.safetensors
printf 'a,b\n1,2\n' >t.csv
expect_error 65 't.csv is not an HDF5 file: it seems to be a table, of which nnmpi import csv' info t.csv
for file in small.h5 runs/run/model.h5; do
    expect_error 78 "$file is an HDF5 file, a dataset or a model: a run file is wanted" train $file
done
: >empty.h5
expect_error 65 'empty.h5' info empty.h5
head -c 3000 runs/run/model.h5 >short.h5
expect_error 65 'short.h5 is cut short' info short.h5
head -c 1000 root.h5 >cut.h5
expect_error 65 'cut.h5' info cut.h5
"$TOOLS/make_dataset" other.h5 train=0
expect_error 65 'other.h5: neither a dataset' info other.h5

# Predictions say whose they are; names go from the data to the model and on.
printf 'width,height,kind\n' >data.csv
seq 1 60 | awk '{ printf "%g,%g,%s\n", sin($1), $1 % 3, $1 % 3 ? "round" : "flat" }' >>data.csv
expect_exit 0 "$NNMPI" import csv data.csv --label kind --test-fraction 0.5 --output named.h5
small_run named.yaml 'data: {file: named.h5, validation: /test}' 'epochs: 1'
expect_exit 0 "$NNMPI" train named.yaml
expect_exit 0 "$NNMPI" info runs/named/model.h5
expect_text 'class_names: flat, round' out
expect_text 'feature_names: width, height' out
expect_exit 0 "$NNMPI" eval runs/named/model.h5 --data named.h5 --save saved.h5
expect_exit 0 "$NNMPI" info saved.h5
for text in 'saved.h5: predictions, with what is true' 'model: runs/named/model.h5' 'data: named.h5' \
    'split: test' 'class_names: flat, round' 'result: {"split": "test", "samples": 30, "loss": '; do
    expect_text "$text" out
done
for pattern in '/predictions +\(30, 3\) +float32' '/classes +\(30\) +int32' '/y +\(30\) +int32'; do
    grep -qE "^ +$pattern" out || fail "info does not show $pattern"
done
