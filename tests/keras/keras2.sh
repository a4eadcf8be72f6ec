#!/usr/bin/env bash
# keras2.sh: the same with Keras 2, where NNMPI_PYTHON_KERAS2 names a Python that has it: python3 -m venv DIR &&
# DIR/bin/pip install tensorflow-cpu==2.15.1 h5py pyyaml; export NNMPI_PYTHON_KERAS2=DIR/bin/python.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON_KERAS2:-}
[ -n "$python" ] || skip 'NNMPI_PYTHON_KERAS2 names no Python with Keras 2'
if ! "$python" -c 'import h5py, keras; assert keras.__version__[0] == "2"' >out 2>&1; then
    skip "$python cannot import Keras 2 and h5py: $(tail -n 1 out)"
fi
export TF_ENABLE_ONEDNN_OPTS=0
"$python" "$SOURCE_DIR/tests/keras/check_keras.py"
"$python" "$SOURCE_DIR/tests/keras/check_saved.py"
