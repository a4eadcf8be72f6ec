#!/usr/bin/env bash
# equal.sh: training on 1 to 4 ranks ends with the same weights within rounding, whatever the shares;
# with the same bits from run to run, for any number of threads, and from memory or from the file.
# test: NP 2 TIMEOUT 180
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# close_runs A B: the numbers of metrics.csv agree within rounding, learning rates to the bit.
close_runs() {
    sed 's/,[^,]*,[^,]*$//' "$1/metrics.csv" >a.csv
    sed 's/,[^,]*,[^,]*$//' "$2/metrics.csv" >b.csv
    paste -d , a.csv b.csv | awk -F, '
        NR == 1 { for (i = 1; i <= NF / 2; i++) if ($i != $(i + NF / 2)) exit 1; next }
        { for (i = 1; i <= NF / 2; i++) {
              d = $i - $(i + NF / 2); if (d < 0) d = -d
              if (d > 1e-4 * (1 + ($i < 0 ? -$i : $i))) exit 1 }
          if ($(NF / 2) != $NF) exit 1 }' || fail "metrics.csv of $1 and $2 differ: $(diff a.csv b.csv)"
}

# equal NAME: NAME.yaml on 1 to 4 ranks.
equal() {
    local count
    for count in 1 2 3 4; do
        expect_exit 0 ranks $count "$NNMPI" train "$1.yaml" --output "$1.$count"
        [ $count = 1 ] || expect_close 2e-4 "$1.1/model.h5" "$1.$count/model.h5"
        [ $count = 1 ] || close_runs "$1.1" "$1.$count"
    done
}

# 107 rows in batches of 8: a last batch of 3 rows, which on 4 ranks leaves one of them none; a
# validation of 41 rows. Normalization and dropout too.
small_run small.yaml 'class_weight: {0: 1, 1: 2.5, 2: 0.5}'
equal small

# More ranks than rows in a batch, all the time; one row at a time.
small_run tiny.yaml 'batch_size: 3' 'epochs: 2' 'optimizer: {name: sgd, learning_rate: 0.05, momentum: 0.9}'
equal tiny
small_run single.yaml 'batch_size: 1' 'epochs: 1' 'data: {file: small.h5}'
expect_exit 0 "$NNMPI" train single.yaml --output single.1
expect_exit 0 ranks 4 "$NNMPI" train single.yaml --output single.4
expect_close 2e-4 single.1/model.h5 single.4/model.h5
# Fewer rows than ranks at all.
"$TOOLS/make_dataset" few.h5 train=2 test=1 features=5
small_run few.yaml 'data: {file: few.h5, validation: /test}'
expect_exit 0 "$NNMPI" train few.yaml --output few.1
expect_exit 0 ranks 4 "$NNMPI" train few.yaml --output few.4
expect_close 2e-4 few.1/model.h5 few.4/model.h5

# Sample weights: they count, and the same on any number of ranks.
"$TOOLS/make_dataset" weighted.h5 train=107 test=41 features=5 weights=1
small_run weighted.yaml 'data: {file: weighted.h5, validation: /test}' 'epochs: 2'
expect_exit 0 "$NNMPI" train weighted.yaml --output weighted.1
expect_exit 0 ranks 3 "$NNMPI" train weighted.yaml --output weighted.3
expect_close 2e-4 weighted.1/model.h5 weighted.3/model.h5
expect_exit 0 "$NNMPI" train weighted.yaml --set data.file=small.h5 --output unweighted
expect_other_bits weighted.1/model.h5 unweighted/model.h5

# The same bits from run to run, at the same number of ranks.
for count in 1 2 3 4; do
    expect_exit 0 ranks $count "$NNMPI" train small.yaml --output "again.$count"
    expect_same_bits "small.$count/model.h5" "again.$count/model.h5"
    same_run "small.$count" "again.$count"
done

# The same bits on 1, 2 and 3 threads: layers and batches large enough to be split between them.
"$TOOLS/make_dataset" wide.h5 train=500 test=130 features=70 bytes=1
put wide.yaml <<'END'
data: {file: wide.h5, validation: /test}
model: [{layer: Rescaling, scale: 0.00390625}, {layer: Dense, units: 150, activation: relu}, {layer: Dropout, rate: 0.2}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
metrics: [accuracy]
batch_size: 170
epochs: 3
END
for count in 1 2; do
    for threads in 1 2 3; do
        OMP_NUM_THREADS=$threads expect_exit 0 ranks $count "$NNMPI" train wide.yaml \
            --output "wide.$count.$threads"
        expect_same_bits "wide.$count.1/model.h5" "wide.$count.$threads/model.h5"
        same_run "wide.$count.1" "wide.$count.$threads"
    done
done
expect_text '2 ranks x 3 threads' out
expect_close 2e-4 wide.1.1/model.h5 wide.2.1/model.h5

# The same bits from memory and from the file, bytes and reals.
for data in wide small; do
    for where in always never; do
        expect_exit 0 ranks 3 "$NNMPI" train $data.yaml --set data.in_memory=$where \
            --output "$data.$where"
    done
    expect_same_bits "$data.always/model.h5" "$data.never/model.h5"
    same_run "$data.always" "$data.never"
done
expect_same_bits small.3/model.h5 small.never/model.h5
