#!/usr/bin/env python3
"""Makes the golden files of this folder: the weights of small networks after 1, 10 and 100 steps.

Forward and backward passes are PyTorch's (autograd, float64); losses, clipping, weight decay and
updates follow Keras 3's formulas, which differ from torch.optim's in where epsilon stands, in how
a changing learning rate meets momentum, and in what weight decay reaches. check_updates() shows
that the updates agree with torch.optim where the two mean the same.

Each case is a run file, kept in the HDF5 file's root attribute `run`; this script reads the very
text that nnmpi reads. README.md says what the files hold. Usage: python3 make_golden.py [FOLDER]
"""

import math
import os
import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as F
import yaml

ROWS, FEATURES, BATCH = 50, 6, 16  # 4 steps an epoch, the last one with 2 rows
STEPS = (1, 10, 100)

# Name of a case -> (seed of its data and weights, what y holds, the run file after its heading).
CASES = {
    "sgd_mse": (1, "values", """
model:
  - {layer: Dense, units: 8, activation: tanh}
  - {layer: Dense, units: 5, activation: sigmoid}
  - {layer: Dense, units: 3}
loss: mean_squared_error
optimizer: {name: sgd, learning_rate: 0.1}
"""),
    "momentum_mae": (2, "values", """
model:
  - {layer: Dense, units: 8, activation: elu}
  - {layer: Dense, units: 5, activation: softplus}
  - {layer: Dense, units: 3, activation: linear}
loss: mean_absolute_error
optimizer: {name: sgd, learning_rate: 0.02, momentum: 0.9, weight_decay: 0.01}
"""),
    "nesterov_huber": (3, "values", """
model:
  - {layer: Dense, units: 8, activation: silu}
  - {layer: Dense, units: 5, activation: gelu}
  - {layer: Dense, units: 3}
loss: {name: huber, delta: 1.0}
optimizer:
  name: sgd
  learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.05, decay_steps: 20, decay_rate: 0.7}
  momentum: 0.9
  nesterov: true
"""),
    "adam_sparse": (4, "classes", """
model:
  - {layer: Dense, units: 8, activation: relu}
  - {layer: Dense, units: 5, activation: relu}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01}
"""),
    "amsgrad_smoothing": (5, "one_hot", """
model:
  - {layer: Dense, units: 8, activation: selu}
  - {layer: Dense, units: 5, activation: leaky_relu}
  - {layer: Dense, units: 3, activation: softmax}
loss: {name: categorical_crossentropy, label_smoothing: 0.1}
optimizer: {name: adam, learning_rate: 0.02, amsgrad: true, clipnorm: 0.1}
"""),
    "adamw_binary": (6, "binary", """
model:
  - {layer: Dense, units: 8, activation: relu}
  - {layer: Dense, units: 5, activation: tanh}
  - {layer: Dense, units: 1, activation: sigmoid}
loss: {name: binary_crossentropy, label_smoothing: 0.2}
optimizer: {name: adamw, learning_rate: 0.01}
"""),
    "rmsprop_multilabel": (7, "labels", """
model:
  - {layer: Dense, units: 8, activation: sigmoid}
  - {layer: Dense, units: 5, activation: silu}
  - {layer: Dense, units: 3, activation: sigmoid}
loss: binary_crossentropy
optimizer: {name: rmsprop, learning_rate: 0.01, rho: 0.8, clipvalue: 0.05}
"""),
    "adagrad_l2": (8, "one_hot", """
model:
  - {layer: Dense, units: 8, kernel_regularizer: {l2: 0.01}}
  - {layer: Activation, activation: gelu}
  - {layer: Dense, units: 5, activation: tanh, kernel_regularizer: {l2: 0.02}}
  - {layer: Dense, units: 3, activation: softmax}
loss: categorical_crossentropy
optimizer: {name: adagrad, learning_rate: 0.1}
"""),
    "class_weight_l1": (9, "classes", """
model:
  - {layer: Dense, units: 8, activation: softplus, kernel_regularizer: {l1: 0.002}}
  - {layer: Dense, units: 5, activation: elu, bias_regularizer: {l2: 0.05}}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
class_weight: {0: 1.0, 1: 2.5, 2: 0.5}
optimizer: {name: sgd, learning_rate: 0.1}
"""),
    "sample_weight_global_clip": (10, "weighted_classes", """
model:
  - {layer: Dense, units: 8, activation: tanh, kernel_regularizer: {l1: 0.001, l2: 0.002}}
  - {layer: Dense, units: 5, activation: relu, use_bias: false}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01, beta_1: 0.8, beta_2: 0.99, epsilon: 1.0e-3, global_clipnorm: 0.3}
"""),
    "sample_weight_values": (11, "weighted_values", """
model:
  - {layer: Rescaling, scale: 0.5, offset: 0.1}
  - {layer: Dense, units: 8, activation: selu}
  - {layer: Dense, units: 5, activation: softplus}
  - {layer: Dense, units: 3}
loss: mean_squared_error
optimizer: {name: adam, learning_rate: 0.01, weight_decay: 0.1}
"""),
    "rmsprop_decay": (12, "values", """
model:
  - {layer: Dense, units: 8, activation: leaky_relu}
  - {layer: Dense, units: 5, activation: tanh}
  - {layer: Dense, units: 3}
loss: {name: huber, delta: 1.0}
optimizer:
  name: rmsprop
  learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.01, decay_steps: 25, decay_rate: 0.5, staircase: true}
  weight_decay: 0.05
"""),
}

ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.2),  # Keras's slope
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,  # the exact one, with erf
    "silu": F.silu,
    "softplus": lambda z: torch.where(z > 20, z, F.softplus(z)),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}
