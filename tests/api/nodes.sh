#!/usr/bin/env bash
# nodes.sh: the library over several nodes, which the ranks of this machine make believe: rows travel by
# messages then.
# test: NP 4 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
trainer=${TOOLS%/tools}/api_trainer
[ -x "$trainer" ] || skip 'cmocka was not found, so that the tests in C were not built'
export NNMPI_NODE_RANKS=3 # a node of three ranks, and one of one
expect_exit 0 ranks 4 "$trainer"
expect_text 'PASSED' err
