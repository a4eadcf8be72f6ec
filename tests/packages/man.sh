#!/usr/bin/env bash
# man.sh: every command that nnmpi --help names has a man page, which says all that its --help says and
# renders without a warning.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

command -v man >/dev/null || skip 'man is not installed'
pages=${TOOLS%/tests/tools}/man
"$NNMPI" --help >help
mapfile -t commands < <(sed -nE 's/^  nnmpi ([a-z-]+).*/\1/p' help)
[ ${#commands[@]} -ge 7 ] || fail 'nnmpi --help names fewer commands than there are'
made=("$pages"/nnmpi*.1*)
[ ${#made[@]} = $((${#commands[@]} + 1)) ] || fail "other pages: ${made[*]}"

# words FILE: its words, a line each, without what stands for structure.
words() { tr -s '[:space:]' '\n' <"$1" | sed -E 's/^\.\.\.$|^Usage:$//; /^$/d' | LC_ALL=C sort -u; }

# check PAGE HELP: PAGE renders, and holds each word of HELP.
check() {
    local page=$pages/$1.1
    [ ! -e "$page.gz" ] || page=$page.gz
    expect_exit 0 env MANWIDTH=300 LC_ALL=C.UTF-8 man --warnings -P cat -l "$page"
    [ ! -s err ] || fail "$1 renders with warnings: $(cat err)"
    if command -v mandoc >/dev/null; then
        case $page in *.gz) gzip -dc "$page" >roff ;; *) cp "$page" roff ;; esac
        if ! mandoc -T lint -W warning roff >complaints; then fail "$1: $(cat complaints)"; fi
    fi
    mv out rendered
    words rendered >have
    words "$2" >want
    # Heads have lost "Exit codes:" and the colon of "csv only:".
    comm -13 have want >lost
    while read -r word; do
        [[ $word =~ ^(Exit|codes:|COMMAND|more;|tells|prints|version\.)$ ]] || grep -qxF -- "${word%:}" have ||
            fail "$1(1) lacks a word of the help: $word"
    done <lost
    for part in NAME SYNOPSIS DESCRIPTION 'SEE ALSO'; do
        grep -qxF "$part" rendered || fail "$1(1) has no section $part"
    done
    ! grep -n '@[A-Z]*@' rendered || fail "$1(1) has a place that was not filled"
}

sed 's/^  nnmpi /  /' help >short
check nnmpi short
for part in FILES ENVIRONMENT 'EXIT STATUS' EXAMPLES; do
    grep -qxF "$part" rendered || fail "nnmpi(1) has no section $part"
done
for command in "${commands[@]}"; do
    grep -qF "nnmpi-$command(1)" rendered || fail "nnmpi(1) does not name nnmpi-$command(1)"
done
for command in "${commands[@]}"; do
    "$NNMPI" "$command" --help >help.command
    check "nnmpi-$command" help.command
    grep -qF "nnmpi-$command - " rendered || fail "nnmpi-$command(1) does not say what it is"
    grep -oE '^ +--?[a-z][a-z-]*' help.command | tr -d ' ' >options || true # info has none
    while read -r option; do
        grep -qE -- "^ +$option( |,|\$)" rendered || fail "nnmpi-$command(1) lacks $option"
    done <options
done

# What has a page of sections is a command: none is left over from one that was renamed.
for file in "$SOURCE_DIR"/docs/man/*.roff; do
    name=$(basename "$file" .roff)
    [ "$name" = nnmpi ] || printf '%s\n' "${commands[@]}" | grep -qx "$name" || fail "$file is of no command"
done

# A page of a help that is not the program's own.
put other/help <<'END'
Usage: nnmpi other FILE

Does what 'no' other\does.
.Nothing is lost.

  -x, --extra N   one
  --long-option VALUE
                  on a line of its own
                  and on another

Exit codes: 0 done.
END
awk -f "$SOURCE_DIR/docs/man/man.awk" -v name=other -v about='do nothing' -v version=1 -v date=2000-01-02 \
    -v sections=. -v others='train other' other/help >other/nnmpi-other.1
expect_exit 0 env MANWIDTH=100 man --warnings -P cat -l other/nnmpi-other.1
[ ! -s err ] || fail "warnings: $(cat err)"
tr -s ' ' <out >squeezed
expect_text "Does what 'no' other\\does. .Nothing is lost." squeezed
grep -A 1 -- '--extra N' out | grep -q ' one$' || fail 'an item is lost'
grep -A 1 -- '--long-option VALUE' out | grep -q ' on a line of its own and on another$' || fail 'a line is lost'
grep -A 1 -x 'EXIT STATUS' out | grep -q ' 0 done.$' || fail 'the exit codes are lost'
