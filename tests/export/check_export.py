#!/usr/bin/env python3
"""Checks with onnx, ONNX Runtime and safetensors what nnmpi says of the files that it exports.

Networks with every layer and activation of docs/RUNFILE.md are trained by nnmpi for an epoch, others
are saved by Keras. Then, for each of them:
  - onnx.checker accepts the ONNX file, in full, and its input and output are what they should be;
  - ONNX Runtime, with its optimizations and without, and onnx's own evaluator predict what
    `nnmpi predict` predicts, for any number of rows;
  - the arrays of the safetensors file are those of model.h5, bit by bit.
In the end the examples of docs/EXPORT.md are run.

Usage: NNMPI=build/nnmpi python3 check_export.py [CASE...], in a folder that may be filled."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np
import onnx
import onnx.reference
import onnxruntime
import safetensors
import safetensors.flax
import safetensors.numpy

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "keras"))
from runfile_page import SOURCE, check_tried

logging.getLogger("absl").setLevel(logging.ERROR)  # Keras would rather save in another format
NNMPI = os.path.abspath(os.environ["NNMPI"])
ROWS, SHAPE, CLASSES = 64, (4, 3), 5
BATCHES = (0, 1, 7, ROWS)
TOLERANCE = 1e-5
tried = {"layer": set(), "activation": set()}


# ---- data, runs, files ----

def write_data():
    """Ordinary numbers; bytes; and numbers at which activations may overflow."""
    random = np.random.default_rng(1)
    values = {"data": random.normal(1.0, 2.0, (ROWS, *SHAPE)).astype("f4"),
              "bytes": random.integers(0, 256, (ROWS, *SHAPE)).astype("u1"),
              "far": (random.normal(0, 1, (ROWS, *SHAPE)) * 10.0 ** random.integers(
                  -6, 5, (ROWS, *SHAPE))).astype("f4")}
    for name, x in values.items():
        with h5py.File(name + ".h5", "w") as file:
            for group in ("train", "test"):
                file[group + "/x"] = x
                file[group + "/y"] = random.integers(0, CLASSES, ROWS)


def nnmpi(*words):
    done = subprocess.run([NNMPI, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"nnmpi {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def train(name, layers, data="data"):
    """Trains an epoch and returns the model's file. JSON is YAML."""
    run = {"name": name, "seed": 3, "data": {"file": data + ".h5"}, "model": layers,
           "loss": {"name": "sparse_categorical_crossentropy", "from_logits": True},
           "optimizer": {"name": "adam", "learning_rate": 0.01}, "batch_size": 16, "epochs": 1}
    with open(name + ".yaml", "w") as file:
        json.dump(run, file)
    nnmpi("train", name + ".yaml", "--output", name, "--overwrite")
    return name + "/model.h5"


def read_x(data):
    with h5py.File(data + ".h5") as file:
        return file["test/x"][:].astype("f4")


def predict(what, model, data):
    output = what + ".predictions.h5"
    nnmpi("predict", model, "--data", data + ".h5", "--output", output)
    with h5py.File(output) as file:
        return file["predictions"][:]


# ---- the checks ----

def close(what, found, expected):
    if found.shape != expected.shape:
        raise SystemExit(f"{what}: the shape is {found.shape} instead of {expected.shape}")
    error = np.max(np.abs(found - expected) / (1 + np.abs(expected)), initial=0)
    if not error <= TOLERANCE:
        raise SystemExit(f"{what}: differs by {error:.3g}")


def equal(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}:\n  {found}\ninstead of\n  {expected}")


def texts(values):
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def ends_of(values):
    return [(value.name, value.type.tensor_type.elem_type,
             [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim])
            for value in values]


def sessions(path):
    for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_ALL"):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        yield level, onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])


