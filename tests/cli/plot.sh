#!/usr/bin/env bash
# plot.sh: nnmpi plot: learning curves and results, as pictures that are what their names say and hold what
# they should; names that gnuplot or a shell would take for something else; runs that are in progress,
# without validation, damaged, or have other metrics. Skipped without gnuplot, but for what needs none.
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC2016,SC1003
. "$SOURCE_DIR/tests/cli/lib.sh"

# run NAME LINE...: a folder with a metrics.csv of these lines.
run() {
    local name=$1
    shift
    mkdir -p "$name"
    printf '%s\n' "$@" >"$name/metrics.csv"
}
header='epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second'
mapfile -t lines < <(seq 1 20 | awk '{ printf "%d,%d,%g,%g,%g,%g,0.001,1.5,20000\n", $1, 9 * $1, 2 / $1, 1 - 0.5 / $1, 3 / $1, 1 - 0.7 / $1 }')
run runs/one "$header" "${lines[@]}"

# What needs no gnuplot: messages, and a matrix as text.
expect_error 64 'nnmpi plot needs RUN or EVAL.h5' plot
expect_error 64 '.png, .svg or .pdf' plot runs/one --output x.gif
expect_error 64 "--metric acuracy: no run has such a column; did you mean 'accuracy'?" plot runs/one --metric acuracy
expect_error 64 "--metric val_acuracy: no run has such a column; did you mean 'val_accuracy'?" plot runs/one --metric val_acuracy
expect_error 64 'given twice' plot runs/one runs/one/metrics.csv --output x.png
expect_error 66 'metrics.csv' plot runs --output x.png
run begun "$header"
expect_error 66 'no epoch of the run has ended yet' plot begun
: >empty.csv
expect_error 65 'empty.csv is empty' plot empty.csv
run damaged "$header" "${lines[0]}" '2,18,1.5' "${lines[2]}"
expect_error 65 'damaged/metrics.csv:3: it has 3 fields, but the first line has 9' plot damaged
run words "$header" '1,9,low,0,0,0,0,0,0'
expect_error 65 "words/metrics.csv:2: the column 'loss' holds 'low'" plot words
run nothing "$header" '1,9,nan,nan,nan,nan,nan,nan,nan'
expect_error 65 'there is no number that could be drawn' plot nothing
expect_exit 73 env PATH=/nowhere "$NNMPI" plot runs/one --output x.png
expect_text 'gnuplot-nox' err
if [ -e x.png ] || [ -e x.png.partial ]; then fail 'a picture that could not be drawn is there'; fi

"$TOOLS/make_dataset" small.h5 train=107 test=41 features=5
small_run run.yaml
expect_exit 0 "$NNMPI" train run.yaml
expect_exit 0 "$NNMPI" eval runs/run/model.h5 --data small.h5 --save classes.h5
accuracy=$(field accuracy)
expect_exit 0 env PATH=/nowhere "$NNMPI" plot classes.h5
awk -v accuracy="$accuracy" 'NR == 2 && $1 == "true" { begun = 1 }
    NR > 2 && NR < 6 { for (i = 2; i < 5; i++) { all += $i; if (i == NR - 1) right += $i } }
    END { d = right / 41 - accuracy; exit !(begun && all == 41 && d < 1e-6 && d > -1e-6) }' out ||
    fail 'the confusion matrix does not add up'
expect_exit 0 "$NNMPI" predict runs/run/model.h5 --data small.h5 --output predicted.h5
expect_error 65 'nnmpi eval --save writes both' plot predicted.h5
expect_error 65 'it holds no /predictions' plot runs/run/model.h5
expect_error 64 'one file of predictions' plot runs/one classes.h5
expect_error 64 '--metric chooses learning curves' plot classes.h5 --metric loss

command -v gnuplot >/dev/null || skip 'there is no gnuplot'

# is_picture FILE: whether it begins and ends as its name says.
is_picture() {
    case $1 in
    *.png) [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] &&
        [ "$(tail -c 8 "$1" | head -c 4)" = IEND ] ;;
    *.svg) head -n 1 "$1" | grep -q '^<?xml' && [ "$(tail -n 2 "$1" | tr -d ' \n')" = '</svg>' ] ;;
    *.pdf) [ "$(head -c 5 "$1")" = %PDF- ] && tail -c 8 "$1" | grep -q '%%EOF' ;;
    esac || fail "$1 is no picture"
    [ ! -e "$1.partial" ] || fail "$1.partial is left"
}
# draws FILE ARGUMENT...: nnmpi plot must write it and say so, and that alone.
draws() {
    expect_exit 0 "$NNMPI" plot "${@:2}" --output "$1"
    if [ -s err ] || [ "$(wc -l <out)" != 1 ] || [[ $(cat out) != "$1: "* ]]; then fail "plot says: $*"; fi
    is_picture "$1"
}

