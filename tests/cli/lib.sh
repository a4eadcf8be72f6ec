# shellcheck shell=bash
# lib.sh: what the tests of the whole program share. A test sources it, which gives it an empty folder
# to work in, removed at its end together with the processes that it started, and then states what
# it expects; the first expectation that fails ends it, with what the program printed.

set -euo pipefail
LC_ALL=C
export LC_ALL
: "${NNMPI:?names the executable}" "${SOURCE_DIR:?}" "${TOOLS:?}" "${MPIRUN:=mpirun}"

work=$(mktemp -d)

clean_up() {
    local job
    for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
    wait
    cd /
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work"

# fail MESSAGE...: ends the test.
fail() {
    echo "$(basename "$0"): $*"
    for file in out err; do
        if [ -s "$file" ]; then
            echo "--- $file of the last command:"
            tail -n 40 "$file"
        fi
    done
    exit 1
}

# skip REASON...: ends the test, which could not run here.
skip() {
    echo "skipped: $*"
    exit 77
}

# ranks N COMMAND...: runs the command on N ranks, killing it after a time that no test needs.
ranks() {
    local count=$1
    shift
    timeout --kill-after=10 100 "$MPIRUN" -np "$count" "$@"
}

# start RANKS COMMAND...: runs it in the background, with the variables that SLOW sets (words NAME=VALUE);
# sets job, and leaves each rank's process in pid.RANK, what is printed in out and err.
start() {
    local count=$1
    shift
    rm -f pid.*
    # shellcheck disable=SC2016 # expanded by the ranks
    "$MPIRUN" -np "$count" bash -c 'echo $$ >pid.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}; exec env ${SLOW-} "$@"' bash "$@" \
        >out 2>err </dev/null &
    job=$!
}

# until_there COMMAND...: waits until the command succeeds; the job of start() must be there so long.
until_there() {
    local begin=$SECONDS
    while ((SECONDS - begin < 60)); do
        ! "$@" 2>/dev/null || return 0
        kill -0 "$job" 2>/dev/null || "$@" 2>/dev/null || fail "the run ends too early for: $*"
        sleep 0.02
    done
    fail "the run does not get to: $*"
}

# until_true SECONDS WHAT COMMAND...: waits until the command succeeds.
until_true() {
    local begin=$SECONDS seconds=$1 what=$2
    shift 2
    until "$@" 2>/dev/null; do
        ((SECONDS - begin < seconds)) || fail "$what, after $seconds s"
        sleep 0.02
    done
}

# is_gone PROCESS: whether a process that this shell has started has ended.
is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# ends CODE: the job of start() must end within 60 s, with this exit code; '': with any.
ends() {
    local got=0
    until_true 60 'the run does not end' is_gone "$job"
    wait "$job" || got=$?
    [ -z "$1" ] || [ "$got" = "$1" ] || fail "exit code $got instead of $1"
}

# all_begun RANKS: whether each rank of start() has left its number.
all_begun() {
    local rank
    for ((rank = 0; rank < $1; rank++)); do [ -s pid.$rank ] || return 1; done
}

# has_file PATTERN: whether there is one.
has_file() {
    compgen -G "$1" >/dev/null
}

# has_lines FILE N: whether it has N lines or more.
has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# all_gone SECONDS: the ranks of start() must all have ended by then.
all_gone() {
    local i=0 file
    for file in pid.*; do
        while lives "$(cat "$file")"; do
            [ $((i++)) -lt $((20 * $1)) ] || fail "rank ${file#pid.} is still there after $1 seconds"
            sleep 0.05
        done
    done
}

# lives PROCESS: whether it is there, and not only waiting to be reaped.
lives() {
    grep -qE '^State:\s+[^Z]' "/proc/$1/status" 2>/dev/null
}

# catches PROCESS: whether it catches TERM.
catches() {
    local mask
    mask=$(sed -n 's/^SigCgt:\t*//p' "/proc/$1/status" 2>/dev/null) || return 1
    [ -n "$mask" ] && (((16#${mask: -4} & 0x4000) != 0))
}

# newest_step FOLDER: the step of its newest checkpoint; -1: there is none.
newest_step() {
    { echo -1; find "$1" -name 'checkpoint-*.h5' 2>/dev/null || true; } |
        sed 's/.*checkpoint-//; s/.h5//' | sort -n | tail -n 1
}

# has_saved FOLDER STEP: whether a checkpoint of that step or a later one is there.
has_saved() {
    [ "$(newest_step "$1")" -ge "$2" ]
}

# expect_exit CODE COMMAND...: the command must leave with CODE. It leaves its output in out and err.
expect_exit() {
    local code=$1 got=0
    shift
    "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$code" ] || fail "exit code $got instead of $code: $*"
}

# expect_text TEXT [FILE...]: the last command must have printed TEXT, or it must stand in the files.
expect_text() {
    local text=$1
    shift
    [ $# -gt 0 ] || set -- out err
    grep -qF -e "$text" "$@" || fail "'$text' does not stand in $*"
}

# expect_no_text TEXT [FILE...]: the opposite.
expect_no_text() {
    local text=$1
    shift
    [ $# -gt 0 ] || set -- out err
    if grep -qF -e "$text" "$@"; then fail "'$text' stands in $*"; fi
}

# expect_error CODE TEXT ARGUMENT...: nnmpi must leave with CODE and say TEXT once, on stderr alone.
expect_error() {
    local code=$1 text=$2
    shift 2
    expect_exit "$code" "$NNMPI" "$@"
    expect_text "$text" err
    [ "$(wc -l <err)" = 1 ] || fail "the message should be one line: $*"
    expect_no_text 'nnmpi: ' out
}

# expect_error_everywhere CODE TEXT ARGUMENT...: the same alone and on 3 ranks, where each rank leaves
# with that code and one of them prints the message. mpirun does not see the code: it would kill the
# others.
expect_error_everywhere() {
    local code=$1 text=$2 rank
    expect_error "$@"
    shift 2
    rm -f code.*
    # shellcheck disable=SC2016 # expanded by the ranks
    ranks 3 bash -c \
        '"$NNMPI" "$@"; echo $? >code.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}' bash "$@" >out 2>err </dev/null ||
        fail "mpirun fails: $*"
    [ "$(grep -cF -e "$text" err)" = 1 ] || fail "'$text' is not printed once by 3 ranks: $*"
    [ "$(wc -l <err)" = 1 ] || fail "3 ranks print more than one message: $*"
    for rank in 0 1 2; do
        [ "$(cat code.$rank)" = "$code" ] ||
            fail "rank $rank leaves with $(cat code.$rank) instead of $code: $*"
    done
}

# expect_same_bits A.h5 B.h5 [PATH]: the weights (or what stands at PATH) are equal to the bit.
expect_same_bits() {
    local said
    said=$("$TOOLS/compare_models" "$@" 2>&1) || fail "$* cannot be compared: $said"
    [ "$said" = 'bits equal 0' ] || fail "$*: $said"
}

# expect_close TOLERANCE A.h5 B.h5 [PATH]: equal within rounding.
expect_close() {
    local tolerance=$1 said
    shift
    said=$("$TOOLS/compare_models" "$@" 2>&1) || fail "$* cannot be compared: $said"
    expect_number "$said" "${said##* }" '<=' "$tolerance"
}

# expect_other_bits A.h5 B.h5: the weights differ.
expect_other_bits() {
    local said
    said=$("$TOOLS/compare_models" "$@" 2>&1) || fail "$* cannot be compared: $said"
    [ "${said% *}" = 'bits differ' ] || fail "$* are the same"
}

# expect_number WHAT A OPERATOR B: compares numbers, such as expect_number loss 0.1 '<' 0.2.
expect_number() {
    awk -v a="$2" -v b="$4" "BEGIN { exit !(a + 0 == a && a $3 b) }" || fail "$1: $2 is not $3 $4"
}

# expect_near WHAT A B TOLERANCE: |A - B| is at most TOLERANCE.
expect_near() {
    awk -v a="$2" -v b="$3" -v t="$4" \
        'BEGIN { d = a - b; exit !(a + 0 == a && b + 0 == b && d <= t && -d <= t) }' ||
        fail "$1: $2 is not within $4 of $3"
}

# same_run A B: metrics.csv of the folders A and B is equal, times aside.
same_run() {
    local folder
    for folder in "$1" "$2"; do sed 's/,[^,]*,[^,]*$//' "$folder/metrics.csv" >"$folder/untimed.csv"; done
    cmp -s "$1/untimed.csv" "$2/untimed.csv" ||
        fail "metrics.csv differs: $(diff "$1/untimed.csv" "$2/untimed.csv" | head -n 6)"
}

# column FILE.csv NAME: the values of a column, a line each.
column() {
    awk -F, -v name="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; if (!at) exit 1; next }
        { print $at }' "$1" || fail "$1 has no column $2"
}

# field NAME: a number of the JSON object that is the last line of out.
field() {
    local value
    value=$(tail -n 1 out | grep -oE "\"$1\": *[-+.0-9eE]+" | grep -oE '[-+.0-9eE]+$') ||
        fail "the last line has no number $1"
    echo "$value"
}

# put FILE: makes a file of standard input, with the folders on the way.
put() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# small_run FILE [LINE...]: a run file with something of everything whose state a checkpoint holds, for
# the dataset small.h5 beside it (made where it is missing): 107 rows, so that the last batch is short,
# and some of its rows fewer than 4. Lines replace those of the same key.
small_run() {
    local file=$1 line key
    shift
    put "$file" <<'END'
seed: 7
data: {file: small.h5, validation: /test}
model: [{layer: Normalization}, {layer: Dense, units: 9, activation: tanh}, {layer: Dropout, rate: 0.2}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01}
metrics: [accuracy]
batch_size: 8
epochs: 3
END
    for line in "$@"; do
        key=${line%%:*}
        sed -i "/^$key:/d" "$file"
        printf '%s\n' "$line" >>"$file"
    done
    local data
    data=$(dirname "$file")/small.h5
    [ -e "$data" ] || "$TOOLS/make_dataset" "$data" train=107 test=41 features=5
}
