#!/usr/bin/env bash
# export.sh: nnmpi export: which files it makes of which, and what it refuses; what stands in them is
# looked at by unit/test_export.c and tests/export.
# test: LABELS sanitize
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml 'epochs: 1' 'name: small'
expect_exit 0 "$NNMPI" train run.yaml --output run
model=run/model.h5

expect_exit 0 "$NNMPI" export $model -o a.onnx
[ "$(cat out)" = 'a.onnx: ONNX, opset 13, float32: input (batch, 5), output (batch, 3)' ] || fail 'the line'
[ ! -s err ] || fail 'export writes to stderr'
expect_text small a.onnx
expect_exit 0 "$NNMPI" export --output=a.safetensors $model
[ "$(cat out)" = 'a.safetensors: safetensors, 7 arrays, 84 trained parameters' ] || fail 'the line'
expect_text '"normalization.mean": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}' a.safetensors
expect_text '"dense_1.bias": {"dtype": "F32", "shape": [3]' a.safetensors
expect_text '"name": "small"' a.safetensors

# Equal content, equal bytes; a file of that name is replaced; the last option counts; nothing is left over.
for format in onnx safetensors; do
    cp a.$format kept.$format
    expect_exit 0 "$NNMPI" export $model -o other.$format --output a.$format
    cmp -s a.$format kept.$format || fail "another file of the same model: $format"
    [ ! -e other.$format ] || fail 'the first of two outputs was written'
done
[ -z "$(find . -name '*.partial')" ] || fail 'a temporary file is left'

expect_exit 0 "$NNMPI" export $model -o B.ONNX # whatever the case
cmp -s B.ONNX a.onnx || fail 'B.ONNX'

# A checkpoint is a model too.
expect_exit 0 "$NNMPI" export run/checkpoint-14.h5 -o checkpoint.onnx
cmp -s checkpoint.onnx a.onnx || fail 'the last checkpoint holds another model than model.h5'

# What is refused, and leaves what was there.
expect_error 64 'nnmpi export needs MODEL.h5' export -o a.onnx
expect_error 64 'nnmpi export needs --output FILE.onnx or FILE.safetensors' export $model
expect_error 64 'nnmpi export: -o needs a value' export $model -o
expect_error 64 'nnmpi export has no option --ouput; did you mean --output?' export $model --ouput a.onnx
expect_error 64 'a.pb: the ending of the output says its format: .onnx or .safetensors' export $model -o a.pb
expect_error 64 'onnx: the ending' export $model -o onnx
cp $model same.onnx
expect_error 64 'the output same.onnx is the input same.onnx too' export same.onnx -o same.onnx
ln same.onnx link.onnx
expect_error 64 'the output link.onnx is the input same.onnx too' export same.onnx -o link.onnx
cmp -s $model same.onnx || fail 'the model was changed'
expect_error 66 'none.h5' export none.h5 -o b.onnx
expect_error 65 'small.h5: it is no model: it holds /train/x, so it is a dataset' export small.h5 -o b.onnx
expect_error 65 'a.onnx is not an HDF5 file: it seems to be an ONNX model' export a.onnx -o b.safetensors
head -c 3000 $model >short.h5
expect_error 65 'short.h5 is cut short' export short.h5 -o a.onnx
expect_error 73 'cannot create none/a.onnx.partial' export $model -o none/a.onnx
for format in onnx safetensors; do # files of others
    cp run.yaml mine.$format
    expect_error 73 "mine.$format is there and is no" export $model -o mine.$format
    cmp -s run.yaml mine.$format || fail "mine.$format is replaced"
done
printf '\x08\x08\x12\x07pytorch\x1a\x03 2.0' >torch.onnx
expect_error 73 "torch.onnx is there and is no ONNX file of nnmpi's" export $model -o torch.onnx
cp a.onnx a.copy.safetensors
expect_error 73 'a.copy.safetensors is there and is no safetensors file' export $model -o a.copy.safetensors
: >empty.onnx
expect_exit 0 "$NNMPI" export $model -o empty.onnx
mkdir folder.onnx
expect_error 73 'folder.onnx is there and is no plain file' export $model -o folder.onnx
for format in onnx safetensors; do
    expect_exit 74 bash -c "ulimit -f 1; exec '$NNMPI' export $model -o a.$format"
    expect_text "cannot write a.$format.partial: File too large" err
    [ ! -e a.$format.partial ] || fail 'a part of a file is left'
    cmp -s a.$format kept.$format || fail 'what was there is lost'
done
if [ -e b.onnx ] || [ -e b.safetensors ]; then fail 'a file was written'; fi
