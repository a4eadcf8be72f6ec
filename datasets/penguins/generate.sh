#!/bin/sh
# Makes penguins.h5 of penguins.csv: the four measurements; the two penguins that nobody measured get the
# means. Usage: generate.sh [FOLDER]; the environment variable NNMPI may name the executable.
set -eu
here=$(dirname "$0")
folder=${1:-$here}

"${NNMPI:-$here/../../build/nnmpi}" import csv "$here/penguins.csv" --label species \
    --ignore island,sex,year --fill mean --test-fraction 0.2 \
    --title "Palmer penguins" --source "doi:10.5281/zenodo.3960218" --license CC0-1.0 \
    --output "$folder/penguins.h5"
