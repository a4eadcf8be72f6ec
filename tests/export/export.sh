#!/usr/bin/env bash
# export.sh: runs check_export.py where Python has what it asks for: NNMPI_PYTHON, or python3. To have it:
# python3 -m venv DIR && DIR/bin/pip install keras h5py jax onnx onnxruntime safetensors; export
# NNMPI_PYTHON=DIR/bin/python.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON:-python3}
export KERAS_BACKEND=${KERAS_BACKEND:-jax}
if ! "$python" -c 'import h5py, jax, keras, onnx, onnxruntime, safetensors' >out 2>&1; then
    skip "$python cannot import h5py, jax, keras, onnx, onnxruntime and safetensors: $(tail -n 1 out)"
fi
"$python" "$SOURCE_DIR/tests/export/check_export.py"
