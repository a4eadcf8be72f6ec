#!/usr/bin/env bash
# bootstrap.sh: what docs/INSTALL.md shows, step by step, in a copy of the source tree: `./bootstrap.sh build`
# builds all that `cmake --install build` installs. Nothing is installed by apt: cmake is a stand-in that
# keeps what it is asked for, and CMake itself says what the install rules want.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
build=${TOOLS%/tests/tools}

# The page has the sequence.
sed -n '/^## From the sources/,/^## By hand/p' "$SOURCE_DIR/docs/INSTALL.md" | grep -E '^    ' >steps
[ "$(grep -cE '^    (\./bootstrap.sh build|sudo cmake --install build)' steps)" = 2 ] ||
    fail 'docs/INSTALL.md shows another sequence'

# A machine on which all packages are there, and a cmake that writes down its arguments.
mkdir bin copy
cp "$SOURCE_DIR/bootstrap.sh" copy
put bin/cmake <<'END'
#!/bin/sh
echo "$*" >>"$ASKED"
END
put bin/dpkg-query <<'END'
#!/bin/sh
printf installed
END
cp bin/cmake bin/apt-get
chmod +x bin/*
export ASKED=$PWD/asked
built() { # the target that ./bootstrap.sh builds into build/, and how it is configured
    rm -f asked
    expect_exit 0 env PATH="$PWD/bin:$PATH" copy/bootstrap.sh build
    grep -qE "^--build build --target all( |$)" asked || fail "it builds something else: $(cat asked)"
    expect_text "-DNNMPI_TESTS=$1" asked
    expect_text 'cmake --install build' out
}
built OFF
echo 'NNMPI_TESTS:BOOL=ON' >copy/build/CMakeCache.txt
built ON

# What is installed is of the target all: none is left out of it.
grep -hoE 'file\(INSTALL [^)]* FILES "[^"]*"' "$build"/cmake_install.cmake | grep -oE '"[^"]*"$' |
    tr -d '"' | grep -F "$build/" >made
[ "$(wc -l <made)" -ge 2 ] || fail "CMake's rules name less than is built: $(cat made)"
while read -r file; do [ -e "$file" ] || fail "all does not build $file"; done <made
