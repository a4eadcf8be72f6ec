# shellcheck shell=bash
# lib.sh: what the tests of an installed library share, beside tests/cli/lib.sh: the build, the C compiler of
# its MPI, beside which the others stand, and the installation.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

build=${TOOLS%/tests/tools}
mpicc=$(sed -n 's/^MPI_C_COMPILER:FILEPATH=//p' "$build/CMakeCache.txt")

# needs TOOL...: the test is skipped where one is missing.
needs() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
}
needs "$mpicc"

# install_prefix: installs the build into the folder prefix, where pkg-config finds it then.
install_prefix() {
    local pc
    expect_exit 0 cmake --install "$build" --prefix "$PWD/prefix"
    for pc in prefix/*/pkgconfig prefix/*/*/pkgconfig; do
        if [ -d "$pc" ]; then export PKG_CONFIG_PATH=$PWD/$pc; fi
    done
}
