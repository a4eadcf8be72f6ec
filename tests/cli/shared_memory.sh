#!/usr/bin/env bash
# shared_memory.sh: where /dev/shm is too small for the data, no rank waits for another: in_memory: auto
# reads from the file and trains the same, in_memory: always is refused on all ranks.
# shellcheck source-path=SCRIPTDIR
source "$SOURCE_DIR/tests/cli/lib.sh"

unshare -m true 2>/dev/null || skip "no mount namespaces here (unshare -m)"

cat >run.yaml <<'YAML'
data: {file: data.h5}
model: [{layer: Dense, units: 10, activation: softmax}]
loss: sparse_categorical_crossentropy
batch_size: 64
max_steps: 20
YAML
seq 20000 | awk '{ printf "%d", $1 % 10; for (i = 0; i < 100; i++) printf ",%d", (i * $1) % 7; print "" }' >data.csv
expect_exit 0 "$NNMPI" import csv data.csv --no-header --label 1 --output data.h5

in_small_shm() { # of 2 MiB
    local script='mount -t tmpfs -o size=2m tmpfs /dev/shm || exit 77; exec "$@"'
    timeout --kill-after=10 60 unshare -m bash -c "$script" bash "$@"
}
in_small_shm true || skip "tmpfs cannot be mounted here"

expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output whole
expect_exit 0 in_small_shm "$MPIRUN" -np 2 "$NNMPI" train run.yaml --output small
cut -d, -f1-3 whole/metrics.csv >whole.csv
cut -d, -f1-3 small/metrics.csv >small.csv
cmp whole.csv small.csv || fail "reading from the file trained something else"

expect_exit 70 in_small_shm "$MPIRUN" -np 2 "$NNMPI" train run.yaml --output always \
    --set data.in_memory=always
expect_text "is /dev/shm too small?" err

# A model that does not fit there: each rank keeps its own, and says why; by name it is refused.
sed 's/^model: .*/model: [{layer: Dense, units: 4000, activation: relu}, {layer: Dense, units: 10, activation: softmax}]/' \
    run.yaml >large.yaml
expect_exit 0 in_small_shm "$MPIRUN" -np 2 "$NNMPI" train large.yaml --output large
expect_text "communication: allreduce" out
expect_text "node is not possible: " out
expect_text "is /dev/shm too small?" out

# A model that no memory holds is refused before the system ends processes for it.
sed 's/^model: .*/model: [{layer: Dense, units: 3000000, activation: relu}, {layer: Dense, units: 3000000}]/' \
    run.yaml >larger.yaml
expect_exit 78 "$MPIRUN" -np 2 "$NNMPI" train larger.yaml --output larger
expect_text 'model: up to layer 2 (Dense) its weights, gradients and activations take 7.2e+04 GB' err
expect_exit 70 in_small_shm "$MPIRUN" -np 2 "$NNMPI" train large.yaml --output node \
    --set communication=node
expect_text "is /dev/shm too small?" err

# The doctor says so too, and goes on.
expect_exit 0 in_small_shm "$MPIRUN" -np 2 "$NNMPI" doctor large.yaml
expect_text "/dev/shm does not hold it" out
expect_text "Advice for this run" out
