#!/bin/sh
# Makes xor.csv and xor.h5: the four rows of exclusive or.
# Usage: generate.sh [FOLDER]; the environment variable NNMPI may name the executable.
set -eu
here=$(dirname "$0")
nnmpi=${NNMPI:-$here/../../build/nnmpi}
[ -x "$nnmpi" ] || nnmpi=${NNMPI:-nnmpi} # where it is installed
folder=${1:-$here}

printf '%s\n' a,b,y 0,0,0 0,1,1 1,0,1 1,1,0 > "$folder/xor.csv"
"$nnmpi" import csv "$folder/xor.csv" --label y --values \
    --title "Exclusive or" --output "$folder/xor.h5"
