#!/usr/bin/env bash
# bf16.sh RUN.yaml [SEEDS [RANKS]]: what gradient_precision: bf16 does to the result: accuracy on the
# validation data after the last epoch, with as many seeds (10) on as many ranks (2), in float32 and in
# bfloat16; means, standard deviations, and how many standard errors lie between them.
set -euo pipefail
build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../build" && pwd)
run=$(realpath "$1")
seeds=${2:-10}
ranks=${3:-2}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
for ((seed = 1; seed <= seeds; seed++)); do
    for precision in float32 bf16; do
        mpirun -np "$ranks" --bind-to none "$build/nnmpi" train "$run" --output "$folder/run" --overwrite --set seed=$seed \
            --set communication=allreduce --set gradient_precision=$precision --set checkpoint.every_epochs=1000 \
            >"$folder/log" 2>&1 || { cat "$folder/log" >&2 && exit 1; }
        awk -F, -v precision=$precision 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "val_accuracy") column = i}
            END {print precision, $column}' "$folder/run/metrics.csv"
    done
done | tee "$folder/all" | awk '
    {n[$1]++; sum[$1] += $2; squares[$1] += $2 * $2}
    END {
        for (p in n) {mean[p] = sum[p] / n[p]; v[p] = (squares[p] - n[p] * mean[p] ^ 2) / (n[p] - 1)
            printf "%-8s %d seeds  val_accuracy %.5f  sd %.5f\n", p, n[p], mean[p], sqrt(v[p])}
        error = sqrt(v["bf16"] / n["bf16"] + v["float32"] / n["float32"])
        printf "apart by %.5f, %.1f standard errors\n", mean["bf16"] - mean["float32"], (mean["bf16"] - mean["float32"]) / error}'
