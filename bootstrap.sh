#!/usr/bin/env bash
# bootstrap.sh: nnmpi on a fresh machine in one command. `./bootstrap.sh --help` says what it does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build_packages=(libc6-dev cmake pkg-config libopenmpi-dev openmpi-bin libhdf5-dev
    libopenblas-openmp-dev libyaml-dev libjansson-dev libxxhash-dev zlib1g-dev libpng-dev libjpeg-dev
    libzip-dev)
test_packages=(libcmocka-dev hdf5-tools python3-h5py)
# A Slurm of a few nodes on this machine, for the tests of slurm/.
slurm_packages=(slurmctld slurmd slurm-client munge libpmix2 iproute2)
ci_packages=(gcc g++ gfortran ccache clang libclang-rt-dev libomp-dev clang-tidy cppcheck shellcheck valgrind
    iproute2 iptables python3-venv python3-torch python3-yaml libsimgrid-dev gnuplot-nox mpich libmpich-dev libhdf5-openmpi-dev man-db
    mandoc bash-completion lintian file dpkg-dev fakeroot environment-modules locales)
# What the tests ask of Python, each set in an environment of its own. Keras 2 came with TensorFlow.
python_packages=(keras h5py jax pyyaml onnx onnxruntime safetensors tensorboard pandas pillow)
python_modules=(keras h5py jax yaml onnx onnxruntime safetensors tensorboard pandas PIL)
keras2_packages=(tensorflow-cpu==2.15.1 h5py pyyaml)
keras2_modules=(keras h5py yaml)
log=build/bootstrap.log

