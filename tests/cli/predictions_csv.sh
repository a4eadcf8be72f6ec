#!/usr/bin/env bash
# predictions_csv.sh: Python's csv reads the CSV that predict writes: the same floats as in HDF5 to the
# bit, the same classes by name. Skipped where Python has no h5py.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

python=${NNMPI_PYTHON:-python3}
"$python" -c 'import h5py' >out 2>&1 || skip "$python cannot import h5py"
{ echo 'a,b,kind'; seq 1 90 | awk '{ printf("%g,%g,%s\n", sin($1), cos($1), sin($1) > 0 ? "\"up, \"\"up\"\"\"" : "\"down\ntown\"") }'; } >data.csv
expect_exit 0 "$NNMPI" import csv data.csv --label kind --test-fraction 0.5 --output data.h5
small_run run.yaml 'data: {file: data.h5, validation: /test}' 'epochs: 1' \
    'model: [{layer: Dense, units: 2, activation: softmax}]'
expect_exit 0 "$NNMPI" train run.yaml
for file in p.csv p.h5; do
    expect_exit 0 "$NNMPI" predict runs/run/model.h5 --data data.h5 --output $file
done
"$python" - >out 2>&1 <<'END' || fail 'the two files differ'
import csv, h5py, numpy as np
with open("p.csv", newline="", encoding="utf-8") as file:
    header, *rows = csv.reader(file)
with h5py.File("p.h5") as file:
    names = [name.decode() if isinstance(name, bytes) else name for name in file.attrs["class_names"]]
    predictions, classes = file["predictions"][:], file["classes"][:]
assert names == ["down\ntown", 'up, "up"'], names
assert header == names + ["class"], header
numbers = np.array([row[:-1] for row in rows]).astype(np.float32)
assert (numbers.view("u4") == predictions.view("u4")).all()
assert [row[-1] for row in rows] == [names[c] for c in classes]
assert (predictions.argmax(axis=1) == classes).all() and len(set(classes)) == 2
END
