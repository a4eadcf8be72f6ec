#!/usr/bin/env bash
# cppcheck.sh: cppcheck finds no mistake in src/ and include/. What it takes for one stands with its
# reason in the source, or here where it goes against a habit of this code:
#   invalidPointerCast  objects have tables of their fields' places, and arenas hold several types: the
#                       places are those of offsetof() or are multiples of NN_ALIGNMENT
#   missingIncludeSystem  the headers of libraries are not looked into
# test: TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
if ! command -v cppcheck >/dev/null; then
    echo 'skipped: cppcheck is not installed'
    exit 77
fi

check() (
    cd "$1" || exit 1
    mkdir -p include
    cppcheck --enable=warning,performance,portability --std=c11 --inline-suppr --quiet -j "$(nproc)" \
        --suppress=missingIncludeSystem --suppress=invalidPointerCast -Isrc -Iinclude \
        --template='{file}:{line}: {severity}: {message} [{id}]' src include 2>&1 || true
)

put src/util/good.c <<<'/* good.c */
int nn_good(int x) {
    int y[2] = {x, x};
    return y[1];
}'
accepts
put src/util/bad.c <<<'/* bad.c */
int nn_bad(int x) {
    int y[2] = {x, x};
    return y[2];
}'
refuses 'src/util/bad.c:4: error: .*arrayIndexOutOfBounds'

judge
