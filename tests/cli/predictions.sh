#!/usr/bin/env bash
# predictions.sh: what predict and eval --save write: HDF5 and CSV, the classes that a classifier decides
# on, what is true beside it, the same on any number of ranks; which files are replaced; names of
# classes and features that are not those that the model was trained on.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

# 400 rows in /test, more than a shard; the names hold what CSV puts into quotes.
awk 'BEGIN {
    print "wide,high,kind"
    for (i = 0; i < 800; i++) {
        a = (i * 37 % 120) / 60 - 1; b = (i * 53 % 121) / 60 - 1
        printf("%g,%g,%s\n", a, b, a + b > 0.3 ? "\"long, or \"\"tall\"\"\"" : a < b ? "left" : " right hand")
    }
}' >data.csv
expect_exit 0 "$NNMPI" import csv data.csv --label kind --test-fraction 0.5 --output data.h5
small_run run.yaml 'data: {file: data.h5, validation: /test}' 'epochs: 4'
expect_exit 0 "$NNMPI" train run.yaml --output run
mv run/model.h5 .

# eval --save: the JSON object stays last and stays the same; the same bits on any number of ranks.
expect_exit 0 "$NNMPI" eval model.h5 --data data.h5
tail -n 1 out >alone
for count in 1 2 3; do
    expect_exit 0 ranks $count "$NNMPI" eval model.h5 --data data.h5 --save s$count.h5
    expect_text "s$count.h5: predictions and truth of 400 rows" out
    tail -n 1 out | cmp -s - alone || fail "--save changes what eval prints, on $count ranks"
    for path in /predictions /classes /y; do
        "$TOOLS/print_array" s$count.h5 $path >"s$count${path/\//.}"
        cmp -s "s1${path/\//.}" "s$count${path/\//.}" || fail "$path depends on the ranks"
    done
done
"$TOOLS/print_array" data.h5 /test/y | cmp -s - s1.y || fail 'y is not that of the data'
paste -d ' ' s1.classes s1.y | awk '{ right += $1 == $2 } END { printf "%.9f\n", right / NR }' >measured
expect_near 'the accuracy of what is saved' "$(cat measured)" "$(field accuracy)" 1e-8

# predict: the same numbers as HDF5 and as CSV, whose classes have names.
expect_exit 0 ranks 2 "$NNMPI" predict model.h5 --data data.h5 --output p.h5
expect_close 1e-6 p.h5 s1.h5 /predictions
"$TOOLS/print_array" p.h5 /classes | cmp -s - s1.classes || fail '/classes of predict'
for count in 1 3; do
    expect_exit 0 ranks $count "$NNMPI" predict model.h5 --data data.h5 --output p$count.csv
    expect_text "p$count.csv: predictions of 400 rows, of shape (3)" out
    [ "$(head -n 1 p$count.csv)" = '"left","long, or ""tall""",right hand,class' ] ||
        [ "$(head -n 1 p$count.csv)" = 'left,"long, or ""tall""",right hand,class' ] ||
        fail "the first line of p$count.csv: $(head -n 1 p$count.csv)"
    [ "$(wc -l <p$count.csv)" = 401 ] || fail "the lines of p$count.csv"
    [ ! -e p$count.csv.partial ] || fail 'predict leaves a temporary file'
done
awk -F, 'NR > 1 { print $1 " " $2 " " $3 }' p1.csv >numbers
"$TOOLS/print_array" p.h5 /predictions | paste -d ' ' - numbers |
    awk '{ for (i = 1; i <= 3; i++) { d = $i - $(i + 3); if (d > 1e-6 || d < -1e-6) exit 1 } }' ||
    fail 'the numbers of p1.csv'
awk 'NR > 1' p1.csv | sed 's/^[^,]*,[^,]*,[^,]*,//' >names
awk '{ print $1 == 0 ? "left" : $1 == 1 ? "\"long, or \"\"tall\"\"\"" : "right hand" }' s1.classes |
    cmp -s - names || fail 'the classes of p1.csv'

