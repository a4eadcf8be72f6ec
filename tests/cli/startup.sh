#!/usr/bin/env bash
# startup.sh: what is refused before training starts: ranks that do not belong together, data that are
# not the same everywhere, more threads than there can be, a folder that another run writes to.
# test: NP 2 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

small_run run.yaml
small_run long.yaml 'epochs: 1000000'

# two COMMAND_0... -- COMMAND_1...: rank 0 and rank 1 run different ones, which must be refused.
two() {
    local first=()
    while [ "$1" != -- ]; do
        first+=("$1")
        shift
    done
    shift
    expect_exit 78 timeout 60 "$MPIRUN" -np 1 "${first[@]}" : -np 1 "$@"
    [ "$(grep -c '^nnmpi: ' err)" = 1 ] || fail 'it should be one message'
    expect_text 'nnmpi: rank 1 on ' err
    expect_text "differs from rank 0's" err
    [ ! -e runs ] || fail 'a run that did not begin leaves a folder'
}

# Other commands, options, values.
expect_exit 0 "$NNMPI" train run.yaml --output good
two "$NNMPI" train run.yaml -- "$NNMPI" eval good/model.h5 --data small.h5
expect_text "'eval good/model.h5 --data small.h5' here, 'train run.yaml' there" err
two "$NNMPI" doctor -- "$NNMPI" train run.yaml
two "$NNMPI" predict good/model.h5 --data small.h5 --output p.h5 -- \
    "$NNMPI" eval good/model.h5 --data small.h5
two "$NNMPI" train run.yaml --set epochs=2 -- "$NNMPI" train run.yaml --set epochs=3
two "$NNMPI" train run.yaml -- "$NNMPI" train run.yaml --resume

# Another build of the same version; the same one from elsewhere is the same.
cp "$NNMPI" other-build
echo >>other-build
two "$NNMPI" train run.yaml -- ./other-build train run.yaml
expect_text 'the executable' err
cp "$NNMPI" same-build
expect_exit 0 timeout 60 "$MPIRUN" -np 1 "$NNMPI" train run.yaml --output same : \
    -np 1 ./same-build train run.yaml --output same

# Data of the same shape and size, of which a byte differs: each rank sees its own folder.
for rank in 0 1; do
    mkdir rank$rank
    cp small.h5 rank$rank
    small_run rank$rank/run.yaml 'data: {file: /proc/self/cwd/small.h5, validation: /test}'
done
offset=$(($(stat -c %s small.h5) - 200))
printf 'x' | dd of=rank1/small.h5 bs=1 seek=$offset conv=notrunc status=none
for in_memory in always never; do
    # shellcheck disable=SC2016 # expanded by the ranks
    expect_exit 78 ranks 2 bash -c \
        'cd rank${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; exec "$NNMPI" train run.yaml "$@"' bash --set data.in_memory=$in_memory
    expect_text "small.h5 differs from rank 0's" err
    [ ! -e rank0/runs ] || fail 'a run that did not begin leaves a folder'
done

# Of a large file pieces are compared; two nodes that hold all rows compare these too.
"$TOOLS/make_dataset" rank0/small.h5 train=9000 test=41 features=1000
cp rank0/small.h5 rank1/small.h5
# shellcheck disable=SC2017 # as the pieces lie
offset=$((($(stat -c %s rank0/small.h5) - 1048576) / 15 * 3 + 1500000))
printf 'xyz' | dd of=rank1/small.h5 bs=1 seek=$offset conv=notrunc status=none
# shellcheck disable=SC2016 # expanded by the ranks
expect_exit 78 env NNMPI_NODE_RANKS=1 "$MPIRUN" -np 2 bash -c \
    'cd rank${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; exec "$NNMPI" train run.yaml --set data.in_memory=always'
expect_text 'not all nodes have read the same rows' err
rm rank?/small.h5

