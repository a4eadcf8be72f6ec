#!/usr/bin/env bash
# from.sh: a run that begins with a model file: model: {from: FILE}, and initial_weights. With files that Keras
# saved, tests/keras does it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run first.yaml
expect_exit 0 "$NNMPI" train first.yaml --output first
cp first/model.h5 first.h5

# The effective run file spells the layers out, and is the same run.
small_run sub/on.yaml 'model: {from: ../first.h5}'
expect_exit 0 "$NNMPI" config sub/on.yaml
expect_text "initial_weights: $work/first.h5" out
expect_text '{layer: Dense, units: 9, activation: tanh,' out
expect_text 'name: dense_1}' out
cp out effective.yaml
expect_exit 0 "$NNMPI" config effective.yaml
cmp out effective.yaml || fail 'the printed run file prints something else'
expect_exit 0 "$NNMPI" train sub/on.yaml --output one
expect_text "training begins with the weights of $work/first.h5" err
expect_exit 0 "$NNMPI" train effective.yaml --output two
same_run one two
expect_same_bits one/model.h5 two/model.h5

# Nothing is lost of the first model: Normalization's statistics too, also where the data are others.
small='{name: sgd, learning_rate: 1.0e-30}'
expect_exit 0 "$NNMPI" train sub/on.yaml --output same --set "optimizer=$small" --set epochs=1
expect_same_bits first/model.h5 same/model.h5
expect_same_bits first/model.h5 same/model.h5 /model_weights/normalization/normalization/mean
"$TOOLS/make_dataset" other.h5 train=50 test=20 features=5
expect_exit 0 "$NNMPI" train sub/on.yaml --output same --overwrite --set "optimizer=$small" \
    --set data.file="$work/other.h5"
expect_same_bits first/model.h5 same/model.h5 /model_weights/normalization/normalization/mean

# The weights come to all ranks, in each way of summing gradients.
for way in allreduce overlap node; do
    expect_exit 0 ranks 2 "$NNMPI" train sub/on.yaml --output "ranks-$way" --set "communication=$way" \
        --set "optimizer=$small"
    expect_same_bits first/model.h5 "ranks-$way/model.h5"
done
expect_exit 0 ranks 2 "$NNMPI" train sub/on.yaml --output ranks --set reproducible=true
expect_exit 0 "$NNMPI" train sub/on.yaml --output alone --set reproducible=true
expect_same_bits ranks/model.h5 alone/model.h5

# --resume goes on from the checkpoint, also where the file has become another, or is gone.
expect_exit 0 "$NNMPI" train sub/on.yaml --output parts --set max_steps=20
small_run wide.yaml 'model: [{layer: Dense, units: 3, activation: softmax}]'
expect_exit 0 "$NNMPI" train wide.yaml --output wide
cp wide/model.h5 first.h5
expect_exit 0 "$NNMPI" train sub/on.yaml --output parts --resume --set max_steps=30
rm first.h5
expect_exit 0 ranks 2 "$NNMPI" train sub/on.yaml --output parts --resume --set max_steps=40
expect_exit 0 "$NNMPI" train sub/on.yaml --output parts --resume
expect_close 1e-5 one/model.h5 parts/model.h5
expect_exit 0 "$NNMPI" train parts/config.yaml --output parts --resume
expect_error_everywhere 66 'cannot open' train sub/on.yaml --output fresh
expect_text 'sub/on.yaml:8:15: cannot open' err
[ ! -e fresh ] || fail 'a run that cannot begin leaves a folder'
cp first/model.h5 first.h5

# A run may replace the model that it begins with.
expect_exit 0 "$NNMPI" train sub/on.yaml --output first --overwrite --set model.from="$work/first/model.h5"
expect_same_bits first/model.h5 one/model.h5
expect_exit 0 "$NNMPI" train sub/on.yaml --output first --resume --set epochs=4 \
    --set model.from="$work/first/model.h5"

# Overrides reach the layers of the file, and the run's own loss comes before that of the file.
expect_exit 0 "$NNMPI" config sub/on.yaml --set model.2.rate=0.5 --set seed=3
expect_text '{layer: Dropout, rate: 0.5,' out
grep -v '^loss' sub/on.yaml >sub/lossless.yaml
expect_exit 0 "$NNMPI" config sub/lossless.yaml
expect_text 'loss: {name: sparse_categorical_crossentropy' out

