#!/usr/bin/env python3
"""Checks with Keras itself what nnmpi says of its files: model.h5 opens in Keras and means the same.

Small networks with every layer, activation, initializer, regularizer, loss, metric and optimizer of
docs/RUNFILE.md are trained by nnmpi for a few epochs. Then, for each of them:
  - keras.models.load_model opens model.h5, and predicts what `nnmpi predict` predicts;
  - the same network, built by hand from the names and arguments of the run file, takes the weights
    of model.h5, and of its copy under the name of a .weights.h5 file (Keras 3 alone knows those);
  - Keras evaluates to the loss and the metrics of `nnmpi eval`, regularizers included;
  - Keras takes up the optimizer's state and trains on as nnmpi does;
  - the way back: the model that Keras saves is evaluated by nnmpi to what Keras says, predicts the same,
    is trained on by nnmpi (model: {from: FILE}) and returns to Keras, its layers' names and all.

Usage: NNMPI=build/nnmpi python3 check_keras.py [CASE...], in a folder that may be filled."""

import json
import logging
import os
import shutil
import subprocess
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import h5py
import keras
import numpy as np
from runfile_page import CHAPTERS, check_tried

for noisy in ("absl", "tensorflow"):
    logging.getLogger(noisy).setLevel(logging.ERROR)

KERAS_3 = int(keras.__version__.split(".")[0]) >= 3
NNMPI = os.path.abspath(os.environ["NNMPI"])
ROWS, TEST_ROWS, SHAPE, CLASSES = 48, 20, (4, 3), 5
TOLERANCE = 1e-5
tried = {kind: set() for kind in CHAPTERS}


# ---- data and runs ----

def write_data():
    """x (N, 4, 3), and the kinds of targets, in a file each."""
    random = np.random.default_rng(1)
    for kind in ("classes", "onehot", "values", "yes_no", "one"):
        with h5py.File(kind + ".h5", "w") as file:
            for group, rows in (("train", ROWS), ("test", TEST_ROWS)):
                x = random.normal(1.0, 2.0, (rows, *SHAPE)).astype("f4")
                label = random.integers(0, CLASSES, rows)
                y = {"classes": label, "onehot": np.eye(CLASSES, dtype="f4")[label],
                     "values": random.normal(0, 1, (rows, CLASSES)).astype("f4"),
                     "yes_no": random.integers(0, 2, (rows, CLASSES)),
                     "one": random.integers(0, 2, (rows, 1))}[kind]
                file[group + "/x"], file[group + "/y"] = x, y


def read_data(kind, group="test"):
    with h5py.File(kind + ".h5") as file:
        return file[group + "/x"][:], file[group + "/y"][:]


def nnmpi(*words):
    done = subprocess.run([NNMPI, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"nnmpi {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def train(name, run, **changes):
    """Trains and returns the folder of the run. JSON is YAML."""
    run = {"name": name, "seed": 3, "data": {"file": run.pop("data", "classes") + ".h5"},
           "loss": "sparse_categorical_crossentropy", "batch_size": 16, "epochs": 2,
           **run, **changes}
    with open(name + ".yaml", "w") as file:
        json.dump(run, file)
    nnmpi("train", name + ".yaml", "--output", name, "--overwrite")
    return name


def predict(model, data):
    nnmpi("predict", model, "--data", data + ".h5", "--output", "predictions.h5")
    with h5py.File("predictions.h5") as file:
        return file["predictions"][:]


# ---- from the run file to Keras, by hand ----

def named(kind, spec):
    """A Keras object from `name` or {"name": name, argument: value}."""
    if spec is None:
        return None
    module = getattr(keras, kind + "s")
    if isinstance(spec, str):
        spec = {"name": spec}
    arguments = {key: value for key, value in spec.items() if key != "name"}
    name = spec.get("name", "l1_l2")  # {l2: 0.1} has no name
    tried[kind].add(name)
    if kind == "regularizer":
        if name == "l1_l2":  # with defaults of its own in Keras
            arguments = {"l1": 0.0, "l2": 0.0, **arguments}
        return getattr(module, {"l1": "L1", "l2": "L2", "l1_l2": "L1L2"}[name])(**arguments)
    return module.get({"class_name": "".join(part.capitalize() for part in name.split("_")),
                       "config": arguments})


def by_hand(layers):
    model = keras.Sequential([keras.Input(SHAPE)] if KERAS_3 else [keras.layers.Input(SHAPE)])
    for layer in layers:
        layer = dict(layer)
        tried["layer"].add(layer["layer"])
        if "activation" in layer:
            tried["activation"].add(layer["activation"])
        for key in layer:
            for kind in ("initializer", "regularizer"):
                if key.endswith("_" + kind):
                    layer[key] = named(kind, layer[key])
        model.add(getattr(keras.layers, layer.pop("layer"))(**layer))
    return model


def optimizer_of(spec):
    arguments = {key: value for key, value in spec.items() if key != "name"}
    tried["optimizer"].add(spec["name"])
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        rate = dict(rate)
        name = rate.pop("schedule")
        tried["schedule"].add(name)
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, name)(**rate)
    names = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop",
             "adagrad": "Adagrad"}
    return getattr(keras.optimizers, names[spec["name"]])(**arguments)


