#!/usr/bin/env bash
# digits.sh: handwritten digits: at least 97 % of the test images right, on 1 and on 2 ranks.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare digits
for count in 1 2; do
    learn $count digits
    evaluate $count digits test
    expect_text '"samples": 360' out
    expect_number "accuracy on $count ranks" "$(field accuracy)" '>=' 0.97
done
