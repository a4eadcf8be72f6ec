#!/usr/bin/env python3
"""Models as people save them in Keras, and what nnmpi makes of them: every form of loss and metrics that
model.compile() takes, Normalization with given statistics, fixed batch sizes, models that were never given
a shape; and what nnmpi must refuse, naming file and layer. check_keras.py has every class of the registry.

Usage: NNMPI=build/nnmpi python3 check_saved.py, in a folder that may be filled."""

import json
import os
import subprocess

import check_keras as check
import h5py
import numpy as np
from check_keras import CLASSES, KERAS_3, NNMPI, SHAPE, TEST_ROWS, close, equal, evaluate, keras, nnmpi

layers, losses, metrics = keras.layers, keras.losses, keras.metrics


def sequential(*rest, shape=SHAPE):
    return keras.Sequential([keras.Input(shape) if KERAS_3 else layers.Input(shape), *rest])


def flat(*rest):
    return sequential(layers.Flatten(), *rest)


def fails(text, *words, code=65):
    done = subprocess.run([NNMPI, *words], capture_output=True, text=True)
    if done.returncode != code or text not in done.stderr:
        raise SystemExit(f"nnmpi {' '.join(words)}: exit {done.returncode} instead of {code}, or not "
                         f"'{text}':\n{done.stderr}")


def run_file(model, data="classes", **more):
    with open("saved.yaml", "w") as file:
        json.dump({"data": {"file": data + ".h5"}, "model": {"from": model}, **more}, file)
    return "saved.yaml"


# ---- what is evaluated ----

def compiled_forms():
    """The model, its data, what it is compiled with, and the names that nnmpi gives the metrics."""
    softmax = {"units": CLASSES, "activation": "softmax"}
    sparse = losses.SparseCategoricalCrossentropy
    yield "texts", flat(layers.Dense(**softmax)), "classes", {
        "loss": "sparse_categorical_crossentropy", "metrics": ["acc"]}, ["accuracy"]
    yield "objects", flat(layers.Dense(CLASSES)), "classes", {
        "loss": sparse(from_logits=True),
        "metrics": [metrics.SparseTopKCategoricalAccuracy(k=3), "accuracy",
                    metrics.SparseCategoricalAccuracy()]}, [
        "sparse_top_k_categorical_accuracy", "accuracy", "sparse_categorical_accuracy"]
    yield "functions", flat(layers.Dense(CLASSES)), "values", {
        "loss": losses.mean_squared_error, "metrics": [metrics.mean_absolute_error]}, ["mae"]
    yield "short", flat(layers.Dense(CLASSES)), "values", {"loss": "mae", "metrics": ["mse", "mae"]}, [
        "mse", "mae"]
    yield "lists", flat(layers.Dense(CLASSES)), "values", {
        "loss": ["huber"], "metrics": [["mae"]]}, ["mae"]
    yield "huber", flat(layers.Dense(CLASSES)), "values", {
        "loss": losses.Huber() if KERAS_3 else losses.Huber(delta=0.3),  # Keras 3 does not write it
        "metrics": [metrics.R2Score()]}, ["r2"]
    yield "no_metrics", flat(layers.Dense(CLASSES)), "values", {"loss": "mse"}, []
    yield "smooth", flat(layers.Dense(**softmax)), "onehot", {
        "loss": losses.CategoricalCrossentropy(label_smoothing=0.1),
        "metrics": ["accuracy", metrics.TopKCategoricalAccuracy(k=2)]}, [
        "accuracy", "top_k_categorical_accuracy"]
    yield "yes_no", flat(layers.Dense(1, activation="sigmoid")), "one", {
        "loss": "binary_crossentropy", "metrics": ["accuracy"]}, ["accuracy"]
    yield "threshold", flat(layers.Dense(1, activation="sigmoid")), "one", {
        "loss": "binary_crossentropy", "metrics": [metrics.BinaryAccuracy(threshold=0.3)]}, [
        "binary_accuracy"]
    # here Keras's accuracy is another than nnmpi's
    yield "logits", flat(layers.Dense(1)), "one", {
        "loss": losses.BinaryCrossentropy(from_logits=True), "metrics": ["accuracy"]}, ["binary_accuracy"]
    yield "threshold_of_logits", flat(layers.Dense(1)), "one", {
        "loss": losses.BinaryCrossentropy(from_logits=True),
        "metrics": [metrics.BinaryAccuracy(threshold=0.0)]}, ["binary_accuracy"]
    yield "several", flat(layers.Dense(CLASSES, activation="sigmoid")), "yes_no", {
        "loss": "binary_crossentropy", "metrics": ["accuracy"]}, ["categorical_accuracy"]


