#!/usr/bin/env bash
# tutorial.sh: docs/TUTORIAL.md can be followed to its end.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=_follow.sh
. "$SOURCE_DIR/tests/docs/_follow.sh"
command -v gnuplot >/dev/null || skip 'there is no gnuplot'
follow TUTORIAL.md keras onnxruntime h5py
