#!/bin/sh
# Makes mnist.h5: fetches MNIST's four files from the first mirror that has them, or takes them from
# a folder, checks them, and imports them.
# Usage: fetch.sh [--from DIR] [--output FILE.h5]; NNMPI in the environment names the executable.
set -eu

mirrors="https://ossci-datasets.s3.amazonaws.com/mnist
https://storage.googleapis.com/cvdf-datasets/mnist
https://raw.githubusercontent.com/fgnt/mnist/master"
here=$(dirname "$0")
nnmpi=${NNMPI:-$here/../../build/nnmpi}
[ -x "$nnmpi" ] || nnmpi=${NNMPI:-nnmpi} # where it is installed
from=
output=$here/mnist.h5

fail() { # EXIT CODE, MESSAGE...
    code=$1
    shift
    printf 'fetch.sh: %s\n' "$*" >&2
    exit "$code"
}

# The sha256 sum of each file, uncompressed.
sum_of() {
    case $1 in
    train-images-idx3-ubyte) echo ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db ;;
    train-labels-idx1-ubyte) echo 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 ;;
    t10k-images-idx3-ubyte) echo 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ;;
    t10k-labels-idx1-ubyte) echo ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 ;;
    esac
}

# Whether the file $2, plain or .gz, holds what $1 must hold.
is_right() {
    [ -f "$2" ] || return 1
    case $2 in
    *.gz*) sum=$(gzip -dc "$2" 2>/dev/null | sha256sum) ;;
    *) sum=$(sha256sum <"$2") ;;
    esac
    [ "${sum%% *}" = "$(sum_of "$1")" ]
}

download() { # URL, FILE
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --connect-timeout 20 --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --quiet --timeout=20 --tries=1 --output-document="$2" "$1"
    else
        fail 69 "neither curl nor wget is here; install one, or use --from DIR"
    fi
}

# Sets `found` to a checked file with the content of $1.
find_file() {
    if [ -n "$from" ]; then
        for found in "$from/$1" "$from/$1.gz"; do
            [ ! -f "$found" ] && continue
            is_right "$1" "$found" && return
            fail 65 "$found is not MNIST's $1: its sha256 sum differs from $(sum_of "$1")"
        done
        fail 66 "$from holds neither $1 nor $1.gz"
    fi
    found=$here/$1.gz
    is_right "$1" "$found" && return
    for mirror in $mirrors; do
        echo "fetching $mirror/$1.gz"
        if download "$mirror/$1.gz" "$found.part" && is_right "$1" "$found.part"; then
            mv "$found.part" "$found"
            return
        fi
        rm -f "$found.part"
    done
    fail 69 "no mirror gave $1.gz with the right sha256 sum; fetch it by hand and use --from DIR"
}

while [ $# -gt 0 ]; do
    case $1 in
    --from | --output)
        [ $# -ge 2 ] || fail 64 "$1 needs a value"
        if [ "$1" = --from ]; then from=$2; else output=$2; fi
        shift 2
        ;;
    *) fail 64 "unknown argument $1; usage: fetch.sh [--from DIR] [--output FILE.h5]" ;;
    esac
done

find_file train-images-idx3-ubyte && train_x=$found
find_file train-labels-idx1-ubyte && train_y=$found
find_file t10k-images-idx3-ubyte && test_x=$found
find_file t10k-labels-idx1-ubyte && test_y=$found
"$nnmpi" import idx --train-x "$train_x" --train-y "$train_y" \
    --test-x "$test_x" --test-y "$test_y" --output "$output" \
    --title "MNIST handwritten digits" --license "CC BY-SA 3.0" \
    --source "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits"
