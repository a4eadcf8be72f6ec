#!/usr/bin/env bash
# xor.sh: exclusive or: all four rows right, on 1 rank and on 4 of one row each.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

prepare xor
for count in 1 4; do
    learn $count xor
    evaluate $count xor train
    expect_near "accuracy on $count ranks" "$(field binary_accuracy)" 1 0
    expect_number "loss on $count ranks" "$(field loss)" '<' 0.01
done
expect_exit 0 ranks 2 "$NNMPI" predict runs/xor/model.h5 --data xor/xor.h5 --split train --output p.h5
said=$("$TOOLS/print_array" p.h5 /predictions | awk '{ printf "%d", ($1 > 0.5) }')
[ "$said" = 0110 ] || fail "the answers are $said"
