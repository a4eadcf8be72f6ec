#!/usr/bin/env bash
# tensorboard.sh: `log: {tensorboard: true}`: TensorBoard reads back what metrics.csv says, on any number of
# ranks, after a kill and --resume. Where its package is installed: NNMPI_PYTHON, or python3.
# test: NP 3 TIMEOUT 180
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON:-python3}
check="$SOURCE_DIR/tests/curves/check_tensorboard.py"
if ! "$python" -c 'import tensorboard.backend.event_processing.event_accumulator' >out 2>&1; then
    skip "$python cannot import tensorboard: $(tail -n 1 out)"
fi

# On one rank and on three, with validation and without.
small_run run.yaml 'log: {tensorboard: true}'
expect_exit 0 "$NNMPI" train run.yaml --output one
expect_exit 0 ranks 3 "$NNMPI" train run.yaml --output three
small_run alone.yaml 'data: {file: small.h5}' 'metrics: []' 'log: {tensorboard: true}'
expect_exit 0 "$NNMPI" train alone.yaml --output alone
[ ! -e alone/tensorboard/validation ] || fail 'curves of a validation that there is none of'
expect_exit 0 "$python" "$check" one three alone
expect_text 'one: 18 points' out
expect_text 'alone: 9 points' out

# Killed without warning after lines that no checkpoint knows of, and resumed: while a TensorBoard watches,
# and anew; on other ranks; with one more epoch.
small_run long.yaml 'batch_size: 107' 'epochs: 100000000' 'checkpoint: {every_steps: 50}' 'log: {tensorboard: true}'
start 1 "$NNMPI" train long.yaml --output long
until_there has_lines long/metrics.csv 120
kill -9 "$(cat pid.0)" "$job"
ends ''
epochs=$(($(wc -l <long/metrics.csv) + 250))
file=$(echo long/tensorboard/train/*)
head -c -5 "$file" >torn
cp torn "$file"
expect_exit 0 "$python" "$check" --watch long "$NNMPI" train long.yaml --output long --resume --set epochs=$epochs
expect_text "watched $((6 * epochs)) points" out
expect_exit 0 ranks 3 "$NNMPI" train long.yaml --output long --resume --set epochs=$((epochs + 1))
expect_exit 0 "$python" "$check" long
expect_text "long: $((6 * epochs + 6)) points" out

# The clock was put back between two parts, and the next part comes at once.
for file in long/tensorboard/*/*; do
    second=$(cut -d. -f4 <<<"${file##*/}")
    mv "$file" "${file/.$second./.$((second + 30)).}"
done
expect_exit 0 "$python" "$check" --watch long "$NNMPI" train long.yaml --output long --resume --set epochs=$((epochs + 5))
expect_text "watched $((6 * epochs + 30)) points" out
expect_exit 0 "$NNMPI" train long.yaml --output long --resume --set epochs=$((epochs + 7))
expect_exit 0 "$python" "$check" long
expect_text "long: $((6 * epochs + 42)) points" out
