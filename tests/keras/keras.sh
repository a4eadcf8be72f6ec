#!/usr/bin/env bash
# keras.sh: runs check_keras.py, check_saved.py and check_parity.py where Python with Keras is installed:
# NNMPI_PYTHON, or python3. To have it: python3 -m venv DIR && DIR/bin/pip install keras h5py jax pyyaml; export
# NNMPI_PYTHON=DIR/bin/python.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON:-python3}
export KERAS_BACKEND=${KERAS_BACKEND:-jax}
if ! "$python" -c 'import h5py, keras, yaml' >out 2>&1; then
    skip "$python cannot import keras, h5py and yaml: $(tail -n 1 out)"
fi
"$python" "$SOURCE_DIR/tests/keras/check_keras.py"
"$python" "$SOURCE_DIR/tests/keras/check_saved.py"
"$python" "$SOURCE_DIR/tests/keras/check_parity.py" "$SOURCE_DIR/tests/golden"
