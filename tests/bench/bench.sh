#!/usr/bin/env bash
# bench.sh: nnmpi on networks of one's own choice, with keys of the run file changed, beside a bare loop
# of the same arithmetic and PyTorch's DistributedDataParallel, in turns, so that what else the machine
# does meets all of them. suite.sh measures what is required; README.md says what is compared.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=$here/../../build
output=
repetitions=7
epochs=8
rows=20480
seconds=1.5
ranks="1 2"
python=

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
  --python PATH      a Python with PyTorch; 'none' leaves PyTorch out (default: that of
                     suite.sh --install-peers, otherwise the system's)
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
prepare "$build"
output=${output:-$build/bench}
mkdir -p "$output"
python=${python:-$(default_python)}
if [ "$python" != none ] && ! "$python" -c 'import torch' 2>/dev/null; then
    echo "PyTorch is not in $python: it is left out"
    python=none
fi
tools+=("${variants[@]}")
if [ "$python" != none ]; then
    tools+=(pytorch)
    set_peer
fi

# run_tool TOOL NETWORK BATCH RANKS: samples a second. A variant goes by its override.
run_tool() {
    local run=$output/$2-$3-$4 override=()
    case $1 in
    bare)
        launch "$4" 1 "$programs/bare_step" "$2" --batch "$3" --rows "$rows" --seconds "$seconds" |
            awk '{print $2}'
        ;;
    pytorch) # the better of its modes
        run_ddp "$2" "$3" "$rows" "$4" "$seconds" "$run.pytorch.log" | sort -k2 -g | awk 'END {print $2}'
        ;;
    *)
        [ "$1" = nnmpi ] || override=(--set "$1")
        write_run "$2" $(($3 * $4)) "$epochs" "$2.h5" "$run.yaml"
        train "$run" "$4" 1 "${override[@]}"
        ;;
    esac
}

results=$output/results.csv
echo network,batch,ranks,repetition,tool,samples_per_second >"$results"
for case in "${networks[@]}"; do
    network=${case%:*}
    batch=${case#*:}
    make_rows "$output/$network.h5" "$rows" "$network"
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