# One sigmoid decides by its side of 1/2; values are called as their targets; several outputs without a
# name y0, y1...
"$TOOLS/make_dataset" yes.h5 train=60 test=20 features=3 classes=2
put yes.yaml <<'END'
data: {file: yes.h5}
model: [{layer: Dense, units: 1, activation: sigmoid}]
loss: binary_crossentropy
epochs: 2
END
expect_exit 0 "$NNMPI" train yes.yaml
expect_exit 0 "$NNMPI" predict runs/yes/model.h5 --data yes.h5 --output yes.csv
awk -F, 'NR == 1 { if ($0 != "y0,class") exit 1; next } ($1 > 0.5) != $2 { exit 1 }' yes.csv ||
    fail 'the side of 1/2'
# From logits the side is that of 0, and both commands write logits.
expect_exit 0 "$NNMPI" train yes.yaml --output logits --set model.0.activation=linear \
    --set loss='{name: binary_crossentropy, from_logits: true}'
expect_exit 0 "$NNMPI" predict logits/model.h5 --data yes.h5 --output logits.h5
expect_exit 0 "$NNMPI" eval logits/model.h5 --data yes.h5 --save logits2.h5
expect_close 1e-6 logits.h5 logits2.h5 /predictions
"$TOOLS/print_array" logits2.h5 /predictions >values
"$TOOLS/print_array" logits2.h5 /classes | paste -d ' ' values - | awk '($1 > 0) != $2 { exit 1 }' ||
    fail 'the side of 0'
awk '$1 < 0 { less = 1 } END { exit !less }' values || fail 'these are no logits'

seq 1 50 | awk '{ printf "%g,%g,%g,%g\n", sin($1), cos($1), sin($1) + 1, 3 * cos($1) }' >values.csv
sed -i '1i a,b,force,the moment' values.csv
expect_exit 0 "$NNMPI" import csv values.csv --label force,'the moment' --test-fraction 0.3 --output values.h5
expect_exit 0 "$NNMPI" info values.h5
expect_text 'target_names: force, the moment' out
put values.yaml <<'END'
data: {file: values.h5}
model: [{layer: Dense, units: 2}]
loss: mean_squared_error
epochs: 2
END
expect_exit 0 "$NNMPI" train values.yaml
expect_exit 0 "$NNMPI" predict runs/values/model.h5 --data values.h5 --output values-p.csv
[ "$(head -n 1 values-p.csv)" = 'force,the moment' ] || fail 'the names of targets'
expect_exit 0 "$NNMPI" eval runs/values/model.h5 --data values.h5 --save values-e.h5
"$TOOLS/print_array" values.h5 /test/y >y
"$TOOLS/print_array" values-e.h5 /y | cmp -s - y || fail 'y of values'
if "$TOOLS/print_array" values-e.h5 /classes >out 2>&1; then fail 'values decide on no class'; fi

# Names: a second CSV that numbers its classes otherwise, columns in another order, one class less.
awk -F, 'NR == 1 || !/left/' data.csv >other.csv
expect_exit 0 "$NNMPI" import csv other.csv --label kind --test-fraction 0.5 --output other.h5
for command in 'eval model.h5' 'predict model.h5 --output n.csv'; do
    # shellcheck disable=SC2086
    expect_error_everywhere 65 "other.h5: its class_names are not those of model.h5, class 0 is 'long, or \"tall\"' here and 'left' there" \
        $command --data other.h5
    expect_text 'nnmpi import csv --like' err
done
awk -F, '{ print $2 "," $1 "," (NR == 1 ? "other" : NR / 7) }' data.csv >swapped.csv
expect_exit 0 "$NNMPI" import csv swapped.csv --label other --output swapped.h5
expect_error 65 "swapped.h5: its feature_names are not those of model.h5, feature 0 is 'high' here and 'wide' there" \
    predict model.h5 --data swapped.h5 --split train --output n.csv
