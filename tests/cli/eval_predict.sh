#!/usr/bin/env bash
# eval_predict.sh: nnmpi eval and nnmpi predict: the same on any number of ranks, rows in the order of
# the dataset; files that do not fit together.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# 601 rows: more than a pass of one rank takes at once, and no multiple of the ranks.
"$TOOLS/make_dataset" small.h5 train=107 test=601 features=5
small_run run.yaml 'metrics: [accuracy, {name: sparse_top_k_categorical_accuracy, k: 2}]'
expect_exit 0 "$NNMPI" train run.yaml --output run
mv run/model.h5 .

# eval: the last line is a JSON object of exactly these members.
for count in 1 3; do
    expect_exit 0 ranks $count "$NNMPI" eval model.h5 --data small.h5
    [ ! -s err ] || fail 'eval writes to stderr'
    tail -n 1 out | grep -qE '^\{"split": "test", "samples": 601, "loss": [0-9.e-]+, "accuracy": [0-9.]+, "[a-z_]*top_k[a-z_]*": [0-9.]+\}$' ||
        fail 'the JSON object'
    field loss >loss.$count
    field accuracy >accuracy.$count
done
expect_near loss "$(cat loss.3)" "$(cat loss.1)" 1e-7
cmp -s accuracy.1 accuracy.3 || fail 'the accuracy depends on the ranks'
expect_near val_loss "$(column run/metrics.csv val_loss | tail -n 1)" "$(cat loss.1)" 1e-6
expect_near val_accuracy "$(column run/metrics.csv val_accuracy | tail -n 1)" "$(cat accuracy.1)" 1e-9
expect_exit 0 "$NNMPI" eval model.h5 --data small.h5 --split train
expect_text '{"split": "train", "samples": 107, ' out
expect_exit 0 "$NNMPI" eval run/checkpoint-42.h5 --data small.h5 --split /test
expect_near 'loss of a checkpoint' "$(field loss)" "$(cat loss.1)" 0

# Rank 0 alone reads the model: the others have none where they are.
mkdir elsewhere
at_rank_0() { # RANKS ARGUMENT...
    local count=$1
    shift
    # shellcheck disable=SC2016 # expanded by the ranks
    expect_exit 0 ranks "$count" bash -c \
        '[ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 0 ] || cd elsewhere; exec "$NNMPI" "$@"' bash "$@"
}
for count in 1 2 3 4; do
    at_rank_0 $count eval model.h5 --data "$work/small.h5"
    [ "$(field loss) $(field accuracy)" = "$(cat loss.1 accuracy.1 | xargs)" ] || fail "another result on $count ranks"
    at_rank_0 $count eval model.h5 --data "$work/small.h5" --metric sparse_categorical_accuracy
    tail -n 1 out >metric.$count
    cmp metric.1 metric.$count || fail "another result on $count ranks"
    at_rank_0 $count predict model.h5 --data "$work/small.h5" --output "$work/r$count.h5"
    expect_close 1e-6 r1.h5 r$count.h5 /predictions
done

# predict: one row for each row, in its order, equal on 1, 2 and 3 ranks.
for count in 1 2 3; do
    expect_exit 0 ranks $count "$NNMPI" predict model.h5 --data small.h5 --output p$count.h5
    expect_text "p$count.h5: predictions of 601 rows, of shape (3)" out
    [ ! -e p$count.h5.partial ] || fail 'predict leaves a temporary file'
done
expect_close 1e-6 p1.h5 p2.h5 /predictions
expect_close 1e-6 p1.h5 p3.h5 /predictions
"$TOOLS/print_array" p3.h5 /predictions >rows
"$TOOLS/print_array" small.h5 /test/y >labels
awk '{ s = $1 + $2 + $3; if (s < 0.9999 || s > 1.0001 || NF != 3) exit 1 }' rows ||
    fail 'the rows are no probabilities'
paste -d ' ' rows labels | awk '{ b = 0; for (i = 1; i < 3; i++) if ($(i + 1) > $(b + 1)) b = i
    right += b == $4 } END { printf "%.9f\n", right / NR }' >measured
expect_near 'the accuracy of the predictions' "$(cat measured)" "$(cat accuracy.1)" 1e-8

# x alone is enough to predict; a group in the root; more ranks than rows.
"$TOOLS/make_dataset" x.h5 no_y=1 root=1 train=2 features=5
expect_exit 0 ranks 3 "$NNMPI" predict model.h5 --data x.h5 --output px.h5
[ "$("$TOOLS/print_array" px.h5 /predictions | wc -l)" = 2 ] || fail 'predictions of 2 rows on 3 ranks'
expect_exit 0 "$NNMPI" predict model.h5 --data x.h5 --output px.h5 # replaced
expect_error_everywhere 65 'there is no y: the targets are missing' eval model.h5 --data x.h5

# What does not fit.
expect_error_everywhere 66 'none.h5' eval none.h5 --data small.h5
expect_error_everywhere 66 'none.h5' eval model.h5 --data none.h5
expect_error 65 '/nowhere' eval model.h5 --data small.h5 --split nowhere
"$TOOLS/make_dataset" wide.h5 features=6 test=5
expect_error_everywhere 65 'wide.h5:/test: a sample has the shape (6), but model.h5 wants (5)' \
    eval model.h5 --data wide.h5
expect_error 65 'a sample has the shape (6)' predict model.h5 --data wide.h5 --output p.h5
expect_error 65 'so it is a dataset' eval small.h5 --data small.h5
expect_error_everywhere 73 'nowhere/p.h5' predict model.h5 --data small.h5 --output nowhere/p.h5
"$TOOLS/make_dataset" nan.h5 nan_row=3 features=5
expect_error 65 'nan.h5:/train/x: row 3 holds nan' predict model.h5 --data nan.h5 --split train \
    --output p.h5
"$TOOLS/make_dataset" label.h5 label_row=3 features=5
expect_error 65 'label.h5:/train/y: row 3 holds 3' eval model.h5 --data label.h5 --split train
[ ! -e p.h5 ] || fail 'a prediction that failed leaves a file'