usage() {
    cat <<TEXT
Usage: ./bootstrap.sh COMMAND

  run             install what is missing, build into build/, train datasets/digits/train.yaml on
                  2 ranks into runs/digits, and evaluate the model on the test images
  test [--slurm] [ARG]...
                  install what is missing, build with the tests, and run them all; the ARGs go to
                  ctest, such as -R mpi or --parallel 2. --slurm also installs Slurm, which the
                  tests labelled slurm start for themselves (as root). With CI=true in the
                  environment it does that too, installs Keras and ONNX for their tests (where that
                  fails, it ends with exit code 69), treats warnings as errors, those of clang too,
                  runs the tests of the presets asan, tsan, valgrind, mpich and hdf5-parallel, makes
                  a Debian package and tries it, and fuzzes the parsers (preset fuzz)
  build           install what is missing and build into build/ all that \`cmake --install build\`
                  installs
  --help          say this

Packages are installed with apt, as root or through sudo, and only those that are missing.
Everything that is printed on the way is kept in $log.
TEXT
}

say() { printf 'bootstrap: %s\n' "$*"; }

fail() { # EXIT CODE, MESSAGE...
    local code=$1
    shift
    printf 'bootstrap: %s\n' "$*" >&2
    exit "$code"
}

# step TEXT COMMAND...: runs a command with its output in the log; shows the end of that if it fails.
step() {
    local text=$1 start=$SECONDS
    shift
    printf 'bootstrap: %s ... ' "$text"
    printf '\n== %s: %s\n' "$text" "$*" >>"$log"
    if "$@" >>"$log" 2>&1; then
        printf '%d s\n' $((SECONDS - start))
    else
        local code=$?
        printf 'failed after %d s, with this at the end of %s:\n' $((SECONDS - start)) "$log"
        tail -n 40 "$log" >&2
        exit "$code"
    fi
}

# install PACKAGE...: installs those that are missing; a compiler and make or ninja count, whatever
# they are.
install() {
    local wanted=("$@") missing=() package
    command -v cc >/dev/null || wanted+=(gcc)
    command -v ninja >/dev/null || command -v make >/dev/null || wanted+=(ninja-build)
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        fail 69 "this system has no apt. Install what these Debian packages hold:
  ${wanted[*]}
then: cmake --preset release && cmake --build --preset release && ctest --preset release"
    fi
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail 77 "these packages are missing; install them as root: ${missing[*]}"
        as_root=(sudo)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
    step "updating the list of packages" "${apt[@]}" update
    step "installing ${missing[*]}" "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

# build PRESET FOLDER TARGET [CMAKE ARGUMENT]...
build() {
    local preset=$1 folder=$2 target=$3
    shift 3
    if command -v ninja >/dev/null; then
        export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
    fi
    step "configuring $folder" cmake --preset "$preset" -B "$folder" "$@"
    step "building $folder" cmake --build "$folder" --target "$target" --parallel "$(nproc)"
}

# The tests only where they have been built here before.
tests_wanted() {
    if grep -qsx 'NNMPI_TESTS:BOOL=ON' build/CMakeCache.txt; then echo ON; else echo OFF; fi
}

# What Open MPI needs to start ranks as root, on few cores, in containers.
prepare_mpi() {
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    [ "$(nproc)" -ge 2 ] || export OMPI_MCA_rmaps_base_oversubscribe=1
    export OMPI_MCA_btl_vader_single_copy_mechanism=none
}

run() {
    install "${build_packages[@]}"
    build release build nnmpi -DNNMPI_TESTS="$(tests_wanted)"
    prepare_mpi
    say "training datasets/digits/train.yaml on 2 ranks"
    mpirun -np 2 build/nnmpi train datasets/digits/train.yaml --output runs/digits --overwrite
    say "evaluating the model on the 360 test images"
    mpirun -np 2 build/nnmpi eval runs/digits/model.h5 --data datasets/digits/digits.h5 --split test
    say "the model is runs/digits/model.h5, its metrics are runs/digits/metrics.csv"
    say "the program is build/nnmpi; to install it: ./bootstrap.sh build, then cmake --install build"
}

# All that is installed.
build_all() {
    install "${build_packages[@]}"
    build release build all -DNNMPI_TESTS="$(tests_wanted)"
    say "the program is build/nnmpi; cmake --install build installs it, with the library and the man pages"
}

# imports PYTHON MODULE...: whether it can import them; says which it cannot.
imports() {
    local python=$1 module missing=() all
    shift
    all=$*
    "$python" -c "import ${all// /, }" 2>/dev/null && return
    for module in "$@"; do "$python" -c "import $module" || missing+=("$module"); done
    say "$python cannot import ${missing[*]}"
    return 1
}

# venv FOLDER PACKAGE... -- MODULE...: a Python in FOLDER that can import the modules. What the network does
# not bring is asked for again.
venv() {
    local folder=$1 packages=() try
    shift
    while [ "$1" != -- ]; do packages+=("$1") && shift; done
    shift
    export KERAS_BACKEND=jax # Keras 3 takes TensorFlow otherwise
    if [ -e "$folder/bin/python" ] && imports "$folder/bin/python" "$@"; then return; fi
    say "installing ${packages[*]} into $folder, while the build goes on"
    for try in 1 2 3; do
        [ "$try" = 1 ] || sleep 20
        if /usr/bin/python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --retries 10 "${packages[@]}" &&
            imports "$folder/bin/python" "$@"; then return; fi
    done
    return 1
}

# What the tests find as NNMPI_PYTHON and NNMPI_PYTHON_KERAS2, installed beside the build. Where continuous
# integration cannot have the first, it fails: tests that are skipped look like tests that pass. The packages of
# the second are not made for every processor and every Python.
prepare_python() {
    export NNMPI_PYTHON=$PWD/build/python/bin/python NNMPI_PYTHON_KERAS2=$PWD/build/keras2/bin/python
    {
        venv build/python "${python_packages[@]}" -- "${python_modules[@]}" || exit 69
        venv build/keras2 "${keras2_packages[@]}" -- "${keras2_modules[@]}" ||
            say "not installed; the tests of Keras 2 are skipped"
    } >build/python.log 2>&1 &
    python_job=$!
}

python_is_there() {
    local code=0
    wait "$python_job" || code=$?
    cat build/python.log
    [ "$code" = 0 ] || say "so the tests of Keras, ONNX, TensorBoard and the like would be skipped, and CI=true must run them"
    return "$code"
}

await_python() {
    step "waiting for Python's packages" python_is_there
    grep '^bootstrap: ' build/python.log || true
}

# What continuous integration tests beside the release build, whose tests of Slurm (arguments: those for
# ctest) mostly wait: they run beside the builds.
run_more_tests() {
    ctest --preset release -L '^slurm$' "$@" >build/slurm.log 2>&1 &
    slurm_job=$!
    trap 'kill "$slurm_job" 2>/dev/null || true' EXIT
    build asan build-asan all -DNNMPI_TESTS=ON
    build mpich build-mpich all -DNNMPI_TESTS=ON -DNNMPI_WERROR=ON
    # Here also without what import can do without.
    build hdf5-parallel build-hdf5-parallel all -DNNMPI_TESTS=ON -DNNMPI_WERROR=ON -DNNMPI_PNG=OFF \
        -DNNMPI_JPEG=OFF -DNNMPI_ZIP=OFF
    build tsan build-tsan all -DNNMPI_TESTS=ON -DNNMPI_WERROR=ON # by clang
    build valgrind build-valgrind all -DNNMPI_TESTS=ON
    build fuzz build-fuzz fuzz
    say "waiting for the tests of Slurm"
    wait "$slurm_job" || fail 70 "the tests of Slurm fail: $(cat build/slurm.log)"
    cat build/slurm.log
    say "fuzzing the parsers, 60 seconds each, two at a time"
    ctest --preset fuzz --parallel 2 "$@"
    for preset in asan mpich hdf5-parallel tsan valgrind; do
        say "testing build-$preset"
        ctest --preset "$preset" "$@"
    done
}

run_tests() {
    local packages=("${build_packages[@]}" "${test_packages[@]}")
    if [ "${1:-}" = --slurm ]; then
        shift
        packages+=("${slurm_packages[@]}")
    fi
    if [ "${CI:-}" != true ]; then
        install "${packages[@]}"
        build release build all -DNNMPI_TESTS=ON -DNNMPI_WERROR=OFF
        say "testing build"
        ctest --preset release "$@"
        return
    fi
    install "${packages[@]}" "${ci_packages[@]}" "${slurm_packages[@]}"
    # Much is compiled alike in several builds.
    export CMAKE_C_COMPILER_LAUNCHER=ccache CCACHE_DIR=$PWD/build/ccache CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
    prepare_python
    build release build all -DNNMPI_TESTS=ON -DNNMPI_WERROR=ON
    await_python
    say "testing build"
    ctest --preset release -LE '^slurm$' "$@"
    run_more_tests "$@"
}

case ${1:-} in
--help | -h) usage && exit 0 ;;
run | build) [ $# -eq 1 ] || fail 64 "$1 takes no arguments" ;;
test) ;;
'') usage >&2 && exit 64 ;;
*) fail 64 "unknown command $1; there are run, test, build and --help" ;;
esac
mkdir -p build
: >"$log"
case $1 in
run) run ;;
test) shift && run_tests "$@" ;;
build) build_all ;;
esac
say "done in $SECONDS s"
