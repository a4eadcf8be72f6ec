#!/usr/bin/env bash
# install.sh: what docs/INSTALL.md names is there: presets, options of CMake, files, tests, sections.
# (tests/packages installs, makes the package and loads the module.)
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
page=$SOURCE_DIR/docs/INSTALL.md

grep -oE 'preset [a-z][a-z0-9-]*' "$page" | sort -u | while read -r _ preset; do
    grep -qF "\"name\": \"$preset\"" "$SOURCE_DIR/CMakePresets.json" || fail "there is no preset $preset"
done
grep -oE -- '-R [a-z.]*|packages\.[a-z]+' "$page" | sed 's/^-R //' | sort -u | while read -r name; do
    [ -e "$SOURCE_DIR/tests/${name/.//}.sh" ] || fail "there is no test $name"
done
grep -oE '\]\([^)]*\)' "$page" | tr -d '](' | tr -d ')' | while read -r link; do
    file=${link%%#*}
    file=${file:-INSTALL.md}
    [ -e "$SOURCE_DIR/docs/$file" ] || fail "there is no $file"
    [[ $link != *#* ]] || grep -E '^#+ ' "$SOURCE_DIR/docs/$file" | sed -E 's/^#+ //' |
        tr '[:upper:]' '[:lower:]' | tr -d '.,:' | tr ' ' '-' | grep -qxF "${link#*#}" || fail "no section $link"
done

# Each option is one that this build knows, or one that CMake's own modules read.
grep -oE -- '-D[A-Z_0-9]+=' "$page" | tr -d '=' | sed 's/^-D//' | sort -u >options
[ "$(wc -l <options)" -ge 8 ] || fail 'it names fewer options than there are'
while read -r option; do
    grep -q "^$option:" "${TOOLS%/tests/tools}/CMakeCache.txt" ||
        [[ " HDF5_PREFER_PARALLEL HDF5_ROOT MPI_HOME " == *" $option "* ]] || fail "there is no option $option"
done <options
