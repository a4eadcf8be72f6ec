#!/usr/bin/env bash
# comments.sh: every source file opens with a comment; every function that a header of src/ or
# include/ declares (inline definitions aside) has a doc comment above it, or stands in a group (lines without a blank one
# between them) that has one; and what src/comm and src/train declare says whether it is
# "Collective" or "Local", there or for all in the comment that opens the header.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# undocumented FILE...: declarations of functions without a comment, or without its word.
undocumented() {
    [ $# -eq 0 ] || awk '
        function finish(    name) {
            # A declaration of a function, not a definition, a type or a variable.
            if (statement !~ /;$/) return
            if (statement ~ /^(typedef|struct|union|enum|extern "C"|return)[ {]/ &&
                statement !~ /^(struct|enum|union) [A-Za-z0-9_]+ [*]*[a-z_0-9]+\(/) return
            if (statement !~ /^[A-Za-z_][A-Za-z0-9_ *]*[ *][a-z_][A-Za-z0-9_]*\(/) return
            name = statement
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            if (doc == "")
                print FILENAME ":" begun ": " name "() has no comment"
            else if (needs_word && doc !~ /Collective|Local/ && opening !~ /are (Collective|Local)/)
                print FILENAME ":" begun ": the comment of " name "() says neither Collective nor Local"
        }
        FNR == 1 {
            depth = inside = macro = foreign = 0
            doc = opening = statement = ""
            needs_word = FILENAME ~ /^src\/(comm|train)\//
            first = 1
        }
        /^#if.*__cplusplus/ { foreign = 1 }
        foreign { if (/^#endif/) foreign = 0; next }
        macro || (!inside && /^[ \t]*#/) { macro = /\\$/; next }
        !inside && /^[ \t]*$/ { if (depth == 0 && statement == "") doc = ""; first = 0; next }
        {
            rest = $0
            text = ""
            while (rest != "") {
                if (inside) {
                    end = index(rest, "*/")
                    words = end ? substr(rest, 1, end - 1) : rest
                    if (depth == 0) doc = doc " " words
                    if (first) opening = opening " " words
                    if (!end) break
                    rest = substr(rest, end + 2)
                    inside = 0
                    first = 0
                } else {
                    start = index(rest, "/*")
                    if (!start) {
                        text = text rest
                        break
                    }
                    text = text substr(rest, 1, start - 1)
                    rest = substr(rest, start + 2)
                    inside = 1
                }
            }
            gsub(/^[ \t]+|[ \t]+$/, "", text)
            if (text == "") next
            if (depth == 0) {
                if (statement == "") begun = FNR
                statement = statement (statement == "" ? "" : " ") text
            }
            opened = gsub(/{/, "{", text)
            closed = gsub(/}/, "}", text)
            if (depth == 0 && !opened && text ~ /;$/) finish()
            depth += opened - closed
            if (depth == 0 && text ~ /[;}]$/) statement = ""
        }' "$@"
}

check() (
    cd "$1" || exit 1
    local files=()
    mapfile -d '' files < <(sources src include tests -- '*.[ch]')
    [ ${#files[@]} -eq 0 ] ||
        awk 'FNR == 1 && !/^\/\*/ { print FILENAME ": does not open with a comment" }' "${files[@]}"
    mapfile -d '' files < <(sources src include -- '*.h')
    undocumented "${files[@]}"
)

put src/comm/good.h <<<'/* good.h: a header. */
#ifndef X
#define CHECK(x) do { \
    f(x);             \
} while (0)

typedef struct {
    int (*apply)(int x);
} nn_thing;

/** Says so. Collective. */
nn_status nn_first(int x, /* what */
                   int y) NN_CHECKED;
nn_status nn_second(void); /* in its group */

/** A small one. Local. */
static inline int nn_third(int x) {
    int y = f(x);

    return g(y);
}
extern const int nn_variable;'
put src/train/all.h <<<'/* all.h: all functions
 * are Local. */

/** Something. */
void nn_something(void);'
accepts
put src/util/a.c <<<'int x;'
refuses 'src/util/a.c: does not open'
put src/util/a.h <<<'/* a.h */

nn_status nn_first(int x,
                   int y);'
refuses 'src/util/a.h:3: nn_first\(\) has no comment'
put src/util/a.h <<<'/* a.h */

/** First. */
nn_status nn_first(int x) NN_CHECKED;

const char *nn_second(void) NN_PRINTF(2, 3);'
refuses 'src/util/a.h:6: nn_second'
put src/util/a.h <<<'/* a.h */
typedef struct {
    int x;
} nn_a;

struct nn_b *nn_after(void);'
refuses 'src/util/a.h:6: nn_after'
put src/comm/a.h <<<'/* a.h */

/** First. Local. */
void nn_first(void);

/** Second. */
void nn_second(void);'
refuses 'src/comm/a.h:7: .*nn_second\(\) says neither'

judge
