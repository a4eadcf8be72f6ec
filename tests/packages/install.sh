#!/usr/bin/env bash
# install.sh: `cmake --install` into a prefix or below DESTDIR gives a tree that works where it is: from a
# folder that is not the source tree digits is trained with the installed example, and no file names the
# source tree or the build.
# test: NP 2 TIMEOUT 120
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
build=${TOOLS%/tests/tools}

expect_exit 0 cmake --install "$build" --prefix "$PWD/prefix"
for file in bin/nnmpi share/doc/nnmpi/{README.md,LICENSE,CHANGELOG.md,RUNFILE.md,INSTALL.md} \
    share/nnmpi/datasets/digits/{train.yaml,digits.h5} share/nnmpi/slurm/train.sbatch \
    share/bash-completion/completions/nnmpi share/nnmpi/modulefiles/nnmpi/*; do
    for there in prefix/$file; do [ -f "$there" ] || fail "$file is not installed"; done
done
# shellcheck disable=SC2016 # backticks of the page
sed -n '/^| installed |/,/^$/s/^| `\([^`]*\)` .*/\1/p' "$SOURCE_DIR/docs/INSTALL.md" >table
[ "$(wc -l <table)" -ge 7 ] || fail 'docs/INSTALL.md does not say what is installed'
while read -r path; do
    [ -e "prefix/$path" ] || fail "docs/INSTALL.md says that there is $path"
done <table
for script in prefix/share/nnmpi/datasets/*/*.sh prefix/share/nnmpi/slurm/*.sbatch; do
    [ -x "$script" ] || fail "$script cannot be run"
done
[ -e prefix/share/man/man1/nnmpi-train.1 ] || [ -e prefix/share/man/man1/nnmpi-train.1.gz ] ||
    fail 'the man pages are not installed'
! grep -rlF -e "$SOURCE_DIR" -e "$build" prefix >named || fail "these name the source tree: $(cat named)"
if command -v readelf >/dev/null; then
    readelf -d prefix/bin/nnmpi >dynamic
    expect_no_text "$build" dynamic
fi

# A file more, or less, below DESTDIR than in the prefix would be one with a path of its own.
expect_exit 0 env DESTDIR="$PWD/stage" cmake --install "$build" --prefix /opt/nn
(cd prefix && find . | sort) >here
(cd stage/opt/nn && find . | sort) >there
cmp here there || fail "DESTDIR: $(diff here there | head -n 5)"
[ "$(ls stage)" = opt ] || fail "DESTDIR was left: $(ls stage)"

# As another folder's user would.
export PATH=$PWD/prefix/bin:$PATH
unset SOURCE_DIR NNMPI TOOLS
mkdir user
cd user
cp -r ../prefix/share/nnmpi/datasets .
expect_exit 0 ranks 2 nnmpi train datasets/digits/train.yaml --set epochs=10
expect_exit 0 ranks 2 nnmpi eval runs/digits/model.h5 --data datasets/digits/digits.h5 --split test
expect_number accuracy "$(field accuracy)" '>' 0.9
datasets/xor/generate.sh >out 2>err || fail 'an installed generate.sh does not find nnmpi'
expect_exit 0 nnmpi info datasets/xor/xor.h5
expect_exit 0 env -i "$PWD/../stage/opt/nn/bin/nnmpi" --version
