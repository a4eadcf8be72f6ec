#!/usr/bin/env bash
# accumulate.sh: accumulate_steps: K is a batch_size K times larger: the same bits where the run is
# reproducible, on any number of ranks, and within rounding where it is not; in less memory. The
# learning rate grows only where learning_rate_scaling says so.
# test: TIMEOUT 120 NP 2
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

put run.yaml <<'END'
seed: 4
data: {file: data.h5, validation: /test}
model: [{layer: Normalization}, {layer: Dense, units: 8, activation: relu}, {layer: Dropout, rate: 0.3}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01, global_clipnorm: 1.0}
metrics: [accuracy]
batch_size: 192
epochs: 4
END
"$TOOLS/make_dataset" data.h5 train=491 test=130 features=6 weights=1

for mode in true false; do
    expect_exit 0 "$NNMPI" train run.yaml --output one.$mode --set reproducible=$mode
    for way in '1 64 3' '2 32 6' '3 48 4' '4 1 192'; do
        read -r count batch steps <<<"$way"
        folder=many.$mode.$steps
        expect_exit 0 ranks "$count" "$NNMPI" train run.yaml --output "$folder" \
            --set reproducible=$mode --set batch_size="$batch" --set accumulate_steps="$steps"
        expect_text "in batches of $batch, $steps to a step" out
        if [ $mode = true ]; then
            expect_same_bits one.true/model.h5 "$folder/model.h5"
            same_run one.true "$folder"
        else
            expect_close 1e-4 one.false/model.h5 "$folder/model.h5"
        fi
        [ "$(column "$folder/metrics.csv" step | tail -n 1)" = 12 ] || fail 'a step is a batch'
        [ "$(column "$folder/metrics.csv" learning_rate | sort -u)" = 0.01 ] ||
            fail 'the learning rate changed by itself'
    done
done
# Resumed in the middle of an epoch, cut in another way.
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output parts --set reproducible=true \
    --set batch_size=96 --set accumulate_steps=2 --set max_steps=4
expect_exit 0 ranks 3 "$NNMPI" train run.yaml --output parts --resume --set reproducible=true
expect_same_bits one.true/model.h5 parts/model.h5
expect_exit 0 "$NNMPI" train run.yaml --output cut --set max_steps=4
expect_error 78 'it is in the middle of an epoch of 491 rows in steps of 192 with seed 4, shuffled; the run file has 491 rows in steps of 384' \
    train run.yaml --output cut --resume --set accumulate_steps=2

# Memory: activations of 50 rows instead of 20,000, 4,000 bytes wide and more.
"$TOOLS/make_dataset" large.h5 train=20000 features=4
put large.yaml <<'END'
data: {file: large.h5}
model: [{layer: Dense, units: 1000, activation: gelu}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
batch_size: 20000
END
# peak ARGUMENT...: the most kilobytes of a training.
peak() {
    # shellcheck disable=SC2016 # expanded there
    expect_exit 0 bash -c '"$NNMPI" train large.yaml --overwrite "$@" & pid=$!
        while most=$(sed -n "s/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p" /proc/$pid/status 2>/dev/null) && [ -n "$most" ]; do
            echo "$most" >peak; sleep 0.01
        done; wait $pid' bash "$@"
    cat peak
}
whole=$(peak)
parts=$(peak --set batch_size=50 --set accumulate_steps=400)
expect_number 'memory with accumulate_steps' "$parts" '<' $((whole - 150000))

# Scaling: the rate of each epoch's next step, as metrics.csv has it; 3 steps an epoch.
# rates FILE ARGUMENT...
rates() {
    expect_exit 0 "$NNMPI" train run.yaml --output rates --overwrite --set batch_size=48 \
        --set accumulate_steps=4 "$@"
    column rates/metrics.csv learning_rate | awk '{ printf "%.6g ", $1 }'
}
[ "$(rates)" = '0.01 0.01 0.01 0.01 ' ] || fail "the learning rate changed by itself: $(rates)"
[ "$(rates --set 'learning_rate_scaling={rule: linear, warmup_epochs: 0}')" = '0.04 0.04 0.04 0.04 ' ] ||
    fail "linear: $(rates --set 'learning_rate_scaling={rule: linear, warmup_epochs: 0}')"
expect_text 'learning rate times 4, by the rule linear' out
[ "$(rates --set 'learning_rate_scaling={rule: sqrt, warmup_epochs: 2}')" = '0.015 0.02 0.02 0.02 ' ] ||
    fail "sqrt: $(rates --set 'learning_rate_scaling={rule: sqrt, warmup_epochs: 2}')"
[ "$(rates --set 'learning_rate_scaling={rule: linear, base_batch_size: 384}')" = '0.005 0.005 0.005 0.005 ' ] ||
    fail 'a smaller step: the rate is not halved at once'
[ "$(rates --set learning_rate_scaling=linear)" = '0.016 0.022 0.028 0.034 ' ] ||
    fail "warm-up over 5 epochs: $(rates --set learning_rate_scaling=linear)"
expect_error 78 "did you mean 'linear'" config run.yaml --set learning_rate_scaling=liner
expect_error 78 'accumulate_steps' config run.yaml --set accumulate_steps=0