def check_onnx(what, path, data):
    nnmpi("export", path, "-o", what + ".onnx")
    model, x, expected = onnx.load(what + ".onnx"), read_x(data), predict(what, path, data)
    onnx.checker.check_model(model, full_check=True)
    equal(what + ": versions", [(o.domain, o.version) for o in model.opset_import], [("", 13)])
    equal(what + ": input", ends_of(model.graph.input),
          [("input", onnx.TensorProto.FLOAT, ["batch", *x.shape[1:]])])
    equal(what + ": output", ends_of(model.graph.output),
          [("output", onnx.TensorProto.FLOAT, ["batch", *expected.shape[1:]])])
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True,
                                                 data_prop=True)
    equal(what + ": inferred output", ends_of(inferred.graph.output), ends_of(model.graph.output))
    for level, session in sessions(what + ".onnx"):
        for rows in BATCHES:
            found = session.run(None, {"input": x[:rows]})[0]
            close(f"{what}: {rows} rows by ONNX Runtime, {level}", found, expected[:rows])
    if what != "keras_softplus":  # at large numbers that of the evaluator is infinite
        found = onnx.reference.ReferenceEvaluator(model).run(None, {"input": x})[0]
        close(what + ": onnx's evaluator", found, expected)


def weights_of(path):
    """The arrays of a Keras file by the names that safetensors gives them."""
    found = {}
    with h5py.File(path) as file:
        root = file["model_weights"]
        for layer in texts(root.attrs["layer_names"]):
            for name in texts(root[layer].attrs["weight_names"]):
                leaf = name.split("/")[-1].split(":")[0]
                if "seed" not in name:
                    found[f"{layer}.{leaf}"] = root[layer][name][()]
    return found


def check_safetensors(what, path):
    file = what + ".safetensors"
    nnmpi("export", path, "--output", file)
    expected, found = weights_of(path), safetensors.numpy.load_file(file)
    equal(what + ": names", sorted(found), sorted(expected))
    in_jax = safetensors.flax.load_file(file)
    for name, array in expected.items():
        equal(f"{what}: {name}", (found[name].dtype, found[name].shape), (np.dtype("f4"), array.shape))
        equal(f"{what}: bits of {name}", found[name].tobytes(), array.astype("f4").tobytes())
        equal(f"{what}: {name} in JAX", np.asarray(in_jax[name]).tobytes(), array.astype("f4").tobytes())
    with safetensors.safe_open(file, "numpy") as opened:
        metadata = opened.metadata()
    layers = json.loads(metadata["model_config"])["config"]["layers"]
    with h5py.File(path) as kept:
        given = json.loads(kept.attrs["model_config"])["config"]["layers"]
    equal(what + ": model_config", [layer["class_name"] for layer in layers if layer["class_name"] != "InputLayer"],
          [layer["class_name"] for layer in given if layer["class_name"] != "InputLayer"])


def check_model(what, path, data="data"):
    check_onnx(what, path, data)
    check_safetensors(what, path)
    print("ok", what, flush=True)


def check_trained(what, data, layers):
    check_model(what, train(what, layers, data), data)


# ---- the cases ----

def note(layers):
    for layer in layers:
        tried["layer"].add(layer["layer"])
        if "activation" in layer:
            tried["activation"].add(layer["activation"])


def dense(units=CLASSES, **arguments):
    return {"layer": "Dense", "units": units, **arguments}


FLAT = {"layer": "Flatten"}


def trained():
    """Networks for nnmpi, which end with logits: softmax would hide differences."""
    yield "layers", "data", [
        {"layer": "Normalization"}, {"layer": "Rescaling", "scale": 0.5, "offset": -0.25},
        {"layer": "Dropout", "rate": 0.3}, dense(6, activation="gelu", name="front.1"), FLAT,
        dense(12, use_bias=False), {"layer": "Activation", "activation": "relu"},
        {"layer": "Dropout", "rate": 0.0}, {"layer": "Reshape", "target_shape": [2, -1]},
        {"layer": "Normalization"}, {"layer": "Reshape", "target_shape": [3, 1, 2, 2]},
        dense(4, activation="softmax", use_bias=False), dense(3, activation="tanh"),
        {"layer": "Rescaling", "scale": 2.0}, FLAT,
        {"layer": "Normalization", "mean": [0.1], "variance": [0.0]},
        {"layer": "Rescaling", "scale": 1e-7}, dense()]
    yield "bytes", "bytes", [
        {"layer": "Rescaling", "scale": 1 / 255}, FLAT, dense(8, activation="relu"), dense()]
    for name in "linear relu leaky_relu elu selu gelu silu softplus sigmoid tanh softmax".split():
        yield "activation_" + name, "data", [
            dense(7, activation=name), {"layer": "Activation", "activation": name}, FLAT,
            dense(6, activation=name), dense()]