FROM_LOGITS = {"softmax": "categorical", "sigmoid": "binary"}


def run_text(name):
    """The run file of a case, as nnmpi reads it."""
    return (f"name: {name}\nseed: {CASES[name][0]}\ndata: {{file: {name}.h5, shuffle: false}}"
            f"{CASES[name][2]}batch_size: {BATCH}\nepochs: 25\n")


def make_data(name, outputs):
    """x, y and the sample weights (or None) of a case: a noisy nonlinear function of x."""
    seed, kind, _ = CASES[name]
    random = np.random.RandomState(seed)
    x = random.standard_normal((ROWS, FEATURES)).astype(np.float32)
    scores = np.sin(x @ random.standard_normal((FEATURES, outputs)))
    scores += 0.3 * random.standard_normal(scores.shape)
    weights = None
    if kind.startswith("weighted_"):
        weights = random.uniform(0.0, 2.0, ROWS).astype(np.float32)
    if kind.endswith("values"):
        y = (2.0 * scores).astype(np.float32)  # both branches of the Huber loss
    elif kind.endswith("classes"):
        y = scores.argmax(axis=1).astype(np.int32)
    elif kind == "one_hot":
        y = np.eye(outputs, dtype=np.float32)[scores.argmax(axis=1)]
    elif kind == "binary":
        y = (scores[:, 0] > 0).astype(np.int32)
    else:
        y = (scores > 0).astype(np.float32)
    return x, y, weights


def make_weights(run, seed):
    """Initial variables in nnmpi's order: per Dense layer the kernel (in, out), then the bias."""
    random = np.random.RandomState(1000 + seed)
    variables, width = [], FEATURES
    for layer in run["model"]:
        if layer["layer"] != "Dense":
            continue
        shape = (width, layer["units"])
        variables.append((random.standard_normal(shape) / math.sqrt(width)).astype(np.float32))
        if layer.get("use_bias", True):
            variables.append((0.1 * random.standard_normal(shape[1])).astype(np.float32))
        width = layer["units"]
    return variables


def forward(run, variables, x):
    """The network's output before its last activation, that activation's name, and the sum of the
    regularizers' terms."""
    variables, penalty, last = iter(variables), torch.zeros((), dtype=x.dtype), len(run["model"]) - 1
    for i, layer in enumerate(run["model"]):
        if layer["layer"] == "Rescaling":
            x = x * layer["scale"] + layer.get("offset", 0.0)
        if layer["layer"] == "Dense":
            kernel = next(variables)
            penalty = penalty + regularizer(layer.get("kernel_regularizer"), kernel)
            x = x @ kernel
            if layer.get("use_bias", True):
                bias = next(variables)
                penalty = penalty + regularizer(layer.get("bias_regularizer"), bias)
                x = x + bias
        activation = layer.get("activation", "linear")
        if i < last:
            x = ACTIVATIONS[activation](x)
    return x, activation, penalty


def regularizer(settings, variable):
    """Keras's l1 sum|w| + l2 sum w^2 (without a factor 1/2)."""
    settings = settings or {}
    return (settings.get("l1", 0.0) * variable.abs().sum()
            + settings.get("l2", 0.0) * (variable ** 2).sum())


