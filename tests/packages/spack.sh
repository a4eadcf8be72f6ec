#!/usr/bin/env bash
# spack.sh: the Spack recipe, without Spack: it is Python that states a dependency for all that a build needs,
# and CMake takes the arguments that it gives, each of them.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
command -v python3 >/dev/null || skip 'there is no python3'
cache=${TOOLS%/tests/tools}/CMakeCache.txt

# cached NAME: the value of a variable of this build.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$cache"; }
BLAS=$(cached NNMPI_CBLAS_LIBRARY) MPICC=$(cached MPI_C_COMPILER) HDF5_PREFIX=/usr
export BLAS MPICC HDF5_PREFIX
python=(python3 "$SOURCE_DIR/tests/packages/check_spack.py" "$SOURCE_DIR")

expect_exit 0 "${python[@]}"
cp out default
for argument in NNMPI_TESTS:BOOL=OFF NNMPI_MARCH:STRING= "NNMPI_BLAS:STRING=$BLAS" HDF5_ROOT:STRING=/usr \
    HDF5_PREFER_PARALLEL:BOOL=OFF; do
    grep -qxF -- "-D$argument" default || fail "it does not give CMake -D$argument"
done
expect_exit 0 "${python[@]}" +native +parallel_hdf5
grep -qxF -- '-DNNMPI_MARCH:STRING=native' out || fail '+native is not heeded'
grep -qxF -- '-DHDF5_PREFER_PARALLEL:BOOL=ON' out || fail '+parallel_hdf5 is not heeded'
expect_exit 1 "${python[@]}" +nothing

mapfile -t arguments <default
expect_exit 0 cmake -S "$SOURCE_DIR" -B build -DCMAKE_BUILD_TYPE=Release "${arguments[@]}"
expect_no_text 'not used by the project' out err
expect_text "CBLAS: $BLAS" out
grep -q '^NNMPI_TESTS:BOOL=OFF' build/CMakeCache.txt || fail 'CMake does not take NNMPI_TESTS'
