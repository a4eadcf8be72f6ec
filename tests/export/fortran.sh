#!/usr/bin/env bash
# fortran.sh: the Fortran program of docs/EXPORT.md reads an exported model, and predicts what nnmpi predict
# predicts.
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"
command -v gfortran >/dev/null || skip 'gfortran is not installed'

awk '/^```fortran$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$SOURCE_DIR/docs/EXPORT.md" >digits.f90
[ -s digits.f90 ] || fail 'docs/EXPORT.md has no program in Fortran'
expect_exit 0 gfortran -std=f2018 -Wall -Wextra -Werror -O1 digits.f90 -o digits
expect_exit 0 "$NNMPI" train "$SOURCE_DIR/datasets/digits/train.yaml" --set epochs=2 --output run
expect_exit 0 "$NNMPI" export run/model.h5 -o digits.safetensors

# The program's image, as an array of bytes: a header of 128 bytes, and the values.
{
    printf '\x93NUMPY\x01\x00\x76\x00'
    printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 8, 8), }"
    for ((i = 0; i < 64; i++)); do printf '%b' "\\x$(printf %02x $((7 * i % 17)))"; done
} >x.npy
expect_exit 0 "$NNMPI" import npy x.npy --group test --output x.h5
expect_exit 0 "$NNMPI" predict run/model.h5 --data x.h5 --output expected.csv
expect_exit 0 ./digits
read -ra found <out
IFS=, read -ra expected < <(tail -n 1 expected.csv)
[ ${#found[@]} = 10 ] || fail "the program prints ${#found[@]} numbers"
for ((i = 0; i < 10; i++)); do
    expect_near "output $i" "${found[i]}" "${expected[i]}" 1e-5
done