def check_compiled(what, model, data, arguments, names):
    x, y = check.read_data(data)
    model.compile(optimizer="sgd", run_eagerly=True, **arguments)
    expected = model.evaluate(x, y, batch_size=TEST_ROWS, verbose=0)
    model.save("compiled.h5")
    result = evaluate("compiled.h5", data)
    equal(what + ": names", list(result), ["split", "samples", "loss", *names])
    close(what, [result[name] for name in ["loss", *names]], np.atleast_1d(expected))
    if what == "objects":
        on_ranks = subprocess.run([os.environ.get("MPIRUN", "mpirun"), "-np", "2", NNMPI, "eval", "compiled.h5",
                                   "--data", data + ".h5"], capture_output=True, text=True)
        equal(what + ": on 2 ranks", json.loads((on_ranks.stdout.splitlines() or ["null"])[-1]), result)
    check_decisions(what, model, data, result)
    print("ok compiled", what, flush=True)


def check_decisions(what, model, data, result):
    """What predict and eval --save write, the class of each row where the model decides on one."""
    x, y = check.read_data(data)
    expected, classes = check.outputs(model, x), None
    if what in ("texts", "objects", "smooth"):  # objects: from logits
        classes = expected.argmax(axis=1)
    elif what in ("yes_no", "threshold"):
        classes = expected[:, 0] > 0.5
    elif "logits" in what:
        classes = expected[:, 0] > 0
    equal(what + ": the JSON object of --save", evaluate("compiled.h5", data, "--save", "results.h5"), result)
    check.predict("compiled.h5", data)
    for path in ("results.h5", "predictions.h5"):
        with h5py.File(path) as file:
            close(f"{what}: {path}", file["predictions"][:], expected)
            equal(f"{what}: {path} decides", "classes" in file, classes is not None)
            if classes is not None:
                close(f"{what}: classes of {path}", file["classes"][:], classes)
            if path == "results.h5":
                close(f"{what}: y of {path}", file["y"][:].reshape(y.shape), y)


# ---- what is read ----

def check_models():
    random = np.random.default_rng(3)
    given = {"mean": [1.0, 2.0, 0.5], "variance": [4.0, 1.0, 2.0]}
    models = {
        "given statistics": sequential(layers.Normalization(**given), layers.Flatten(), layers.Dense(CLASSES)),
        "one for all": sequential(layers.Normalization(mean=0.5, variance=2.0), layers.Flatten(),
                                  layers.Dense(CLASSES)),
        "never adapted": sequential(layers.Normalization(), layers.Flatten(), layers.Dense(CLASSES)),
        "no input layer": keras.Sequential([layers.Flatten(), layers.Dense(CLASSES)]),
        "constraints and seeds": flat(layers.Dropout(0.5, seed=7), layers.Dense(
            CLASSES, kernel_initializer=keras.initializers.HeNormal(seed=3), name="front")),
    }
    x, _ = check.read_data("values")
    for what, model in models.items():
        expected = check.outputs(model, x)
        model.set_weights([weight + 0.1 * random.normal(size=weight.shape) if weight.ndim == 2 else weight
                           for weight in model.get_weights()])
        expected = check.outputs(model, x)
        model.compile(loss="mse", optimizer="sgd")
        model.save("model.h5")
        close(what, check.predict("model.h5", "values"), expected)
        # an epoch of steps that are too small to be seen
        nnmpi("train", run_file("model.h5", "values", optimizer={"name": "sgd", "learning_rate": 1e-20}),
              "--output", "small", "--overwrite")
        close(what + ", trained", check.predict("small/model.h5", "values"), expected)
        close(what + ", trained, by Keras",
              check.outputs(keras.models.load_model("small/model.h5", compile=False), x), expected)
        print("ok model", what, flush=True)


# ---- initial_weights ----

def check_initial_weights():
    """Keras writes no weights of a Normalization with given statistics: the others go where they belong."""
    given = {"mean": [1.0, 2.0, 0.5], "variance": [4.0, 1.0, 2.0]}
    width = SHAPE[0] * SHAPE[1]
    run = {"data": {"file": "values.h5"}, "loss": "mse", "epochs": 1, "initial_weights": "initial.h5",
           "optimizer": {"name": "sgd", "learning_rate": 1e-20},
           "model": [{"layer": "Normalization", **given}, {"layer": "Flatten"}, {"layer": "Dense", "units": width},
                     {"layer": "Dense", "units": CLASSES}]}
    with open("initial.yaml", "w") as file:
        json.dump(run, file)
    words = ["train", "initial.yaml", "--output", "initial", "--overwrite"]
    random = np.random.default_rng(4)
    x, _ = check.read_data("values")

    def saved(*between):
        model = sequential(layers.Normalization(**given), layers.Flatten(), layers.Dense(width, name="front"),
                           *between, layers.Dense(CLASSES))
        model.set_weights([0.1 * random.normal(size=weight.shape) for weight in model.get_weights()])
        model.save("initial.h5")
        return model

    for between in [], [layers.Dropout(0.5)]:
        model = saved(*between)
        nnmpi(*words)
        close("initial weights", check.predict("initial/model.h5", "values"), check.outputs(model, x))
    # one more than the run has: were the first taken for the Normalization, the others would fit
    saved(layers.Dropout(0.5), layers.Dense(width, name="behind"))
    fails("/model_weights/behind/", *words)
    print("ok initial weights", flush=True)


