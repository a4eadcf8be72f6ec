#!/usr/bin/env bash
# wire.sh [BUILD]: the bytes that all ranks together send in a step, by MPI_Allreduce, along the tree of
# reproducible: true, and by MPI_Allreduce's place with bfloat16, as Open MPI's monitoring component counts them: 784-512-256-10
# (535,818 parameters) in batches of 256 and 1024, which are 4 and 8 shards.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "${1:-$here/../../build}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

export OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none

"$build/tests/bench/make_data" data.h5 20480 784 10
cat >run.yaml <<'END'
data: {file: data.h5}
model:
  - {layer: Dense, units: 512, activation: relu}
  - {layer: Dense, units: 256, activation: relu}
  - {layer: Dense, units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
checkpoint: {every_epochs: 100}
replica_check: null
END

# sent RANKS ARGUMENT...: bytes of a whole run.
sent() {
    local count=$1
    shift
    rm -f sent.*
    mpirun -np "$count" --mca pml_monitoring_enable 2 --mca pml_monitoring_enable_output 3 \
        --mca pml_monitoring_filename sent "$build/nnmpi" train run.yaml --overwrite \
        --set communication=allreduce "$@" >out 2>&1 ||
        { cat out >&2 && exit 1; }
    cat sent.*.prof | awk '/^[EI]/ { bytes += $4 } END { printf "%.0f\n", bytes }'
}

# a_step RANKS ARGUMENT...: bytes of a step, from the difference of two runs.
a_step() {
    echo $((($(sent "$@" --set max_steps=14) - $(sent "$@" --set max_steps=4)) / 10))
}

printf '%6s %5s  %12s %12s  %5s %12s  %s\n' batch ranks allreduce reproducible ratio bf16 ratio
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
for batch in 256 1024; do
    for count in 2 3 4 5 6 8; do
        default=$(a_step $count --set batch_size=$batch)
        tree=$(a_step $count --set batch_size=$batch --set reproducible=true)
        halves=$(a_step $count --set batch_size=$batch --set gradient_precision=bf16)
        printf '%6d %5d  %12d %12d  %5s %12d  %s\n' $batch $count "$default" "$tree" \
            "$(ratio "$tree" "$default")" "$halves" "$(ratio "$halves" "$default")"
    done
done
