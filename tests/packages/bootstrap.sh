#!/usr/bin/env bash
# bootstrap.sh: what docs/INSTALL.md shows, step by step, in a copy of the source tree: `./bootstrap.sh build`
# builds all that `cmake --install build` installs; and with CI=true nothing is skipped that Python's packages
# are for. Nothing is installed by apt or pip: cmake and others are stand-ins that keep what they are asked for,
# and CMake itself says what the install rules want.
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

# With CI=true nothing is tested where Python's packages cannot be had; what the network does not bring is asked
# for again. The stand-ins: the first times `fails` pip fails, and Python lacks the modules that `lacks` lists.
sed 's|/usr/bin/python3|python3|' "$SOURCE_DIR/bootstrap.sh" >copy/bootstrap.sh
put python <<'END'
#!/usr/bin/env bash
bin=$(dirname "$0") modules=${2#import }
[ -e "$bin/installed" ] || exit 1
for module in ${modules//,/}; do
    if grep -qx "$(basename "${bin%/bin}") $module" "$STAND_INS/lacks"; then exit 1; fi
done
END
put pip <<'END'
#!/usr/bin/env bash
bin=$(dirname "$0")
echo "pip $*" >>"$ASKED"
echo >>"$bin/tries"
[ "$(wc -l <"$bin/tries")" -gt "$(cat "$STAND_INS/fails")" ] || { echo 'the network is down'; exit 1; }
touch "$bin/installed"
END
put bin/python3 <<'END'
#!/bin/sh
[ "$1 $2" = '-m venv' ] && mkdir -p "$3/bin" && cp "$STAND_INS/python" "$STAND_INS/pip" "$3/bin"
END
put bin/ctest <<'END'
#!/bin/sh
echo "ctest $*" >>"$ASKED"
END
put bin/sleep </dev/null
chmod +x bin/* python pip
export STAND_INS=$PWD
ci() { # EXIT CODE, how often pip fails, what is missing
    rm -rf asked copy/build
    echo "$2" >fails
    echo "$3" >lacks
    expect_exit "$1" env CI=true PATH="$PWD/bin:$PATH" copy/bootstrap.sh test
    if [ "$1" = 0 ]; then expect_text 'ctest --preset release' asked; else expect_no_text ctest asked; fi
}
ci 0 0 ''
[ "$(grep -c '^pip ' asked)" = 2 ] || fail "pip is asked more than twice: $(cat asked)"
for package in keras onnx onnxruntime safetensors tensorboard pandas pillow tensorflow-cpu; do
    expect_text " $package" asked
done
ci 0 1 ''
expect_text 'the network is down' copy/build/python.log
ci 69 9 ''
expect_text 'the tests of Keras, ONNX, TensorBoard and the like would be skipped, and CI=true must run them' err
expect_text 'the network is down' err
ci 69 0 $'python onnx\npython tensorboard'
expect_text 'build/python/bin/python cannot import onnx tensorboard' err
ci 0 0 'keras2 keras'
expect_text 'the tests of Keras 2 are skipped' out

# Otherwise nobody is asked for them.
rm -f asked
expect_exit 0 env CI= PATH="$PWD/bin:$PATH" copy/bootstrap.sh test
expect_no_text 'pip ' asked
expect_text 'ctest --preset release' asked
