#!/bin/sh
# make.sh NNMPI VERSION DATE DATADIR DOCDIR FOLDER: writes the man
# pages of the executable NNMPI into FOLDER: nnmpi.1, and one for each command that its --help names, made
# of the --help of each and of the sections beside this script, which name files below DATADIR and DOCDIR.
# It needs a POSIX shell and awk.
set -eu
nnmpi=$1 version=$2 date=$3 datadir=$4 docdir=$5 folder=$6
here=$(dirname "$0")
mkdir -p "$folder"
rm -f "$folder"/*.1 "$folder"/*.1.gz
"$nnmpi" --help >"$folder/help"

# "  nnmpi train RUN.yaml   train what..." as "train|train what..."
sed -n 's/^  nnmpi \([a-z-]*\)[^ ]*\( [^ ]\{1,\}\)*   *\(.*\)$/\1|\3/p' "$folder/help" >"$folder/list"
others=$(cut -d '|' -f 1 "$folder/list" | tr '\n' ' ')

page() { # NAME ABOUT
    awk -f "$here/man.awk" -v name="$1" -v about="$2" -v version="$version" -v date="$date" \
        -v sections="$here" -v others="$others" -v datadir="$datadir" -v docdir="$docdir" \
        "$folder/help.$1" >"$folder/nnmpi${1:+-$1}.1"
    rm "$folder/help.$1"
}

about=$(sed -n '1s/^nnmpi [a-z]* \(.*\)\.$/train \1/p' "$folder/help")
sed -e '/^  nnmpi /s/^  nnmpi /  /' "$folder/help" >"$folder/help."
page '' "${about:-train neural networks}"
while IFS='|' read -r name about; do
    "$nnmpi" "$name" --help >"$folder/help.$name" </dev/null
    page "$name" "${about%%;*}"
done <"$folder/list"
rm "$folder/help" "$folder/list"
if command -v gzip >/dev/null; then
    gzip -9 -n "$folder"/*.1
fi
