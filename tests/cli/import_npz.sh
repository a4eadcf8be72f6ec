#!/usr/bin/env bash
# import_npz.sh: arrays that NumPy has saved, as Keras's datasets are, packed or not; trained on. Skipped where
# python3 has no numpy.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$SOURCE_DIR/tests/cli/lib.sh"

python=${NNMPI_PYTHON:-python3}
"$python" -c 'import numpy' >out 2>&1 || skip "$python cannot import numpy"
mkdir -p keras/datasets
"$python" - <<'END' || fail 'numpy cannot write'
import numpy as np, zipfile
random = np.random.default_rng(1)
y = random.integers(0, 3, 120)
x = (random.integers(0, 90, (120, 4, 5)) + 60 * y[:, None, None]).astype("u1")
split = dict(x_train=x[:90], y_train=y[:90].astype("u1"), x_test=x[90:], y_test=y[90:].astype("u1"))
np.savez("keras/datasets/mnist.npz", **split)
np.savez_compressed("packed.npz", **split)
np.savez("housing.npz", x=random.random((20, 3)), y=random.random(20), place=np.arange(20))
words = np.empty(2, dtype=object)
words[0], words[1] = [1, 2, 3], [4]
np.savez("imdb.npz", x_train=words, y_train=np.arange(2), x_test=words, y_test=np.arange(2))
for name in split:
    np.save(name + ".npy", split[name])
with zipfile.ZipFile("zip64.npz", "w") as archive: # with the large headers of members beyond 4 GiB
    for name in split:
        with archive.open(name + ".npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, split[name])
END
code=0
"$NNMPI" import npz packed.npz --output packed.h5 >out 2>err || code=$?
if [ "$code" = 78 ]; then
    expect_text 'without libzip' err
    skip 'this build has no libzip'
fi
[ "$code" = 0 ] || fail 'packed.npz is not imported'
expect_text '90 rows in /train, 30 in /test; x: uint8 (4, 5) a row; y: 3 classes' out
expect_exit 0 "$NNMPI" import npy x_train.npy y_train.npy --test-x x_test.npy --test-y y_test.npy \
    --output npy.h5
expect_exit 0 "$NNMPI" import npz zip64.npz --output zip64.h5
export KERAS_HOME=$PWD/keras
expect_exit 0 "$NNMPI" import --from-keras-dataset mnist.npz --output keras.h5
expect_exit 0 "$NNMPI" import --output again.h5 --from-keras-dataset keras/datasets/mnist.npz
for file in keras.h5 again.h5 zip64.h5 npy.h5; do
    cmp -s packed.h5 $file || fail "$file is not packed.h5"
done
expect_error 66 "there is neither nope.npz nor $KERAS_HOME/datasets/nope.npz" import \
    --from-keras-dataset nope.npz --output nope.h5
expect_exit 0 "$NNMPI" import npz housing.npz --test-fraction 0.25 --output housing.h5
expect_text '15 rows in /train, 5 in /test; x: float32 (3) a row; y: 1 value' out
expect_text 'nnmpi: housing.npz: left out: place' err

put run.yaml <<'END'
data: {file: keras.h5, validation: /test}
model: [{layer: Rescaling, scale: 0.004}, {layer: Flatten}, {layer: Dense, units: 3, activation: softmax}]
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.05}
metrics: [accuracy]
epochs: 20
END
expect_exit 0 "$NNMPI" train run.yaml --output run
expect_number val_accuracy "$(column run/metrics.csv val_accuracy | tail -n 1)" '>=' 0.9

expect_error 65 'imdb.npz/x_train.npy holds Python objects' import npz imdb.npz --output bad.h5
expect_error 64 "has no array 'x_trian'; its arrays are: x_train (90, 4, 5), y_train (90), x_test" \
    import npz packed.npz --train-x x_trian --output bad.h5
expect_error 66 'there is neither none.npz nor' import --from-keras-dataset none.npz --output bad.h5
expect_error 65 'as a zip archive' import npz x_train.npy --output bad.h5
head -c 500 packed.npz >cut.npz
expect_error 65 'cut.npz' import npz cut.npz --output bad.h5
expect_error 64 'is an option of csv, images' import npz packed.npz --no-label --output bad.h5
[ ! -e bad.h5 ] || fail 'an import that failed leaves a file'
