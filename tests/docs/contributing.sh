#!/usr/bin/env bash
# contributing.sh: the layer that CONTRIBUTING.md adds still compiles against the headers, and the
# files and targets that the page names exist.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
page=$SOURCE_DIR/CONTRIBUTING.md

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >layer.c
[ -s layer.c ] || fail 'CONTRIBUTING.md has no layer'
for real in '' -DNN_DOUBLE; do
    expect_exit 0 "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror \
        -fsyntax-only $real -I "$SOURCE_DIR/src" -I "$SOURCE_DIR/include" layer.c
done
# shellcheck disable=SC2016 # backticks as they are
grep -oE '`(src|tests|docs|cmake)/[A-Za-z0-9_/]+\.[a-z]+`' "$page" | tr -d '`' | sort -u >named
[ -s named ] || fail 'CONTRIBUTING.md names no file'
while read -r file; do
    [ "$file" = src/layers/leaky_relu.c ] || [ -e "$SOURCE_DIR/$file" ] || fail "there is no $file"
done <named
