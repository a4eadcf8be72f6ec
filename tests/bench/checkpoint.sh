#!/usr/bin/env bash
# checkpoint.sh: what checkpoints cost a training: the same run with one a minute and without, in turns.
#
#   tests/bench/checkpoint.sh [--turns N] [--minutes M] [--every SECONDS] [--network A-B-C] [--batch B]
#                             [--ranks N] [--build FOLDER] [--against NNMPI]
#
# Each turn trains for M minutes with a checkpoint every SECONDS (60) and as long with none but the one at
# its end, every other turn the other way round; nothing else should run meanwhile. It prints, by turn, the steps that each made and their
# ratio, then the median; and what `train --profile` says of each save: how long training stood still, and
# what the thread took. From these follows a cost that needs no quiet machine: the time that both spent on
# a processor over SECONDS, as if no core were free for the thread. --against names another nnmpi, whose runs take part in each turn.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

turns=5 minutes=5 every=60 network=784-2816-2816-10 batch=256 ranks=2 folder=$here/../../build other=
while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail 64 "$1 needs a value"
    case $1 in
    --turns) turns=$2 ;;
    --minutes) minutes=$2 ;;
    --every) every=$2 ;;
    --network) network=$2 ;;
    --batch) batch=$2 ;;
    --ranks) ranks=$2 ;;
    --build) folder=$2 ;;
    --against) other=$(realpath "$2") ;;
    *) fail 64 "unknown option $1" ;;
    esac
    shift 2
done
prepare "$folder"
output=$(mktemp -d "$build/checkpoint.XXXXXX")
trap 'rm -rf "$output"' EXIT
make_rows "$output/data.h5" 4096 "$network"
write_run "$network" "$batch" 1000000 data.h5 "$output/run.yaml"

# measure NAME NNMPI CHECKPOINT: trains for the time, leaves NAME.log, and prints the steps a second of
# training, the time that a save holds it up counted in.
measure() {
    local begin end
    # shellcheck disable=SC2046 # words
    launch "$ranks" 1 "$2" train "$output/run.yaml" --output "$output/$1" --overwrite --profile \
        --set "checkpoint=$3" --set "max_minutes=$minutes" >"$output/$1.log" 2>&1 ||
        { cat "$output/$1.log" >&2 && return 1; }
    begin=$(awk -F, 'NR == 2 { print $2 }' "$output/$1/metrics.csv")
    end=$(awk -F, 'END { print $2 }' "$output/$1/metrics.csv")
    [ "$end" -gt "$begin" ] || fail 70 "less than two epochs in $minutes minutes: the batch is too large"
    awk -v steps="$end" -v seconds="$(awk "BEGIN { print 60 * $minutes }")" \
        'BEGIN { printf "%.4f\n", steps / seconds }'
}

often="{every_minutes: $(awk "BEGIN { print $every / 60 }"), keep: 2}"
never='{every_minutes: 100000}'
names=(none saving)
[ -z "$other" ] || names+=(other)
echo "network $network, batch $batch, $ranks ranks, $minutes minutes a run, a checkpoint every $every s"
for ((turn = 1; turn <= turns; turn++)); do
    order=("${names[@]}")
    if [ $((turn % 2)) = 0 ]; then mapfile -t order < <(printf '%s\n' "${names[@]}" | tac); fi
    declare -A speed=()
    for name in "${order[@]}"; do
        case $name in
        none) speed[none]=$(measure none "$build/nnmpi" "$never") ;;
        saving) speed[saving]=$(measure saving "$build/nnmpi" "$often") ;;
        other) speed[other]=$(measure other "$other" "$often") ;;
        esac
    done
    for name in "${names[@]:1}"; do
        ratio=$(awk -v a="${speed[none]}" -v b="${speed[$name]}" 'BEGIN { printf "%.4f", a / b }')
        echo "$ratio" >>"$output/$name.ratios"
        echo "turn $turn: none ${speed[none]} steps/s, $name ${speed[$name]} steps/s, ratio $ratio"
    done
    sed -n 's/^nnmpi: \(saved .*\)/turn '"$turn"': \1/p' "$output/saving.log" | tee -a "$output/saves"
done
for name in "${names[@]:1}"; do
    echo "$name: time with checkpoints over time without, median of $turns turns: $(median <"$output/$name.ratios")"
done
# "... held training up for A s (B s on a processor) and was written in C s (D s on a processor) ..."
awk -v every="$every" '{
        for (i = 1; i <= NF; i++) {
            if ($i == "up") {
                held += $(i + 2)
                copying += substr($(i + 4), 2)
            }
            if ($i == "in") writing += substr($(i + 3), 2)
        }
        n++
    } END {
        printf "a save holds training up for %.4f s, and takes a processor %.4f s to copy and %.4f s to " \
               "write: %.3f %% of %s s\n",
               held / n, copying / n, writing / n, 100 * (copying + writing) / n / every, every
    }' "$output/saves"
