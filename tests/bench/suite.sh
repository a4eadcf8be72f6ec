#!/usr/bin/env bash
# suite.sh: what nnmpi's speed is held against, in one command: its peers and the limits of the machine,
# in turns on the same work, and at the end the table of what is required, aimed at and measured
# (figures.txt). README.md says how each is measured.
set -euo pipefail
# shellcheck source=tests/bench/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build=$here/../../build
repetitions=20
patience=0
mnist=
only=

usage() {
    cat <<TEXT
Usage: suite.sh [OPTION]...

  --build DIR        where nnmpi and the programs of tests/bench are built (default: build)
  --output DIR       where data, runs and the tables go (default: DIR of the build/bench/suite)
  --repetitions N    turns (default $repetitions)
  --quick            3 turns
  --patience S       before each tool waits up to S seconds for the other processes of the machine to stop
  --without TOOL     leaves a tool out, such as bare, for which nothing is required
  --only REGEX       the cases whose names match, such as 'ddp|gemms'
  --python PATH      a Python with PyTorch and scikit-learn; 'none' leaves both out (default: that of
                     --install-peers, otherwise the system's)
  --install-peers    first installs the current PyTorch and scikit-learn with pip into DIR/peers of the
                     build; where pip's index has PyTorch for GPUs alone that takes 6 GB of disk
  --mnist PATH       mnist.h5, or a folder with MNIST's four files (default: datasets/mnist/mnist.h5)
  --table            measures nothing; makes the tables of the last run again
TEXT
}

install=false
table_only=false
without=()
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit 0 ;;
    --build | --output | --repetitions | --patience | --only | --python | --mnist)
        [ $# -ge 2 ] || { usage >&2 && exit 64; }
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --without)
        [ $# -ge 2 ] || { usage >&2 && exit 64; }
        without+=("$2")
        shift 2
        ;;
    --quick) repetitions=3 && shift ;;
    --install-peers) install=true && shift ;;
    --table) table_only=true && shift ;;
    *) usage >&2 && exit 64 ;;
    esac
done

# ---- what is measured ----

# NAME|NETWORK|GLOBAL BATCH|ROWS|EPOCHS OF NNMPI|SECONDS OF THE OTHERS|TOOL/RANKSxTHREADS...
# Rows and epochs are such that nnmpi too is timed for some tenths of a second.
networks() {
    cat <<END
ddp-8|8-10-8-1|64|327680|9|0.8|nnmpi/2x1 bare/2x1 pytorch/2x1
ddp-784-128|784-128-10|64|20480|9|0.8|nnmpi/2x1 bare/2x1 pytorch/2x1
ddp-784-256|784-256-128-10|128|20480|5|0.8|nnmpi/2x1 bare/2x1 pytorch/2x1
ddp-1024|1024-1024-1024-1024-10|512|10240|3|1.2|nnmpi/2x1 bare/2x1 pytorch/2x1
sklearn|784-128-10|64|20480|7|0.8|nnmpi/1x1 bare/1x1 sklearn/1x1
gemms-784|784-512-256-10|256|20480|4|0.8|nnmpi/1x1 gemms/1x1
gemms-1024|1024-1024-1024-1024-10|256|5120|3|1|nnmpi/1x1 gemms/1x1 nnmpi/1x2
gemms-4096|4096-4096-4096-10|256|1024|3|2|nnmpi/1x1 gemms/1x1
scaling|784-512-256-10|512|20480|4|0.8|nnmpi/1x1 nnmpi/2x1
END
}
read_rows=65536 # of 1024 floats: 256 MiB

note() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

# is_wanted CASE: by --only, and nothing that it needs is missing.
is_wanted() { [[ $1 =~ $only ]] && [[ " ${absent[*]} " != *" $1 "* ]]; }

# record CASE NETWORK BATCH TOOL/LAYOUT QUANTITY VALUE
record() {
    local layout=${4#*/}
    echo "$1,$2,$3,$turn,${4%%/*},${layout%x*},${layout#*x},$5,$6,$others" >>"$results"
}

# Clock ticks of all cores since the machine started: busy, and all.
ticks() { awk '/^cpu / {busy = $2 + $3 + $4 + $7 + $8 + $9; print busy, busy + $5 + $6}' /proc/stat; }

# Ticks that the suite's own programs have taken.
own_ticks() {
    times >"$output/times" # in a subshell it would say 0
    awk -v hz="$(getconf CLK_TCK)" 'NR == 2 {gsub(/s/, ""); split($1, u, "m"); split($2, k, "m")
        print hz * (60 * (u[1] + k[1]) + u[2] + k[2])}' "$output/times"
}