for kind in png svg pdf; do draws one.$kind runs/one; done
for text in loss accuracy 'learning rate' 'thousand samples per second' training validation epoch; do
    expect_text ">$text<" one.svg
done
# The folder of a sweep, as docs/RUNNING.md has it, and its table: all its runs that have begun, by their values.
command=$(sed -n 's/^    nnmpi plot \(runs\/digits-sweep .*sweep\.pdf\) #.*/\1/p' "$SOURCE_DIR/docs/RUNNING.md")
[ -n "$command" ] || fail 'docs/RUNNING.md no longer plots a sweep'
expect_exit 0 "$NNMPI" train run.yaml --sweep optimizer.learning_rate=0.1,0.01 --output runs/digits-sweep
# shellcheck disable=SC2086 # words
expect_exit 0 "$NNMPI" plot $command
is_picture sweep.pdf
draws sweep.svg runs/digits-sweep/sweep.csv
expect_text '>learning_rate=0.1<' sweep.svg
expect_text '>learning_rate=0.01<' sweep.svg
ln -s runs/digits-sweep link # a run is one, whatever the way to it is
for again in "$PWD/runs/digits-sweep" runs/../runs/digits-sweep link/002*/metrics.csv; do
    expect_error 64 'given twice' plot runs/digits-sweep/sweep.csv "$again" --output x.png
done
rm runs/digits-sweep/002*/metrics.csv
draws sweep.svg runs/digits-sweep runs/one
expect_no_text '>learning_rate=0.01<' sweep.svg
expect_text '>one<' sweep.svg
rm runs/digits-sweep/001*/metrics.csv
expect_error 66 'no run of the sweep has begun' plot runs/digits-sweep --output x.png

draws loss.svg runs/one --metric val_loss
expect_no_text '>accuracy<' loss.svg

# Several runs, one without validation, one with another metric, one in progress, one with NaN.
run runs/plain 'epoch,step,loss,mae,learning_rate,seconds,samples_per_second' '1,2,5,0.5,0.1,1,10' '2,4,nan,inf,0.1,1,10'
run runs/single "$header" "${lines[0]}"
run runs/going "$header" "${lines[@]:0:3}"
printf '4,36,0.' >>runs/going/metrics.csv
draws four.svg runs/plain runs/single runs/going runs/one/
for text in plain single going one mae accuracy; do expect_text ">$text<" four.svg; done
draws plain.svg runs/plain
expect_no_text '>validation<' plain.svg
for runs in runs/single runs/going runs/going/metrics.csv; do draws some.png $runs; done
expect_exit 0 "$NNMPI" plot runs/one begun --output some.svg
expect_text 'begun/metrics.csv: no epoch of the run has ended yet' err
mkdir other
cp -r runs/one other/one
draws twice.svg runs/one other/one # told apart by their paths
expect_text '>runs/one<' twice.svg
expect_text '>other/one<' twice.svg

