#!/usr/bin/env bash
# library.sh: the programs on docs/LIBRARY.md are built, with the commands and from an installed library, and
# run, as they stand there. Where a call fails on one rank alone, they end instead of waiting for each other.
# test: NP 2 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=../install/lib.sh
. "$SOURCE_DIR/tests/install/lib.sh"
page=$SOURCE_DIR/docs/LIBRARY.md
[ -e "$build/libnnmpi.so" ] || skip 'the library is not built (NNMPI_LIBRARY)'
mpifort=${mpicc/mpicc/mpifort}
needs pkg-config
install_prefix
export LD_LIBRARY_PATH= # the program must say itself where the library is

# block LANGUAGE [N]: the program of that language on the page, or the Nth one.
block() {
    awk -v begin="\`\`\`$1" -v which="${2:-1}" '$0 == begin { inside = ++count == which; next } /^```/ { inside = 0 } inside' "$page"
}

# build COMPILER PATH WARNING...: the page's command that begins with the compiler's name.
build() {
    local command
    command=$(sed -n "s/^    $1 //p" "$page")
    [ "$(wc -l <<<"$command")" = 1 ] || fail "the page has more than one command with $1"
    expect_exit 0 bash -c "set -o pipefail; $2 ${*:3} $command"
}
# build_with_cmake N OPTION...: ./products by the page's Nth CMakeLists.txt.
build_with_cmake() {
    block cmake "$1" >CMakeLists.txt
    expect_exit 0 cmake -S . -B "cmake$1" -D CMAKE_PREFIX_PATH="$PWD/prefix" "${@:2}"
    expect_exit 0 cmake --build "cmake$1"
    mv "cmake$1/products" products
}
# convinces RANKS...: the product of numbers that both programs print.
convinces() {
    local count
    for count in "$@"; do
        expect_exit 0 ranks "$count" ./products
        awk '/^0.5 \* 0.5 = / { found = $5 > 0.2 && $5 < 0.3; lines++ } END { exit !found || lines != 1 || NR != 1 }' out ||
            fail "on $count ranks it says $(cat out)"
    done
}

# ends_alone: the program, in which rank 1 now appends -1 rows, says so and ends.
ends_alone() {
    expect_exit 64 ranks 2 ./products
    expect_text 'products: -1 rows cannot be appended' err
}

block c >products.c
build mpicc "$mpicc" -Wall -Wextra -pedantic -Werror
convinces 1 2
expect_exit 0 "$NNMPI" info products.h5
expect_text 'trained by nnmpi' out
build_with_cmake 1 -D MPI_C_COMPILER="$mpicc"
convinces 2
block c | sed 's/append(data, 1,/append(data, rank == 1 ? -1 : 1,/' >products.c
build mpicc "$mpicc"
ends_alone

if ! command -v "$mpifort" >/dev/null || ! "$mpifort" --version >/dev/null 2>&1; then
    skip 'no Fortran compiler is installed: C was tested'
fi
rm products.h5
block fortran >products.f90
build mpifort "$mpifort" -Wall
convinces 1 2
expect_exit 0 "$NNMPI" info products.h5
expect_text 'epoch            60' out
build_with_cmake 2 -D MPI_C_COMPILER="$mpicc" -D MPI_Fortran_COMPILER="$mpifort"
convinces 2
block fortran | sed 's/append(data, 500,/append(data, merge(-1, 500, rank == 1),/' >products.f90
build mpifort "$mpifort"
ends_alone
