#!/usr/bin/env bash
# launchers.sh: ranks that the launcher of another MPI starts are refused in one line, which names the MPI
# that nnmpi runs with; its own launcher is told apart from the others.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

others=()
case $MPIRUN in *mpich*) own=mpiexec mpi='MPICH Version: ' ;; *) own=mpirun mpi='Open MPI v' ;; esac
for launcher in mpiexec.mpich mpiexec.openmpi; do
    found=$(readlink -f "$(command -v $launcher || true)")
    [ -z "$found" ] || [ "$found" = "$(readlink -f "$MPIRUN")" ] || others+=("$found")
done
expect_exit 0 ranks 2 "$NNMPI" doctor
expect_text "2 ranks on 1 host, started by $own" out
[ ${#others[@]} -gt 0 ] || skip 'no other MPI is installed'

small_run run.yaml
for other in "${others[@]}"; do
    for ((try = 0; try < 2; try++)); do # at once, and where a rank could have finished before the other
        got=0
        timeout 60 "$other" -n 2 "$NNMPI" train run.yaml --output run >out 2>err </dev/null || got=$?
        [ "$got" = 64 ] || fail "exit code $got instead of 64 by $other"
        [ "$(grep -c 'each sees itself alone' err)" = 1 ] || fail 'the message is not there once'
        expect_text "the $own of the MPI that nnmpi runs with, $mpi" err
        [ ! -e run ] || fail 'something was written'
    done
done
