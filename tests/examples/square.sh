#!/usr/bin/env bash
# square.sh: one linear unit reaches the least-squares line of a parabola, whose loss is known in
# closed form, and the line itself.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare square
least=$(awk 'BEGIN { n = 100; printf "%.9g", (n * n - 1) * (n * n - 4) / (180 * (n - 1) ^ 4) }')
for count in 1 2; do
    learn $count square
    evaluate $count square train
    expect_number "loss on $count ranks" "$(field loss)" '<' "$(awk -v l="$least" 'BEGIN { print 1.001 * l }')"
    expect_number "loss on $count ranks" "$(field loss)" '>' "$(awk -v l="$least" 'BEGIN { print 0.9999 * l }')"
done
dense=/model_weights/dense/dense
expect_exit 0 "$TOOLS/print_array" runs/square/model.h5 $dense/kernel
expect_near slope "$(cat out)" 1 0.01
expect_exit 0 "$TOOLS/print_array" runs/square/model.h5 $dense/bias
expect_near intercept "$(cat out)" -0.164983 0.01
