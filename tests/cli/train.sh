#!/usr/bin/env bash
# train.sh: nnmpi train: what it writes and prints; what is wrong with data and folders.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml

# The files of a run, and its lines.
expect_exit 0 "$NNMPI" train run.yaml
for file in config.yaml metrics.csv progress.json model.h5 checkpoint-14.h5 checkpoint-28.h5 checkpoint-42.h5; do
    [ -s runs/run/$file ] || fail "runs/run/$file is not there"
done
[ "$(find runs/run -type f | wc -l)" = 7 ] || fail "other files: $(ls runs/run)"
[ ! -s err ] || fail 'it writes to stderr, which is no terminal'
[ "$(grep -c '^epoch ' out)" = 3 ] || fail 'it is not one line an epoch'
grep -qE '^epoch 3/3  loss [0-9.]+ +accuracy [0-9.]+  val_loss [0-9.]+ +val_accuracy [0-9.]+  lr 0.01 ' \
    out || fail 'the line of an epoch'
expect_text '1 rank x 1 thread, 84 parameters, sparse_categorical_crossentropy and adam' out
expect_text "training on 107 samples (5) of $work/small.h5:/train in batches of 8, validating on 41 of /test" out
expect_text 'model: runs/run/model.h5' out
header=epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second
[ "$(head -n 1 runs/run/metrics.csv)" = $header ] || fail 'the header of metrics.csv'
[ "$(wc -l <runs/run/metrics.csv)" = 4 ] || fail 'metrics.csv is not a line an epoch'
awk -F, 'NR > 1 { if (NF != 9 || $1 != NR - 1 || $2 != 14 * $1 || $3 <= 0 || $4 < 0 || $4 > 1 ||
                      $7 != 0.01 || $8 < 0 || $9 <= 0) exit 1 }' runs/run/metrics.csv ||
    fail 'a line of metrics.csv'
[ "$(column runs/run/metrics.csv loss | sort -rg | tr '\n' ' ')" = \
    "$(column runs/run/metrics.csv loss | tr '\n' ' ')" ] || fail 'the loss does not fall'

# A second run into the same folder is refused, and harms nothing.
cp -r runs/run kept
expect_error_everywhere 73 'runs/run holds a run already' train run.yaml
diff -r kept runs/run >/dev/null || fail 'a refused run changes the folder'
rm runs/run/model.h5
expect_error 73 'runs/run holds a run already' train run.yaml
expect_exit 0 "$NNMPI" train run.yaml --overwrite --set epochs=2
[ ! -e runs/run/checkpoint-42.h5 ] || fail '--overwrite leaves an old checkpoint'
[ "$(wc -l <runs/run/metrics.csv)" = 3 ] || fail '--overwrite leaves old metrics'
expect_exit 0 "$NNMPI" train run.yaml --output a/b/c --set epochs=1
[ -s a/b/c/model.h5 ] || fail '--output is not used'
expect_same_bits kept/model.h5 kept/checkpoint-42.h5

# The progress bar, where it is wanted.
expect_exit 0 "$NNMPI" train run.yaml --overwrite --progress always
expect_text 'epoch 1/3 [' err
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --overwrite --progress never
[ ! -s err ] || fail 'it writes to stderr'
[ "$(grep -c '^epoch ' out)" = 3 ] || fail '2 ranks print other lines'

# Threads: as many as are asked for; otherwise those of its share of the cores that a step has work for.
expect_exit 0 env OMP_NUM_THREADS=2 "$NNMPI" train run.yaml --output two
expect_text '1 rank x 2 threads, 84 parameters' out
expect_exit 0 env -u OMP_NUM_THREADS "$NNMPI" train run.yaml --output share
expect_text '1 rank x 1 thread' out
expect_same_bits two/model.h5 share/model.h5
if [ "$(nproc)" -gt 1 ]; then
    expect_text '1 rank x 1 thread (a step has no work for ' out
    small_run wide.yaml 'epochs: 1' 'batch_size: 107' \
        'model: [{layer: Dense, units: 400}, {layer: Dense, units: 400}, {layer: Dense, units: 3, activation: softmax}]'
    expect_exit 0 env -u OMP_NUM_THREADS "$NNMPI" train wide.yaml
    expect_text '1 rank x 2 threads' out # a product of 17.1 million multiplications
fi

# A validation split, and no validation at all.
small_run split.yaml 'data: {file: small.h5, validation_split: 0.25}' 'epochs: 1'
expect_exit 0 "$NNMPI" train split.yaml
expect_text 'training on 80 samples' out
expect_text 'validating on 27 of the same' out
small_run alone.yaml 'data: {file: small.h5}' 'epochs: 1' 'metrics: []'
expect_exit 0 "$NNMPI" train alone.yaml
[ "$(head -n 1 runs/alone/metrics.csv)" = \
    epoch,step,loss,learning_rate,seconds,samples_per_second ] || fail 'columns without validation'

# A loss that is no number.
"$TOOLS/make_dataset" values.h5 values=2 train=40 test=10
small_run wild.yaml 'data: {file: values.h5}' 'loss: mean_squared_error' 'metrics: []' \
    'model: [{layer: Dense, units: 2}]' 'optimizer: {name: sgd, learning_rate: 1.0e+30}'
