#!/usr/bin/env bash
# full.sh: a limit on the size of files and a full disk: exit code 74, what was saved before stays
# whole, nothing half-written is left. The full disk needs the right to mount a tiny file system.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# none_of FILE...: none of them may be there.
none_of() {
    local file
    for file in "$@"; do [ ! -e "$file" ] || fail "$file is left"; done
}

# A network whose checkpoints take about 100 kB.
small_run run.yaml 'model: [{layer: Dense, units: 900, activation: relu}, {layer: Dense, units: 3, activation: softmax}]'

if [ "${1:-}" != mounted ]; then
    # MPI itself needs files of some MB.
    # shellcheck disable=SC2016 # expanded by the inner shell
    expect_exit 74 bash -c 'ulimit -f 8192; exec "$@"' bash \
        "$NNMPI" train run.yaml --set model.0.units=90000
    expect_text 'saving runs/run/checkpoint-14.h5: ' err
    expect_text 'File too large' err
    [ "$(wc -l <err)" = 1 ] || fail 'the message should be one line'
    none_of runs/run/*.h5 runs/run/*.partial

    how=(unshare --mount)
    "${how[@]}" true 2>/dev/null || how=(unshare --map-root-user --mount)
    "${how[@]}" mount -t tmpfs -o size=64k none "$work" 2>/dev/null ||
        skip 'a tiny file system cannot be mounted here, so no disk can be full'
    "${how[@]}" bash "$SOURCE_DIR/tests/cli/full.sh" mounted
    exit
fi

mkdir disk
mount -t tmpfs -o size=400k none disk
expect_exit 74 "$NNMPI" train run.yaml --set epochs=20 --set checkpoint.keep=9 --output disk/run
expect_text 'No space left on device' err
expect_text 'saving disk/run/checkpoint-' err
[ "$(wc -l <err)" = 1 ] || fail 'the message should be one line'
none_of disk/run/*.partial
newest=$(find disk/run -name 'checkpoint-*.h5' | sort -V | tail -n 1)
expect_exit 0 "$NNMPI" eval "$newest" --data small.h5
cp -r disk/run elsewhere
expect_exit 0 "$NNMPI" train run.yaml --resume --output elsewhere --set epochs=4
mv elsewhere/model.h5 .

head -c 1000000 /dev/zero >disk/filler 2>/dev/null || true
expect_exit 74 "$NNMPI" predict model.h5 --data small.h5 --output disk/p.h5
expect_text 'No space left on device' err
none_of disk/p.h5 disk/p.h5.partial
expect_error_everywhere 74 'No space left on device' train run.yaml --output disk/other
expect_exit 74 ranks 3 "$NNMPI" train run.yaml --output disk/third
printf 'a,b,k\n1,2,x\n3,4,y\n' >data.csv
expect_error 74 'No space left on device' import csv data.csv --label k --output disk/i.h5
none_of disk/i.h5 disk/i.h5.partial
umount disk

# metrics.csv keeps its whole lines, and TensorBoard's files their whole events; a resumed run needs no more.
mount -t tmpfs -o size=300k none disk
small_run lines.yaml 'batch_size: 107' 'epochs: 100000' 'checkpoint: {every_epochs: 100000}' \
    'log: {tensorboard: true}'
expect_exit 74 "$NNMPI" train lines.yaml --output disk/lines
expect_text 'training goes on without a new point' err
expect_text 'No space left on device' err
has_lines disk/lines/metrics.csv 100 || fail 'the disk is full too early'
[ -z "$(tail -c 1 disk/lines/metrics.csv)" ] || fail "metrics.csv ends with $(tail -n 1 disk/lines/metrics.csv)"
[ "$(awk -F, '{ print NF }' disk/lines/metrics.csv | sort -u | wc -l)" = 1 ] || fail 'a line of metrics.csv is cut'
umount disk

# A picture that gnuplot cannot write to its end, of which it says nothing.
command -v gnuplot >/dev/null || skip 'gnuplot is not installed: all but pictures was tried'
printf '\x89PNG\r\n\x1a\nbefore' >before.png
for size in 16k 8k; do # half a picture, and none of it
    mount -t tmpfs -o size=$size none disk
    cp before.png disk/x.png
    head -c 4096 /dev/zero >disk/filled
    expect_error 74 'No space left on device' plot elsewhere --output disk/x.png
    cmp -s before.png disk/x.png || fail 'half a picture takes the place of what was there'
    none_of disk/x.png.partial
    umount disk
done
