#!/usr/bin/env bash
# package.sh: the preset package makes a Debian package that lintian has no errors for; installed, another
# user trains digits with it from another folder; purged, it is gone. The archives of CPack too. It builds
# everything once more and installs into the system: only where CI=true is set, as root.
# test: NP 2 TIMEOUT 600
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
[ "${CI:-}" = true ] || skip 'it installs a package: set CI=true'
for tool in dpkg-deb dpkg-shlibdeps lintian fakeroot; do
    command -v $tool >/dev/null || skip "$tool is not installed"
done
if command -v ninja >/dev/null; then export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}; fi

(cd "$SOURCE_DIR" && cmake --preset package -B "$work/build" >"$work/out" 2>"$work/err") || fail 'configuring'
expect_exit 0 cmake --build build --parallel "$(nproc)" --target package
packages=(build/*.deb)
[ ${#packages[@]} = 1 ] || fail "packages: ${packages[*]}"
package=$PWD/${packages[0]}

for field in Version Architecture Maintainer Section Depends; do
    [ -n "$(dpkg-deb -f "$package" $field)" ] || fail "the package has no $field"
done
dpkg-deb -f "$package" Depends >out
for library in libc6 libopenmpi libhdf5 libopenblas libyaml libjansson libxxhash zlib1g; do
    expect_text $library out
done
expect_exit 0 lintian --allow-root --fail-on error "$package"
dpkg-deb -c "$package" | awk '{ print $6 }' >files
for file in bin/nnmpi share/man/man1/nnmpi.1.gz share/man/man1/nnmpi-train.1.gz share/doc/nnmpi/copyright \
    share/doc/nnmpi/changelog.Debian.gz share/bash-completion/completions/nnmpi; do
    grep -qxF "./usr/$file" files || fail "the package lacks $file"
done
dpkg-deb -x "$package" unpacked
! grep -rlF -e "$SOURCE_DIR" -e "$work" unpacked >named || fail "these name the source tree: $(cat named)"
if [ "$(uname -m)" = x86_64 ]; then # on any of its processors
    objdump -d --no-show-raw-insn unpacked/usr/bin/nnmpi >code
    ! grep -qE '%[yz]mm[0-9]' code || fail 'nnmpi has instructions that not every processor has'
fi

# The archives: what is installed, and the sources, from which a build can be configured.
(cd build && cpack -G TGZ >../out 2>../err) || fail 'cpack -G TGZ'
mkdir archive sources
tar -xzf build/nnmpi-*.tar.gz -C archive --strip-components=1
archive/bin/nnmpi --version >out || archive/usr/bin/nnmpi --version >out || fail 'the program of the archive'
expect_exit 0 cmake --build build --target package_source
tar -tzf build/nnmpi-*-Source.tar.gz >files
for part in /.git/ /build/ /build-; do expect_no_text "$part" files; done
tar -xzf build/nnmpi-*-Source.tar.gz -C sources --strip-components=1
expect_exit 0 cmake -S sources -B from-sources -DNNMPI_TESTS=OFF

runuser=$(command -v runuser || true)
if [ "$(id -u)" -ne 0 ] || [ -z "$runuser" ]; then
    skip 'the package is right; whether it can be installed is tried as root'
fi
[ ! -e /usr/bin/nnmpi ] || skip 'the package is right; another nnmpi is installed here'
purge() { DEBIAN_FRONTEND=noninteractive dpkg --purge nnmpi; }
trap 'purge >/dev/null 2>&1; clean_up' EXIT
expect_exit 0 dpkg -i "$package"
dpkg -L nnmpi >installed

# Another user, in a folder of its own, without a word of this environment.
home=$(mktemp -d)
chown nobody "$home"
put "$home/session" <<'END'
set -eux
cp -r /usr/share/nnmpi/datasets/digits .
mpirun -np 2 nnmpi train digits/train.yaml --output run --set epochs=10
mpirun -np 2 nnmpi eval run/model.h5 --data digits/digits.h5 --split test
END
(cd "$home" && env -i PATH=/usr/bin:/bin HOME="$home" OMP_NUM_THREADS=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_btl_vader_single_copy_mechanism=none "$runuser" -u nobody -- bash session) >out 2>err ||
    fail 'another user cannot train with it'
expect_number accuracy "$(field accuracy)" '>' 0.9
rm -r "$home"
if grep -rqs '^path-exclude.*/man' /etc/dpkg; then
    echo 'this system installs no man pages'
elif command -v man >/dev/null; then
    for page in nnmpi nnmpi-train; do expect_exit 0 env MANPAGER=cat man $page; done
    expect_text '--resume' out
fi
if [ -r /usr/share/bash-completion/bash_completion ]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    expect_exit 0 bash --norc -c '. /usr/share/bash-completion/bash_completion; __load_completion nnmpi; complete -p nnmpi'
fi

purge >out 2>err || fail 'it cannot be purged'
while read -r file; do
    [[ $file != *nnmpi* || ! -e $file ]] || fail "$file is left after purging"
done <installed