def compiled(model, run):
    """Compiles with the loss and the metrics of the run."""
    loss = run.get("loss", "sparse_categorical_crossentropy")
    arguments = {}
    if isinstance(loss, dict):
        arguments = {key: value for key, value in loss.items() if key != "name"}
        loss = loss["name"]
    tried["loss"].add(loss)
    tried["metric"].update(run.get("metrics", []))
    classes = {"mean_squared_error": "MeanSquaredError", "huber": "Huber",
               "mean_absolute_error": "MeanAbsoluteError",
               "binary_crossentropy": "BinaryCrossentropy",
               "categorical_crossentropy": "CategoricalCrossentropy",
               "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy"}
    metrics = [{"r2": keras.metrics.R2Score(name="r2"),
                "top_k_categorical_accuracy": keras.metrics.TopKCategoricalAccuracy(),
                "sparse_top_k_categorical_accuracy":
                    keras.metrics.SparseTopKCategoricalAccuracy()}.get(name, name)
               for name in run.get("metrics", [])]
    model.compile(loss=getattr(keras.losses, classes[loss])(**arguments), metrics=metrics,
                  run_eagerly=True, optimizer=optimizer_of(run.get("optimizer", {"name": "adam"})))
    return model


# ---- the checks ----

def close(what, found, expected, tolerance=TOLERANCE):
    found, expected = np.asarray(found, "f8"), np.asarray(expected, "f8")
    if found.shape != expected.shape:
        raise SystemExit(f"{what}: the shape is {found.shape} instead of {expected.shape}")
    error = np.max(np.abs(found - expected) / (1 + np.abs(expected)), initial=0)
    if not error <= tolerance:
        raise SystemExit(f"{what}: differs by {error:.3g}")


def outputs(model, x):
    return np.asarray(model(x, training=False))


def equal(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}:\n  {found}\ninstead of\n  {expected}")


def texts(values):
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def check_layout(what, path, model):
    """Names and order, as h5py reads them."""
    with h5py.File(path) as file:
        weights = file["model_weights"]
        equal(what + ": layer_names", texts(weights.attrs["layer_names"]),
              [layer.name for layer in model.layers])
        for layer in model.layers:
            names = texts(weights[layer.name].attrs["weight_names"])
            kept = [weight for weight in layer.weights if "seed" not in weight.name]
            equal(f"{what}: weights of {layer.name}",
                  [(name.split("/")[-1], weights[layer.name][name].shape) for name in names],
                  [(weight.name.split("/")[-1].split(":")[0], tuple(weight.shape))
                   for weight in kept])
            for name, weight in zip(names, kept):
                close(f"{what}: {name}", weights[layer.name][name][()], np.asarray(weight))


def check_config(what, loaded, built):
    """Every argument that both configurations know is the same."""
    for a, b in zip(loaded.layers, built.layers):
        equal(f"{what}: class of {a.name}", type(a).__name__, type(b).__name__)
        a, b = a.get_config(), b.get_config()
        for key in set(a) & set(b) - {"dtype", "batch_shape", "batch_input_shape"}:
            equal(f"{what}: {a['name']}.{key}", flat(a[key]), flat(b[key]))


