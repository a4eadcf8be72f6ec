#!/usr/bin/env bash
# sweep_busy.sh: while rank 0 loads the rows of its run, or waits for a file that it saves, another group
# that is free gets its next runs.
# test: NP 2
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

[ -e "$TOOLS/libfaults.so" ] || skip 'there is no libfaults.so: sanitizers do not go with it'

# slow_first CALLS MILLISECONDS PATH: rank 0 has a slow file for some seconds in its first run. Rank 1, which
# has not, must have trained all others meanwhile.
slow_first() {
    local begun
    rm -rf busy log
    begun=$(date +%s%N)
    expect_exit 0 ranks 2 env LD_PRELOAD="$TOOLS/libfaults.so" FAULT_CALLS="$1" FAULT_KIND="delay:$2" FAULT_PATH="$3" \
        FAULT_AT=1 FAULT_ON=1 FAULT_RANK=0 FAULT_LOG=log "$NNMPI" train run.yaml --sweep seed=1,2,3,4 --output busy
    echo "$1: $(wc -l <log) slow calls, $((($(date +%s%N) - begun) / 1000000)) ms in all"
    [ "$(column busy/sweep.csv status | xargs)" = 'done done done done' ] || fail "$1: not all runs are done"
    for run in 1 2 3 4; do
        grep -o '"process": [0-9]*' "busy/00$run-seed=$run/progress.json"
    done >processes
    [ "$(sort processes | uniq -c | awk '{ print $1 }' | sort | xargs)" = '1 3' ] ||
        fail "$1: rank 0 was not alone with its run: $(xargs <processes)"
}

# A piece of 4 MB at a time, which the others are answered between.
small_run run.yaml 'data: {file: wide.h5}' 'model: [{layer: Dense, units: 3, activation: softmax}]' 'batch_size: 128' 'epochs: 1'
"$TOOLS/make_dataset" wide.h5 train=600 test=2 features=40000
slow_first pread 120 wide.h5

small_run run.yaml 'epochs: 1'
slow_first fsync 1500 .h5
