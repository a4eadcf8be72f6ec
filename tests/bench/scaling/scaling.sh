#!/usr/bin/env bash
# scaling.sh: how nnmpi's step scales to 1,024 ranks, predicted with SimGrid's SMPI, and how far the
# same prediction is off on this machine. docs/SCALING.md says what is simulated and what is not.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)

build=$root/build
simulated=$root/build-smpi
output=
repetitions=5
ranks="2 4 8 16 32 64 128 256 512 1024"
jobs=2
parts="calibrate simulate combine measure check"
weak=64 # rows of each rank
sets=()

usage() {
    cat <<TEXT
Usage: scaling.sh [OPTION]...

  --build DIR        where nnmpi and the programs of tests/bench are built (default: build)
  --simulated DIR    where nnmpi is built for SMPI (default: build-smpi)
  --output DIR       where everything goes (default: DIR of --simulated, /scaling)
  --parts "P..."     of calibrate, simulate, combine, measure, check (default: all; each needs those before it)
  --ranks "2 4"      numbers of simulated ranks, powers of two (default: 2 to 1024)
  --repetitions N    of what is timed (default $repetitions)
  --jobs N           simulations at a time (default $jobs)
  --rows N           rows a rank of weak scaling (default $weak)
  --set KEY=VALUE    overrides a key of the run file in what is simulated
TEXT
}

while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit 0 ;;
    --build | --simulated | --output | --parts | --ranks | --repetitions | --jobs)
        [ $# -ge 2 ] || { usage >&2 && exit 64; }
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --rows) weak=$2 && shift 2 ;;
    --set) sets+=(--set "$2") && shift 2 ;;
    *) usage >&2 && exit 64 ;;
    esac
done
for tool in smpicc:libsimgrid-dev smpirun:simgrid mpirun:openmpi-bin cmake:cmake; do
    command -v "${tool%:*}" >/dev/null ||
        { echo "scaling.sh: ${tool%:*} is missing; on Debian it is in ${tool#*:}" >&2 && exit 69; }
done
for program in "$build/nnmpi" "$build"/tests/bench/{make_data,messages,zeros}; do
    [ -x "$program" ] || { echo "scaling.sh: $program is missing; build it first" >&2 && exit 66; }
done
mkdir -p "$simulated"
cmake -S "$here" -B "$simulated" -DCMAKE_C_COMPILER=smpicc -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE=-O3 >"$simulated/configure.log"
cmake --build "$simulated" --parallel --target nnmpi nnmpi_model messages >"$simulated/build.log" 2>&1 ||
    { tail -n 20 "$simulated/build.log" && exit 70; }
build=$(cd "$build" && pwd)
simulated=$(cd "$simulated" && pwd)
programs=$build/tests/bench
output=${output:-$simulated/scaling}
mkdir -p "$output"
output=$(cd "$output" && pwd)
cd "$output"

export OMP_NUM_THREADS=1 OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
[ "$(id -u)" -ne 0 ] || export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Otherwise nnmpi may start itself again with this set, which inside of the simulator it cannot.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
    if grep -qw avx512bw /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=SkylakeX
    elif grep -qw avx2 /proc/cpuinfo; then
        export OPENBLAS_CORETYPE=Haswell
    fi
fi

networks=(784-128-10 784-512-256-10 1024-1024-1024-1024-10)
declare -A parameters=([784-128-10]=101770 [784-512-256-10]=535818 [1024-1024-1024-1024-10]=3159050)
strong=4096 # rows of all ranks

# The least of the repetitions: what else the machine does can only add to it.
least() { sort -g | head -n 1; }

# write_run NETWORK DATA BATCH STEPS FILE
write_run() {
    local widths unit
    IFS=- read -ra widths <<<"$1"
    {
        echo "name: scaling"
        echo "data: {$2}"
        echo "model:"
        for unit in "${widths[@]:1:${#widths[@]}-2}"; do
            echo "  - {layer: Dense, units: $unit, activation: relu}"
        done
        echo "  - {layer: Dense, units: ${widths[-1]}, activation: softmax}"
        echo "loss: sparse_categorical_crossentropy"
        echo "optimizer: adam"
        echo "metrics: [accuracy]"
        echo "batch_size: $3"
        echo "communication: allreduce"
        echo "max_steps: $4"
        echo "epochs: 100000"
        echo "checkpoint: {every_epochs: 0}"
    } >"$5"
}