def flat(value):
    """A configuration without what Keras notes about its own classes, seeds of initializers
    aside."""
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()
                if key not in ("module", "registered_name", "build_config", "seed")}
    if isinstance(value, (list, tuple)):
        return [flat(item) for item in value]
    return round(value, 9) if isinstance(value, float) else value


def check_model(what, run):
    run = dict(run)
    data = run.get("data", "classes")
    folder = train(what, dict(run))
    path = folder + "/model.h5"
    x, y = read_data(data)
    expected = predict(path, data)

    loaded = keras.models.load_model(path, compile=False)
    check_layout(what, path, loaded)
    close(what + ": load_model(compile=False)", outputs(loaded, x), expected)
    again = keras.models.load_model(path)
    close(what + ": load_model()", outputs(again, x), expected)

    # Normalization's own arguments are no part of the file: its weights hold them
    layers = [{key: value for key, value in layer.items() if key not in ("mean", "variance")}
              for layer in run["model"]]
    built = by_hand(layers)
    equal(what + ": names", [layer.name.rstrip("_0123456789") for layer in loaded.layers],
          [layer.name.rstrip("_0123456789") for layer in built.layers])
    for layer, other in zip(built.layers, loaded.layers):
        layer._name = other.name  # Keras numbers on from model to model
    check_config(what, loaded, built)
    if KERAS_3:
        shutil.copy(path, "copy.weights.h5")
        built.load_weights("copy.weights.h5")
        close(what + ": load_weights of .weights.h5", outputs(built, x), expected)
        built.set_weights([0 * np.asarray(weight) for weight in built.get_weights()])
    built.load_weights(path)
    close(what + ": load_weights of .h5", outputs(built, x), expected)

    result = evaluate(path, data)
    values = compiled(built, run).evaluate(x, y, batch_size=TEST_ROWS, verbose=0, return_dict=True)
    compare_values(what, run, values, result)
    check_way_back(what, built, run, data, values, expected)
    print("ok", what, flush=True)


def evaluate(model, data, *words):
    return json.loads(nnmpi("eval", model, "--data", data + ".h5", *words).splitlines()[-1])


def compare_values(what, run, values, result):
    for name in ["loss", *run.get("metrics", [])]:
        found = np.mean(values[name if name in values else "compile_metrics"])
        close(f"{what}: {name} by Keras", found, result[name])


def check_way_back(what, model, run, data, values, expected):
    """Keras saves the model; nnmpi evaluates, predicts and trains on; Keras takes it back."""
    for number, layer in enumerate(model.layers):
        layer._name = f"{number}th_{layer.name}"
    names = [layer.name for layer in model.layers]
    model.save("saved.h5")
    # Keras 3 does not write Huber's delta, and forgets it itself
    loss = run["loss"] if isinstance(run.get("loss"), dict) and "delta" in run["loss"] else None
    result = evaluate("saved.h5", data, *(["--loss", json.dumps(loss)] if loss else []))
    compare_values(what + ", saved by Keras", run, values, result)
    close(what + ": Keras's own .h5", predict("saved.h5", data), expected)

    with open("on.yaml", "w") as file:  # without a loss it is Keras's
        json.dump({"data": {"file": data + ".h5"}, "model": {"from": "saved.h5"}, "seed": 4,
                   "batch_size": 16, **({"loss": loss} if loss else {})}, file)
    nnmpi("train", "on.yaml", "--output", "on", "--overwrite")
    loaded = keras.models.load_model("on/model.h5")
    equal(what + ": names of layers that have come back", [layer.name for layer in loaded.layers], names)
    check_layout(what + ", come back", "on/model.h5", loaded)
    x, y = read_data(data)
    trained = outputs(loaded, x)
    close(what + ": come back", trained, predict("on/model.h5", data))
    if np.max(np.abs(trained - expected)) < 1e-6:
        raise SystemExit(f"{what}: nnmpi has not trained what Keras saved")
    if "loss" in run or "metrics" in run:
        losses = compiled(loaded, run).fit(x, y, batch_size=TEST_ROWS, verbose=0).history["loss"]
        moved = np.max(np.abs(outputs(loaded, x) - trained))
        if not (np.isfinite(losses).all() and np.isfinite(moved) and moved > 1e-6):
            raise SystemExit(f"{what}: Keras does not train on what has come back")


