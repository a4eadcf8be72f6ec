#!/usr/bin/env bash
# tutorial.sh: docs/TUTORIAL_SLURM.md can be followed to its end, on a Slurm of two nodes.
# test: NP 4 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=_cluster.sh
. "$SOURCE_DIR/tests/slurm/_cluster.sh"
enter_cluster "$0" "$@"
rm -rf tmp.*
export TMPDIR=$PWD # not /tmp, of which each node has its own
# shellcheck source=../docs/_follow.sh disable=SC1091
. "$SOURCE_DIR/tests/docs/_follow.sh"
unset TMPDIR OUTPUT
trap leave_cluster EXIT
command -v gnuplot >/dev/null || skip 'there is no gnuplot'
start_cluster 2
follow TUTORIAL_SLURM.md