# initial_weights alone: layers of any names, of equal shapes.
named='{layer: Dense, units: 9, activation: relu, name: a}, {layer: Dense, units: 3, activation: softmax, name: b}'
small_run named.yaml "model: [{layer: Normalization}, $named]" 'initial_weights: first.h5'
expect_exit 0 "$NNMPI" train named.yaml --output named --set "optimizer=$small"
expect_exit 0 "$NNMPI" info named/model.h5
expect_error_everywhere 65 "it holds 3 weights; the layer 'a' (Dense) has 2" \
    train named.yaml --output wrong --set "model=[$named]"
expect_error_everywhere 65 "its shape is (5, 9), but kernel of the layer 'a' has (5, 8)" \
    train named.yaml --output wrong --set model.1.units=8
expect_text 'named.yaml:9:18: initial_weights: ' err
"$TOOLS/make_dataset" wide.h5 train=50 test=20 features=12
expect_error_everywhere 65 \
    "named.yaml:9:18: initial_weights: $work/wide.h5:/train: a sample has the shape (12), but $work/first.h5 wants (5)" \
    train named.yaml --output wrong --set data.file=wide.h5
expect_error_everywhere 65 "sub/on.yaml:8:15: $work/wide.h5:/train: a sample has the shape (12), but $work/first.h5 wants (5)" \
    train sub/on.yaml --output wrong --set data.file="$work/wide.h5"
expect_error 66 "$work/none.h5" train named.yaml --output wrong --set initial_weights=none.h5
[ ! -e wrong ] || fail 'a run that cannot begin leaves a folder'

# Of a Normalization with given statistics the file may hold weights or, as Keras's do, none: no other layer is
# taken for it, and none is left out.
given='{layer: Normalization, mean: [1, 2, 3, 4, 5], variance: [2]}' drop='{layer: Dropout, rate: 0.2}'
square='{layer: Dense, units: 5}' end='{layer: Dense, units: 3, activation: softmax}'
tiny() { # FOLDER LAYERS FILE: the arguments of a run whose weights stay those of FILE
    words=(train named.yaml --output "$1" --overwrite --set "optimizer=$small" --set epochs=1 --set "model=[$2]"
        --set initial_weights="$3")
}
takes() { # FILE LAYERS: the weights of the two Dense
    tiny given "$2" "$1"
    expect_exit 0 "$NNMPI" "${words[@]}"
    expect_same_bits "$1" given/model.h5 /model_weights/dense
    expect_same_bits "$1" given/model.h5 /model_weights/dense_1
}
takes_none() { # TEXT FILE LAYERS
    tiny wrong "$3" "$2"
    expect_error 65 "$1" "${words[@]}"
}
made() { # FOLDER LAYERS
    expect_exit 0 "$NNMPI" train named.yaml --output "$1" --set "model=[$2]" --set initial_weights=null
}
made without "$square, $end"
made dropping "$drop, $square, $end"
made with "$given, $square, $end"
made other "${given/1, 2/6, 7}, $square, $end"
made more "$square, $drop, {layer: Dense, units: 5, name: between}, $end"
for layers in "$square, $end" "$drop, $square, $end" "$square, $drop, $end"; do
    takes without/model.h5 "$given, $layers"
    takes dropping/model.h5 "$given, $layers"
    takes with/model.h5 "$given, $layers"
done
takes with/model.h5 "${given/1, 2/6, 7}, $square, $end"
expect_same_bits other/model.h5 given/model.h5 /model_weights/normalization
takes_none 'it has 3 layers with weights; the model of the run file takes 2' more/model.h5 "$given, $square, $square"
takes_none "it holds 2 weights; the layer 'normalization' (Normalization) has 3" without/model.h5 "$given, $end"
takes_none "it has 2 layers with weights; nothing is left for the layer 'dense' (Dense)" without/model.h5 \
    "$given, {layer: Dense, units: 5, name: first}, {layer: Dense, units: 3, name: second}, $drop, $square, $end"