def check_optimizer(what, spec):
    """nnmpi trains 3 epochs, Keras takes up the state and trains 4 more; nnmpi trains 7."""
    model = [{"layer": "Flatten"}, {"layer": "Dense", "units": 6, "activation": "tanh"},
             {"layer": "Dense", "units": CLASSES, "activation": "softmax"}]
    run = {"model": model, "optimizer": spec, "batch_size": ROWS}
    name = "optimizer_" + what
    path = train(name, dict(run), epochs=3) + "/model.h5"
    loaded = compiled(keras.models.load_model(path, compile=False), run)
    optimizer = loaded.optimizer
    optimizer.build(loaded.trainable_variables)
    with h5py.File(path) as file:
        group = file["optimizer_weights"]
        names = texts(group.attrs["weight_names"])
        values = [group[weight][()] for weight in names]
    state = optimizer.variables
    if KERAS_3:
        equal(what + ": the state", [(slot_of(name), value.shape) for name, value in zip(names, values)],
              [(slot_of(variable.path), variable.shape) for variable in state])
    else:  # its list has no learning rate, and plain SGD an unused slot
        values = [value for name, value in zip(names, values) if slot_of(name) != "learning_rate"]
        equal(what + ": the state", [value.shape for value in values],
              [tuple(variable.shape) for variable in state][:len(values)])
    for variable, value in zip(state, values):
        variable.assign(value)
    x, y = read_data("classes", "train")
    loaded.fit(x, y, batch_size=ROWS, epochs=4, shuffle=False, verbose=0)
    longer = keras.models.load_model(train(name + "_longer", dict(run), epochs=7) + "/model.h5",
                                     compile=False)
    for ours, theirs in zip(longer.get_weights(), loaded.get_weights()):
        close(what + ": weights after 7 epochs", ours, theirs, 1e-5)
    print("ok", name, flush=True)


def slot_of(name):
    """The slot in "adam/dense/kernel/velocity" and "adam/sequential_dense_kernel_velocity"."""
    return next(slot for slot in ("iteration", "learning_rate", "velocity_hat", "velocity",
                                  "momentum", "accumulator", "average_gradient") if slot in name)


# ---- the cases ----

def dense(units=CLASSES, **arguments):
    return {"layer": "Dense", "units": units, **arguments}


FLAT, SOFTMAX = {"layer": "Flatten"}, dense(activation="softmax")
ACTIVATIONS = ("linear relu leaky_relu elu selu gelu silu softplus sigmoid tanh "
               "softmax").split()
INITIALIZERS = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
                "lecun_normal", {"name": "random_normal", "mean": 0.1, "stddev": 0.2},
                {"name": "random_uniform", "minval": -0.3, "maxval": 0.1}, "zeros", "ones",
                {"name": "constant", "value": 0.25}]
REGULARIZERS = [{"l2": 0.01}, "l1", "l2", "l1_l2", {"name": "l1", "l1": 0.02},
                {"name": "l1_l2", "l1": 0.003, "l2": 0.004}]


