#!/usr/bin/env bash
# doctor.sh: nnmpi doctor: alone, on ranks, with and without a run file; its essential lines, and that
# train points to it. No figure is compared with another machine's.
# test: NP 4 TIMEOUT 600
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

digits=$SOURCE_DIR/datasets/digits
unset OMP_NUM_THREADS

# expect_line PATTERN: a line of out matches the extended regular expression.
expect_line() { grep -qE -e "$1" out || fail "no line matches '$1'"; }

# expect_speeds RANKS: the figures that every report has.
expect_speeds() {
    expect_line '^Ranks and cores$'
    expect_line '^  rank +host +cores it may use +threads$'
    [ "$(grep -cE '^  [0-9]+ +[^ ]+ +[0-9,-]+ +[1-9][0-9]*$' out)" = "$1" ] ||
        fail "the table has not $1 lines"
    expect_line '^Speed, all ranks at the same time'
    [ "$(grep -cE '^  product .* [0-9.]+ GFLOP/s with 1 thread' out)" = 2 ] || fail 'no products'
    expect_line '^  memory +[0-9.]+ GB/s a node \(y \+= x\)'
    [ ! -s err ] || fail 'it writes to stderr'
}

# Alone.
expect_exit 0 "$NNMPI" doctor
expect_line '^nnmpi [0-9.]+ doctor: 1 rank on 1 host, started alone$'
expect_speeds 1
expect_line '^  sum over the ranks +not measured: there is one rank$'
expect_line '^With a run file'
expect_no_text 'Data:'
expect_no_text 'shared memory'
cores=$(awk '/^  0 / { print $3 }' out)

# Threads that OpenMP binds do not hide the cores, also where the program starts itself again.
expect_exit 0 env OMP_PROC_BIND=true "$NNMPI" doctor
[ "$(awk '/^  0 / { print $3 }' out)" = "$cores" ] || fail 'OMP_PROC_BIND hides cores'

# With a run file, alone.
expect_exit 0 "$NNMPI" doctor "$digits/train.yaml"
expect_speeds 1
expect_text "Data: $digits/digits.h5: 1437 samples, 92 kB in memory" out
expect_line '^  first reading, all ranks +92 kB in '
expect_line '^Run: .*digits/train.yaml, 50826 parameters, adam, batch_size 32$'
expect_line '^    rows +8( +[0-9]+)*$'
expect_line '^    1 thread a rank +[0-9.]+ [mu]?s'
expect_line '^  step = [0-9.]+ [mu]?s \+ [0-9.]+ [mu]?s x rows a rank \+ [0-9.]+ [mu]?s \(update\)$'
expect_line '^  memory: a rank takes 813 kB \(weights, gradient, 2 optimizer slots\)'
expect_line '^  one rank has nothing to exchange'
expect_line '^  ranks x threads'

# idle_agrees: of idle cores it says what the table of ranks x threads says, and nothing before.
idle_agrees() {
    awk 'function micros(number, unit) { return number * (unit == "s" ? 1e6 : unit == "ms" ? 1e3 : 1) }
         /^Run: / { run = 1 }
         /^! .*(OMP_NUM_THREADS=1, but|is bound to)/ { problem = 1; if (!run) early = 1 }
         /some cores are idle; whether this run is faster with them stands below/ { later = 1 }
         /^ +1 x [0-9]+ .* a step/ { n++; time[n] = micros($4, $5) }
         /^  -> (no )?more threads a rank: with [0-9]+ of them/ { use = $2 == "more"; said++ }
         /^  -> of one rank, .* would do better/ { better = 1 }
         END { exit !(later && !early && said == 1 && n == 2 && problem == use && !better &&
                      (use ? time[2] < time[1] : 1.06 * time[2] > time[1])) }' out ||
        fail 'what it says of idle cores is not what it has measured'
}

# A process that something has bound to one core of several.
if [ "$(nproc)" -gt 1 ] && command -v taskset >/dev/null; then
    expect_exit 0 taskset -c "${cores%%[,-]*}" "$NNMPI" doctor
    expect_line '^! .*: rank 0 is bound to 1 of [0-9]+ cores, and [0-9]+ (is|are) idle$'
    expect_line '^  -> taskset -c [0-9,-]+ nnmpi'
    expect_exit 0 env OMP_NUM_THREADS=1 "$NNMPI" doctor
    expect_line '^! .*: OMP_NUM_THREADS=1, but each rank has [0-9]+ cores to itself$'
    # With a run, large or small, its trial decides.
    put small.yaml <<END
data: {file: $digits/digits.h5}
model: [{layer: Flatten}, {layer: Dense, units: 10, activation: softmax}]
loss: sparse_categorical_crossentropy
END
    { sed 's/Flatten}/&, {layer: Dense, units: 1000}/' small.yaml; echo 'batch_size: 512'; } >wide.yaml
    for run in small.yaml wide.yaml; do
        expect_exit 0 env OMP_NUM_THREADS=1 "$NNMPI" doctor "$run"
        idle_agrees
    done
    expect_exit 0 taskset -c "${cores%%[,-]*}" "$NNMPI" doctor small.yaml
    idle_agrees
    # What train does by itself need not be exported.
    expect_exit 0 env -u OMP_NUM_THREADS "$NNMPI" doctor small.yaml
    expect_line '^  nnmpi train takes 1 of a rank.s [0-9]+ threads by itself'
    expect_no_text 'export OMP_NUM_THREADS=1'
    expect_exit 0 env OMP_NUM_THREADS=2 "$NNMPI" doctor small.yaml
    expect_no_text 'by itself'
