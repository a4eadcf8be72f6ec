#!/usr/bin/env bash
# progress.sh: the progress bar on a terminal of several widths, in ASCII and in Unicode, under mpirun, and
# none where there is no terminal; the lines of epochs and of the end. How often the bar is drawn depends on the
# time alone: a run that is looked at lasts far longer than that takes on any machine, and is stopped then.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
command -v script >/dev/null || skip 'there is no script (bsdutils) to make a terminal'

small_run run.yaml 'epochs: 2'
"$TOOLS/make_dataset" many.h5 train=199980 features=5
small_run long.yaml 'data: {file: many.h5}' 'batch_size: 20' 'epochs: 9' \
    'model: [{layer: Dense, units: 4000, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'

# shown FILE: what a terminal is shown; what is drawn over and over in `frames`, a line each, and the rest in
# `lines`. Each character takes one byte there.
shown() {
    sed 's/[\x80-\xbf]//g' "$1" | tr '\r' '\n' >all
    grep -a $'\033\\[K$' all | sed 's/\x1b\[K$//' | grep -a . >frames
    grep -av $'\033\\[K$' all | sed 's/^\x1b\[K//' >lines || true
}

# on_terminal COLUMNS LOCALE RUN.yaml ARGUMENT...: trains on such a terminal, whose `screen` this is. The process
# is that of nnmpi.
on_terminal() {
    local columns=$1 locale=$2
    shift 2
    rm -f process
    SHELL=/bin/sh TERM=xterm script -qefc \
        "echo \$\$ >process; stty cols $columns rows 24; LC_ALL=$locale exec '$NNMPI' train $* --overwrite" \
        /dev/null >screen 2>err </dev/null
}

# frames_have FILE PATTERN: whether three different frames of what a terminal is shown fit the pattern.
frames_have() {
    shown "$1" && [ "$(grep -E -- "$2" frames | sort -u | wc -l)" -ge 3 ]
}

# draws COLUMNS LOCALE RUN.yaml COMMAND...: on such a terminal the command must come to succeed; then the run is
# stopped.
draws() {
    : >screen
    on_terminal "$1" "$2" "$3" &
    job=$!
    until_there "${@:4}"
    kill -s INT "$(cat process)"
    ends 75
    shown screen
    awk -v most=$(($1 - 1)) 'length($0) > most { print; exit 1 }' frames >out ||
        fail "a bar is wider than $1 columns"
}

bar='^epoch [1-9]/9 \[=*> *\]'
figures=' +[0-9]+/9999  loss [0-9.]+ +accuracy [01]\.[0-9]+ +[0-9.]+[kM]?/s +[0-9ms]+ left'
draws 20 C long.yaml frames_have screen "$bar\$"
draws 40 C long.yaml frames_have screen "$bar  loss [0-9.]"
draws 80 C long.yaml frames_have screen "$bar$figures\$"
draws 200 C long.yaml frames_have screen "$bar$figures  \(run [0-9ms]+\)"
if grep -q '[^ -~]' frames; then fail 'a bar in the C locale is not ASCII'; fi

# Unicode's blocks, where the locale has them.
draws 80 C.UTF-8 long.yaml grep -aqF '█' screen
if grep -aq '\[=*>' frames; then fail 'the bar is ASCII'; fi

# The lines of a run that ends, on terminals that are narrow, usual and wide.
for columns in 20 80 200; do
    on_terminal $columns C run.yaml || fail "it fails on a terminal of $columns columns"
    shown screen || fail 'there is no bar'
    grep -q '^epoch 1/2' frames || fail "the bar of $columns columns"
    expect_text 'done in ' lines
    expect_text '/model.h5' lines
    [ "$(grep -c '^epoch [12]/2  loss [0-9.]* *' lines)" = 2 ] || fail 'it is not one line an epoch'
done
on_terminal 80 C run.yaml || fail 'it fails'
shown screen
grep -qE '^epoch 2/2  loss [0-9.]+ +accuracy [01]\.[0-9]+  val_loss [0-9.]+ +val_accuracy [01]\.[0-9]+$' lines ||
    fail 'the line of an epoch does not fit into a usual terminal'

# Resumed in the middle of an epoch, the bar begins there; a dumb terminal has none.
expect_exit 0 "$NNMPI" train run.yaml --overwrite --set max_steps=9
expect_exit 0 "$NNMPI" train run.yaml --resume --progress always
tr '\r' '\n' <err | sed '/^$/d' | head -n 1 | grep -qE '^epoch 1/2 \[=+> +\]   9/14  loss [0-9]' ||
    fail 'the bar of a resumed run begins elsewhere'
TERM=dumb script -qec "'$NNMPI' train run.yaml --overwrite" /dev/null >screen </dev/null || fail 'it fails'
expect_text 'done in' screen
expect_no_text 'epoch 1/2 [' screen

# Without a terminal: lines alone, always the same. Rank 0 under mpirun draws where it is told to.
expect_exit 0 "$NNMPI" train run.yaml --overwrite
[ ! -s err ] || fail 'it writes to stderr, which is no terminal'
grep -qE '^epoch 2/2  loss [0-9.]+ +accuracy .* val_accuracy [01]\.[0-9]+  lr 0\.01 +[0-9.]+ s  [0-9,]+ samples/s$' out ||
    fail 'the line of an epoch'
grep -qE '^done in [0-9.]+ s: epoch 2 of 2, step 28$' out || fail 'the last lines'
start 2 "$NNMPI" train long.yaml --overwrite --progress always
until_there frames_have err "$bar"
kill -s USR1 "$(cat pid.0)"
ends 75

# A validation that takes long, and the best epoch.
"$TOOLS/make_dataset" long.h5 train=200 test=600000 features=5
best='early_stopping: {monitor: val_accuracy, patience: 5, restore_best_weights: true}'
small_run validation.yaml 'data: {file: long.h5, validation: /test}' 'batch_size: 16' 'epochs: 9' "$best" \
    'model: [{layer: Dense, units: 1000, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'
draws 80 C validation.yaml frames_have screen "$bar  validating  loss "
small_run run.yaml 'epochs: 2' "$best"
expect_exit 0 "$NNMPI" train run.yaml --overwrite
grep -qE '^done in .*; the best was epoch [12], val_accuracy [01]\.[0-9]+$' out || fail 'the best epoch'
