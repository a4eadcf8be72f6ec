#!/usr/bin/env bash
# predictions_csv.sh: Python's csv reads the CSV that predict writes: the same floats as in HDF5 to the
# bit, the same classes by name; names of files that h5py has written
# come with them. Skipped where Python has no h5py.
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

# Names of files beside x, as h5py writes texts: of variable or of fixed length, in a group or in the root.
"$python" - >out 2>&1 <<'END' || fail 'names cannot be written'
import h5py, numpy as np
names = [f"röntgen/{i}, left\n.png" for i in range(45)]
def put(name, group, files):
    with h5py.File("data.h5") as data, h5py.File(name, "w") as out:
        out[group + "x"] = data["test/x"][:]
        out[group + "files"] = files
put("variable.h5", "test/", names)
put("fixed.h5", "/", np.array([name.encode() for name in names]))
put("short.h5", "test/", names[1:])
put("numbers.h5", "test/", np.arange(45))
put("table.h5", "test/", [[name] for name in names])
END
for data in variable fixed; do
    for file in $data.out.csv $data.out.h5; do
        expect_exit 0 ranks 2 "$NNMPI" predict runs/run/model.h5 --data "$data.h5" --output "$file"
    done
    "$python" - $data >out 2>&1 <<'END' || fail "the names of $data.h5"
import csv, h5py, sys
with open(sys.argv[1] + ".out.csv", newline="", encoding="utf-8") as file:
    header, *rows = csv.reader(file)
with h5py.File(sys.argv[1] + ".out.h5") as file:
    names = list(file["files"].asstr())
assert names == [f"röntgen/{i}, left\n.png" for i in range(45)], names
assert header[0] == "file" and [row[0] for row in rows] == names
END
done
expect_error_everywhere 65 'short.h5:/test/files: it has 44 rows, but x has 45' \
    predict runs/run/model.h5 --data short.h5 --output bad.csv
for data in numbers table; do
    expect_error_everywhere 65 "$data.h5: /test/files is no list of texts" \
        predict runs/run/model.h5 --data $data.h5 --output bad.csv
done
if [ -e bad.csv ] || [ -e bad.csv.partial ]; then fail 'predictions that failed leave a file'; fi
