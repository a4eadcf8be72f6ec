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

expect_error 66 'none.h5' info none.h5
expect_error 66 "$work" info "$work"
echo 'no HDF5' >text.h5
expect_error 65 'text.h5 is not an HDF5 file' info text.h5
: >empty.h5
expect_error 65 'empty.h5' info empty.h5
head -c 3000 runs/run/model.h5 >short.h5
expect_error 65 'short.h5 is cut short' info short.h5
head -c 1000 root.h5 >cut.h5
expect_error 65 'cut.h5' info cut.h5
expect_exit 0 "$NNMPI" predict runs/run/model.h5 --data small.h5 --output other.h5
expect_error 65 'other.h5: neither a dataset' info other.h5
