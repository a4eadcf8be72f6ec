#!/usr/bin/env bash
# set.sh: --set KEY=VALUE: dotted paths, YAML values, the last one counts; what is wrong with one.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml
cp run.yaml edited.yaml
sed -i 's/units: 9/units: 6/; s/learning_rate: 0.01/learning_rate: 0.03/; s/epochs: 3/epochs: 2/' \
    edited.yaml

# The same as editing the file.
expect_exit 0 "$NNMPI" config edited.yaml --set name=run
cp out edited
expect_exit 0 "$NNMPI" config run.yaml --set model.1.units=6 --set optimizer.learning_rate=0.03 \
    --set epochs=7 --set epochs=2
cmp out edited || fail '--set differs from editing the file'
expect_exit 0 "$NNMPI" train run.yaml --set model.1.units=6 --set optimizer.learning_rate=3e-2 \
    --set epochs=2 --output set
expect_exit 0 "$NNMPI" train edited.yaml --output edit
expect_same_bits set/model.h5 edit/model.h5
expect_text 'units: 6' set/config.yaml
expect_text 'epochs: 2' set/config.yaml

# Sections that the file lacks, lists, maps and nothing.
expect_exit 0 "$NNMPI" config run.yaml --set stop_at.loss=0.5 --set 'metrics=[categorical_accuracy, accuracy]' \
    --set 'optimizer={name: sgd, momentum: 0.5}' --set data.validation=null --set name="a b"
expect_text 'loss: 0.5' out
expect_text 'momentum: 0.5' out
expect_text 'validation: null' out
expect_text 'name: a b' out

# On 2 ranks both have it.
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --set epochs=1 --set name=two
expect_text 'epoch 1/1' out
[ -s runs/two/model.h5 ] || fail 'name does not name the folder'

expect_error 64 '--set epochs: it must be KEY=VALUE' config run.yaml --set epochs
expect_error 64 '--set =3: it must be KEY=VALUE' config run.yaml --set =3
expect_error 64 "'9' is not an item of the list" config run.yaml --set model.9.units=3
expect_error 64 "'epochs.x' leads through a value that has no keys" config run.yaml --set epochs.x=3
expect_error_everywhere 78 "--set epoch=3:1:1: the run file has no key 'epoch'; did you mean 'epochs'?" \
    train run.yaml --set epoch=3
expect_error 78 "--set epochs=x:1:1: 'epochs' must be an integer" config run.yaml --set epochs=x
expect_error 78 "Dense has no key 'unit'; did you mean 'units'?" config run.yaml --set model.1.unit=3
expect_error 78 "--set loss=nothing:1:1: there is no loss 'nothing'" config run.yaml --set loss=nothing
expect_error 78 "--set data.fil=a.h5:1:1: the data has no key 'fil'; did you mean 'file'?" \
    config run.yaml --set data.fil=a.h5
many=()
for i in $(seq 65); do many+=(--set "seed=$i"); done
expect_error 64 '--set is given more than 64 times' config run.yaml "${many[@]}"
