#!/usr/bin/env bash
# bench.sh: nnmpi beside a bare loop of the same arithmetic and beside PyTorch's DistributedDataParallel,
# in turns, so that what else the machine does meets all of them. README.md says what is compared.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

build=$here/../../build
output=
repetitions=7
epochs=8
rows=20480
seconds=1.5
ranks="1 2"
python=/usr/bin/python3

usage() {
    cat <<TEXT
Usage: bench.sh [OPTION]... [NETWORK:BATCH]...

The networks are written as 784-128-10:32 (the default); the batch is that of each rank.
  --build DIR        where nnmpi and the programs of tests/bench are built (default: build)
  --output DIR       where data, runs and results.csv go (default: DIR of the build/bench)
  --repetitions N    turns (default $repetitions)
  --ranks "1 2"      numbers of ranks (default "$ranks")
  --rows N           rows of the made-up data (default $rows)
  --epochs N         epochs of nnmpi's run; the first is left out (default $epochs)
  --seconds S        duration of the others' runs (default $seconds)
  --python PATH      a Python with PyTorch; 'none' leaves PyTorch out (default $python)
  --variant KEY=VALUE  nnmpi once more, with this override of the run file; may be given several times
  --no-bare          leaves the bare loop out
TEXT
}

networks=()
variants=()
tools=(nnmpi bare)
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit 0 ;;
    --build | --output | --repetitions | --ranks | --rows | --epochs | --seconds | --python)
        [ $# -ge 2 ] || { usage >&2 && exit 64; }
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --variant)
        [ $# -ge 2 ] || { usage >&2 && exit 64; }
        variants+=("$2")
        shift 2
        ;;
    --no-bare) tools=(nnmpi) && shift ;;
    [0-9]*-*:[0-9]*) networks+=("$1") && shift ;;
    *) usage >&2 && exit 64 ;;
    esac
done
[ ${#networks[@]} -gt 0 ] || networks=(784-128-10:32)
build=$(cd "$build" && pwd)
output=${output:-$build/bench}
programs=$build/tests/bench
for program in "$build/nnmpi" "$programs/bare_step" "$programs/make_data"; do
    [ -x "$program" ] || { echo "bench.sh: $program is missing; build it first" >&2 && exit 66; }
done
mkdir -p "$output"
if [ "$python" != none ] && ! "$python" -c 'import torch' 2>/dev/null; then
    echo "PyTorch is not in $python: it is left out"
    python=none
fi

export OMP_NUM_THREADS=1 GLOO_SOCKET_IFNAME=${GLOO_SOCKET_IFNAME:-lo}
export OMPI_MCA_btl_vader_single_copy_mechanism=none
if [ "$(id -u)" -eq 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# An OpenBLAS older than the processor falls back to kernels of 2004. Then all three get better ones.
core=$(OPENBLAS_VERBOSE=2 "$programs/bare_step" 8-4-2 --seconds 0.01 2>&1 | sed -n 's/^Core: //p')
if [ "$core" = Prescott ] && [ -z "${OPENBLAS_CORETYPE:-}" ]; then
    if grep -qw avx512bw /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=SkylakeX
    elif grep -qw avx2 /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=Haswell
    fi
    echo "OpenBLAS does not know this processor; all run with OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-$core}"
fi

median() { sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# write_run NETWORK GLOBAL_BATCH FILE: the run file that trains what bare_step trains.
write_run() {
    local widths units last loss
    IFS=- read -ra widths <<<"$1"
    units=("${widths[@]:1}")
    last=${units[-1]}
    loss=sparse_categorical_crossentropy
    [ "$last" -gt 1 ] || loss=binary_crossentropy
    {
        echo "name: bench"
        echo "data: {file: $1.h5}"
        echo "model:"
        for unit in "${units[@]::${#units[@]}-1}"; do
            echo "  - {layer: Dense, units: $unit, activation: relu}"
        done
        [ "$last" -gt 1 ] && echo "  - {layer: Dense, units: $last, activation: softmax}" ||
            echo "  - {layer: Dense, units: 1, activation: sigmoid}"
        echo "loss: $loss"
        echo "optimizer: adam"
        echo "metrics: [accuracy]"
        echo "batch_size: $2"
        echo "epochs: $epochs"
    } >"$3"
}

# Each prints samples a second: TOOL NETWORK BATCH RANKS.
run_nnmpi() {
    local run=$output/$1-$2-$3
    write_run "$1" $(($2 * $3)) "$run.yaml"
    mpirun -np "$3" "$build/nnmpi" train "$run.yaml" --output "$run" --overwrite "${@:4}" >"$run.log" 2>&1 ||
        { cat "$run.log" >&2 && return 1; }
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "samples_per_second") column = i}
             NR > 2 {print $column}' "$run/metrics.csv" | median
}
run_bare() {
    mpirun -np "$3" "$programs/bare_step" "$1" --batch "$2" --rows "$rows" --seconds "$seconds" |
        awk '{print $2}'
}
run_pytorch() {
    mpirun -np "$3" "$python" "$here/peer_ddp.py" "$1" --batch "$2" --rows "$rows" \
        --seconds "$seconds" | awk '{print $2}'
}

tools+=("${variants[@]}")
[ "$python" = none ] || tools+=(pytorch)

# run_tool TOOL NETWORK BATCH RANKS: a variant goes by its override.
run_tool() {
    case $1 in
    *=*) run_nnmpi "$2" "$3" "$4" --set "$1" ;;
    *) "run_$1" "$2" "$3" "$4" ;;
    esac
}
results=$output/results.csv
echo network,batch,ranks,repetition,tool,samples_per_second >"$results"
for case in "${networks[@]}"; do
    network=${case%:*}
    batch=${case#*:}
    classes=${network##*-}
    "$programs/make_data" "$output/$network.h5" "$rows" "${network%%-*}" \
        $((classes > 1 ? classes : 2))
    for ((turn = 1; turn <= repetitions; turn++)); do
        for size in $ranks; do
            for tool in "${tools[@]}"; do
                speed=$(run_tool "$tool" "$network" "$batch" "$size")
                echo "$network,$batch,$size,$turn,\"$tool\",$speed" >>"$results"
            done
        done
    done
done

width=8
for tool in "${tools[@]}"; do [ ${#tool} -le "$width" ] || width=${#tool}; done
printf "\n%-26s %5s %5s  %-${width}s %12s %12s %12s  %s\n" network batch ranks tool median least most \
    "nnmpi's time to its"
for case in "${networks[@]}"; do
    for size in $ranks; do
        own=
        for tool in "${tools[@]}"; do
            mapfile -t speeds < <(grep -F "${case%:*},${case#*:},$size," "$results" |
                grep -F ",\"$tool\"," | sed 's/.*,//' | sort -g)
            middle=$(printf '%s\n' "${speeds[@]}" | median)
            own=${own:-$middle}
            printf "%-26s %5d %5d  %-${width}s %12.0f %12.0f %12.0f  %s\n" "${case%:*}" "${case#*:}" "$size" \
                "$tool" "$middle" "${speeds[0]}" "${speeds[-1]}" \
                "$(awk -v a="$middle" -v b="$own" 'BEGIN {printf "%.2f", a / b}')"
        done
    done
done
echo
echo "samples a second, of all ranks; every turn is in $results"