# Names that mean something to gnuplot, a shell, printf or XML mean nothing here.
names=('it'"'"'s "quoted"' '`touch evil`' '$(touch evil)' "'; system('touch evil') #" 'a_b^{c}@d ~e' '%d%s 50 %' '-o evil' '<b>&amp;' 'R&D &x;' $'two\nlines' 'ä µ' $'latin \xe4' '\n\t\' '{x}' '@evil')
for name in "${names[@]}"; do
    mkdir -p "names/$name"
    cp runs/one/metrics.csv "names/$name"
done
draws names.svg names/*
draws 'names '"'"'`touch evil`.svg' names/*
rm -r names/latin* # U+FFFD, which no font need have
draws names.png names/*
expect_exit 0 "$NNMPI" plot names/*
for text in '`touch evil`' '$(touch evil)' 'a_b^{c}@d ~e' '%d%s 50 %' 'ä µ' '{x}' '@evil' 'two lines' '\n\t\'; do
    expect_text ">$text<" names.svg
done
expect_text '>&lt;b>&amp;amp;<' names.svg
[ -z "$(find . -name evil)" ] || fail 'a name was executed'
python=${NNMPI_PYTHON:-python3}
if command -v "$python" >/dev/null; then
    "$python" -c 'import sys, xml.dom.minidom as x; [x.parse(name) for name in sys.argv[1:]]' ./*.svg ||
        fail 'an SVG is no XML'
fi

# The terminal: as wide as it is, and without a file.
expect_exit 0 env COLUMNS=60 LINES=30 "$NNMPI" plot runs/one
for text in loss accuracy 'learning rate' training validation; do expect_text "$text" out; done
[ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' out)" = 60 ] || fail 'the width'

# Results: classes and values, with the names that they have.
draws classes.png classes.h5
draws classes.svg classes.h5
expect_text '>predicted<' classes.svg
expect_text ">accuracy $(awk -v a="$accuracy" 'BEGIN { printf "%.2f", 100 * a }') % (" classes.svg
seq 1 60 | awk '{ printf "%g,%g,%g,%g\n", sin($1), cos($1), sin($1) + 1, 3 * cos($1) }' >values.csv
sed -i "1i a,b,force_{x} 100 %,\`touch evil\` it's" values.csv
expect_exit 0 "$NNMPI" import csv values.csv --label "force_{x} 100 %,\`touch evil\` it's" --test-fraction 0.3 --output values.h5
put values.yaml <<'END'
data: {file: values.h5}
model: [{layer: Dense, units: 2}]
loss: mean_squared_error
metrics: [r2]
epochs: 2
END
expect_exit 0 "$NNMPI" train values.yaml
expect_exit 0 "$NNMPI" eval runs/values/model.h5 --data values.h5 --save values-e.h5
draws values.svg values-e.h5
draws values.png values-e.h5
expect_text '>force_{x} 100 %<' values.svg
expect_text '>RMSE ' values.svg
expect_exit 0 "$NNMPI" plot values-e.h5
expect_text 'force_{x} 100 %: RMSE' out
[ -z "$(find . -name evil)" ] || fail 'a name was executed'

# Names that no font has a glyph for: the picture is as one with question marks, and a line says so; an SVG
# holds them. (The codes are for private use: no font need have them.)
private=$'\xf3\xbf\x80\x81\xf3\xbf\x80\x82 a'
for name in "$private" '?? a'; do
    mkdir -p "glyphs/$name"
    cp runs/one/metrics.csv "glyphs/$name"
done
draws 'marks.png' 'glyphs/?? a' runs/one
expect_exit 0 "$NNMPI" plot "glyphs/$private" runs/one --output private.png
expect_text "no font on this machine has these characters, which are drawn as '?': "$'\xf3\xbf\x80\x81 \xf3\xbf\x80\x82 (an SVG' err
cmp -s marks.png private.png || fail 'characters without a glyph change the picture'
expect_exit 0 "$NNMPI" plot "glyphs/$private" runs/one --output private.pdf
is_picture private.pdf
draws private.svg "glyphs/$private" runs/one
expect_text ">$private<" private.svg
mkdir bin
ln -s "$(command -v gnuplot)" bin
expect_exit 0 env PATH="$PWD/bin" "$NNMPI" plot "glyphs/$private" runs/one --output private.png # no fc-list
cmp -s marks.png private.png || fail 'without fc-list'

# No file of another kind is replaced.
for kind in png svg pdf; do
    draws one.$kind runs/one # one of its kind is
    cp run.yaml other.$kind
    expect_error 73 "other.$kind is there and is no ${kind^^}" plot runs/one --output other.$kind
    cmp -s run.yaml other.$kind || fail "other.$kind is replaced"
done
cp one.png mixed.pdf
expect_error 73 'mixed.pdf is there and is no PDF' plot runs/one --output mixed.pdf
echo '<?xml version="1.0"?><svg><title>by hand</title></svg>' >hand.svg
expect_error 73 "hand.svg is there and is no SVG of gnuplot's" plot runs/one --output hand.svg
: >nothing.png
draws nothing.png runs/one

# A picture that fails leaves what was there.
cp one.svg before
expect_exit 65 "$NNMPI" plot nothing --output one.svg
cmp -s one.svg before || fail 'a failure takes the old picture away'
expect_exit 73 "$NNMPI" plot runs/one --output nowhere/x.png
mkdir folder.png
expect_exit 73 "$NNMPI" plot runs/one --output folder.png
