# summary.awk: suite.sh's tables. Reads figures.txt (FS='|'), then results.csv (FS=,); writes the files
# named by `summary` and `required`, and prints both as text.
#
# A ratio is taken within each repetition, whose tools ran one after another; the median and the
# quartiles are those of these ratios.

function sort(values, n,    i, j, value) {
    for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--) values[j + 1] = values[j]
        values[j + 1] = value
    }
}

# The p-quantile of sorted values, between neighbours in proportion.
function quantile(values, n, p,    at, below) {
    at = 1 + (n - 1) * p
    below = int(at)
    return below == n ? values[n] : values[below] + (at - below) * (values[below + 1] - values[below])
}

# Sets middle, lower and upper to the median and the quartiles.
function describe(values, n) {
    sort(values, n)
    middle = quantile(values, n, 0.5)
    lower = quantile(values, n, 0.25)
    upper = quantile(values, n, 0.75)
}

# Whether a name is the pattern, or begins with what the pattern has before its *.
function matches(name, pattern) {
    return pattern ~ /\*$/ ? index(name, substr(pattern, 1, length(pattern) - 1)) == 1 : name == pattern
}

function better(a, b, sense) { return sense == ">=" ? a > b : a < b }

# exchange.c measures MPI_Allreduce beside each of its modes, and that is what the mode is held against.
function belongs(tool, opponent) {
    return opponent !~ /^allreduce_beside_/ ||
        substr(opponent, length("allreduce_beside_") + 1) == substr(tool, length("exchange_") + 1)
}

# The ratios of tool to opponent in a case, repetition by repetition. Sets middle, lower and upper;
# returns their number.
function compare(name, tool, opponent, factor,    ratios, n, turn) {
    n = 0
    for (turn = 1; turn <= turns; turn++)
        if ((name, tool, turn) in value && (name, opponent, turn) in value)
            ratios[++n] = factor * value[name, tool, turn] / value[name, opponent, turn]
    if (n) describe(ratios, n)
    return n
}

# The worst ratio of a tool to an opponent of figure f, in case c.
function worst_opponent(f, c, tool,    o, found, m, l, u, opponent) {
    found = 0
    for (o = 1; o <= tools[c]; o++) {
        if (!matches(tool_name[c, o], against[f]) || !belongs(tool, tool_name[c, o])) continue
        if (!compare(case_name[c], tool, tool_name[c, o], factor[f])) continue
        if (found && !better(m, middle, sense[f])) continue
        found = 1
        m = middle; l = lower; u = upper; opponent = tool_name[c, o]
    }
    middle = m; lower = l; upper = u; which = case_name[c] ": " tool " to " opponent
    return found
}

# The best tool of figure f, in case c.
function best_tool(f, c,    t, found, m, l, u, w) {
    found = 0
    for (t = 1; t <= tools[c]; t++) {
        if (!matches(tool_name[c, t], own[f]) || !worst_opponent(f, c, tool_name[c, t])) continue
        if (found && !better(middle, m, sense[f])) continue
        found = 1
        m = middle; l = lower; u = upper; w = which
    }
    middle = m; lower = l; upper = u; which = w
    return found
}

# The worst case of figure f.
function judge(f,    c, found, m, l, u, w) {
    found = 0
    for (c = 1; c <= cases; c++) {
        if (!matches(case_name[c], cases_of[f]) || !best_tool(f, c)) continue
        if (found && !better(m, middle, sense[f])) continue
        found = 1
        m = middle; l = lower; u = upper; w = which
    }
    middle = m; lower = l; upper = u; which = w
    return found
}

function verdict(f) {
    if (better(needed[f], middle, sense[f])) return "MISS"
    return better(aim[f], middle, sense[f]) ? "pass" : "pass, aim reached"
}

function three_digits(x) {
    return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : x >= 0.1 ? "%.2f" : "%.4f", x)
}

/^#/ {
    if (FS == ",") heading = heading $0 "\n"
    next
}

FS == "|" {
    figures++
    text[figures] = $1; cases_of[figures] = $2; own[figures] = $3; against[figures] = $4
    factor[figures] = $5; sense[figures] = $6; needed[figures] = $7; aim[figures] = $8
    next
}

$9 ~ /^[0-9]/ {
    tool = $5 "/" $6 "x" $7
    if (!($1 in number)) {
        number[$1] = ++cases
        case_name[cases] = $1
        work[cases] = $2 "," $3
    }
    c = number[$1]
    if (!((c, tool) in seen)) {
        seen[c, tool] = 1
        tool_name[c, ++tools[c]] = tool
        unit[c, tools[c]] = $8
    }
    value[$1, tool, $4] = $9
    if ($4 + 0 > turns) turns = $4 + 0
    disturbed[++rows] = $10
}

function print_medians(    c, t, n, turn, values, format, part) {
    printf "%scase,network,global_batch,tool,ranksxthreads,quantity,repetitions,median,lower_quartile,upper_quartile\n",
        heading >summary
    printf "\n%-17s %-28s %12s %12s %12s  %s\n", "case", "tool/ranksxthreads", "median", "quartiles", "", "quantity"
    for (c = 1; c <= cases; c++)
        for (t = 1; t <= tools[c]; t++) {
            n = 0
            for (turn = 1; turn <= turns; turn++)
                if ((case_name[c], tool_name[c, t], turn) in value)
                    values[++n] = value[case_name[c], tool_name[c, t], turn]
            describe(values, n)
            format = unit[c, t] == "samples_per_second" ? "%.0f" : "%.5g"
            middle = sprintf(format, middle); lower = sprintf(format, lower); upper = sprintf(format, upper)
            split(tool_name[c, t], part, "/")
            printf "%s,%s,%s,%s,%s,%d,%s,%s,%s\n", case_name[c], work[c], part[1], part[2], unit[c, t], n,
                middle, lower, upper >summary
            printf "%-17s %-28s %12s %12s %12s  %s\n", case_name[c], tool_name[c, t], middle, lower, upper, unit[c, t]
        }
}

function print_figures(    f, bound) {
    printf "%sfigure,sense,required,aim,measured,lower_quartile,upper_quartile,verdict,which\n", heading >required
    printf "\n%-71s %8s %6s %9s %17s  %s\n", "figure", "required", "aim", "measured", "quartiles", "verdict"
    for (f = 1; f <= figures; f++) {
        bound = sense[f] " " needed[f]
        printf "\"%s\",%s,%s,%s,", text[f], sense[f], needed[f], aim[f] >required
        printf "%-71s %8s %6s ", text[f], bound, aim[f]
        if (judge(f)) {
            printf "%.4g,%.4g,%.4g,\"%s\",%s\n", middle, lower, upper, verdict(f), which >required
            printf "%9s %8s %8s  %s (%s)\n", three_digits(middle), three_digits(lower), three_digits(upper),
                verdict(f), which
        } else {
            print ",,,not measured," >required
            printf "%9s %17s  %s\n", "-", "", "not measured"
        }
    }
    describe(disturbed, rows)
    printf "\nOther processes took %.0f %% of the machine (median; quartiles %.0f and %.0f %%).%s\n", 100 * middle, 100 * lower,
        100 * upper, (upper > 0.05 ? " That is too much to trust these figures." : "")
}

END {
    print_medians()
    print_figures()
}