fi

# On ranks, more of them than cores perhaps.
for count in 2 3 4; do
    expect_exit 0 ranks $count "$NNMPI" doctor "$digits/train.yaml"
    expect_line "^nnmpi [0-9.]+ doctor: $count ranks on 1 host, started by mpi(run|exec)\$"
    expect_speeds $count
    expect_line '^  shared memory +[0-9.]+ [kMGT]?B free in /dev/shm'
    expect_line "^  sum over $count ranks +[0-9.]+ [mu]?s for 16 numbers, [0-9.]+ [mu]?s for a million"
    grep -A1 '^  step = ' out | tr '\n' ' ' |
        grep -qE "\+ [0-9.]+ [mu]?s \(exchange: the sum of 203 kB +over $count ranks\)" ||
        fail 'the exchange of the gradients is not told'
    expect_line '^  the exchange takes half of a step or less from [0-9]+ rows? a rank on'
    expect_line '^  the exchange takes 10 % or less from [0-9]+ rows? a rank on'
    expect_line "^  this run: 32 rows a step are $(((32 + count - 1) / count)) a rank; the exchange takes [0-9]+ % of a step\$"
    expect_line "^     $count ranks are [0-9.]+ times as fast as one \("
    [ "$(grep -c '^Advice for this run$' out)" = 1 ] || fail 'more than one rank prints'
done

# Too many threads: doctor says which option mends it, train that there is something to mend.
threads=$(($(nproc) + 1))
export OMP_NUM_THREADS=$threads
expect_exit 0 ranks 2 "$NNMPI" doctor --data "$digits/digits.h5"
expect_line "^! .*: 2 ranks run $((2 * threads)) threads on [0-9]+ cores? \(.*\), where they take turns; OMP_NUM_THREADS is $threads\$"
expect_line '^  -> '
expect_text "Data: $digits/digits.h5: 1437 samples" out
expect_text 'With a run file' out
small_run run.yaml 'epochs: 1'
expect_exit 0 ranks 2 "$NNMPI" train run.yaml
expect_line "^slower than it could be: on .* $((2 * threads)) threads of 2 ranks have [0-9]+ cores?: .nnmpi doctor., started in the same way, says what to do\$"
[ "$(grep -c 'slower than it could be' out)" = 1 ] || fail 'the warning is not one line'
export OMP_NUM_THREADS=1
expect_exit 0 "$NNMPI" train run.yaml --overwrite
expect_no_text 'slower than it could be'

# Overrides of the run file.
expect_exit 0 "$NNMPI" doctor run.yaml --set model.1.units=4 --set batch_size=16
expect_line '^Run: run.yaml, 39 parameters, adam, batch_size 16$'
expect_error 78 'model.1.unit' doctor run.yaml --set model.1.unit=4
expect_error 64 '--set overrides a key of a run file' doctor --set batch_size=16

# Values as targets, bytes and floats as samples, sample weights, a layer that wants statistics.
expect_exit 0 ranks 2 "$NNMPI" doctor run.yaml
expect_line '^Run: run.yaml, 84 parameters'
"$TOOLS/make_dataset" other.h5 train=50 features=5
expect_exit 0 "$NNMPI" doctor run.yaml --data other.h5
expect_text 'Data: other.h5: 50 samples' out
"$TOOLS/make_dataset" values.h5 train=9 features=3 values=2 weights=1 bytes=1
put values.yaml <<'END'
data: {file: values.h5}
model: [{layer: Dense, units: 2}]
loss: mse
optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9}
batch_size: 6
accumulate_steps: 2
reproducible: true
END
expect_exit 0 ranks 2 "$NNMPI" doctor values.yaml
expect_text 'this run: 9 rows a step are 5 a rank' out # all that there are
grep -qE '^  communication: [a-z]+' out || fail 'the way of exchanging is not told'
for way in allreduce overlap node; do
    sed "s/^reproducible.*/communication: $way/" values.yaml >way.yaml
    expect_exit 0 ranks 3 "$NNMPI" doctor way.yaml
    expect_line "^  communication: $way"
done

# What is not there, or wrong.
expect_error_everywhere 66 'nowhere.yaml' doctor nowhere.yaml
expect_exit 66 "$NNMPI" doctor --data nowhere.h5
expect_text 'nowhere.h5' err
sed -i 's/^loss: .*/loss: mse_/' run.yaml
expect_error 78 'run.yaml:' doctor run.yaml

# A launcher that starts processes which do not see each other.
expect_exit 64 env SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=0 "$NNMPI" doctor
expect_text '3 processes were started, but each sees itself alone' err