"$TOOLS/make_dataset" plain.h5 train=50 test=41 features=2 # without any names
expect_exit 0 "$NNMPI" predict model.h5 --data plain.h5 --split train --output n.csv # it has no names
[ "$(head -n 1 n.csv)" = "$(head -n 1 p1.csv)" ] || fail 'the names of the model'
# A run that goes on keeps its names, and refuses others.
expect_exit 0 "$NNMPI" train run.yaml --output run --resume --set epochs=5
expect_exit 0 "$NNMPI" info run/model.h5
expect_text 'class_names: left, "long, or ""tall""", right hand' out
cp other.h5 data.h5
expect_error_everywhere 65 'data.h5:/train: its class_names are not those of run/checkpoint-250.h5, class 0 is' \
    train run.yaml --output run --resume --set epochs=6
# One that begins with the weights of a model may be of other classes, and is told so.
expect_exit 0 ranks 2 "$NNMPI" train run.yaml --output further --set initial_weights=model.h5
expect_text "data.h5:/train: its class_names are not those of $work/model.h5, class 0 is 'long, or \"tall\"' here and 'left' there" err
expect_text '; training goes on all the same' err

# What is replaced: predictions, and no other file.
cp data.csv mine.csv
cp plain.h5 mine.h5
echo notes >notes.h5
for file in mine.csv mine.h5 notes.h5 run/config.csv; do
    [ -e $file ] || cp run/config.yaml $file
    cp $file before
    expect_error 73 "$file is there and is no" predict model.h5 --data plain.h5 --output $file
    cmp -s before $file || fail "$file was replaced"
done
expect_error 73 'run/checkpoint' predict model.h5 --data plain.h5 --output "$(echo run/checkpoint-*0.h5)"
expect_exit 0 "$NNMPI" predict model.h5 --data plain.h5 --output p1.csv
[ "$(wc -l <p1.csv)" = 42 ] || fail 'predictions are not replaced'
expect_exit 0 "$NNMPI" predict model.h5 --data plain.h5 --output p.h5
: >new.csv
expect_exit 0 "$NNMPI" predict model.h5 --data plain.h5 --output new.csv
expect_error 64 'by its ending: .h5, .hdf5 or .csv' predict model.h5 --data plain.h5 --output p.txt
expect_error 64 '--save writes HDF5' eval model.h5 --data plain.h5 --save p.CSV
for file in model.h5 plain.h5; do
    expect_error 64 'it would be lost' eval model.h5 --data plain.h5 --save "$file"
done
expect_error_everywhere 73 'nowhere/p.csv' predict model.h5 --data plain.h5 --output nowhere/p.csv
for file in nowhere/p.h5.partial p.h5.partial mine.csv.partial; do
    [ ! -e $file ] || fail "$file is left"
done

# More outputs than classes: training begins with a line about it, once; the classes keep the names that there are.
{ echo a,b,kind; seq 1 60 | awk '{ printf "%g,%g,%s\n", sin($1), cos($1), substr("xyz", 1 + $1 % 3, 1) }'; } >wide.csv
expect_exit 0 "$NNMPI" import csv wide.csv --label kind --test-fraction 0.3 --output wide.h5
for units in 3 5; do
    small_run wide$units.yaml 'data: {file: wide.h5, validation: /test}' 'epochs: 1' \
        "model: [{layer: Dense, units: $units, activation: softmax}]"
    expect_exit 0 ranks 2 "$NNMPI" train wide$units.yaml
    [ "$(cat out err | grep -c 'outputs, but the data have 3 classes')" = $((units > 3)) ] || fail "$units outputs"
done
expect_text 'the model has 5 outputs, but the data have 3 classes: should its last layer have units: 3?'
expect_exit 0 "$NNMPI" predict runs/wide5/model.h5 --data wide.h5 --output wide5.csv
[ "$(head -n 1 wide5.csv)" = x,y,z,y3,y4,class ] || fail "the columns are called $(head -n 1 wide5.csv)"
[ -z "$(sed 1d wide5.csv | sed 's/.*,//' | grep -vxE 'x|y|z|3|4' || true)" ] || fail 'the classes'