def sample_losses(run, logits, activation, y):
    """The loss of each sample: the mean over its outputs, or its cross-entropy."""
    settings = run["loss"] if isinstance(run["loss"], dict) else {"name": run["loss"]}
    name, smoothing = settings["name"], settings.get("label_smoothing", 0.0)
    outputs = logits.shape[1]
    if name == "sparse_categorical_crossentropy":
        assert activation == "softmax"
        return F.cross_entropy(logits, y, reduction="none")
    if name == "categorical_crossentropy":
        assert activation == "softmax"
        y = y * (1.0 - smoothing) + smoothing / outputs
        return -(y * F.log_softmax(logits, dim=1)).sum(dim=1)
    y = y.to(logits.dtype).reshape(-1, outputs)
    if name == "binary_crossentropy":
        assert activation == "sigmoid"
        y = y * (1.0 - smoothing) + 0.5 * smoothing
        losses = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
    else:
        prediction = ACTIVATIONS[activation](logits)
        losses = {
            "mean_squared_error": lambda: (prediction - y) ** 2,
            "mean_absolute_error": lambda: (prediction - y).abs(),
            "huber": lambda: F.huber_loss(prediction, y, reduction="none", delta=settings["delta"]),
        }[name]()
    return losses.mean(dim=1)


def rate_at(setting, step):
    """The learning rate of a step, counted from 0."""
    if not isinstance(setting, dict):
        return setting
    assert setting["schedule"] == "ExponentialDecay"
    power = step / setting["decay_steps"]
    if setting.get("staircase", False):
        power = math.floor(power)
    return setting["initial_learning_rate"] * setting["decay_rate"] ** power


def clip(settings, gradients):
    """At most one of Keras's three ways of clipping."""
    if "clipvalue" in settings:
        return [g.clamp(-settings["clipvalue"], settings["clipvalue"]) for g in gradients]
    if "clipnorm" in settings:  # each variable by itself
        most = settings["clipnorm"]
        return [g * most / max(g.norm().item(), most) for g in gradients]
    if "global_clipnorm" in settings:  # all variables together
        most = settings["global_clipnorm"]
        norm = math.sqrt(sum((g ** 2).sum().item() for g in gradients))
        return [g * most / max(norm, most) for g in gradients]
    return gradients


def new_state(settings, w):
    """What an optimizer remembers of one variable."""
    state = {key: torch.zeros_like(w) for key in ("m", "v", "v_max")}
    if settings["name"] == "adagrad":
        state["v"] += settings.get("initial_accumulator_value", 0.1)
    return state


def update(settings, rate, step, state, w, g):
    """One step of Keras 3's optimizers on one variable, in place."""
    name, epsilon = settings["name"], settings.get("epsilon", 1e-7)
    decay = settings.get("weight_decay", 0.004 if name == "adamw" else 0.0)
    w -= w * decay * rate
    m, v = state["m"], state["v"]
    if name == "sgd":
        momentum = settings.get("momentum", 0.0)
        m.copy_(momentum * m - rate * g)  # the rate is inside: it matters when it changes
        w += momentum * m - rate * g if settings.get("nesterov", False) else m
    elif name in ("adam", "adamw"):
        beta_1, beta_2 = settings.get("beta_1", 0.9), settings.get("beta_2", 0.999)
        alpha = rate * math.sqrt(1.0 - beta_2 ** (step + 1)) / (1.0 - beta_1 ** (step + 1))
        m += (g - m) * (1.0 - beta_1)
        v += (g * g - v) * (1.0 - beta_2)
        if settings.get("amsgrad", False):
            state["v_max"].copy_(torch.maximum(state["v_max"], v))
            v = state["v_max"]
        w -= alpha * m / (v.sqrt() + epsilon)
    elif name == "rmsprop":
        rho = settings.get("rho", 0.9)
        v.copy_(rho * v + (1.0 - rho) * g * g)
        w -= rate * g / (v + epsilon).sqrt()
    elif name == "adagrad":
        v += g * g
        w -= rate * g / (v + epsilon).sqrt()
    else:
        raise ValueError(name)


