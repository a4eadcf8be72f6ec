#!/bin/sh
# Makes mean2.csv and mean2.h5: 1,000 rows with y = 0.5 x1 + 0.5 x2 + noise (README.md).
# Usage: generate.sh [FOLDER]; the environment variable NNMPI may name the executable.
set -eu
here=$(dirname "$0")
nnmpi=${NNMPI:-$here/../../build/nnmpi}
[ -x "$nnmpi" ] || nnmpi=${NNMPI:-nnmpi} # where it is installed
folder=${1:-$here}

awk -v lcg=20001 "$(cat "$here/../lcg.awk")"'
BEGIN {
    print "x1,x2,y"
    for (i = 0; i < 1000; i++) {
        x1 = uniform()
        x2 = uniform()
        noise = 0.2 * uniform() - 0.1
        printf "%.6f,%.6f,%.6f\n", x1, x2, 0.5 * x1 + 0.5 * x2 + noise
    }
}' > "$folder/mean2.csv"
"$nnmpi" import csv "$folder/mean2.csv" --label y --values \
    --title "The mean of two numbers, with uniform noise" --output "$folder/mean2.h5"