def models():
    yield "layers", {"metrics": ["accuracy"], "model": [
        {"layer": "Normalization"}, {"layer": "Rescaling", "scale": 0.5, "offset": -0.25},
        {"layer": "Dropout", "rate": 0.3}, dense(6, activation="gelu", name="front"), FLAT,
        dense(12, use_bias=False), {"layer": "Activation", "activation": "relu"},
        {"layer": "Dropout", "rate": 0.0},
        {"layer": "Reshape", "target_shape": [2, -1]}, dense(4, activation="softmax"), FLAT,
        {"layer": "Normalization", "mean": [0.1], "variance": [0.5]}, SOFTMAX]}
    for number, names in enumerate((ACTIVATIONS[:6], ACTIVATIONS[6:])):
        chain = [layer for name in names for layer in (
            dense(7, activation=name), {"layer": "Activation", "activation": name})]
        yield f"activations_{number}", {"model": [*chain, FLAT, SOFTMAX]}
    for number, specs in enumerate((INITIALIZERS[:8], INITIALIZERS[8:9], INITIALIZERS[9:10],
                                    INITIALIZERS[10:])):
        chain = [dense(6, activation="tanh", kernel_initializer=spec, bias_initializer=spec)
                 for spec in specs]
        yield f"initializers_{number}", {"model": [FLAT, *chain, SOFTMAX]}
    chain = [dense(6, activation="tanh", kernel_regularizer=spec, bias_regularizer=spec)
             for spec in REGULARIZERS]
    yield "regularizers", {"model": [FLAT, *chain, SOFTMAX]}
    yield "sparse", {"metrics": ["accuracy", "sparse_categorical_accuracy",
                                 "sparse_top_k_categorical_accuracy"], "model": [FLAT, SOFTMAX]}
    yield "sparse_logits", {"model": [FLAT, dense()], "loss": {
        "name": "sparse_categorical_crossentropy", "from_logits": True}}
    yield "categorical", {"data": "onehot", "model": [FLAT, SOFTMAX], "loss": {
        "name": "categorical_crossentropy", "label_smoothing": 0.1},
        "metrics": ["accuracy", "categorical_accuracy", "top_k_categorical_accuracy", "mse"]}
    yield "binary", {"data": "yes_no", "model": [FLAT, dense(activation="sigmoid")], "loss": {
        "name": "binary_crossentropy", "label_smoothing": 0.2},
        "metrics": ["binary_accuracy"]}  # Keras's "accuracy" of several outputs is categorical
    yield "binary_one", {"data": "one", "model": [FLAT, dense(1, activation="sigmoid")],
                         "loss": "binary_crossentropy", "metrics": ["accuracy"]}
    yield "mean_squared", {"data": "values", "model": [FLAT, dense()],
                           "loss": "mean_squared_error", "metrics": ["mse", "mae", "r2"]}
    yield "mean_absolute", {"data": "values", "model": [FLAT, dense()],
                            "loss": "mean_absolute_error", "metrics": ["mae"]}
    yield "huber", {"data": "values", "model": [FLAT, dense()],
                    "loss": {"name": "huber", "delta": 0.7}}


OPTIMIZERS = {
    "sgd": {"name": "sgd"},
    "momentum": {"name": "sgd", "momentum": 0.9},
    "nesterov": {"name": "sgd", "momentum": 0.8, "nesterov": True, "weight_decay": 0.01},
    "adam": {"name": "adam", "learning_rate": 0.01},
    "amsgrad": {"name": "adam", "learning_rate": 0.01, "amsgrad": True, "clipvalue": 0.01},
    "adamw": {"name": "adamw", "learning_rate": 0.01, "global_clipnorm": 0.1},
    "rmsprop": {"name": "rmsprop", "learning_rate": 0.01},
    "centered": {"name": "rmsprop", "learning_rate": 0.01, "centered": True, "momentum": 0.5},
    "adagrad": {"name": "adagrad", "learning_rate": 0.1, "clipnorm": 0.05},
}
OPTIMIZERS.update({name: {"name": "sgd", "learning_rate": schedule} for name, schedule in {
    "exponential": {"schedule": "ExponentialDecay", "initial_learning_rate": 0.1,
                    "decay_steps": 2, "decay_rate": 0.7, "staircase": True},
    "cosine": {"schedule": "CosineDecay", "initial_learning_rate": 0.01, "decay_steps": 5,
               "alpha": 0.1, "warmup_target": 0.1, "warmup_steps": 3},
    "piecewise": {"schedule": "PiecewiseConstantDecay", "boundaries": [2, 5],
                  "values": [0.1, 0.05, 0.2]},
    "polynomial": {"schedule": "PolynomialDecay", "initial_learning_rate": 0.1,
                   "decay_steps": 3, "end_learning_rate": 0.01, "power": 2.0, "cycle": True},
}.items()})


def main():
    backend = keras.backend.backend()
    print(f"Keras {keras.__version__} ({backend}), h5py {h5py.__version__}, "
          f"HDF5 {h5py.version.hdf5_version}, numpy {np.__version__}", flush=True)
    wanted = set(sys.argv[1:])
    write_data()
    for what, run in models():
        if not wanted or what in wanted:
            keras.backend.clear_session()
            check_model(what, run)
    for what, spec in OPTIMIZERS.items():
        if not wanted or what in wanted:
            keras.backend.clear_session()
            check_optimizer(what, spec)
    if not wanted:
        tried["schedule"].add("constant")  # what a plain number stands for
        check_tried(tried)


if __name__ == "__main__":
    main()
