#!/usr/bin/env bash
# _whole.sh: all tests of faults with the whole number of faults, and a table of what they report.
#
#   tests/fault/_whole.sh [BUILD_FOLDER [TEST]...]     such as: tests/fault/_whole.sh build saves
#
# SEED in the environment chooses other faults. It takes an hour or more; logs are in BUILD/faults.
set -uo pipefail
SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$SOURCE_DIR/build}" && pwd) || exit 66
shift || true
export SOURCE_DIR FAULTS=whole SEED=${SEED:-20261125} NNMPI=$build/nnmpi TOOLS=$build/tests/tools
export MPIRUN=mpirun OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
[ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
[ $# -gt 0 ] || for file in "$SOURCE_DIR"/tests/fault/[!_]*.sh; do
    name=$(basename "$file" .sh)
    [ "$name" = lib ] || set -- "$@" "$name"
done
mkdir -p "$build/faults"
failed=0
for name in "$@"; do
    start=$SECONDS code=0
    bash "$SOURCE_DIR/tests/fault/$name.sh" >"$build/faults/$name.log" 2>&1 || code=$?
    grep '^fault: ' "$build/faults/$name.log" || true
    case $code in
    0) echo "$name: $((SECONDS - start)) s" ;;
    77) echo "$name: $(tail -n 1 "$build/faults/$name.log")" ;;
    *) echo "$name: FAILED, $(tail -n 1 "$build/faults/$name.log")" && failed=1 ;;
    esac
done
exit $failed
