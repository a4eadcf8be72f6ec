#!/usr/bin/env bash
# train.sh: whole trainings in which teams of threads, the threads that read ahead from the file and
# checkpoints every few steps run at once, on 1 rank and 2, under the thread sanitizer: no report. A
# training in which it is not told of OpenMP's barriers proves before that it reports what it must.
# What ranks do to each other's shared memory it does not see.
# test: NP 2 THREADS 4
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

export OMP_NUM_THREADS=4
"$TOOLS/make_dataset" small.h5 train=6000 test=501 features=80
small_run run.yaml 'data: {file: small.h5, validation: /test, in_memory: never}' \
    'checkpoint: {every_steps: 3}' 'batch_size: 240' 'epochs: 2'

# clean COMMAND...: the command ends well, and without a report.
clean() {
    expect_exit 0 "$@"
    expect_no_text 'WARNING: ThreadSanitizer'
}

expect_exit 66 env OMP_TOOL=disabled TSAN_OPTIONS="$TSAN_OPTIONS:halt_on_error=1" \
    "$NNMPI" train run.yaml --output blind
expect_text 'WARNING: ThreadSanitizer: data race' err
expect_exit 0 env ARCHER_OPTIONS=verbose=1 "$NNMPI" train run.yaml --output seeing
expect_text 'Archer detected OpenMP application with TSan' out
expect_no_text 'WARNING: ThreadSanitizer'
expect_text 'reading the samples from the file' out
expect_text '1 rank x 4 threads' out

for communication in allreduce node overlap; do
    clean ranks 2 "$NNMPI" train run.yaml --set communication=$communication --output $communication
done
clean ranks 2 "$NNMPI" train run.yaml --set reproducible=true --output reproducible

# From the middle of an epoch, and what is read without training.
clean "$NNMPI" train run.yaml --output memory --set data.in_memory=always --set max_steps=20
clean "$NNMPI" train run.yaml --output memory --set data.in_memory=always --resume
expect_text 'going on after step 20' out
clean ranks 2 "$NNMPI" eval memory/model.h5 --data small.h5 --split test
clean "$NNMPI" predict memory/model.h5 --data small.h5 --split test --output predictions.h5
