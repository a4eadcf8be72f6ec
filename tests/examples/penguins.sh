#!/usr/bin/env bash
# penguins.sh: a table with class names and gaps: at least 95 % of the test rows right, on 1 rank and on 2.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare penguins
for count in 1 2; do
    learn $count penguins
    evaluate $count penguins test
    expect_text '"samples": 69' out
    expect_number "accuracy on $count ranks" "$(field accuracy)" '>=' 0.95
done
