#!/usr/bin/env bash
# files.sh: docs/FILES.md: the dataset file that its Python lines write is one that nnmpi trains on.
# Skipped where python3 has no h5py.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$SOURCE_DIR/docs/FILES.md" >write.py
[ -s write.py ] || fail 'docs/FILES.md has no Python lines'
python=${NNMPI_PYTHON:-python3}
"$python" -c 'import h5py' >out 2>&1 || skip "$python cannot import h5py"
expect_exit 0 "$python" write.py
expect_exit 0 "$NNMPI" info mine.h5
expect_text '/train/x         (1000, 8)            float32, in chunks of 1000 rows' out
put run.yaml <<'END'
data: {file: mine.h5, validation_split: 0.2}
model: [{layer: Dense, units: 1, activation: sigmoid}]
loss: binary_crossentropy
optimizer: {name: adam, learning_rate: 0.05}
metrics: [accuracy]
epochs: 20
END
expect_exit 0 "$NNMPI" train run.yaml --output out-of-it
expect_number accuracy "$(column out-of-it/metrics.csv val_accuracy | tail -n 1)" '>' 0.95

# Whatever a checkpoint says of itself is on the page.
"$python" - out-of-it/model.h5 "$SOURCE_DIR/docs/FILES.md" >out <<'END' || fail 'docs/FILES.md is incomplete'
import sys, h5py
page = open(sys.argv[2], encoding="utf-8").read()
with h5py.File(sys.argv[1]) as file:
    names = [*file["nnmpi"].attrs, *file["nnmpi"], *file.attrs, *file]
missing = [name for name in names if f"`{name}`" not in page and f"`/{name}" not in page]
sys.exit(f"it does not name {missing}" if missing else 0)
END
