#!/usr/bin/env bash
# progress.sh: the progress bar on a terminal of several widths, in ASCII and in Unicode, under mpirun, and
# none where there is no terminal; the lines of epochs and of the end.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
command -v script >/dev/null || skip 'there is no script (bsdutils) to make a terminal'

"$TOOLS/make_dataset" big.h5 train=20000 test=5000 features=50
small_run run.yaml 'data: {file: big.h5, validation: /test}' 'batch_size: 16' 'epochs: 2' \
    'model: [{layer: Dense, units: 4000, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'

# on_terminal COLUMNS LOCALE ARGUMENT...: trains on such a terminal; leaves what it shows in `screen`, what is
# drawn over and over in `frames`, a line each, and the rest in `lines`. Each character takes one byte there.
on_terminal() {
    local columns=$1 locale=$2
    shift 2
    SHELL=/bin/sh TERM=xterm script -qec \
        "stty cols $columns rows 24; LC_ALL=$locale '$NNMPI' train run.yaml --overwrite $*" /dev/null \
        >screen 2>err </dev/null || fail "it fails on a terminal of $columns columns"
    LC_ALL=C sed 's/[\x80-\xbf]//g' screen | tr '\r' '\n' >all
    LC_ALL=C grep -a $'\033\\[K$' all | sed 's/\x1b\[K$//' | grep -a . >frames || fail 'there is no bar'
    LC_ALL=C grep -av $'\033\\[K$' all | sed 's/^\x1b\[K//' | grep -a . >lines
    LC_ALL=C awk -v most=$((columns - 1)) 'length($0) > most { print; exit 1 }' frames >out ||
        fail "a bar is wider than $columns columns"
}

for columns in 20 40 80 200; do
    on_terminal $columns C
    [ "$(wc -l <frames)" -ge 3 ] || fail 'the bar does not move'
    grep -qE '^epoch [12]/2( \[=*>? *\]|$)' frames || fail "the bar of $columns columns"
    if LC_ALL=C grep -q '[^ -~]' frames; then fail 'a bar in the C locale is not ASCII'; fi
    expect_text 'done in ' lines
    expect_text '/model.h5' lines
    [ "$(grep -c '^epoch [12]/2  loss [0-9.]* *' lines)" = 2 ] || fail 'it is not one line an epoch'
done
grep -qE ' +[0-9]+/1250  loss [0-9.]+ +accuracy 0\.[0-9]+ +[0-9.]+[kM]?/s +[0-9ms]+ left  \(run [0-9ms]+\)' \
    frames || fail 'a wide terminal does not show all'
on_terminal 80 C
grep -qE '^epoch 2/2 \[=+> *\] +[0-9]+/1250  loss [0-9.]+ +accuracy 0\.[0-9]+ +[0-9.]+[kM]?/s +[0-9ms]+ left$' \
    frames || fail 'a usual terminal does not show what matters'
grep -qE '^epoch 2/2  loss [0-9.]+ +accuracy 0\.[0-9]+  val_loss [0-9.]+ +val_accuracy 0\.[0-9]+$' lines ||
    fail 'the line of an epoch does not fit into a usual terminal'

# Unicode's blocks, where the locale has them.
on_terminal 80 C.UTF-8
grep -aqF '█' screen || fail 'there are no blocks'
if grep -q '\[=' frames; then fail 'the bar is ASCII'; fi

# Resumed in the middle of an epoch, the bar begins there; a dumb terminal has none.
on_terminal 120 C --set max_steps=1000
expect_exit 0 "$NNMPI" train run.yaml --resume --progress always
tr '\r' '\n' <err | head -n 2 | grep -qE '^epoch 1/2 \[=+> +\]  1000/1250  loss [0-9]' ||
    fail 'the bar of a resumed run begins elsewhere'
TERM=dumb script -qec "'$NNMPI' train run.yaml --overwrite" /dev/null >screen </dev/null || fail 'it fails'
expect_no_text '[=' screen

# Without a terminal: lines alone, always the same. Rank 0 under mpirun draws where it is told to.
expect_exit 0 "$NNMPI" train run.yaml --overwrite
[ ! -s err ] || fail 'it writes to stderr, which is no terminal'
grep -qE '^epoch 2/2  loss [0-9.]+ +accuracy .* val_accuracy 0\.[0-9]+  lr 0\.01 +[0-9.]+ s  [0-9,]+ samples/s$' out ||
    fail 'the line of an epoch'
grep -qE '^done in [0-9.]+ s: epoch 2 of 2, step 2,500$' out || fail 'the last lines'
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --overwrite --progress always
[ "$(tr '\r' '\n' <err | grep -c '^epoch [12]/2 \[')" -ge 3 ] || fail '2 ranks show no bar'

# A validation that takes long, and the best epoch.
"$TOOLS/make_dataset" long.h5 train=200 test=60000 features=50
small_run run.yaml 'data: {file: long.h5, validation: /test}' 'batch_size: 16' 'epochs: 2' \
    'early_stopping: {monitor: val_accuracy, patience: 5, restore_best_weights: true}' \
    'model: [{layer: Dense, units: 1000, activation: tanh}, {layer: Dense, units: 3, activation: softmax}]'
on_terminal 80 C
grep -qE '^epoch [12]/2 \[=*> *\]  validating  loss ' frames || fail 'validation is not shown'
grep -qE '^done in .*; the best was epoch [12], val_accuracy 0\.[0-9]+$' lines || fail 'the best epoch'
