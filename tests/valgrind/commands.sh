#!/usr/bin/env bash
# commands.sh: train (in memory and from the file, with checkpoints), resume, eval and predict on 2
# ranks under valgrind: no invalid or uninitialised memory, nothing of nnmpi's lost. A program with one
# of each proves before that valgrind and its suppressions let nothing of ours through.
# test: NP 2 TIMEOUT 600
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
command -v valgrind >/dev/null || skip 'valgrind is not installed'

export OPENBLAS_CORETYPE=Haswell # valgrind 3.19 knows no AVX-512
check=(valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
    --show-leak-kinds=definite --keep-debuginfo=yes --num-callers=60 --fair-sched=yes
    "--suppressions=$SOURCE_DIR/tests/valgrind/valgrind.supp")

# clean ARGUMENT...: nnmpi with them on 2 ranks, each under valgrind.
clean() {
    expect_exit 0 timeout --kill-after=10 200 "$MPIRUN" -np 2 "${check[@]}" "$NNMPI" "$@"
    if grep -E '^==[0-9]+== .*(lost|Invalid|uninitialised|Syscall)' err; then fail "valgrind: $*"; fi
}

# What must be found.
expect_exit 99 "$MPIRUN" -np 1 "${check[@]}" "$TOOLS/make_mistakes"
for found in 'definitely lost' 'depends on uninitialised' 'Invalid read'; do expect_text "$found" err; done

# 1 epoch of 14 steps.
"$TOOLS/make_dataset" small.h5 train=107 test=41 features=5
small_run run.yaml 'epochs: 1' 'checkpoint: {every_steps: 5}'
clean train run.yaml --output a --set max_steps=7
clean train run.yaml --output a --resume
expect_text 'going on after step 7' out
clean train run.yaml --output b --set data.in_memory=never --set reproducible=true
clean eval a/model.h5 --data small.h5 --split test
clean predict a/model.h5 --data small.h5 --split test --output predictions.h5
