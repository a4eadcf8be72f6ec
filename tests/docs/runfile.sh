#!/usr/bin/env bash
# runfile.sh: docs/RUNFILE.md. Its tables, between two markers, are those that the registries give;
# with --write it puts them there instead. Each YAML block in it is taken by nnmpi: those with a
# `model:` are whole run files, others replace keys of the first whole one, which also trains.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
page=$SOURCE_DIR/docs/RUNFILE.md
mend='cmake --build --preset release --target docs'

# with_tables: the page with the tables as they should be.
with_tables() {
    awk '
        /^<!-- tables: end/ { skip = 0 }
        !skip
        /^<!-- tables: begin/ { skip = 1; while ((getline line <"tables") > 0) print line }' "$page"
}

"$TOOLS/print_runfile" >tables || fail 'the tables could not be printed'
with_tables >page
[ "$(grep -c '^<!-- tables: ' page)" = 2 ] || fail "$page lacks its two markers"
if [ "${1-}" = --write ]; then
    cmp -s page "$page" || cat page >"$page"
    exit 0
fi
diff -u "$page" page >out || fail "$page does not show what the registries hold; mend it with: $mend"

# The YAML blocks: block-1.yaml, block-2.yaml...
awk '
    /^```yaml$/ { file = "block-" ++count ".yaml"; inside = 1; printf "" >file; next }
    /^```$/ { inside = 0 }
    inside { print >file }' "$page"

# replace_keys BASE FRAGMENT: BASE without the top-level keys of FRAGMENT, and then FRAGMENT.
replace_keys() {
    awk '
        NR == FNR { if (match($0, /^[a-z_]+:/)) given[substr($0, 1, RLENGTH)] = 1; print >"new"; next }
        match($0, /^[a-z_]+:/) { drop = substr($0, 1, RLENGTH) in given }
        !drop' "$2" "$1"
    cat new
}

cp "$SOURCE_DIR/datasets/digits/digits.h5" .
whole=''
for block in $(printf '%s\n' block-*.yaml | sort -V); do
    if grep -q '^model:' "$block" && grep -q '^data:' "$block"; then
        if [ ! "$whole" ]; then
            whole=$block
            expect_exit 0 "$NNMPI" train "$whole" --set max_steps=2 --output trained
            cp trained/model.h5 pretrained.h5 # what other blocks begin with
        fi
        cp "$block" run.yaml
    else
        [ "$whole" ] || fail "the first YAML block of $page is no whole run file"
        replace_keys "$whole" "$block" >run.yaml
    fi
    expect_exit 0 "$NNMPI" config run.yaml
done
[ "$whole" ] || fail "$page has no YAML block"
