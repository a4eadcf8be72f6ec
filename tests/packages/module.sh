#!/usr/bin/env bash
# module.sh: the environment module of an installation: Environment Modules and Lmod, those that are there,
# load it, say what it is, and unload it without a trace.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

inits=()
for init in /usr/share/modules/init/bash /usr/share/lmod/lmod/init/bash ${NNMPI_MODULES_INIT:-}; do
    [ ! -r "$init" ] || inits+=("$init")
done
[ ${#inits[@]} -gt 0 ] || skip 'neither Environment Modules nor Lmod is installed'
expect_exit 0 cmake --install "${TOOLS%/tests/tools}" --prefix "$PWD/prefix"
version=$("$NNMPI" --version)

# What a user does, in a shell of its own.
put session <<'END'
before=$(env | grep -E '^(PATH|MANPATH|LD_LIBRARY_PATH|PKG_CONFIG_PATH|NNMPI_ROOT)=' | sort)
. "$INIT"
module use "$PREFIX/share/nnmpi/modulefiles"
module avail nnmpi 2>&1
module whatis nnmpi 2>&1
module help nnmpi 2>&1
module load nnmpi
echo "root=$NNMPI_ROOT"
command -v nnmpi
nnmpi --version
if command -v man >/dev/null; then man -w nnmpi-train; man -w man >/dev/null 2>&1 && echo 'other pages'; fi
module list 2>&1
module unload nnmpi
command -v nnmpi || echo 'none is left'
[ -z "${NNMPI_ROOT-}" ] && echo 'nothing is left'
END
for init in "${inits[@]}"; do
    expect_exit 0 env -u LD_LIBRARY_PATH PATH=/usr/bin:/bin INIT="$init" PREFIX="$PWD/prefix" bash --norc session
    expect_text "nnmpi/${version#nnmpi }" out
    expect_text 'data-parallel training of neural networks' out
    expect_text 'trains neural networks data-parallel' out
    for line in "root=$PWD/prefix" "$PWD/prefix/bin/nnmpi" "$version" 'none is left' 'nothing is left'; do
        grep -qxF "$line" out || fail "$init: no line '$line'"
    done
    if command -v man >/dev/null; then expect_text "$PWD/prefix/share/man/man1/nnmpi-train.1" out; fi
    # Another version is not loaded beside it.
    cp prefix/share/nnmpi/modulefiles/nnmpi/* prefix/share/nnmpi/modulefiles/nnmpi/99
    # shellcheck disable=SC2016 # expanded by the shell of the session
    expect_exit 0 env INIT="$init" PREFIX="$PWD/prefix" bash --norc -c \
        '. "$INIT"; module use "$PREFIX/share/nnmpi/modulefiles"; module load nnmpi/99; module load nnmpi/'"${version#nnmpi }"' 2>&1; module list 2>&1'
    ! { grep -q nnmpi/99 out && ! grep -qi 'conflict\|swap\|replace\|reload' out; } || fail 'two versions are loaded'
    rm prefix/share/nnmpi/modulefiles/nnmpi/99
done
