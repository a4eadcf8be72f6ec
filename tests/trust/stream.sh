#!/usr/bin/env bash
# stream.sh: data read from the file through a small buffer. The order of the samples depends on the seed,
# the epoch, the data and the buffer: not on ranks, threads or where a run was stopped. In the middle of
# an epoch a run goes on only with the order that it began with.
# test: TIMEOUT 170 NP 2
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# 491 rows of 32 bytes in 4 windows, so that every second batch has rows of two; 7 steps an epoch.
put run.yaml <<'END'
seed: 3
data: {file: data.h5, validation: /test, in_memory: never, buffer_mb: 0.008}
model: [{layer: Normalization}, {layer: Dense, units: 8, activation: relu}, {layer: Dropout, rate: 0.3}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01}
metrics: [accuracy]
batch_size: 80
epochs: 4
END
"$TOOLS/make_dataset" data.h5 train=491 test=130 features=6 weights=1

# train FOLDER RANKS THREADS ARGUMENT...
train() {
    local folder=$1 count=$2 threads=$3
    shift 3
    OMP_NUM_THREADS=$threads expect_exit 0 ranks "$count" "$NNMPI" train run.yaml --output "$folder" "$@"
}

# same A B: the same model and metrics.csv.
same() {
    expect_same_bits "$1/model.h5" "$2/model.h5"
    same_run "$1" "$2"
}

# Any ranks and threads.
train whole 1 1 --set reproducible=true
expect_text 'shuffled in 4 windows' out
for combination in '1 2' '2 1' '2 2' '3 1' '4 1' '5 2'; do
    read -r count threads <<<"$combination"
    train "whole.$count.$threads" "$count" "$threads" --set reproducible=true
    same whole "whole.$count.$threads"
done

# Stopped and resumed on others, in the middle of an epoch and between them.
mode=--overwrite
for stop in '4 5' '1 7' '3 18' '2 19' '1 26' '2 28'; do
    read -r count step <<<"$stop"
    train chain "$count" 1 --set reproducible=true $mode --set max_steps="$step"
    [ "$step" != 5 ] || cp -r chain middle
    [ "$step" != 7 ] || cp -r chain between
    mode=--resume
done
same whole chain

# In the default mode: run after run, stopped, and on other ranks within rounding.
for count in 1 3; do
    train "default.$count" $count 1
    train "again.$count" $count 1
    same "default.$count" "again.$count"
    train "stopped.$count" $count 1 --set max_steps=10
    train "stopped.$count" $count 1 --resume
    same "default.$count" "stopped.$count"
done
expect_close 2e-4 default.1/model.h5 default.3/model.h5

# A buffer that is too small grows to two shards or, in the default mode, two batches, the same on any
# ranks; so accumulated steps are those of one batch there too.
for count in 1 4; do train "least.$count" $count 1 --set reproducible=true --set data.buffer_mb=1.0e-6; done
expect_text 'shuffled in 24 windows' out
same least.1 least.4
train least.sum 2 1 --set reproducible=true --set data.buffer_mb=1.0e-6 --set batch_size=20 --set accumulate_steps=4
same least.1 least.sum
for count in 1 4; do train "little.$count" $count 1 --set data.buffer_mb=1.0e-6; done
expect_text 'shuffled in 6 windows' out
expect_close 2e-4 little.1/model.h5 little.4/model.h5

# Another order than in memory and than with another buffer; the same where all rows fit into the buffer or
# are not shuffled. Evaluation is the same anyway.
train memory 2 1 --set reproducible=true --set data.in_memory=always
expect_other_bits whole/model.h5 memory/model.h5
train other 2 1 --set reproducible=true --set data.buffer_mb=0.012
expect_other_bits whole/model.h5 other/model.h5
train fits 2 1 --set reproducible=true --set data.buffer_mb=1
same memory fits
train sorted 2 1 --set reproducible=true --set data.shuffle=false
train sorted.memory 1 1 --set reproducible=true --set data.shuffle=false --set data.in_memory=always
same sorted sorted.memory

# In the middle of an epoch the order must stay.
for setting in data.buffer_mb=0.012 data.in_memory=always; do
    expect_error_everywhere 78 'it is in the middle of an epoch whose rows are shuffled in 4 windows' \
        train run.yaml --output middle --resume --set reproducible=true --set $setting
    cp -r between "between.$setting"
    train "between.$setting" 2 1 --resume --set reproducible=true --set $setting
done
