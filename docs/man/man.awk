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
    if (line ~ /^Exit codes: / || (current != "DESCRIPTION" && ended)) leave()
    ended = line ~ /\.$/
    if (state != "text") {
        leave()
        if (line ~ /^Exit codes: /) {
            section("EXIT STATUS")
            sub(/^Exit codes: /, "", line)
        } else if (!current) {
            section("DESCRIPTION")
        } else if (current != "DESCRIPTION" && !fresh && (!name || at > last)) {
            section("NOTES")
        }
        if (!fresh) put(".PP")
    }
    fresh = 0
    state = "text"
    put(plain(line))
}

function item(line,    gap, tag, rest) {
    line = substr(line, 3)
    gap = match(line, /   *[^ ]/)
    if (match(line, /^-[^ ]* [^ ]*\] [a-z]/)) gap = RLENGTH - 1 # "--columns COLUMN[,...] the features"
    tag = gap ? substr(line, 1, gap - 1) : line
    rest = gap ? substr(line, gap) : ""
    sub(/^ */, "", rest)
    leave()
    if (current != "OPTIONS" && current != "COMMANDS") section(name ? "OPTIONS" : "COMMANDS")
    fresh = 0
    put(".TP\n.B " plain(tag))
    state = "item"
    if (rest) put(plain(rest))
}

{ lines[NR] = $0 }
/^  [^ ]/ { last = NR } # items end here

function usage_line(line) {
    if (!usage) put(".SH SYNOPSIS\n.nf")
    usage = 1
    put(plain(substr(line, 8)))
}

function head(line) { # "csv only:"
    leave()
    section("OPTIONS")
    put(".SS " plain(substr(line, 1, length(line) - 1)))
    fresh = 1
}

function unindented(line) {
    sub(/^ */, "", line)
    put(plain(line))
}

function read(line) {
    if (line ~ /^Usage: / || (usage == 1 && line ~ /^       /)) {
        usage_line(line)
        return
    }
    if (usage == 1) put(".fi")
    if (usage == 1) usage = 2
    if (line == "") leave()
    else if (line ~ /^   / && state == "item") unindented(line)
    else if (line ~ /^  [^ ]/) item(line)
    else if (line ~ /^[^ ].*:$/ && split(line, words, " ") <= 4 && state != "text") head(line)
    else if (line ~ /^ /) unindented(line)
    else if (name || line !~ /^nnmpi COMMAND --help/) paragraph(line)
}

END {
    for (at = 1; at <= NR; at++) read(lines[at])
    if (usage == 1) put(".fi")
    leave()
    page = name ? "nnmpi-" name : "nnmpi"
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
