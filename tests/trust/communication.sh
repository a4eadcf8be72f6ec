#!/usr/bin/env bash
# communication.sh: every way of exchanging gradients trains the same: with reproducible: true to the
# bit of one rank, otherwise within rounding, the same bits from run to run; on one node and on several,
# stopped in one way and resumed in another. bf16 trains about the same, and is refused where it cannot
# hold what is promised. The run has penalties, clipping by norms, statistics, empty shares, and saves.
# test: TIMEOUT 300 NP 2
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

"$TOOLS/make_dataset" data.h5 train=331 test=113 features=7 weights=1
put run.yaml <<'END'
name: run
seed: 5
data: {file: data.h5, validation: /test}
model:
  - {layer: Normalization}
  - {layer: Dense, units: 90, activation: relu, kernel_regularizer: {l1: 0.0001, l2: 0.001}}
  - {layer: Dropout, rate: 0.3}
  - {layer: Dense, units: 70, activation: tanh}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01, global_clipnorm: 0.5}
metrics: [accuracy]
batch_size: 75
epochs: 3
END

# run NAME RANKS ARGUMENT...
run() {
    expect_exit 0 ranks "$2" "$NNMPI" train run.yaml --output "$1" "${@:3}"
}

run one 1 --set reproducible=true
run plain 1
for count in 2 4; do
    for way in allreduce overlap node auto; do
        run "tree.$way.$count" $count --set communication=$way --set reproducible=true
        expect_same_bits one/model.h5 "tree.$way.$count/model.h5"
        run "$way.$count" $count --set communication=$way
        expect_text 'communication: ' out
        expect_close 2e-4 plain/model.h5 "$way.$count/model.h5"
        if [ $way != auto ]; then
            run "$way.$count.again" $count --set communication=$way
            expect_same_bits "$way.$count/model.h5" "$way.$count.again/model.h5"
        fi
        run "$way.$count.accumulated" $count --set communication=$way --set batch_size=25 \
            --set accumulate_steps=3
        expect_close 2e-4 plain/model.h5 "$way.$count.accumulated/model.h5"
    done
done

# Two nodes of two ranks, and of three and two.
for count in 4 5; do
    export NNMPI_NODE_RANKS=$((count / 2 + count % 2))
    run "nodes.$count" $count --set communication=node
    expect_text 'communication: node' out
    expect_close 2e-4 plain/model.h5 "nodes.$count/model.h5"
    run "nodes.tree.$count" $count --set communication=node --set reproducible=true
    expect_text 'communication: along the tree' out
    expect_same_bits one/model.h5 "nodes.tree.$count/model.h5"
    run "nodes.bf16.$count" $count --set communication=node --set gradient_precision=bf16
    expect_close 0.2 plain/model.h5 "nodes.bf16.$count/model.h5"
    expect_other_bits "nodes.$count/model.h5" "nodes.bf16.$count/model.h5"
    unset NNMPI_NODE_RANKS
done

# Stopped in one way, resumed in another.
run stopped 2 --set communication=node --set reproducible=true --set max_steps=7
expect_exit 0 ranks 3 "$NNMPI" train run.yaml --output stopped --resume --set communication=allreduce \
    --set reproducible=true
expect_same_bits one/model.h5 stopped/model.h5

run bf16 2 --set gradient_precision=bf16 --set communication=allreduce
expect_close 0.2 plain/model.h5 bf16/model.h5
expect_other_bits allreduce.2/model.h5 bf16/model.h5
expect_exit 78 "$NNMPI" config run.yaml --set gradient_precision=bf16 --set reproducible=true
expect_text 'reproducible' err
expect_exit 78 "$NNMPI" config run.yaml --set gradient_precision=bf16 --set communication=overlap
expect_text 'overlap' err
expect_exit 78 "$NNMPI" config run.yaml --set communication=nodes
expect_text 'node' err
