#!/usr/bin/env bash
# simulated.sh: nnmpi on 2, 8 and 64 ranks, more than a test machine can start, in SimGrid's SMPI
# (docs/SCALING.md): the bits do not depend on the number of ranks where the run is reproducible, also
# where most ranks have no rows, and the loss does not where it is not. Needs smpicc and smpirun.
# test: TIMEOUT 300 LABELS mpi
# shellcheck source-path=SCRIPTDIR/../cli source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

for tool in smpicc smpirun cmake; do
    command -v $tool >/dev/null || skip "there is no $tool (Debian: libsimgrid-dev)"
done
if ! { cmake -S "$SOURCE_DIR" -B "$PWD/smpi" -DCMAKE_C_COMPILER=smpicc -DNNMPI_TESTS=OFF -DNNMPI_LIBRARY=OFF \
    -DCMAKE_BUILD_TYPE=Release >log 2>&1 && cmake --build "$PWD/smpi" --parallel 2 --target nnmpi >>log 2>&1; }; then
    tail -n 20 log
    fail "nnmpi cannot be built with smpicc"
fi

# nnmpi must not start itself again for better kernels: it would start the simulator.
export OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-Haswell}
put platform.xml <<'END'
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="node" suffix="" radical="0-63" speed="1Gf" bw="12.5GBps" lat="1us"/>
</platform>
END
put run.yaml <<'END'
data: {file: data.h5, validation: /test}
model:
  - {layer: Dense, units: 16, activation: relu}
  - {layer: Dropout, rate: 0.3}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
metrics: [accuracy]
batch_size: 128
communication: allreduce
epochs: 3
END
"$TOOLS/make_dataset" data.h5 train=500 test=70 features=6

# simulate RANKS FOLDER ARGUMENT...
simulate() {
    expect_exit 0 smpirun -np "$1" -platform "$PWD/platform.xml" --log=root.thresh:warning \
        --cfg=smpi/coll-selector:ompi "$PWD/smpi/nnmpi" train run.yaml --output "$2" "${@:3}"
}

for count in 2 8 64; do
    simulate $count same-$count --set reproducible=true
    simulate $count near-$count
done
for count in 8 64; do
    expect_same_bits same-2/model.h5 same-$count/model.h5
    [ "$(column same-2/metrics.csv val_loss)" = "$(column same-$count/metrics.csv val_loss)" ] ||
        fail "the losses of a reproducible run differ on 2 and $count ranks"
    for name in loss val_loss; do
        paste <(column near-2/metrics.csv $name) <(column near-$count/metrics.csv $name) |
            awk '{ d = $1 - $2; if (d * d > 1e-10) exit 1 }' || fail "$name differs on 2 and $count ranks"
    done
done

# An MPI without threads refuses several of them, and says so.
OMP_NUM_THREADS=2 expect_exit 78 smpirun -np 2 -platform "$PWD/platform.xml" --log=root.thresh:critical \
    "$PWD/smpi/nnmpi" train run.yaml --output two
expect_text 'this MPI does not allow threads' err
