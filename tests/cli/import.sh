#!/usr/bin/env bash
# import.sh: the command nnmpi import: its summary, its messages and exit codes. What the importers
# themselves do is tested in unit/test_import_*.c.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# expect CODE PATTERN ARGUMENT...: runs nnmpi import; it must leave with CODE and print PATTERN.
expect() {
    local code=$1 pattern=$2 got=0
    shift 2
    "$NNMPI" import "$@" >out 2>&1 || got=$?
    if [ "$got" != "$code" ] || ! grep -q -e "$pattern" out; then
        echo "nnmpi import $*: exit code $got, expected $code and '$pattern'; it printed:"
        cat out
        exit 1
    fi
}

printf 'id,a,b,kind\n1,1,2,x\n2,3,,y\n3,5,6,x\n4,7,8,y\n' >data.csv

expect 0 '3 rows in /train, 1 in /test; x: float32 (2) a row; y: 2 classes' \
    csv data.csv --label kind --ignore id --fill mean --test-fraction 0.25 --seed 3 --output o.h5
expect 0 'y: 2 values' csv data.csv --label a,id --ignore kind --fill 0 --output=o.h5 --compress 6
tail -n +2 data.csv | tr , ' ' | sed 's/  / 0 /' | gzip >data.txt.gz
expect 0 'x: float32 (2) a row' csv data.txt.gz --no-header --delimiter space --label 4 \
    --ignore 1 --output o.h5
printf '\0\0\10\2\0\0\0\2\0\0\0\3abcdef' >x.idx
printf '\0\0\10\1\0\0\0\2\0\1' >y.idx
expect 0 '2 rows in /train, 0 in /test; x: uint8 (3) a row; y: 2 classes' \
    idx --train-x x.idx --train-y y.idx --output o.h5
expect 0 '2 in /test' idx x.idx y.idx --test-x x.idx --test-y y.idx --output o.h5
expect 0 'Usage: nnmpi import csv' --help
expect 0 'Usage: nnmpi import npy' npy --help
if grep -qE -e '--label|--size' out; then
    echo 'npy --help lists options of other formats'
    exit 1
fi
"$NNMPI" import --help | grep -oE -e '--[a-z-]+' | sort -u >options
[ "$(wc -l <options)" -ge 25 ]
while read -r option; do # every option that the help names is one
    case $option in --rechunk | --from-keras-dataset) continue ;; esac
    "$NNMPI" import csv data.csv "$option" >out 2>&1 </dev/null || true
    "$NNMPI" import csv data.csv "$option" 1 >>out 2>&1 </dev/null || true
    if grep -q 'no option' out; then
        echo "import --help names $option, which is none"
        exit 1
    fi
done <options

# A dataset is replaced, an empty file too; anything else is not.
cp o.h5 old.h5
expect 0 '4 rows in /train' csv data.csv --label kind --fill 0 --output old.h5
: >empty.h5
expect 0 '4 rows in /train' csv data.csv --label kind --fill 0 --output empty.h5
cp data.csv run.data
expect 73 'run.data is there and is no dataset' csv data.csv --label kind --fill 0 --output run.data
cmp data.csv run.data
for name in o.csv o.npz o.PNG run.yaml; do
    expect 64 "output $name is called like another kind of file" csv data.csv --label kind --fill 0 --output $name
done
cmp data.csv run.data
printf 'nothing that HDF5 opens' >old.h5
expect 73 'is no dataset' idx x.idx y.idx --output old.h5

rm o.h5
expect 64 'format is missing'
expect 64 "did you mean 'csv'" cvs data.csv
expect 64 'did you mean --label' csv data.csv --lable kind --output o.h5
expect 64 'no option -x' csv data.csv -x
expect 64 'needs a value' csv data.csv --output
expect 64 'takes no value' csv data.csv --values=yes
expect 64 'an option of csv' idx x.idx --label kind --output o.h5
expect 64 'an option of idx' csv data.csv --train-x x.idx
expect 64 'an option of idx, npy, npz' images . --train-x x.idx
expect 64 "group is 'tests'" csv data.csv --label kind --group tests --output o.h5
expect 64 'the rows go to /test' csv data.csv --label kind --group test --test-fraction 0.5 --output o.h5
expect 64 '--label COLUMN is missing' csv data.csv --output o.h5
expect 64 '--output FILE.h5 is missing' csv data.csv --label kind
expect 64 'no file to read' csv --label kind --output o.h5
expect 64 'one file too many' csv data.csv more.csv --label kind --output o.h5
expect 64 'test-fraction' csv data.csv --label kind --output o.h5 --test-fraction 1.5
expect 64 'from 0 to 9' csv data.csv --label kind --output o.h5 --compress 10
expect 64 'seed' csv data.csv --label kind --output o.h5 --seed three
expect 64 'delimiter' csv data.csv --label kind --output o.h5 --delimiter ab
expect 64 'all rows go to /test' csv data.csv --label kind --group test --fill mean --output o.h5
expect 64 'all rows go to /test' csv data.csv --no-label --ignore kind --fill mean --output o.h5
expect 65 "data.csv:3: column 'b' has no value" csv data.csv --label kind --output o.h5
expect 65 "did you mean 'kind'" csv data.csv --label kindd --output o.h5
expect 66 'none.csv' csv none.csv --label kind --output o.h5
expect 73 'nowhere' csv data.csv --label kind --output nowhere/o.h5
if [ -e o.h5 ] || [ -e o.h5.partial ]; then
    echo 'an import that failed left a file behind'
    exit 1
fi