def saved_by_keras():
    """Networks that need no training: activations alone, where numbers may overflow, and nothing."""
    layers = keras.layers
    for name in sorted(tried["activation"]):
        yield "keras_" + name, "far", [layers.Activation(name)]
    yield "keras_nothing", "data", [layers.Dropout(0.5)]
    yield "keras_dense", "data", [layers.Flatten(), layers.Dense(6, activation="silu"),
                                  layers.Dense(CLASSES, activation="softmax")]


def check_metadata():
    """What model.h5 says of its run goes into both files."""
    names = [f"class {i}" for i in range(CLASSES - 1)] + ['"Zürich", \\']
    shutil.copy("data.h5", "named.h5")
    with h5py.File("named.h5", "r+") as file:
        file.attrs["class_names"] = names
    path = train("metadata", [FLAT, dense()], "named")
    with h5py.File(path) as file:
        version = texts([file["nnmpi"].attrs["nnmpi_version"]])[0]
    for ending in (".onnx", ".safetensors"):
        nnmpi("export", path, "-o", "metadata" + ending)
    model = onnx.load("metadata.onnx")
    with safetensors.safe_open("metadata.safetensors", "numpy") as opened:
        tensors = opened.metadata()
    session = onnxruntime.InferenceSession("metadata.onnx")
    for what, found in (("onnx", {entry.key: entry.value for entry in model.metadata_props}),
                        ("ONNX Runtime", session.get_modelmeta().custom_metadata_map),
                        ("safetensors", tensors)):
        equal(f"{what}: name", found["name"], "metadata")
        equal(f"{what}: nnmpi_version", found["nnmpi_version"], version)
        equal(f"{what}: class_names", json.loads(found["class_names"]), names)
    equal("graph", model.graph.name, "metadata")
    equal("producer", (model.producer_name, model.producer_version), ("nnmpi", version))
    print("ok metadata", flush=True)


def check_page():
    """The examples of docs/EXPORT.md."""
    digits = os.path.join(SOURCE, "datasets", "digits")
    nnmpi("train", digits + "/train.yaml", "--set", "epochs=2", "--output", "runs/digits", "--overwrite")
    shutil.copy(digits + "/digits.h5", ".")
    with open(os.path.join(SOURCE, "docs", "EXPORT.md"), encoding="utf-8") as file:
        page = file.read()
    commands = re.findall(r"^    nnmpi (export .*)$", page, re.M)
    equal("commands of the page", len(commands), 2)
    for command in commands:
        nnmpi(*command.split())
    names = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    equal("examples of the page", len(blocks), 3)
    for block in blocks:
        exec(compile(block, "EXPORT.md", "exec"), names)
    close("probabilities", names["probabilities"], predict("digits", "runs/digits/model.h5", "digits"))
    weights = weights_of("runs/digits/model.h5")
    equal("weights", sorted(names["weights"]), sorted(weights))
    equal("kernel", names["kernel"].tolist(), weights["dense.kernel"].tolist())
    print("ok docs/EXPORT.md", flush=True)


def main():
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}, safetensors "
          f"{safetensors.__version__}, Keras {keras.__version__}, numpy {np.__version__}", flush=True)
    wanted = set(sys.argv[1:])
    write_data()
    with ThreadPoolExecutor(4) as threads:  # nnmpi spends most of its time here with waiting for MPI
        jobs = []
        for what, data, layers in trained():
            note(layers)
            if not wanted or what in wanted:
                jobs.append(threads.submit(check_trained, what, data, layers))
        for what, data, layers in saved_by_keras():
            if not wanted or what in wanted:
                keras.Sequential([keras.Input(SHAPE), *layers]).save(what + ".h5")
                jobs.append(threads.submit(check_model, what, what + ".h5", data))
        for job in jobs:
            job.result()
    if not wanted:
        check_metadata()
        check_page()
        check_tried(tried)


if __name__ == "__main__":
    main()
