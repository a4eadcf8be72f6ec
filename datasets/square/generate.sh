#!/bin/sh
# Makes square.csv and square.h5: 100 points (x, x^2), x evenly spaced from 0 to 1.
# Usage: generate.sh [FOLDER]; the environment variable NNMPI may name the executable.
set -eu
here=$(dirname "$0")
nnmpi=${NNMPI:-$here/../../build/nnmpi}
[ -x "$nnmpi" ] || nnmpi=${NNMPI:-nnmpi} # where it is installed
folder=${1:-$here}

awk 'BEGIN {
    print "x,y"
    for (i = 0; i < 100; i++) printf "%.9f,%.9f\n", i / 99, i * i / 9801
}' > "$folder/square.csv"
"$nnmpi" import csv "$folder/square.csv" --label y --values \
    --title "y = x^2 at 100 points" --output "$folder/square.h5"
