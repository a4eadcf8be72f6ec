#!/usr/bin/env bash
# binary8.sh: a yes or no from eight numbers: far better than logistic regression's 85 %.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare binary8
for count in 1 2; do
    learn $count binary8
    evaluate $count binary8 test
    expect_text '"samples": 1000' out
    expect_number "accuracy on $count ranks" "$(field accuracy)" '>=' 0.955
done
