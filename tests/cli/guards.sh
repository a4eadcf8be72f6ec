#!/usr/bin/env bash
# guards.sh: what must not be lost or overlooked: outputs that are inputs or no plain files, results
# that cannot be printed, weights that are no numbers, rules that change between parts of a run.
# shellcheck source-path=SCRIPTDIR
source "$SOURCE_DIR/tests/cli/lib.sh"

seq 1 90 | awk '{ printf "%d", $1 % 3; for (i = 1; i < 5; i++) printf ",%g", sin(i * $1) + $1 % 3; print "" }' >data.csv
expect_exit 0 "$NNMPI" import csv data.csv --no-header --label 1 --output data.h5
cat >run.yaml <<'YAML'
data: {file: data.h5, train: /train, validation: /train}
model: [{layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: sgd, learning_rate: 0.1}
metrics: [accuracy]
batch_size: 30
epochs: 3
YAML
expect_exit 0 "$NNMPI" train run.yaml --output run

# outputs that would destroy something
cp data.h5 data.copy
for output in data.h5 run/model.h5; do
    expect_exit 64 "$NNMPI" predict run/model.h5 --data data.h5 --split train --output "$output"
    expect_text 'it would be lost' err
done
expect_exit 64 "$NNMPI" import csv data.csv --no-header --label 1 --output data.csv
cmp data.h5 data.copy || fail "the dataset changed"
cp run/model.h5 model.copy
expect_exit 73 "$NNMPI" import csv data.csv --no-header --label 1 --output run/model.h5
expect_text 'is no dataset' err
cmp run/model.h5 model.copy || fail "the model changed"
mkfifo pipe.h5
expect_exit 73 "$NNMPI" predict run/model.h5 --data data.h5 --split train --output pipe.h5
expect_text 'no plain file' err
[ -p pipe.h5 ] || fail "the pipe was replaced"

# files of a run's names that are someone else's, the run file itself above all; a sweep
mkdir own
cp run.yaml own/config.yaml
sed -i "s,data.h5,$work/data.h5,; s/^epochs.*/epochs: 2 # two/" own/config.yaml
(
    cd own
    for more in '' --overwrite; do
        # shellcheck disable=SC2086 # no word, or one
        expect_error_everywhere 73 './config.yaml is the run file itself' train config.yaml --output . $more
    done
)
find own -type f | sort >files
printf '%s\n' own/code.0 own/code.1 own/code.2 own/config.yaml own/err own/out | cmp - files || fail 'a refused run leaves files'
grep -qx 'epochs: 2 # two' own/config.yaml || fail 'the run file has changed'
expect_error 73 'own/config.yaml is there already, and is not a file of nnmpi' train run.yaml --output own
expect_exit 0 "$NNMPI" train run.yaml --output own --overwrite
for file in metrics.csv progress.json; do
    mkdir "foreign-$file"
    echo 'day,rain' >"foreign-$file/$file"
    expect_error 73 "foreign-$file/$file is there already" train run.yaml --output "foreign-$file"
    [ "$(cat "foreign-$file"/*)" = day,rain ] || fail "$file has changed"
    expect_exit 0 "$NNMPI" train run.yaml --output "foreign-$file" --overwrite
done
expect_exit 0 "$NNMPI" train run/config.yaml --output run --overwrite # what it would write is there
expect_error 73 'run/config.yaml is the run file itself' train run/config.yaml --output run --resume --set epochs=4
for kept in progress.json metrics.csv config.yaml; do # a run that has saved nothing may be repeated
    mkdir "begun-$kept"
    cp "own/$kept" "begun-$kept"
    expect_exit 0 "$NNMPI" train run.yaml --output "begun-$kept"
done
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --output swept
for more in '' --overwrite; do
    # shellcheck disable=SC2086
    expect_error_everywhere 73 'swept holds a sweep, and a run wants a folder of its own: ' \
        train run.yaml --output swept $more
done
expect_error_everywhere 73 'it goes on with the --sweep KEY=A,B,C that it began with, and --resume' \
    train run.yaml --output swept --resume
expect_exit 0 "$NNMPI" train run.yaml --sweep seed=1,2 --output swept --resume

# results that nobody gets
for command in "eval run/model.h5 --data data.h5 --split train" "config run.yaml" "info data.h5"; do
    code=0
    # shellcheck disable=SC2086
    "$NNMPI" $command >/dev/full 2>err || code=$?
    [ "$code" = 74 ] || fail "exit code $code instead of 74 on a full disk: $command"
done

# a last update that ruins the weights
expect_exit 76 "$NNMPI" train run.yaml --output ruined --set epochs=1 --set batch_size=90 \
    --set optimizer.learning_rate=1e38 --set optimizer.momentum=0.9 --set data.validation=null \
    --set model.0.kernel_regularizer='{l2: 1e10}'
expect_text 'step 1' err
[ ! -e ruined/model.h5 ] || fail "a model of NaN was written"

# from_logits in front of an activation
expect_exit 78 "$NNMPI" train run.yaml --output logits \
    --set loss='{name: sparse_categorical_crossentropy, from_logits: true}'
expect_text 'ends with softmax' err

# class weights train, and do not change what is validated
expect_exit 0 "$NNMPI" train run.yaml --output plain --set optimizer.learning_rate=0 --set epochs=1
expect_exit 0 "$NNMPI" train run.yaml --output weighted --set optimizer.learning_rate=0 --set epochs=1 \
    --set 'class_weight={0: 10.0}'
column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } NR == 2 { print $c }' "$1"; }
[ "$(column plain/metrics.csv val_loss)" = "$(column weighted/metrics.csv val_loss)" ] ||
    fail "class_weight changed val_loss"
[ "$(column plain/metrics.csv loss)" != "$(column weighted/metrics.csv loss)" ] ||
    fail "class_weight did not change loss"

# rules that change between parts of a run
expect_exit 0 "$NNMPI" train run.yaml --output rules --set epochs=9 --set stop_at.loss=100
[ "$(wc -l <rules/metrics.csv)" = 2 ] || fail "stop_at did not end the run after one epoch"
expect_exit 0 "$NNMPI" train run.yaml --output rules --set epochs=9 --set stop_at.loss=100 --resume
[ "$(wc -l <rules/metrics.csv)" = 2 ] || fail "a run that had ended went on"
expect_exit 0 "$NNMPI" train run.yaml --output rules --set epochs=4 --set stop_at.loss=0.000001 --resume
[ "$(wc -l <rules/metrics.csv)" = 5 ] || fail "a run with another stop_at did not go on"

# the middle of an epoch
expect_exit 0 "$NNMPI" train run.yaml --output middle --set max_steps=4
expect_exit 78 "$NNMPI" train run.yaml --output middle --resume --set data.shuffle=false
expect_text 'can change only between epochs' err
sed 's/^0,/1,/' data.csv >other.csv
expect_exit 0 "$NNMPI" import csv other.csv --no-header --label 1 --output data.h5
expect_exit 65 "$NNMPI" train run.yaml --output middle --resume
expect_text 'other training data' err
