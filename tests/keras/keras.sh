#!/usr/bin/env bash
# keras.sh: runs check_keras.py where Python with Keras is installed: NNMPI_PYTHON, or python3. To have
# it: python3 -m venv DIR && DIR/bin/pip install keras h5py jax; export NNMPI_PYTHON=DIR/bin/python.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON:-python3}
export KERAS_BACKEND=${KERAS_BACKEND:-jax}
if ! "$python" -c 'import h5py, keras' >out 2>&1; then
    skip "$python cannot import keras and h5py: $(tail -n 1 out)"
fi
"$python" "$SOURCE_DIR/tests/keras/check_keras.py"
