#!/usr/bin/env bash
# config.sh: nnmpi config: the effective run file; run files that are wrong, with line and column.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

put full.yaml <<'END'
seed: 5
data: {file: small.h5, validation_split: 0.2}
model:
  - {layer: Normalization}
  - {layer: Dense, units: 6, activation: gelu, kernel_initializer: {name: random_normal, stddev: 0.3}, kernel_regularizer: {l2: 1.0e-4}}
  - {layer: Dropout, rate: 0.1}
  - {layer: Activation, activation: leaky_relu}
  - {layer: Dense, units: 3, activation: softmax, name: last}
loss: {name: sparse_categorical_crossentropy, label_smoothing: 0.1}
optimizer: {name: sgd, momentum: 0.9, nesterov: true, clipnorm: 1, learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.05, decay_steps: 7, decay_rate: 0.9}}
metrics: [accuracy, {name: sparse_top_k_categorical_accuracy, k: 2}]
class_weight: {0: 1, 1: 2.5, 2: 0.1}
batch_size: 10
epochs: 2
early_stopping: {monitor: val_accuracy, patience: 3, restore_best_weights: true}
reduce_lr_on_plateau: {patience: 1, factor: 0.3333333333333333}
checkpoint: {every_steps: 5, keep: 2}
stop_at: {loss: 0.001}
END
small_run small.yaml

# What it prints prints itself, and is the same run to the bit.
for run in full small; do
    expect_exit 0 "$NNMPI" config $run.yaml
    cp out $run.effective.yaml
    expect_exit 0 "$NNMPI" config $run.effective.yaml
    cmp out $run.effective.yaml || fail 'the printed run file prints something else'
    expect_text "name: $run" out
    expect_text "file: $work/small.h5" out
    expect_exit 0 "$NNMPI" train $run.yaml --output one
    expect_exit 0 "$NNMPI" train $run.effective.yaml --output two
    expect_same_bits one/model.h5 two/model.h5
    same_run one two
    cmp one/config.yaml $run.effective.yaml || fail 'config.yaml is not what nnmpi config prints'
    mkdir moved && cp $run.effective.yaml moved/other.yaml
    expect_exit 0 "$NNMPI" train moved/other.yaml --output three # paths are absolute in it
    expect_same_bits one/model.h5 three/model.h5
    rm -r one two three moved
done
expect_exit 0 "$NNMPI" config small.yaml --set epochs=9 --set name=x
expect_text 'epochs: 9' out
expect_text 'name: x' out

# expect_wrong PLACE TEXT, with a run file on standard input.
expect_wrong() {
    put wrong.yaml
    expect_error 78 "$2" config wrong.yaml
    expect_text "wrong.yaml:$1: " err
}

# wrong_line PLACE TEXT LINE: the small run with one line replaced, which stands last, in line 8.
wrong_line() {
    small_run wrong.yaml "$3"
    expect_error 78 "$2" config wrong.yaml
    expect_text "wrong.yaml:$1: " err
}

wrong_line 9:1 "the run file has no key 'batchsize'; did you mean 'batch_size'?" 'batchsize: 3'
wrong_line 8:9 "'epochs' must be an integer, not the text 'many'" 'epochs: many'
wrong_line 8:9 "'epochs' must be >= 1, not 0" 'epochs: 0'
wrong_line 8:13 "'batch_size' must be an integer, not 2.5" 'batch_size: 2.5'
wrong_line 8:19 "there is no optimizer 'adaam'; did you mean 'adam'?" 'optimizer: {name: adaam}'
wrong_line 8:25 "adam has no key 'lerning_rate'; did you mean 'learning_rate'?" \
    'optimizer: {name: adam, lerning_rate: 0.1}'
wrong_line 8:7 "there is no loss 'mean_square_error'; did you mean 'mean_squared_error'?" \
    'loss: mean_square_error'
wrong_line 8:11 "there is no metric 'acuracy'; did you mean 'accuracy'?" 'metrics: [acuracy]'
wrong_line 8:17 "there is no layer 'Dence'; did you mean 'Dense'?" 'model: [{layer: Dence, units: 3}]'
wrong_line 8:9 "Dense needs the key 'units'" 'model: [{layer: Dense}]'
wrong_line 8:46 "'activation' cannot be 'rleu'; did you mean 'relu'?" \
    'model: [{layer: Dense, units: 3, activation: rleu}]'
wrong_line 8:35 "'in_memory'" 'data: {file: small.h5, in_memory: sometimes}'
wrong_line 8:35 "'buffer_mb' must be > 0, not 0" 'data: {file: small.h5, buffer_mb: 0}'
wrong_line 8:35 "'buffer_mb' must be > 0, not -1" 'data: {file: small.h5, buffer_mb: -1}'
wrong_line 8:35 "'buffer_mb' must be a number, not the text '1 GB'" 'data: {file: small.h5, buffer_mb: 1 GB}'
wrong_line 8:24 "did you mean 'buffer_mb'?" 'data: {file: small.h5, buffer: 10}'
wrong_line 8:7 "needs the key 'file'" 'data: {train: /train}'
wrong_line 9:27 "'monitor'" 'early_stopping: {monitor: [a]}'

expect_wrong 2:1 "the key 'seed' stands twice in one map" <<'END'
seed: 1
seed: 2
END
expect_wrong 2:5 'did not find expected' <<'END'
seed: [1, 2
data: x
END
expect_wrong 1:1 "needs the key 'data'" <<'END'
seed: 1
END

# What no line alone gets wrong names the keys.
small_run wrong.yaml 'data: {file: small.h5}' 'early_stopping: {monitor: val_loss}'
expect_error 78 "early_stopping monitors 'val_loss', but there is no validation data" \
    config wrong.yaml
small_run wrong.yaml 'data: {file: small.h5, validation: /test, validation_split: 0.1}'
expect_error 78 "give 'validation' or 'validation_split', not both" config wrong.yaml
small_run wrong.yaml 'name: a/b'
expect_error 78 "wrong.yaml:9:7: 'name' is also the name of a folder" config wrong.yaml
expect_error 78 "--set name=a/b:1:1: 'name' is also the name of a folder" config wrong.yaml --set name=a/b
expect_error 66 'none.yaml' config none.yaml
expect_error 66 "$work" config "$work"
printf 'seed: 1\0\n' >wrong.yaml
expect_error 78 'wrong.yaml: it is no text file' config wrong.yaml

small_run wrong.yaml 'loss: {name: sparse_categorical_crossentropy, from_logits: true}'
expect_error 78 'from_logits: true wants a model that ends without an activation, but it ends with softmax' \
    config wrong.yaml
expect_text 'wrong.yaml:8:7: loss: ' err

# What can be trained, but was hardly meant, is asked beside the effective file.
small_run bare.yaml 'model: [{layer: Dense, units: 3}]'
expect_exit 0 "$NNMPI" config bare.yaml
expect_text 'nnmpi: bare.yaml:3:7: sparse_categorical_crossentropy takes outputs for probabilities' err
expect_text 'was softmax forgotten, or from_logits: true?' err
expect_no_text forgotten out
expect_exit 0 "$NNMPI" config small.yaml
[ ! -s err ] || fail 'a run file that asks for nothing makes it ask'

# Under mpirun one rank reads it, and says so once.
small_run wrong.yaml 'epocs: 3'
expect_error_everywhere 78 "did you mean 'epochs'?" train wrong.yaml
mkdir elsewhere
# shellcheck disable=SC2016 # expanded by the ranks
expect_exit 0 ranks 2 bash -c \
    '[ ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} = 0 ] || cd elsewhere; exec "$NNMPI" train small.yaml --output r0'
