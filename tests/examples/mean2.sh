#!/usr/bin/env bash
# mean2.sh: one sigmoid unit learns the mean of two numbers, a row at a time: the loss comes near the
# variance of the noise, 0.2^2 / 12.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare mean2
for count in 1 2; do
    learn $count mean2
    evaluate $count mean2 train
    expect_text '"samples": 1000' out
    expect_number "loss on $count ranks" "$(field loss)" '<' 0.005
    expect_number "loss on $count ranks" "$(field loss)" '>' 0.003
done