# What is wrong is said with its place.
expect_error 78 "'from' must be the path of a model" config sub/on.yaml --set model.from=
expect_error 78 "model has no key 'form' beside 'from'" config sub/on.yaml --set model.form=x
expect_error 78 "leave 'initial_weights' out" config sub/on.yaml --set initial_weights=first.h5
expect_error 78 "model has no key 'form'; did you mean 'from'?" config first.yaml --set 'model={form: first.h5}'
expect_error 78 "'model' must be a list, not a map of keys" config first.yaml --set 'model={layer: Dense, units: 3}'
expect_error 78 "'model' must not be empty" config first.yaml --set 'model=[]'
expect_error 65 'small.h5: it is no model: it holds /train/x, so it is a dataset' \
    config sub/on.yaml --set model.from="$work/small.h5"
printf 'PK\3\4 and so on' >model.keras
expect_error 65 'model.keras is not an HDF5 file: it is a zip archive' \
    config sub/on.yaml --set model.from="$work/model.keras"
cp first.h5 bent.h5
printf bent | dd of=bent.h5 bs=1 seek=5000 conv=notrunc status=none
expect_error 65 'bent.h5' config sub/on.yaml --set model.from="$work/bent.h5"

# Layers of a file that do not suit the data: the place of the file's name, the file, and the layer.
small_run flat.yaml 'model: [{layer: Reshape, target_shape: [5, 1]}, {layer: Flatten}, {layer: Dense, units: 3}]' \
    'loss: {name: sparse_categorical_crossentropy, from_logits: true}'
expect_exit 0 "$NNMPI" train flat.yaml --output flat
small_run flat_on.yaml 'data: {file: six.h5}' 'model: {from: flat/model.h5}'
"$TOOLS/make_dataset" six.h5 train=50 test=20 features=6
expect_error_everywhere 78 \
    " flat_on.yaml:8:15: $work/flat/model.h5: model: layer 1 (Reshape): target_shape (5, 1) does not fit the input (6)" \
    train flat_on.yaml --output wrong
# A run that goes on has its layers in its own folder.
expect_exit 0 "$NNMPI" train flat_on.yaml --output flat_on --set data.file=small.h5 --set epochs=1
expect_error_everywhere 78 'model: layer 1 (Reshape): target_shape (5, 1) does not fit the input (6)' \
    train flat_on.yaml --output flat_on --resume
expect_text " flat_on/config.yaml:" err

# An activation that was forgotten is remarked, once, and never one that is not missing.
small_run bare.yaml 'model: [{layer: Dense, units: 3}]'
expect_exit 0 ranks 2 "$NNMPI" train bare.yaml --output bare
[ "$(grep -c 'was softmax forgotten, or from_logits: true?' err)" = 1 ] || fail 'a forgotten softmax is not remarked'
expect_exit 0 "$NNMPI" train bare.yaml --output bare --overwrite \
    --set 'loss={name: sparse_categorical_crossentropy, from_logits: true}'
expect_no_text forgotten err
expect_exit 0 "$NNMPI" train bare.yaml --output bare --overwrite --set loss=mse --set model.0.units=1
expect_no_text forgotten err
expect_exit 0 "$NNMPI" train first.yaml --output bare --overwrite
expect_no_text forgotten err

# eval with another loss and other metrics.
expect_exit 0 "$NNMPI" eval one/model.h5 --data small.h5 --metric sparse_categorical_accuracy,accuracy
expect_near accuracy "$(field accuracy)" "$(field sparse_categorical_accuracy)" 0
expect_exit 0 "$NNMPI" eval one/model.h5 --data small.h5 --metric ''
expect_no_text accuracy out
expect_exit 0 "$NNMPI" eval one/model.h5 --data small.h5 \
    --loss '{name: sparse_categorical_crossentropy, label_smoothing: 0.2}'
expect_error_everywhere 78 "there is no loss 'hubber'; did you mean 'huber'?" \
    eval one/model.h5 --data small.h5 --loss hubber
expect_error_everywhere 78 "there is no metric 'auc'" eval one/model.h5 --data small.h5 --metric accuracy,auc
expect_error 78 'mse compares values, but the loss' eval one/model.h5 --data small.h5 --metric mse