# watch COMMAND...: runs it with its output in `measured`, and sets `others` to the share of the
# machine that other processes took meanwhile.
watch() {
    local busy all busy_then all_then status=0 start=$SECONDS
    while read -r busy all < <(ticks) && [ $((SECONDS - start)) -lt "$patience" ]; do
        sleep 0.5
        read -r busy_then all_then < <(ticks)
        [ $((20 * (busy_then - busy))) -gt $((all_then - all)) ] || break # 5 %
    done
    own_ticks >"$output/own"
    read -r busy all < <(ticks)
    measured=$("$@") || status=$?
    read -r busy_then all_then < <(ticks)
    own_ticks >>"$output/own"
    others=$(awk -v busy=$((busy_then - busy)) -v all=$((all_then - all)) '{own = $1 - own}
        END {share = (busy - own) / (all ? all : 1); printf "%.3f", (share > 0 ? share : 0)}' "$output/own")
    return $status
}

# speed_of TOOL NETWORK BATCH ROWS EPOCHS SECONDS RANKS THREADS RUN: a line with a name and samples a
# second; two of PyTorch's modes.
speed_of() {
    local tool=$1 network=$2 batch=$3 rows=$4 epochs=$5 seconds=$6 ranks=$7 threads=$8 run=$9 speed
    case $tool in
    nnmpi)
        write_run "$network" "$batch" "$epochs" "$output/$network-$rows.h5" "$run.yaml"
        speed=$(train "$run" "$ranks" "$threads") && echo "nnmpi $speed"
        ;;
    bare)
        launch "$ranks" 1 "$programs/bare_step" "$network" --batch $((batch / ranks)) --rows "$rows" \
            --seconds "$seconds" | awk '{print "bare", $2}'
        ;;
    gemms)
        launch "$ranks" 1 "$programs/gemms_alone" "$network" --batch "$batch" --seconds "$seconds" |
            awk '{print "gemms", $2}'
        ;;
    pytorch)
        run_ddp "$network" $((batch / ranks)) "$rows" "$ranks" "$seconds" "$run.log" | sed 's/^/pytorch-/'
        ;;
    sklearn)
        launch 1 1 "${peer[@]}" "$here/peer_sklearn.py" "$network" --batch "$batch" --rows "$rows" \
            --epochs 3 | awk '{print "sklearn", $2}'
        ;;
    esac
}

