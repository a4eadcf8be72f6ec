#!/usr/bin/env bash
# tidy.sh: clang-tidy finds nothing in src/ of what .clang-tidy asks for: MPI's rules, mistakes that are
# made often, and the paths that clang's analyzer follows. It takes more than two minutes of a
# processor, so that it runs where CI=true is set, and is skipped elsewhere. A NOLINT in a source says
# why.
# test: TIMEOUT 1200
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
skip() {
    echo "skipped: $*"
    exit 77
}
[ "${CI:-}" = true ] || skip 'it takes minutes; CI=true in the environment runs it'
command -v clang-tidy >/dev/null || skip 'clang-tidy is not installed'
build=$TOOLS/../..
[ -s "$build/compile_commands.json" ] || skip 'the build has no compile_commands.json'

# tidy ARGUMENT...: what it says of each source that standard input names, NUL after each.
tidy() {
    xargs -0 -r -n 1 -P "$(nproc)" clang-tidy --quiet --config-file="$root/.clang-tidy" "$@" 2>/dev/null |
        grep -E ' (warning|error): ' | sort -u || true
}

check() (
    cd "$1" || exit 1
    if [ "$1" = "$root" ]; then
        sources src -- '*.c' | tidy -p "$build"
    else
        sources src -- '*.c' | tidy --extra-arg=-std=c11 -p "$1"
    fi
)

put compile_flags.txt </dev/null
put src/util/bad.c <<<'#include <stdlib.h>
int nn_bad(int x);
int nn_bad(int x) {
    int *y = malloc(sizeof *y);
    if (x) y = NULL;
    return *y;
}'
refuses 'bad.c:[0-9]+:.*clang-analyzer-'

judge
