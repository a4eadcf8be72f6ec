# shellcheck shell=bash
# lib.sh: what bench.sh and suite.sh share: the programs, what the environment must say, how a tool is
# started on its cores, and nnmpi's run file and speed.
output= # the folder of data and runs; the script that reads this sets it
python= # likewise, the Python of the peers
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() { # EXIT CODE, MESSAGE...
    local code=$1
    shift
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit "$code"
}

# prepare BUILD: sets `build`, `programs` and `cores`, and the environment that all tools run in.
prepare() {
    build=$(cd "$1" && pwd)
    programs=$build/tests/bench
    local program
    for program in "$build/nnmpi" "$programs"/{bare_step,gemms_alone,exchange,make_data}; do
        [ -x "$program" ] || fail 66 "$program is missing; build it first"
    done
    cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc) # nproc would heed these
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
    export GLOO_SOCKET_IFNAME=${GLOO_SOCKET_IFNAME:-lo} MASTER_PORT=$((20000 + $$ % 20000))
    export OMPI_MCA_btl_vader_single_copy_mechanism=none
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    choose_kernels
}

cblas() { "$programs/gemms_alone" 8-4-2 --seconds 0.01 | sed 's/.* cblas //'; }

# An OpenBLAS older than the processor falls back to kernels of 2004. Then all that use it get better ones.
choose_kernels() {
    if [[ $(cblas) = *Prescott* ]] && [ -z "${OPENBLAS_CORETYPE:-}" ]; then
        if grep -qw avx512bw /proc/cpuinfo; then
            export OPENBLAS_CORETYPE=SkylakeX
        elif grep -qw avx2 /proc/cpuinfo; then
            export OPENBLAS_CORETYPE=Haswell
        fi
        echo "OpenBLAS does not know this processor; all run with OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-}"
    fi
}

# launch RANKS THREADS COMMAND...: a core for each thread, for every tool alike; where there are not
# that many cores, none is bound.
launch() {
    local ranks=$1 threads=$2 where=(--bind-to core)
    shift 2
    [ "$threads" -eq 1 ] || where=(--map-by "slot:PE=$threads" --bind-to core)
    [ $((ranks * threads)) -le "$cores" ] || where=(--oversubscribe --bind-to none)
    OMP_NUM_THREADS=$threads mpirun -np "$ranks" "${where[@]}" "$@" </dev/null
}

# The Python of suite.sh --install-peers, or else the system's.
default_python() {
    if [ -x "$build/peers/bin/python" ]; then echo "$build/peers/bin/python"; else echo /usr/bin/python3; fi
}

# Sets `peer`: how `python` is run. The wheels of a virtual environment bring a newer OpenBLAS of their
# own, which chooses its kernels best itself.
set_peer() {
    peer=("$python" -W ignore)
    if "$python" -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)'; then
        peer=(env -u OPENBLAS_CORETYPE "${peer[@]}")
    fi
}

# run_ddp NETWORK BATCH ROWS RANKS SECONDS LOG: a line a mode of PyTorch's: its name, samples a second.
run_ddp() {
    TORCHINDUCTOR_CACHE_DIR=$output/inductor launch "$4" 1 "${peer[@]}" "$here/peer_ddp.py" "$1" --batch "$2" \
        --rows "$3" --seconds "$5" 2>"$6" || { cat "$6" >&2 && return 1; }
}

median() { sort -g | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# make_rows FILE ROWS NETWORK: the made-up rows that all tools train on.
make_rows() {
    local classes=${3##*-}
    "$programs/make_data" "$1" "$2" "${3%%-*}" $((classes > 1 ? classes : 2))
}

# write_run NETWORK GLOBAL_BATCH EPOCHS DATA FILE: the run file that trains what bare_step trains. It
# saves nothing before its end.
write_run() {
    local units last loss=sparse_categorical_crossentropy activation=softmax unit
    IFS=- read -ra units <<<"${1#*-}"
    last=${units[-1]}
    if [ "$last" -eq 1 ]; then
        loss=binary_crossentropy
        activation=sigmoid
    fi
    {
        echo "name: bench"
        echo "data: {file: $4}"
        echo "model:"
        for unit in "${units[@]::${#units[@]}-1}"; do
            echo "  - {layer: Dense, units: $unit, activation: relu}"
        done
        echo "  - {layer: Dense, units: $last, activation: $activation}"
        echo "loss: $loss"
        echo "optimizer: adam"
        echo "metrics: [accuracy]"
        echo "batch_size: $2"
        echo "epochs: $3"
        echo "checkpoint: {every_epochs: $3}"
    } >"$5"
}

# train RUN RANKS THREADS [ARGUMENT]...: trains RUN.yaml into the folder RUN; samples a second of all
# epochs but the first, which warms up.
train() {
    local run=$1 ranks=$2 threads=$3
    shift 3
    launch "$ranks" "$threads" "$build/nnmpi" train "$run.yaml" --output "$run" --overwrite "$@" >"$run.log" 2>&1 ||
        { cat "$run.log" >&2 && return 1; }
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "samples_per_second") column = i}
             NR > 2 {seconds += 1 / $column}
             END {printf "%.1f\n", (NR - 2) / seconds}' "$run/metrics.csv"
}
