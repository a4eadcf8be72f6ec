#!/bin/sh
# Makes binary8.csv and binary8.h5: 5,000 rows of 8 numbers and a yes or no (README.md).
# Usage: generate.sh [FOLDER]; the environment variable NNMPI may name the executable.
set -eu
here=$(dirname "$0")
nnmpi=${NNMPI:-$here/../../build/nnmpi}
[ -x "$nnmpi" ] || nnmpi=${NNMPI:-nnmpi} # where it is installed
folder=${1:-$here}

awk -v lcg=80001 "$(cat "$here/../lcg.awk")"'
function absolute(v) { return v < 0 ? -v : v }
BEGIN {
    print "x1,x2,x3,x4,x5,x6,x7,x8,y"
    for (i = 0; i < 5000; i++) {
        line = ""
        for (k = 1; k <= 8; k++) {
            x[k] = 2 * uniform() - 1
            line = line sprintf("%.6f,", x[k])
        }
        print line (x[1] + x[2] + absolute(x[3]) + absolute(x[4]) > 1 ? 1 : 0)
    }
}' > "$folder/binary8.csv"
"$nnmpi" import csv "$folder/binary8.csv" --label y --values \
    --test-fraction 0.2 --seed 1 --title "A rule of eight numbers, yes or no" \
    --output "$folder/binary8.h5"
