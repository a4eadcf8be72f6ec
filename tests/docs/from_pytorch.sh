#!/usr/bin/env bash
# from_pytorch.sh: docs/FROM_PYTORCH.md: both scripts learn, and PyTorch takes the weights. PyTorch is the
# system's, python3-torch.
# test: NP 2 TIMEOUT 300
NNMPI_PYTHON=/usr/bin/python3
# shellcheck source-path=SCRIPTDIR source=_follow.sh
. "$SOURCE_DIR/tests/docs/_follow.sh"
follow FROM_PYTORCH.md torch h5py