expect_error_everywhere 76 'step 3 (epoch 1): the loss is NaN; a smaller learning rate' \
    train wild.yaml --overwrite
[ ! -e runs/wild/model.h5 ] || fail 'a run that diverged leaves a model'

# Wrong data: the file, its groups, its values, with names and rows.
bad() { # bad CODE TEXT DATA [LINE...]: trains on DATA, where it is a file of make_dataset
    local code=$1 text=$2 data=$3
    shift 3
    small_run bad.yaml "data: $data" "$@"
    expect_error "$code" "$text" train bad.yaml --output bad
    [ ! -e bad ] || fail 'a run that did not begin leaves a folder'
}
small_run missing.yaml 'data: {file: none.h5}'
expect_error_everywhere 66 'none.h5: No such file' train missing.yaml
"$TOOLS/make_dataset" nan.h5 nan_row=77
small_run nan.yaml 'data: {file: nan.h5}'
expect_error_everywhere 65 'nan.h5:/train/x: row 77 holds nan; it must be a finite number' \
    train nan.yaml
bad 65 'nan.h5:/train/x: row 77 holds nan' '{file: nan.h5, in_memory: never}'
"$TOOLS/make_dataset" label.h5 label_row=55
small_run label.yaml 'data: {file: label.h5}'
expect_error_everywhere 65 \
    'label.h5:/train/y: row 55 holds 3; it must be a class from 0 to 2, since the model has 3 outputs' \
    train label.yaml
echo text >text.h5
bad 65 'text.h5 is not an HDF5 file' '{file: text.h5}'
bad 65 '/valid' '{file: small.h5, validation: /valid}'
bad 65 '/nowhere' '{file: small.h5, train: /nowhere}'
"$TOOLS/make_dataset" no_y.h5 no_y=1
bad 65 'no_y.h5:/train: there is no y: the targets are missing' '{file: no_y.h5}'
bad 65 'values.h5:/train/y: its shape is (40, 2), but the loss wants one class number a row' \
    '{file: values.h5}'
bad 65 'small.h5:/train/y: its shape is (107), 1 value a row, but the model has 3 outputs' \
    '{file: small.h5}' 'loss: mean_squared_error' 'metrics: []'
"$TOOLS/make_dataset" wide.h5 features=6 test=20
small_run other.yaml 'data: {file: wide.h5, validation: /test}'
bad 78 'leaves no row for training' '{file: small.h5, validation_split: 0.999}'
bad 78 'there is nothing to train' '{file: small.h5}' 'model: [{layer: Flatten}]' \
    'loss: mean_squared_error'
bad 78 "early_stopping: there is no 'val_f1' to monitor" '{file: small.h5, validation: /test}' \
    'early_stopping: {monitor: val_f1}'

# What the shape of the data does not suit is said with the layer's line in the run file, on any number of ranks.
expect_misfit() { # expect_misfit CODE PLACE TEXT LAYER...: a model of these layers, the first in line 4
    local code=$1 place=$2 text=$3
    shift 3
    { printf 'data: {file: small.h5}\nloss: mean_squared_error\nmodel:\n'; printf '  - {layer: %s}\n' "$@"; } | put misfit.yaml
    expect_exit 0 "$NNMPI" config misfit.yaml
    expect_error_everywhere "$code" " misfit.yaml:$place: $text" train misfit.yaml --output misfit
}
expect_misfit 78 5:5 'model: layer 2 (Reshape): target_shape (2, 3) does not fit the input (5)' \
    'Rescaling, scale: 2' 'Reshape, target_shape: [2, 3]' Flatten 'Dense, units: 1'
expect_misfit 78 4:5 "model: layer 1 (Normalization): 'mean' has 3 numbers; the input has 5 features" \
    'Normalization, mean: [1, 2, 3], variance: [1, 2, 3]' 'Dense, units: 1'
expect_misfit 78 5:5 'model: the last layer gives (5, 2) for each sample; a loss needs one axis' \
    'Reshape, target_shape: [5, 1]' 'Dense, units: 2'
expect_misfit 65 4:5 "$work/small.h5:/train/y: its shape is (107), 1 value a row, but the model has 2 outputs" \
    'Dense, units: 2' 'Dropout, rate: 0.1' 'Activation, activation: tanh'
expect_misfit 65 5:5 "$work/small.h5:/train/y: its shape is (107), 1 value a row, but the model has 5 outputs" \
    'Dense, units: 5' Flatten
expect_error 78 'nnmpi: --set model=[{layer: Reshape, target_shape: [3]}, {layer: Dense, units: 1}]:1:2: model: layer 1' \
    train misfit.yaml --output misfit --set 'model=[{layer: Reshape, target_shape: [3]}, {layer: Dense, units: 1}]'
[ ! -e misfit ] || fail 'a run that did not begin leaves a folder'

# A folder that cannot be made.
expect_error_everywhere 73 'cannot make the folder run.yaml: there is a file of that name' train run.yaml \
    --output run.yaml/below