# A line of networks(): all its tools one after another, in every other turn the other way round.
measure_network() {
    local name=$1 network=$2 batch=$3 rows=$4 epochs=$5 seconds=$6 tools tool i layout kind speed
    read -ra tools <<<"$7"
    for ((i = 0; i < ${#tools[@]}; i++)); do
        tool=${tools[turn % 2 ? i : ${#tools[@]} - 1 - i]}
        layout=${tool#*/}
        [[ " ${absent[*]} " != *" ${tool%/*} "* ]] || continue
        if ! watch speed_of "${tool%/*}" "$network" "$batch" "$rows" "$epochs" "$seconds" \
            "${layout%x*}" "${layout#*x}" "$output/$name-${tool//\//-}"; then
            note "$name: $tool failed in turn $turn"
            continue
        fi
        while read -r kind speed _; do
            record "$name" "$network" "$batch" "$kind/$layout" samples_per_second "$speed"
        done <<<"$measured"
    done
}

# Exchange and Adam, and beside it MPI_Allreduce alone, in one process: in the way that a node takes.
measure_exchange() {
    local bytes mode both allreduce
    watch launch 2 1 "$programs/exchange" 3 node
    while IFS=, read -r bytes mode both allreduce _; do
        [[ $bytes =~ ^[0-9]+$ ]] || continue # its heading
        record "exchange-$((bytes >> 20))MiB" "" "" "exchange_$mode/2x1" seconds "$both"
        record "exchange-$((bytes >> 20))MiB" "" "" "allreduce_beside_$mode/2x1" seconds "$allreduce"
    done <<<"$measured"
}

# phase NAME: a number of the line of JSON that --profile prints.
phase() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p"; }

measure_mnist() {
    local run=$output/mnist-run profile
    if ! watch launch 2 1 "$build/nnmpi" train "$here/../../datasets/mnist/train.yaml" --output "$run" \
        --overwrite --set "data.file=$mnist" --set data.in_memory=never --set data.validation=null \
        --set epochs=2 --profile 2>"$run.log"; then
        note "mnist: nnmpi failed in turn $turn"
        return
    fi
    profile=$(grep '"phases"' <<<"$measured" | tail -n 1)
    record mnist 784-512-256-10 128 wait/2x1 seconds "$(phase wait <<<"$profile")"
    record mnist 784-512-256-10 128 step/2x1 seconds "$(phase seconds <<<"$profile")"
}

# read_rows.c takes turns of its own between the two, and ends with the ratio of their speeds.
measure_read() {
    local ratio
    watch launch 1 1 "$programs/read_rows" "$output/read.h5" /train/x 3
    ratio=$(sed -n 's/.* ratio=//p' <<<"$measured")
    record read 1024 "" reader/1x1 ratio "$ratio"
    record read 1024 "" pread/1x1 ratio 1
}

# ---- what is there ----

install_peers() {
    note "installing PyTorch and scikit-learn into $build/peers"
    /usr/bin/python3 -m venv "$build/peers"
    "$build/peers/bin/pip" install --quiet --upgrade torch scikit-learn numpy
}

version_of() { "$python" -W ignore -c "import $1; print($1.__version__)" 2>/dev/null || echo missing; }

# Adds to `absent` the peers that are left out, and sets `peer`.
find_peers() {
    if [ "$python" = none ]; then
        absent+=(pytorch sklearn)
        return
    fi
    set_peer
    [ "$(version_of torch)" != missing ] || absent+=(pytorch)
    [ "$(version_of sklearn)" != missing ] || absent+=(sklearn)
    [ ${#absent[@]} -eq 0 ] ||
        note "not in $python, and left out: ${absent[*]}; --install-peers installs them"
}

# Adds to `absent` what nnmpi itself, its data or its programs do not offer.
find_cases() {
    if [ -d "$mnist" ]; then
        NNMPI=$build/nnmpi "$here/../../datasets/mnist/fetch.sh" --from "$mnist" --output "$output/mnist.h5" >/dev/null
        mnist=$output/mnist.h5
    fi
    mnist=$(realpath -m "${mnist:-$here/../../datasets/mnist/mnist.h5}")
    if [ ! -f "$mnist" ]; then
        absent+=(mnist)
        note "no MNIST, and its figure is left out; datasets/mnist/fetch.sh makes it, or --mnist PATH names it"
    elif ! "$build/nnmpi" train --help | grep -q -- --profile; then
        absent+=(mnist)
        note "this nnmpi has no --profile: how long it waits for data is left out"
    fi
    if [ ! -x "$programs/read_rows" ]; then
        absent+=(read)
        note "$programs/read_rows is not built: reading is left out"
    fi
}

compiler() { "$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")" --version | head -n 1; }

header() {
    echo "# date: $(date -u +%Y-%m-%dT%H:%MZ)"
    echo "# machine: $(lscpu | sed -n 's/^Model name: *//p'), $cores cores"
    echo "# load at the start: $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "# nnmpi: $("$build/nnmpi" --version), commit $(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)"
    echo "# compiler: $(compiler)"
    echo "# MPI: $(mpirun --version | head -n 1)"
    echo "# CBLAS of nnmpi, bare and gemms: $(cblas)"
    [ "$python" = none ] ||
        echo "# peers: PyTorch $(version_of torch), scikit-learn $(version_of sklearn), numpy $(version_of numpy), $("$python" --version)"
    echo "# repetitions: $repetitions"
}

make_data() {
    local name network rows
    while IFS='|' read -r name network _ rows _; do
        ! is_wanted "$name" || make_rows "$output/$network-$rows.h5" "$rows" "$network"
    done < <(networks)
    ! is_wanted read || make_rows "$output/read.h5" "$read_rows" 1024-10
}

take_turn() {
    local name network batch rows epochs seconds tools
    while IFS='|' read -r name network batch rows epochs seconds tools; do
        ! is_wanted "$name" ||
            measure_network "$name" "$network" "$batch" "$rows" "$epochs" "$seconds" "$tools"
    done < <(networks)
    ! is_wanted exchange || measure_exchange
    ! is_wanted mnist || measure_mnist
    ! is_wanted read || measure_read
}

tables() {
    awk -v summary="$output/summary.csv" -v required="$output/required.csv" -f "$here/summary.awk" \
        FS='|' "$here/figures.txt" FS=, "$results"
    echo "every turn: $results; medians: $output/summary.csv; this table: $output/required.csv"
}

# ---- the run ----

prepare "$build"
output=${output:-$build/bench/suite}
mkdir -p "$output"
output=$(cd "$output" && pwd)
results=$output/results.csv
if $table_only; then
    tables
    exit
fi
! $install || install_peers
python=${python:-$(default_python)}
absent=("${without[@]}")
find_peers
find_cases
header | tee "$results"
echo case,network,global_batch,repetition,tool,ranks,threads,quantity,value,others >>"$results"
make_data
for ((turn = 1; turn <= repetitions; turn++)); do
    note "turn $turn of $repetitions"
    take_turn
done
note "done"
tables
