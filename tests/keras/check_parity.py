#!/usr/bin/env python3
"""The golden cases (tests/golden) once more, trained by Keras itself: layers, loss and optimizer are
Keras's, made from the run file's own names and arguments; the same weights must stand after 1, 10
and 100 steps. So the formulas of make_golden.py are Keras's indeed.

Left out are the cases with Dropout, whose masks are nnmpi's own, and with learning_rate_scaling,
which Keras does not have. Usage: check_parity.py GOLDEN_FOLDER [float64|float32]

In float32 (where it fails) Keras itself is further from float64 than nnmpi: it raises Adam's betas to
the power of the step in float32, and 1 - 0.999 loses 4 digits there."""

import glob
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["JAX_ENABLE_X64"] = "1"

import h5py
import keras
import numpy as np
import yaml

TOLERANCE, LEAST_PART = 1e-5, 0.25  # as in test_golden.c


def keras_object(module, settings, key="name"):
    """`adam`, or `{name: adam, ...}`, as an object of Keras."""
    if isinstance(settings, str):
        settings = {key: settings}
    settings = dict(settings)
    name = settings.pop(key)
    classes = {"sgd": "SGD", "adamw": "AdamW", "rmsprop": "RMSprop", "l1_l2": "L1L2"}
    camel = classes.get(name, "".join(part.capitalize() for part in name.split("_")))
    return getattr(module, camel if hasattr(module, camel) else name)(**settings)


def make_layer(settings):
    settings = dict(settings)
    for key in ("kernel_regularizer", "bias_regularizer"):
        if key in settings:
            settings[key] = keras_object(keras.regularizers, {"name": "l1_l2", **settings[key]})
    return getattr(keras.layers, settings.pop("layer"))(**settings)


def make_model(run, x):
    layers = []
    for settings in run["model"]:
        if settings == {"layer": "Normalization"}:
            layers.append(keras.layers.Normalization())
            layers[-1].adapt(x)
        elif settings["layer"] == "Normalization":
            variance = np.broadcast_to(settings["variance"], np.shape(settings["mean"]))
            layers.append(keras.layers.Normalization(mean=settings["mean"], variance=variance))
        else:
            layers.append(make_layer(settings))
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    optimizer = dict(run["optimizer"])
    if isinstance(optimizer["learning_rate"], dict):
        optimizer["learning_rate"] = keras_object(keras.optimizers.schedules,
                                                  optimizer["learning_rate"], "schedule")
    model.compile(optimizer=keras_object(keras.optimizers, optimizer),
                  loss=keras_object(keras.losses, run["loss"]))
    return model


def difference(model, golden, step):
    worst = 0.0
    for i, variable in enumerate(model.trainable_variables):
        got, expected = np.asarray(variable), golden[f"step{step}/{i}"][:]
        if not np.isfinite(got).all():
            return float("inf")
        largest = max(np.abs(expected).max(), 1e-3)
        scale = np.maximum(np.abs(expected), LEAST_PART * largest)
        worst = max(worst, (np.abs(got - expected) / scale).max())
    return worst


def run_case(path):
    """Returns the differences after 1, 10 and 100 steps, or why the case is left out."""
    with h5py.File(path) as golden:
        run = yaml.safe_load(golden.attrs["run"])
        if "learning_rate_scaling" in run:
            return "left out: Keras does not scale learning rates"
        if any(layer["layer"] == "Dropout" for layer in run["model"]):
            return "left out: the masks are nnmpi's own"
        x, y = golden["train/x"][:], golden["train/y"][:]
        weights = golden["train/w"][:] if "w" in golden["train"] else None
        model = make_model(run, x)
        for i, variable in enumerate(model.trainable_variables):
            variable.assign(golden[f"initial/{i}"][:])
        size = run["batch_size"] * run.get("accumulate_steps", 1)
        found = []
        for step in range(100):
            first = step * size % (-(-len(x) // size) * size)
            rows = slice(first, first + size)
            factors = None if weights is None else weights[rows]
            if "class_weight" in run:
                classes = np.array([run["class_weight"][int(c)] for c in y[rows]], np.float32)
                factors = classes if factors is None else factors * classes
            model.train_on_batch(x[rows], y[rows], sample_weight=factors)
            if step + 1 in (1, 10, 100):
                found.append(difference(model, golden, step + 1))
    return found


def main():
    keras.backend.set_floatx(sys.argv[2] if len(sys.argv) > 2 else "float64")
    paths, compared, failed = sorted(glob.glob(os.path.join(sys.argv[1], "*.h5"))), 0, []
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {keras.backend.floatx()}")
    for path in paths:
        name, found = os.path.basename(path)[:-3], run_case(path)
        if isinstance(found, str):
            print(f"{name:28} {found}")
            continue
        compared += 1
        print(f"{name:28}" + "".join(f" {worst:.1e}" for worst in found))
        if not max(found) < TOLERANCE:
            failed.append(name)
    if failed:
        sys.exit(f"further apart than {TOLERANCE}: {', '.join(failed)}")
    if compared < 23:
        sys.exit(f"only {compared} cases were compared")


if __name__ == "__main__":
    main()
