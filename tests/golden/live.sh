#!/usr/bin/env bash
# live.sh: the golden values once more, made now by the PyTorch that is installed. The interpreter is
# the one that NNMPI_TORCH_PYTHON names, otherwise the first python3 that has PyTorch, h5py and PyYAML.
# test: TIMEOUT 300 LABELS trust
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

python=
for candidate in "${NNMPI_TORCH_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import torch, h5py, yaml' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || skip "no python3 has PyTorch, h5py and PyYAML; NNMPI_TORCH_PYTHON can name one"

"$python" -c 'import torch; print("PyTorch", torch.__version__)'
mkdir live
expect_exit 0 "$python" "$SOURCE_DIR/tests/golden/make_golden.py" live
cases=$(find live -name '*.h5' | wc -l)
expect_number 'the number of cases' "$cases" '>=' 24
NNMPI_GOLDEN=live expect_exit 0 "$TOOLS/../golden_golden"
grep -E 'e-[0-9]+$' out
[ "$(grep -cE 'e-[0-9]+$' out)" = $((2 * cases)) ] || fail 'not every case was compared'