# seconds_of METRICS BATCH: of a step, in the fastest epoch.
seconds_of() {
    awk -F, -v batch="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["samples_per_second"] > most { most = $at["samples_per_second"] }
        END { printf "%.4g\n", batch / most }' "$1"
}

# How many steps to time: half a second of them.
steps_for() {
    awk -v p="${parameters[$1]}" -v b="$2" 'BEGIN {
        n = int(0.5 / (6 * p * b / 4e10 + 2e-9 * p + 5e-5)); print (n < 4 ? 4 : n > 500 ? 500 : n) }'
}

fail_with() { cat "$1" >&2 && exit 1; }

# ---- computing: the real executable alone ----

calibrate() {
    local network batch turn
    echo network,batch,repetition,seconds >calibration.csv
    for network in "${networks[@]}"; do
        [ -f "$network.h5" ] || "$programs/make_data" "$network.h5" 4096 "${network%%-*}" 10
        [ -f "zeros-${network%%-*}.h5" ] ||
            "$programs/zeros" "zeros-${network%%-*}.h5" $((weak * 1024)) "${network%%-*}"
    done
    for ((turn = 1; turn <= repetitions; turn++)); do
        for network in "${networks[@]}"; do
            for batch in 4096 2048 1024 512 256 128 64 32 16 8 4; do
                write_run "$network" "file: $network.h5" $batch "$(steps_for "$network" $batch)" real.yaml
                "$build/nnmpi" train real.yaml --output real --overwrite >real.log 2>&1 || fail_with real.log
                echo "$network,$batch,$turn,$(seconds_of real/metrics.csv $batch)" >>calibration.csv
            done
        done
    done
    for network in "${networks[@]}"; do
        mpirun -np 1 "$programs/messages" add 9 "${parameters[$network]}"
    done >add.txt
}

computing() { # NETWORK BATCH: seconds of a step
    awk -F, -v n="$1" -v b="$2" '$1 == n && $2 == b {print $4}' calibration.csv | least
}
adding() { # NETWORK [FILE]: seconds to add two floats
    awk -v n="${parameters[$1]}" '$1 == n {print $2 / n}' "${2:-add.txt}"
}

# ---- the exchange: simulated ----

# simulate_one NETWORK RANKS BATCH STEP_SECONDS ADD_SECONDS FOLDER BANDWIDTH LATENCY OPTION...: prints
# the seconds of a step. A rank a node, a link a node, nothing shared between the nodes.
simulate_one() {
    local network=$1 size=$2 batch=$3 folder=$6
    mkdir -p "$folder"
    cat >"$folder/platform.xml" <<XML
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="node" suffix="" radical="0-$((size - 1))" speed="1Gf"
           bw="$7" lat="$8" sharing_policy="SPLITDUPLEX"/>
</platform>
XML
    write_run "$network" "file: $output/zeros-${network%%-*}.h5, in_memory: always, shuffle: false" \
        $((batch * size)) 1 "$folder/run.yaml"
    NNMPI_STEP_SECONDS=$4 NNMPI_ADD_SECONDS=$5 smpirun -np "$size" -platform "$folder/platform.xml" \
        --log=root.thresh:warning --cfg=smpi/host-speed:1Gf --cfg=smpi/simulate-computation:no \
        --cfg=smpi/wtime:0 --cfg=smpi/shared-malloc-blocksize:16777216 \
        --cfg=smpi/coll-selector:ompi --cfg=smpi/reduce:ompi_binomial "${@:9}" \
        "$simulated/nnmpi_model" train "$folder/run.yaml" --output "$folder/run" --overwrite "${sets[@]}" \
        >"$folder/log" 2>&1 || fail_with "$folder/log"
    awk '$1 == "step" { print $2; found = 1 } END { exit !found }' "$folder/log" ||
        fail_with "$folder/log"
}

