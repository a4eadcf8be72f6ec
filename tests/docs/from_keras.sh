#!/usr/bin/env bash
# from_keras.sh: docs/FROM_KERAS.md: both scripts learn, and their models change sides.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=_follow.sh
. "$SOURCE_DIR/tests/docs/_follow.sh"
follow FROM_KERAS.md keras h5py
