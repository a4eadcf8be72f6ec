#!/usr/bin/env bash
# fuzz.sh: runs the fuzzers of the preset fuzz for some time or some number of inputs, several at a time,
# and prints a table. Fails where one crashed, leaked, hung (for over 2 seconds of processor time, or 60 on
# the clock) or took over 512 MiB; the input is then in OUT, to be repeated by fuzz_x FILE, mended, and kept
# in corpus/x.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
all=(run_file csv idx npy npz png jpeg gzip seal model_config command_line)
build=$here/../../build-fuzz out='' seconds=60 runs=-1 jobs=$(nproc)

usage() {
    cat <<TEXT
Usage: tests/fuzz/fuzz.sh [OPTION]... [TARGET]...
  --seconds S    for each target (60; with --runs no limit)
  --runs N       inputs for each target
  --jobs J       targets at a time (the number of cores)
  --build DIR    of the preset fuzz (build-fuzz)
  --out DIR      for new inputs, logs and what goes wrong (DIR/tests/fuzz/out)
Targets: ${all[*]}
TEXT
}

targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 && shift ;;
    --runs) runs=$2 seconds=0 && shift ;;
    --jobs) jobs=$2 && shift ;;
    --build) build=$2 && shift ;;
    --out) out=$2 && shift ;;
    --help | -h) usage && exit 0 ;;
    -*) usage >&2 && exit 64 ;;
    *) targets+=("$1") ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
programs=$build/tests/fuzz
out=${out:-$programs/out}
if ! [ -x "$programs/fuzz_${targets[0]}" ]; then
    echo "skipped: there is no $programs/fuzz_${targets[0]}: this compiler has no libFuzzer, or the" \
        "preset fuzz is not built (cmake --preset fuzz && cmake --build --preset fuzz)" >&2
    exit 77
fi

# What libFuzzer counts as memory includes what the address sanitizer keeps back of freed memory.
export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16:malloc_context_size=2
export LSAN_OPTIONS=suppressions=$here/../lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1 OMP_NUM_THREADS=1

fuzz_one() { # TARGET
    local target=$1 dictionary=() status=0 longest=1024
    case $target in run_file | model_config | jpeg) longest=4096 ;; esac
    mkdir -p "$out/$target"
    [ ! -f "$here/$target.dict" ] || dictionary=(-dict="$here/$target.dict")
    "$programs/fuzz_$target" "$out/$target" "$here/corpus/$target" "${dictionary[@]}" \
        -max_total_time="$seconds" -runs="$runs" -rss_limit_mb=512 -timeout=60 -max_len=$longest \
        -artifact_prefix="$out/$target-" -print_final_stats=1 >"$out/$target.log" 2>&1 || status=$?
    echo "$status" >"$out/$target.status"
}

# stat TARGET NAME: a final figure of libFuzzer's.
stat() { awk -v name="stat::$2:" '$1 == name { print $2 }' "$out/$1.log"; }

mkdir -p "$out"
for target in "${targets[@]}"; do
    rm -f "$out/$target.status"
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    fuzz_one "$target" &
done
wait

failed=0
printf '%-14s %11s %8s %9s %7s %6s  %s\n' target inputs 'a second' coverage corpus MiB result
for target in "${targets[@]}"; do
    coverage=$(grep -o 'cov: [0-9]*' "$out/$target.log" | tail -n 1 || true)
    kept=$(grep -o 'corp: [0-9]*' "$out/$target.log" | tail -n 1 || true)
    result=well
    if [ "$(cat "$out/$target.status")" != 0 ]; then
        result="FAILED, see $out/$target.log"
        failed=1
    fi
    printf '%-14s %11s %8s %9s %7s %6s  %s\n' "$target" "$(stat "$target" number_of_executed_units)" \
        "$(stat "$target" average_exec_per_sec)" "${coverage#cov: }" "${kept#corp: }" \
        "$(stat "$target" peak_rss_mb)" "$result"
    [ "$result" = well ] || grep -hE 'ERROR|runtime error|^fuzz:|SUMMARY|Test unit' "$out/$target.log" |
        head -n 8 || true
done
exit $failed
