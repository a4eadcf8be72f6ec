#!/usr/bin/env bash
# mnist.sh [RANKS [THREADS]]: MNIST: at least 98.3 % of the 10,000 test images right within 20 epochs.
# The files come from the folder NNMPI_MNIST, or from shared/data/mnist beside the sources; nothing
# is fetched.
# test: NP 2 TIMEOUT 400
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/examples/lib.sh"

folder=${NNMPI_MNIST:-$SOURCE_DIR/../shared/data/mnist}
count=${1:-2}
export OMP_NUM_THREADS=${2:-1}
[ -e "$folder/train-images-idx3-ubyte.gz" ] || [ -e "$folder/train-images-idx3-ubyte" ] ||
    skip "no MNIST in $folder; NNMPI_MNIST can name another folder"
folder=$(cd "$folder" && pwd)
prepare mnist
expect_exit 0 sh mnist/fetch.sh --from "$folder" --output mnist/mnist.h5
expect_text '60000 rows in /train, 10000 in /test; x: uint8 (28, 28) a row; y: 10 classes' out

epochs=$(sed -n 's/^epochs: *//p' mnist/train.yaml)
expect_number epochs "$epochs" '<=' 20
expect_exit 0 "$MPIRUN" -np "$count" "$NNMPI" train mnist/train.yaml
tail -n 3 out
evaluate "$count" mnist test
expect_text '"samples": 10000' out
tail -n 1 out
expect_number accuracy "$(field accuracy)" '>=' 0.983
