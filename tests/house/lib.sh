# shellcheck shell=bash
# lib.sh: what the tests of the house share. Each defines `check ROOT`, which prints a line for each
# violation below ROOT, and ends with `judge`; made-up trees prove before that the check finds what
# it must (`refuses`) and nothing else (`accepts`).

set -euo pipefail
LC_ALL=C
export LC_ALL

root=${SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
fixtures=$(mktemp -d)
trap 'rm -rf "$fixtures"' EXIT

# put FILE: makes the file FILE of a made-up source tree from standard input.
put() {
    mkdir -p "$(dirname "$fixtures/$1")"
    cat >"$fixtures/$1"
}

# sources FOLDER... -- PATTERN...: the files below the folders whose names match, NUL after each.
sources() {
    local folders=() names=()
    while [ "$1" != -- ]; do
        if [ -d "$1" ]; then folders+=("$1"); fi
        shift
    done
    shift
    [ ${#folders[@]} -gt 0 ] || return 0
    while [ $# -gt 0 ]; do
        names+=(-o -name "$1")
        shift
    done
    find "${folders[@]}" -type f \( "${names[@]:1}" \) -print0 | sort -z
}

# mark NOTE: standard input with ": NOTE" at the end of each line.
mark() {
    local line
    while IFS= read -r line; do printf '%s: %s\n' "$line" "$1"; done
}

# code FILE...: the files without their comments, each line as FILE:LINE:TEXT.
code() {
    [ $# -eq 0 ] || awk '
        FNR == 1 { inside = 0 }
        {
            rest = $0
            text = ""
            while (rest != "") {
                if (inside) {
                    end = index(rest, "*/")
                    if (!end) break
                    rest = substr(rest, end + 2)
                    inside = 0
                } else {
                    start = index(rest, "/*")
                    line = index(rest, "//")
                    if (line && (!start || line < start) && substr(rest, line - 1, 1) != ":") {
                        text = text substr(rest, 1, line - 1)
                        break
                    }
                    if (!start) {
                        text = text rest
                        break
                    }
                    text = text substr(rest, 1, start - 1)
                    rest = substr(rest, start + 2)
                    inside = 1
                }
            }
            print FILENAME ":" FNR ":" text
        }' "$@"
}

# refuses PATTERN: the check finds in the made-up tree a violation whose line matches PATTERN; then
# the tree is emptied for the next one.
refuses() {
    local found
    found=$(check "$fixtures")
    if ! grep -Eq -- "$1" <<<"$found"; then
        printf 'the check does not find %s, but:\n%s\n' "$1" "$found" >&2
        exit 1
    fi
    rm -rf "${fixtures:?}"/*
}

# accepts: the check finds nothing in the made-up tree.
accepts() {
    local found
    found=$(check "$fixtures")
    if [ -n "$found" ]; then
        printf 'the check finds what is no violation:\n%s\n' "$found" >&2
        exit 1
    fi
    rm -rf "${fixtures:?}"/*
}

# judge: checks the real tree.
judge() {
    local found
    found=$(check "$root")
    if [ -n "$found" ]; then
        printf '%s\n' "$found" >&2
        exit 1
    fi
}