# ---- what is refused ----

def check_refused():
    layer = "layer 'strange'"

    def saved(*rest, **compiled):
        model = sequential(*rest)
        if compiled:
            model.compile(optimizer="sgd", **compiled)
        model.save("refused.h5")
        return "refused.h5"

    dense = {"units": CLASSES, "name": "strange"}
    saved(layers.Conv1D(2, 2, name="strange"), layers.Flatten())
    for words in (("config", run_file("refused.h5")), ("predict", "refused.h5", "--data", "values.h5",
                                                       "--output", "out.h5")):
        fails("there is no layer 'Conv1D'", *words)
        fails(layer, *words)
        fails("refused.h5", *words)
    saved(layers.Flatten(), layers.Dense(trainable=False, **dense))
    fails(f"{layer} (Dense) is frozen (trainable: false)", "config", run_file("refused.h5"))
    check.predict("refused.h5", "values")
    saved(layers.Flatten(), layers.Dense(kernel_constraint="max_norm", **dense), loss="mse")
    fails(f"{layer} (Dense) has the argument kernel_constraint", "config", run_file("refused.h5"))
    evaluate("refused.h5", "values")
    saved(layers.Flatten(), layers.Dense(activity_regularizer="l2", **dense), loss="mse")
    if b"activity_regularizer\": {" in model_config("refused.h5"):
        fails(f"{layer} (Dense) has the argument activity_regularizer", "eval", "refused.h5", "--data", "values.h5")
    check.predict("refused.h5", "values")
    saved(layers.Normalization(axis=1, name="strange"), layers.Flatten(), layers.Dense(CLASSES))
    fails("Normalization has no argument 'axis'", "config", run_file("refused.h5"))
    saved(layers.Flatten(), layers.Dense(**dense))
    fails("'loss' is not given", "config", run_file("refused.h5"))
    fails("which loss belongs to it", "eval", "refused.h5", "--data", "values.h5")
    fails("; --loss says which loss nnmpi is to compute", "eval", "refused.h5", "--data", "values.h5")
    found = evaluate("refused.h5", "values", "--loss", "{name: huber, delta: 0.5}", "--metric", "mse,r2")
    equal("options", list(found), ["split", "samples", "loss", "mse", "r2"])
    saved(layers.Flatten(), layers.Dense(**dense), loss="mse", metrics=[metrics.RootMeanSquaredError()])
    fails("there is no metric 'RootMeanSquaredError'", "eval", "refused.h5", "--data", "values.h5")
    evaluate("refused.h5", "values", "--metric", "mse")
    nnmpi("config", run_file("refused.h5", "values"))  # the loss alone is taken

    saved(layers.Flatten(), layers.Dense(**dense), loss="kl_divergence")
    fails("; --loss says which loss nnmpi is to compute", "eval", "refused.h5", "--data", "values.h5")
    saved(layers.Flatten(), layers.Dense(CLASSES), layers.ReLU(name="strange"))
    fails(f"{layer}: model_config.config.layers.3.class_name: there is no layer 'ReLU'", "info", "refused.h5")
    fails('; in Keras, Activation("relu") in its place computes the same', "info", "refused.h5")

    # what no model of nnmpi can have
    saved(layers.Flatten(), layers.Dense(CLASSES, name=64 * "a"), loss="mse")
    for words in (("config", run_file("refused.h5")), ("info", "refused.h5"),
                  ("predict", "refused.h5", "--data", "values.h5", "--output", "out.h5"),
                  ("eval", "refused.h5", "--data", "values.h5"), ("export", "refused.h5", "--output", "out.onnx")):
        fails(f"refused.h5: model: layer 2 (Dense): the layer name '{64 * 'a'}' must have 1 to 63", *words)

    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    model.save("functional.h5")
    fails("Sequential models, not a Functional one", "config", run_file("functional.h5"))
    model.save("zip.keras")
    fails('in Keras by model.save("model.h5")', "config", run_file("zip.keras"))
    model.save_weights("w.weights.h5")
    fails("the attribute model_config is missing", "config", run_file("w.weights.h5"))
    print("ok refused", flush=True)


def model_config(path):
    with h5py.File(path) as file:
        text = file.attrs["model_config"]
    return text.encode() if isinstance(text, str) else text


def main():
    # Keras keeps probabilities 1e-7 away from 0 and 1, nnmpi does not: none of these weights makes so small ones
    keras.utils.set_random_seed(1)
    check.write_data()
    for case in compiled_forms():
        check_compiled(*case)
    check_models()
    check_initial_weights()
    check_refused()


if __name__ == "__main__":
    main()
