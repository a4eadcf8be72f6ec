#!/usr/bin/env bash
# library.sh: programs outside of the source tree are built with an installed libnnmpi, by CMake and by
# pkg-config, shared and static, in C and in Fortran, and train: the programs of examples/.
# test: NP 3 TIMEOUT 300
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/install/lib.sh"
mpifort=${mpicc/mpicc/mpifort}
export MPICC=$mpicc MPIFORT=$mpifort
needs pkg-config make

install_prefix
cp -r "$SOURCE_DIR/examples" programs
cp "$SOURCE_DIR/tests/install/every.f90" .
unset SOURCE_DIR TOOLS
nnmpi=$NNMPI # that of the build: the prefix is moved below

# learns RANKS PROGRAM: the program runs, its test loss falls, and its model is a model.
learns() {
    local ranks=$1 program=$2
    rm -f model.h5
    expect_exit 0 ranks "$ranks" "$program" model.h5
    awk '/^round/ {
            for (i = 1; i <= NF; i++) if ($i == "loss") { sub(",", "", $(i + 1)); last = $(i + 1) }
            if (!rounds++) first = last
        }
        END { exit !(rounds >= 4 && last + 0 > 0 && last < 0.5 * first && last < 0.01) }' out ||
        fail "$program on $ranks ranks has not learned: $(cat out)"
    expect_text 'model.h5 saved; greatest error' out
    expect_exit 0 "$nnmpi" info model.h5
    expect_text 'trained by nnmpi' out
}

# links_shared PROGRAM, links_static PROGRAM: how it is linked.
links_shared() {
    ldd "$1" >libraries
    expect_text libnnmpi.so.0.1 libraries
}
links_static() {
    ldd "$1" >libraries
    expect_no_text libnnmpi libraries
}

# with_cmake FOLDER PROGRAM, with_make FOLDER PROGRAM: builds both ways of linking.
with_cmake() {
    local static
    for static in OFF ON; do
        expect_exit 0 cmake -S "programs/$1" -B "$1-$static" -D CMAKE_PREFIX_PATH="$PWD/prefix" \
            -D STATIC=$static -D CMAKE_BUILD_TYPE=Release -D MPI_C_COMPILER="$mpicc" \
            -D MPI_Fortran_COMPILER="$mpifort"
        expect_exit 0 cmake --build "$1-$static"
    done
    links_shared "$1-OFF/$2"
    links_static "$1-ON/$2"
}
with_make() {
    expect_exit 0 make -C "programs/$1"
    mv "programs/$1/$2" "$2-shared"
    expect_exit 0 make -C "programs/$1" STATIC=1
    mv "programs/$1/$2" "$2-static"
    links_shared "$2-shared"
    links_static "$2-static"
}

with_cmake c oscillators
with_make c oscillators
learns 1 c-OFF/oscillators
learns 2 c-ON/oscillators
learns 3 ./oscillators-shared
learns 2 ./oscillators-static

# The installed tree works elsewhere too.
mv prefix moved
mkdir elsewhere
expect_exit 0 cmake -S programs/c -B elsewhere/c -D CMAKE_PREFIX_PATH="$PWD/moved" -D MPI_C_COMPILER="$mpicc"
expect_exit 0 cmake --build elsewhere/c
learns 1 elsewhere/c/oscillators
mv moved prefix

if ! command -v "$mpifort" >/dev/null || ! "$mpifort" --version >/dev/null 2>&1; then
    skip 'no Fortran compiler is installed: C was tested'
fi
with_cmake fortran rods
with_make fortran rods
learns 1 fortran-OFF/rods
learns 2 fortran-ON/rods
learns 3 ./rods-shared
learns 1 ./rods-static

# Every function of the module.
module=$(pkg-config --variable=fortran_module nnmpi)
read -ra link < <(pkg-config --libs nnmpi)
expect_exit 0 "$mpifort" -Wall "$module" every.f90 -o every "${link[@]}" \
    "-Wl,-rpath,$(pkg-config --variable=libdir nnmpi)"
for size in 1 2; do
    expect_exit 0 ranks $size ./every
    expect_text 'all is well' out
done
grep -o '^  public :: .*' "$module" | grep -o 'nnmpi_[a-z_]*' | sort -u | while read -r name; do
    grep -qw "$name" every.f90 || [ "$name" = nnmpi_callback ] || fail "every.f90 does not call $name"
done
