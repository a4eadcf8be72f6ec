# man.awk: a man page of what nnmpi prints for --help, on standard output.
#
#   awk -f man.awk -v name=train -v about="train what..." -v version=0.1.0 -v date=2025-01-31
#       -v sections=DIR -v datadir=DIR -v docdir=DIR -v others="eval predict" HELP
#
# name is empty for nnmpi(1) itself. The help is Usage lines, paragraphs that begin in the first column,
# and items, indented by two: a tag, two blanks or a new line, and what it does, indented deeper. A line
# of a few words that ends with a colon is the head of the items below it. Sections that the help does not
# have come from sections/NAME.roff, in front of SEE ALSO,
# with datadir and docdir for @DATADIR@ and @DOCDIR@.

# As roff takes it: a backslash is \e, a minus stays one, and no line is a request.
function plain(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    if (text ~ /^[.']/) text = "\\&" text
    return text
}

function put(line) { body = body line "\n" }

# Where we are: "" (between), text, or item.
function leave() { state = "" }

function section(title) {
    if (current == title) return
    current = title
    put(".SH " title)
    fresh = 1
}

# A paragraph in the first column: what the program does, or what it leaves with.
function paragraph(line) {
    if (line ~ /^Exit codes: / || (current == "NOTES" && ended)) leave()
    ended = line ~ /\.$/
    if (state != "text") {
        leave()
        if (line ~ /^Exit codes: /) {
            section("EXIT STATUS")
            sub(/^Exit codes: /, "", line)
        } else if (!current) {
            section("DESCRIPTION")
        } else if (current != "DESCRIPTION") {
            section("NOTES")
        }
        if (!fresh) put(".PP")
    }
    fresh = 0
    state = "text"
    put(plain(line))
}

function item(line,    at, tag, rest) {
    line = substr(line, 3)
    at = match(line, /   *[^ ]/)
    tag = at ? substr(line, 1, at - 1) : line
    rest = at ? substr(line, at) : ""
    sub(/^ */, "", rest)
    leave()
    if (current != "OPTIONS" && current != "COMMANDS") section(name ? "OPTIONS" : "COMMANDS")
    fresh = 0
    put(".TP\n.B " plain(tag))
    state = "item"
    if (rest) put(plain(rest))
}

BEGIN { page = name ? "nnmpi-" name : "nnmpi" }

/^Usage: / || (usage == 1 && /^       /) {
    if (!usage) { put(".SH SYNOPSIS\n.nf"); usage = 1 }
    put(plain(substr($0, 8)))
    next
}
usage == 1 { put(".fi"); usage = 2 }
/^$/ { leave(); next }
/^   / && state == "item" { sub(/^ */, ""); put(plain($0)); next }
/^  [^ ]/ { item($0); next }
/^[^ ].*:$/ && NF <= 4 && state != "text" { # "csv only:"
    leave()
    section("OPTIONS")
    put(".SS " plain(substr($0, 1, length($0) - 1)))
    fresh = 1
    next
}
/^ / { sub(/^ */, ""); put(plain($0)); next }
!name && /^nnmpi COMMAND --help/ { next }
{ paragraph($0) }

END {
    if (usage == 1) put(".fi")
    leave()
    title = toupper(page)
    gsub(/-/, "\\-", title)
    printf ".\\\" Made of what the program prints for --help.\n"
    printf ".TH %s 1 %s \"nnmpi %s\" \"nnmpi manual\"\n", title, date, version
    printf ".ad l\n.nh\n"
    printf ".SH NAME\n%s \\- %s\n", plain(page), plain(about)
    if (!usage) printf ".SH SYNOPSIS\n.nf\nnnmpi COMMAND [ARGUMENT]...\nmpirun \\-np N nnmpi COMMAND [ARGUMENT]...\n.fi\n"
    printf "%s", body
    file = sections "/" (name ? name : "nnmpi") ".roff"
    while ((getline line < file) > 0) {
        gsub(/@DATADIR@/, datadir, line)
        gsub(/@DOCDIR@/, docdir, line)
        if (line !~ /^\.\\"/) print line
    }
    print ".SH SEE ALSO"
    count = split(others, names, " ")
    if (name) printf ".BR nnmpi (1),\n"
    for (i = 1; i <= count; i++) if (names[i] != name) printf ".BR nnmpi\\-%s (1),\n", names[i]
    printf ".BR mpirun (1)\n"
}
