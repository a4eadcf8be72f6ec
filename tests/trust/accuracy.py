#!/usr/bin/env python3
"""Accuracy over seeds, nnmpi's beside PyTorch's: the same network, data and settings, read from the
same run file; weights, order and dropout are each tool's own. Prints mean, standard deviation,
least and most of the accuracy on the test group, and how many standard errors the means lie apart.

    accuracy.py RUN.yaml [--seeds 10] [--ranks 2] [--nnmpi build/nnmpi] [--output accuracy.csv]
                [--set KEY=VALUE]... [--tools nnmpi,pytorch]

The CSV has a line a run; runs that it holds already are not made again. Dense, Dropout, Rescaling
and Flatten layers, softmax with sparse_categorical_crossentropy, and adam with CosineDecay or a
constant rate are what the PyTorch side knows."""

import argparse
import csv
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

import yaml

ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid")


def pytorch_accuracy(run, data_file, seed):
    """Trains the run in PyTorch, one thread, float32; returns the accuracy on /test."""
    import h5py
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(seed)
    with h5py.File(data_file) as file:
        x, y = (torch.tensor(file["train"][k][:]) for k in "xy")
        test_x, test_y = (torch.tensor(file["test"][k][:]) for k in "xy")
    layers, width = [nn.Flatten()], x[0].numel()
    scale = 1.0
    for layer in run["model"]:
        kind = layer["layer"]
        if kind == "Rescaling":
            scale *= layer["scale"]
        elif kind == "Dropout":
            layers.append(nn.Dropout(layer["rate"]))
        elif kind == "Dense":
            dense = nn.Linear(width, layer["units"])
            nn.init.xavier_uniform_(dense.weight)  # Keras's glorot_uniform
            nn.init.zeros_(dense.bias)
            layers.append(dense)
            width = layer["units"]
            if layer["activation"] in ACTIVATIONS[1:]:
                layers.append({"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
                              [layer["activation"]]())
            elif layer["activation"] != "softmax":  # it is in the loss
                raise SystemExit(f"accuracy.py does not know {layer['activation']}")
        elif kind != "Flatten":
            raise SystemExit(f"accuracy.py does not know {kind}")
    model, loss_of = nn.Sequential(*layers), nn.CrossEntropyLoss()
    settings = run["optimizer"]
    assert run["loss"] == "sparse_categorical_crossentropy" and settings["name"] == "adam"
    rate = settings["learning_rate"]
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, eps=1e-7)
    x, test_x, y, test_y = x.float() * scale, test_x.float() * scale, y.long(), test_y.long()
    step = 0
    for _ in range(run["epochs"]):
        order = torch.randperm(len(x))
        for first in range(0, len(x), run["batch_size"]):
            rows = order[first:first + run["batch_size"]]
            if isinstance(rate, dict):
                part = min(step, rate["decay_steps"]) / rate["decay_steps"]
                now = rate["initial_learning_rate"] * 0.5 * (1.0 + math.cos(math.pi * part))
            else:
                now = rate
            optimizer.param_groups[0]["lr"] = now
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()
            step += 1
    model.eval()
    with torch.no_grad():
        return (model(test_x).argmax(1) == test_y).double().mean().item()


def nnmpi_accuracy(arguments, data_file, seed):
    """Trains the run with nnmpi under mpirun; returns the accuracy on /test."""
    sets = [word for pair in arguments.set for word in ("--set", pair)]
    with tempfile.TemporaryDirectory() as folder:
        start = ["mpirun", "-np", str(arguments.ranks), arguments.nnmpi]
        subprocess.run([*start, "train", arguments.run_file, "--output", folder + "/run",
                        "--set", f"seed={seed}", *sets], check=True, stdout=subprocess.DEVNULL)
        said = subprocess.run([*start, "eval", folder + "/run/model.h5", "--data", data_file,
                               "--split", "test"], check=True, capture_output=True, text=True)
    return json.loads(said.stdout.splitlines()[-1])["accuracy"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run_file")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--nnmpi", default="build/nnmpi")
    parser.add_argument("--output", default="accuracy.csv")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--tools", default="nnmpi,pytorch")
    arguments = parser.parse_args()
    with open(arguments.run_file) as file:
        run = yaml.safe_load(file)
    for pair in arguments.set:
        *path, last = pair.partition("=")[0].split(".")
        target = run
        for key in path:
            target = target[key]
        target[last] = yaml.safe_load(pair.partition("=")[2])
    data_file = os.path.join(os.path.dirname(arguments.run_file), run["data"]["file"])
    found = {}
    if os.path.exists(arguments.output):
        with open(arguments.output) as file:
            found = {(line["run"], line["tool"], int(line["seed"])): float(line["accuracy"])
                     for line in csv.DictReader(file)}
    else:
        with open(arguments.output, "w") as file:
            file.write("run,tool,seed,accuracy\n")
    means = {}
    for tool in arguments.tools.split(","):
        for seed in range(1, arguments.seeds + 1):
            key = (run["name"], tool, seed)
            if key in found:
                continue
            found[key] = (nnmpi_accuracy(arguments, data_file, seed) if tool == "nnmpi"
                          else pytorch_accuracy(run, data_file, seed))
            with open(arguments.output, "a") as file:
                file.write(f"{run['name']},{tool},{seed},{found[key]}\n")
        got = [found[run["name"], tool, seed] for seed in range(1, arguments.seeds + 1)]
        mean, spread = statistics.mean(got), statistics.stdev(got)
        means[tool] = (mean, spread / math.sqrt(len(got)))
        print(f"{run['name']:8} {tool:8} mean {mean:.5f}  sd {spread:.5f}  "
              f"least {min(got):.4f}  most {max(got):.4f}  of {len(got)} seeds", flush=True)
    if len(means) == 2:
        (a, e), (b, f) = means.values()
        print(f"{run['name']:8} the means are {abs(a - b) / math.hypot(e, f):.1f} standard errors apart")


if __name__ == "__main__":
    sys.exit(main())