# An interconnect's name, bandwidth and latency of a node's link (a message crosses two), and what SMPI
# makes of them: the part of the bandwidth that is left for data, latencies that a message needs
# (three from 64 KiB on, where sender and receiver meet first), and whether data in one direction
# slow down the other (TCP's acknowledgements).
interconnects=(
    "100G 12.5GBps 500ns --cfg=smpi/bw-factor:0:0.95 --cfg=smpi/lat-factor:65536:3;0:1 --cfg=network/crosstraffic:0"
    "10G 1.25GBps 10us --cfg=smpi/bw-factor:0:0.94 --cfg=smpi/lat-factor:65536:3;0:1 --cfg=network/crosstraffic:1"
)

# simulate_case NETWORK RANKS INTERCONNECT...: leaves a line in exchange.csv.
simulate_case() {
    local network=$1 size=$2 seconds compute
    compute=$(computing "$network" "$weak")
    seconds=$(simulate_one "$network" "$size" "$weak" "$compute" "$(adding "$network")" \
        "$3-$network-$size" "${@:4}")
    echo "$network,$3,$size,$compute,$seconds" >>exchange.csv
    rm -rf "$3-$network-$size/run"
}

simulate() {
    local interconnect network size word
    : >exchange.csv
    for size in $(tr ' ' '\n' <<<"$ranks" | sort -rg); do # the longest first
        for network in "${networks[@]}"; do
            for interconnect in "${interconnects[@]}"; do
                read -ra word <<<"$interconnect"
                while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
                simulate_case "$network" "$size" "${word[@]}" &
            done
        done
    done
    while [ "$(jobs -rp | wc -l)" -gt 0 ]; do wait -n; done
}

# A step is computing and exchange, one after the other; the exchange does not depend on the batch.
combine() {
    local network link size compute seconds kind batch alone
    echo network,parameters,interconnect,scaling,ranks,rows_a_rank,computing,exchange,step,efficiency >scaling.csv
    while IFS=, read -r network link size compute seconds; do
        for kind in weak strong; do
            batch=$weak
            [ $kind = weak ] || batch=$((strong / size))
            alone=$(computing "$network" "$weak")
            [ $kind = weak ] || alone=$(computing "$network" $strong)
            awk -v network="$network" -v link="$link" -v size="$size" -v kind=$kind -v batch="$batch" \
                -v own="$(computing "$network" "$batch")" -v p="${parameters[$network]}" -v alone="$alone" \
                -v exchange="$(awk "BEGIN {print $seconds - $compute}")" 'BEGIN {
                step = own + exchange
                printf "%s,%d,%s,%s,%d,%d,%.4g,%.4g,%.4g,%.3f\n", network, p, link, kind, size, batch, own,
                    exchange, step, (kind == "weak" ? alone : alone / size) / step }'
        done
    done < <(sort -t, -k1,1 -k2,2 -k3,3n exchange.csv) >>scaling.csv
}

# ---- the check: this machine, measured and simulated ----

cores=$(env -u OMP_NUM_THREADS nproc) # nproc obeys OMP_NUM_THREADS

real() { # RANKS FOLDER: seconds of a step of the real executable
    mpirun -np "$1" "$build/nnmpi" train check.yaml --output "$2" --overwrite >"$2.log" 2>&1 ||
        fail_with "$2.log"
    seconds_of "$2/metrics.csv" $((weak * $1))
}

# alone COUNT: seconds of a step of one rank while others work beside it, COUNT with it, and exchange
# nothing.
alone() {
    local i pids=()
    for ((i = 0; i < $1; i++)); do
        "$build/nnmpi" train alone.yaml --output "alone-$i" --overwrite >"alone-$i.log" 2>&1 &
        pids+=($!)
    done
    wait "${pids[@]}"
    for ((i = 0; i < $1; i++)); do seconds_of "alone-$i/metrics.csv" "$weak"; done | least
}