def train(name, dtype):
    """Trains a case; returns its data, its initial weights, and {step: (weights, loss)}."""
    run = yaml.safe_load(run_text(name))
    x, y, sample_weights = make_data(name, run["model"][-1]["units"])
    initial = make_weights(run, CASES[name][0])
    factors = np.ones(ROWS) if sample_weights is None else sample_weights.astype(np.float64)
    if "class_weight" in run:
        factors = factors * np.array([run["class_weight"][int(c)] for c in y])
    rows = torch.tensor(x, dtype=dtype)
    targets = torch.tensor(y, dtype=torch.int64 if y.dtype == np.int32 else dtype)
    factors = torch.tensor(factors, dtype=dtype)
    variables = [torch.tensor(w, dtype=dtype, requires_grad=True) for w in initial]
    settings = run["optimizer"]
    states = [new_state(settings, w.detach()) for w in variables]
    batches_an_epoch = math.ceil(ROWS / BATCH)
    record = {}
    for step in range(max(STEPS)):
        first = step % batches_an_epoch * BATCH
        batch = slice(first, min(first + BATCH, ROWS))
        logits, activation, penalty = forward(run, variables, rows[batch])
        losses = factors[batch] * sample_losses(run, logits, activation, targets[batch])
        loss = losses.sum() / losses.numel() + penalty  # by the count, not by the weights' sum
        gradients = clip(settings, torch.autograd.grad(loss, variables))
        rate = rate_at(settings["learning_rate"], step)
        with torch.no_grad():
            for state, w, g in zip(states, variables, gradients):
                update(settings, rate, step, state, w, g)
        if step + 1 in STEPS:
            record[step + 1] = ([w.detach().numpy().copy() for w in variables], loss.item())
    return (x, y, sample_weights), initial, record


def check_updates():
    """Fails unless update() agrees with torch.optim where both mean the same."""
    gradients = torch.tensor(np.random.RandomState(0).standard_normal((20, 7)))
    start = torch.linspace(-1.0, 1.0, 7, dtype=torch.float64)
    for settings, make in [
        ({"name": "sgd", "momentum": 0.9}, lambda w: torch.optim.SGD([w], 0.01, momentum=0.9)),
        ({"name": "sgd", "momentum": 0.9, "nesterov": True},
         lambda w: torch.optim.SGD([w], 0.01, momentum=0.9, nesterov=True)),
        ({"name": "adam"}, lambda w: torch.optim.Adam([w], 0.01)),
        ({"name": "adam", "amsgrad": True}, lambda w: torch.optim.Adam([w], 0.01, amsgrad=True)),
        ({"name": "adamw"}, lambda w: torch.optim.AdamW([w], 0.01, weight_decay=0.004)),
        # Without epsilon: torch adds it to the root, Keras to its argument.
        ({"name": "rmsprop", "rho": 0.8, "epsilon": 0.0},
         lambda w: torch.optim.RMSprop([w], 0.01, alpha=0.8, eps=0.0)),
        ({"name": "adagrad", "epsilon": 0.0},
         lambda w: torch.optim.Adagrad([w], 0.01, initial_accumulator_value=0.1, eps=0.0)),
    ]:
        w, twin = start.clone(), start.clone().requires_grad_()
        state, optimizer = new_state(settings, w), make(twin)
        for step, g in enumerate(gradients):
            update(settings, 0.01, step, state, w, g)
            if settings["name"].startswith("adam"):  # Keras's epsilon stands inside the correction
                optimizer.param_groups[0]["eps"] = 1e-7 / math.sqrt(1.0 - 0.999 ** (step + 1))
            twin.grad = g.clone()
            optimizer.step()
        assert torch.allclose(w, twin.detach(), rtol=0.0, atol=1e-12), settings


def write(path, name, data, initial, record):
    """Writes a case as a dataset file of nnmpi with the golden values beside the data."""
    x, y, sample_weights = data
    with h5py.File(path, "w") as file:
        file.attrs["run"] = run_text(name)
        file["train/x"], file["train/y"] = x, y
        if sample_weights is not None:
            file["train/w"] = sample_weights
        for i, w in enumerate(initial):
            file[f"initial/{i}"] = w
        for step, (weights, loss) in record.items():
            for i, w in enumerate(weights):
                file[f"step{step}/{i}"] = w
            file[f"step{step}/loss"] = loss


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    torch.set_num_threads(1)
    check_updates()
    print(f"{'case':26}{'loss at 1':>11}{'at 10':>9}{'at 100':>9}   float32 differs after 100 by at most")
    for name in CASES:
        data, initial, record = train(name, torch.float64)
        weights = record[max(STEPS)][0]
        rounded = train(name, torch.float32)[2][max(STEPS)][0]
        rounding = max(np.abs(a - b).max() for a, b in zip(weights, rounded))
        write(os.path.join(folder, name + ".h5"), name, data, initial, record)
        print(f"{name:26}{record[1][1]:11.5f}{record[10][1]:9.5f}{record[100][1]:9.5f}   {rounding:.1e}")


if __name__ == "__main__":
    main()
