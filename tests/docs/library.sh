#!/usr/bin/env bash
# library.sh: the programs on docs/LIBRARY.md are built, and run, as they stand there.
# test: NP 2 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
build=${TOOLS%/tests/tools}
page=$SOURCE_DIR/docs/LIBRARY.md
[ -e "$build/libnnmpi.so" ] || skip 'the library is not built (NNMPI_LIBRARY)'
mpicc=$(sed -n 's/^MPI_C_COMPILER:FILEPATH=//p' "$build/CMakeCache.txt")
mpifort=${mpicc/mpicc/mpifort}
command -v "$mpicc" >/dev/null || skip "$mpicc is not installed"
link=(-L"$build" -lnnmpi "-Wl,-rpath,$build")

# block LANGUAGE: the program of that language on the page.
block() {
    awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; next } /^```/ { inside = 0 } inside' "$page"
}

block c >products.c
expect_exit 0 "$mpicc" -std=c99 -Wall -Wextra -pedantic -Werror -I"$SOURCE_DIR/include" products.c -o products \
    "${link[@]}"
expect_exit 0 ranks 2 ./products
awk '/^0.5 \* 0.5 = / { found = $5 > 0.2 && $5 < 0.3 } END { exit !found }' out || fail "it says $(cat out)"
expect_exit 0 "$NNMPI" info products.h5
expect_text 'trained by nnmpi' out

if ! command -v "$mpifort" >/dev/null || ! "$mpifort" --version >/dev/null 2>&1; then
    skip 'no Fortran compiler is installed: C was tested'
fi
rm products.h5
block fortran >products.f90
expect_exit 0 "$mpifort" -Wall "$SOURCE_DIR/fortran/nnmpi.f90" products.f90 -o products "${link[@]}"
expect_exit 0 ranks 2 ./products
[ ! -s out ] || fail "it says $(cat out)"
expect_exit 0 "$NNMPI" info products.h5
expect_text 'epoch            30' out