# fit FILE: a ring's times as latency of a link, bandwidth, and SMPI's bandwidth factors.
fit() {
    sort -g -k1,1 "$1" | awk '
        { size[NR] = 4 * $1; time[NR] = $2 }
        END {
            bandwidth = size[NR] / (time[NR] - time[1])
            for (i = NR; i > 1; i--)
                factors = factors sprintf("%d:%.4g;", i == 2 ? 0 : (size[i] + size[i - 1]) / 2,
                                          size[i] / (time[i] - time[1]) / bandwidth)
            sub(/;$/, "", factors)
            printf "%.0fBps %.0fns --cfg=smpi/bw-factor:%s --cfg=smpi/lat-factor:0:1 --cfg=network/crosstraffic:0\n",
                bandwidth, 1e9 * time[1] / 2, factors }'
}

# leasts FILE: the second column's for each value of the first.
leasts() {
    local key keys
    mapfile -t keys < <(cut -d' ' -f1 "$1" | sort -gu)
    for key in "${keys[@]}"; do
        echo "$key $(awk -v k="$key" '$1 == k {print $2}' "$1" | least)"
    done
}

measure_on() { # RANKS: everything by turns
    local size=$1 turn network kind
    rm -f ring-"$size".txt sum-"$size".txt add-"$size".txt step-"$size"-*.txt
    for ((turn = 1; turn <= repetitions; turn++)); do
        mpirun -np "$size" "$programs/messages" ring 9 1 256 2048 16384 131072 1048576 >>"ring-$size.txt"
        mpirun -np "$size" "$programs/messages" allreduce 9 "${parameters[@]}" >>"sum-$size.txt"
        mpirun -np "$size" "$programs/messages" add 9 "${parameters[@]}" >>"add-$size.txt"
        for network in "${networks[@]}"; do
            write_run "$network" "file: $network.h5" $((weak * size)) "$(steps_for "$network" "$weak")" check.yaml
            write_run "$network" "file: $network.h5" "$weak" "$(steps_for "$network" "$weak")" alone.yaml
            alone $((size < cores ? size : cores)) >>"step-$size-alone-$network.txt"
            real "$size" "real-$size" >>"step-$size-real-$network.txt"
        done
    done
    for kind in ring sum add; do
        leasts "$kind-$size.txt" >"$kind-$size.leasts"
    done
}

measure() {
    measure_on 2
    measure_on 4
}

# More ranks than cores take turns at computing.
check() {
    local size network words own sum measured exchange turns
    echo "network,ranks,computing,allreduce_predicted,allreduce_measured,allreduce_ratio,\
step_predicted,step_measured,step_ratio" >check.csv
    for size in 2 4; do
        read -ra words < <(fit "ring-$size.leasts")
        turns=$(((size + cores - 1) / cores))
        for network in "${networks[@]}"; do
            own=$(least <"step-$size-alone-$network.txt")
            measured=$(least <"step-$size-real-$network.txt")
            sum=$(awk -v n="${parameters[$network]}" '$1 == n {print $2}' "sum-$size.leasts")
            exchange=$(simulate_one "$network" "$size" "$weak" 0 "$(adding "$network" "add-$size.leasts")" \
                "check-$size-$network" "${words[@]}")
            awk -v network="$network" -v size="$size" -v own="$own" -v sum="$sum" -v measured="$measured" \
                -v exchange="$exchange" -v turns="$turns" 'BEGIN {
                own *= turns
                printf "%s,%d,%.4g,%.4g,%.4g,%.2f,%.4g,%.4g,%.2f\n", network, size, own, exchange, sum,
                    exchange / sum, own + exchange, measured, (own + exchange) / measured }'
        done
    done >>check.csv
}

for part in $parts; do
    echo "scaling.sh: $part"
    $part
done
[ ! -f scaling.csv ] || echo "the prediction is in $output/scaling.csv"
[ ! -f check.csv ] || { echo "the check is in $output/check.csv:" && column -s, -t check.csv; }