# Processes that do not see each other; a single one on purpose, in a job of several tasks.
expect_exit 64 env SLURM_STEP_NUM_TASKS=2 SLURM_PROCID=0 "$NNMPI" train run.yaml
case $MPIRUN in *mpich*) expect_text 'srun --mpi=pmi2' err ;; *) expect_text 'srun --mpi=pmix' err ;; esac
expect_exit 64 env PMI_SIZE=2 PMI_RANK=0 "$NNMPI" eval good/model.h5 --data small.h5
expect_exit 0 env SLURM_JOB_ID=5 SLURM_NTASKS=8 SLURM_NPROCS=8 SLURM_PROCID=0 \
    "$NNMPI" train run.yaml --output single

# Threads.
for command in "train run.yaml --output threads" "eval good/model.h5 --data small.h5" doctor; do
    # shellcheck disable=SC2086
    expect_exit 78 env OMP_NUM_THREADS=100000 "$NNMPI" $command
    expect_text '100000 threads are too many' err
done

# starts ARGUMENT...: trains in the background, in the folder used; sets job; waits until it has a
# checkpoint of its own.
starts() {
    "$NNMPI" train long.yaml --output used "$@" >used.out 2>used.err &
    job=$!
    for ((i = 0; i < 600; i++)); do
        if grep -qx "process $job" used/lock 2>/dev/null && grep -q '^epoch' used.out; then return; fi
        sleep 0.05
    done
    fail 'training does not begin'
}

# A folder that is in use, whatever the other run wants with it; it goes on undisturbed.
starts
for wish in '' --overwrite --resume; do
    # shellcheck disable=SC2086
    expect_exit 73 "$NNMPI" train run.yaml --output used $wish
    expect_text "used is in use by another run: process $job on $(hostname)" err
    expect_text 'remove used/lock by hand' err
    # shellcheck disable=SC2086
    expect_exit 73 ranks 2 "$NNMPI" train run.yaml --output ./used $wish
    expect_text 'in use by another run' err
done
kill -0 "$job" || fail 'the first run was disturbed'

# kill -9 leaves the file, which the next run takes over; every other ending removes it.
kill -s KILL "$job"
wait "$job" || true
[ -e used/lock ] || fail 'the lock should have been left'
expect_exit 73 "$NNMPI" train run.yaml --output used
expect_text 'used holds a run already' err
[ ! -e used/lock ] || fail 'a run that was refused leaves the lock'
starts --overwrite
for ((i = 0; i < 600; i++)); do
    [ -z "$(find used -name 'checkpoint-*.h5')" ] || break
    sleep 0.05
done
kill -s KILL "$job"
wait "$job" || true
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output used --resume --set max_steps=1
expect_text "used/lock was left by process $job on $(hostname), which has ended" err
[ ! -e used/lock ] || fail 'a run that ended leaves the lock'
starts --resume
kill -s TERM "$job"
code=0
wait "$job" || code=$?
[ "$code" = 75 ] || fail "exit code $code instead of 75"
[ ! -e used/lock ] || fail 'a run that was interrupted leaves the lock'

# A lock of another node: taken over, for what lies on this host alone has no other writer.
printf 'host elsewhere\nprocess 12\nbegun 34\njob 5\n' >used/lock
expect_exit 0 "$NNMPI" train run.yaml --output used --resume --set max_steps=1
expect_text 'used/lock was left by process 12 on elsewhere, Slurm job 5, which has ended' err

# A run that fails at its beginning leaves no folder, not even those on the way to it.
expect_exit 66 "$NNMPI" train run.yaml --output a/b/c --set data.file=none.h5
[ ! -e a ] || fail 'folders are left'

# Validation data that have changed since.
expect_exit 0 "$NNMPI" train run.yaml --output changed --set epochs=1
expect_no_text 'other validation data'
expect_exit 0 "$NNMPI" train run.yaml --output changed --set epochs=2 --resume
expect_no_text 'other validation data'
expect_exit 0 "$NNMPI" train run.yaml --output changed --set epochs=3 --resume --set data.validation=/train
expect_text 'small.h5:/train holds other validation data than before' err
