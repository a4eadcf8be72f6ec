#!/usr/bin/env bash
# import_without.sh: what import says of PNG, JPEG and NPZ files in a build without the library that reads them:
# one message that names it, 78, and nothing is written. A build that has the library tries to read them.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
cache=${TOOLS%/tests/tools}/CMakeCache.txt

# has NAME: whether CMake was to take libNAME, and has found it.
has() {
    grep -qx "NNMPI_${1^^}:BOOL=ON" "$cache" && grep -qx "${1^^}_FOUND:INTERNAL=1" "$cache"
}

# try NAME FILE MESSAGE ARGUMENT...: imports FILE, of which hardly more than the first bytes are there; the message
# is that of a build with libNAME.
try() {
    local name=$1 file=$2 code=65 message=$3
    shift 3
    if ! has "$name"; then code=78 message="cannot read $file: this nnmpi was built without lib$name"; fi
    expect_error $code "$message" import "$@" --output out.h5
    if has_file 'out.h5*'; then fail "an import that failed leaves a file"; fi
}

mkdir -p png/a jpeg/a
printf '\x89PNG\r\n\x1a\n....' >png/a/1.png
printf '\xff\xd8\xff\xe0........' >jpeg/a/1.jpg
printf 'PK\x03\x04' >rows.npz
try png png/a/1.png 'png/a/1.png is damaged or cut short' images png
try jpeg jpeg/a/1.jpg 'jpeg/a/1.jpg is damaged or cut short' images jpeg
try zip rows.npz 'cannot open rows.npz as a zip archive' npz rows.npz
try zip rows.npz 'cannot open rows.npz as a zip archive' --from-keras-dataset rows.npz

# The rest is imported all the same.
printf 'a,b\n1,x\n2,y\n' >rows.csv
expect_exit 0 "$NNMPI" import csv rows.csv --label b --output out.h5
