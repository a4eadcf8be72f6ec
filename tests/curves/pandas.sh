#!/usr/bin/env bash
# pandas.sh: metrics.csv opens as it is: every column is one of numbers. Where pandas is installed:
# NNMPI_PYTHON, or python3.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
python=${NNMPI_PYTHON:-python3}
if ! "$python" -c 'import pandas' >out 2>&1; then
    skip "$python cannot import pandas: $(tail -n 1 out)"
fi

# Classes, and values.
"$TOOLS/make_dataset" values.h5 values=2 train=40 test=10
small_run run.yaml
small_run values.yaml 'data: {file: values.h5, validation: /test}' 'loss: mean_absolute_error' \
    'model: [{layer: Dense, units: 2}]' 'metrics: [mean_squared_error]'
expect_exit 0 "$NNMPI" train run.yaml --output run
expect_exit 0 "$NNMPI" train values.yaml --output values
expect_exit 0 "$python" - <<'END'
import pandas

for folder in ("run", "values"):
    table = pandas.read_csv(f"{folder}/metrics.csv")
    kinds = {column: dtype.kind for column, dtype in table.dtypes.items()}
    assert all(kind in "if" for kind in kinds.values()), kinds
    assert kinds["epoch"] == kinds["step"] == "i", kinds
    assert list(table["epoch"]) == [1, 2, 3], table
    assert not table.isna().any().any(), table
    assert (table["loss"].diff().dropna() < 0).all(), table
END
