#!/usr/bin/env python3
"""Makes the golden files of this folder: the weights of small networks after 1, 10 and 100 steps.

Forward and backward passes are PyTorch's (autograd, float64); losses, clipping, weight decay and
updates follow Keras 3's formulas, which differ from torch.optim's in where epsilon stands, in how
a changing learning rate meets momentum, and in what weight decay reaches. check_updates() shows
that the updates agree with torch.optim where the two mean the same. Dropout's masks are nnmpi's own
(Philox), since those of two frameworks are never the same.

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

ROWS, FEATURES, BATCH = 150, 6, 64  # 3 steps an epoch, the last one with 22 rows
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
    "normalization_cosine": (13, "classes", """
model:
  - {layer: Normalization}
  - {layer: Dense, units: 8, activation: tanh}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: {schedule: CosineDecay, initial_learning_rate: 0.02, decay_steps: 80, alpha: 0.1}}
"""),
    "normalization_given": (14, "values", """
model:
  - {layer: Normalization, mean: [0.1, -0.2, 0.0, 0.3, 0.1, -0.1], variance: [1.5]}
  - {layer: Dense, units: 8, activation: elu}
  - {layer: Dense, units: 3}
loss: mean_squared_error
optimizer: {name: sgd, learning_rate: {schedule: CosineDecay, initial_learning_rate: 0.0, decay_steps: 60, warmup_target: 0.1, warmup_steps: 20}, momentum: 0.8}
"""),
    "reshape_flatten": (15, "classes", """
model:
  - {layer: Reshape, target_shape: [3, 2]}
  - {layer: Dense, units: 4, activation: gelu}
  - {layer: Flatten}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: rmsprop, learning_rate: 0.005, momentum: 0.5}
"""),
    "dropout": (16, "classes", """
model:
  - {layer: Dropout, rate: 0.1}
  - {layer: Dense, units: 9, activation: relu}
  - {layer: Dropout, rate: 0.4}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: adam, learning_rate: 0.01}
"""),
    "dropout_adamw_clip": (17, "values", """
model:
  - {layer: Dense, units: 8, activation: selu}
  - {layer: Dropout, rate: 0.25}
  - {layer: Dense, units: 5, activation: silu, kernel_regularizer: {name: l2, l2: 0.003}}
  - {layer: Dense, units: 3}
loss: mean_squared_error
optimizer: {name: adamw, learning_rate: 0.005, weight_decay: 0.02, clipnorm: 0.5}
"""),
    "softmax_hidden": (18, "values", """
model:
  - {layer: Dense, units: 8}
  - {layer: Activation, activation: softmax}
  - {layer: Dense, units: 5, activation: linear, bias_regularizer: {name: l1, l1: 0.001}}
  - {layer: Activation, activation: tanh}
  - {layer: Dense, units: 3}
loss: {name: huber, delta: 0.5}
optimizer: {name: adagrad, learning_rate: 0.05, initial_accumulator_value: 0.2}
"""),
    "from_logits_sparse": (19, "classes", """
model:
  - {layer: Dense, units: 8, activation: leaky_relu}
  - {layer: Dense, units: 3}
loss: {name: sparse_categorical_crossentropy, from_logits: true}
optimizer: {name: sgd, learning_rate: {schedule: PiecewiseConstantDecay, boundaries: [30, 60], values: [0.2, 0.1, 0.05]}, momentum: 0.9, clipvalue: 0.05}
"""),
    "from_logits_binary": (20, "labels", """
model:
  - {layer: Dense, units: 8, activation: softplus}
  - {layer: Dense, units: 3, activation: linear}
loss: {name: binary_crossentropy, from_logits: true}
optimizer: {name: adam, learning_rate: {schedule: PolynomialDecay, initial_learning_rate: 0.02, decay_steps: 70, end_learning_rate: 0.002, power: 2.0}, global_clipnorm: 0.2}
"""),
    "categorical_probabilities": (21, "one_hot", """
model:
  - {layer: Dense, units: 8, activation: tanh}
  - {layer: Dense, units: 3, activation: sigmoid}
loss: categorical_crossentropy
optimizer: {name: sgd, learning_rate: {schedule: PolynomialDecay, initial_learning_rate: 0.1, decay_steps: 30, cycle: true}, nesterov: true, momentum: 0.7}
"""),
    "binary_probabilities": (22, "labels", """
model:
  - {layer: Dense, units: 8, activation: relu}
  - {layer: Dense, units: 3, activation: softmax}
loss: {name: binary_crossentropy, label_smoothing: 0.1}
optimizer: {name: adam, learning_rate: 0.005, amsgrad: true}
"""),
    "rmsprop_centered": (23, "one_hot", """
model:
  - {layer: Dense, units: 8, activation: silu, kernel_regularizer: {name: l1_l2, l1: 0.001, l2: 0.001}}
  - {layer: Dense, units: 3, activation: softmax}
loss: {name: categorical_crossentropy, label_smoothing: 0.05}
optimizer: {name: rmsprop, learning_rate: 0.003, rho: 0.85, momentum: 0.3, centered: true, epsilon: 1.0e-4}
"""),
    "weighted_binary": (24, "weighted_binary", """
model:
  - {layer: Rescaling, scale: 2.0, offset: -0.3}
  - {layer: Dense, units: 8, activation: sigmoid}
  - {layer: Dense, units: 1}
  - {layer: Activation, activation: sigmoid}
loss: binary_crossentropy
class_weight: {0: 0.5, 1: 1.5}
optimizer: {name: adagrad, learning_rate: 0.2, clipnorm: 0.05}
"""),
    "accumulate": (25, "values", """
model:
  - {layer: Dense, units: 8, activation: elu}
  - {layer: Dense, units: 5, activation: gelu}
  - {layer: Dense, units: 3}
loss: mean_squared_error
optimizer: {name: adam, learning_rate: 0.005}
batch_size: 16
accumulate_steps: 4
"""),
    "scaling_linear": (26, "classes", """
model:
  - {layer: Dense, units: 8, activation: tanh}
  - {layer: Dropout, rate: 0.3}
  - {layer: Dense, units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: {name: sgd, learning_rate: 0.02, momentum: 0.9, weight_decay: 0.01}
batch_size: 32
accumulate_steps: 2
learning_rate_scaling: {rule: linear, base_batch_size: 16, warmup_epochs: 8}
"""),
    "scaling_sqrt": (27, "labels", """
model:
  - {layer: Dense, units: 8, activation: leaky_relu}
  - {layer: Dense, units: 3, activation: sigmoid}
loss: binary_crossentropy
optimizer: {name: adamw, learning_rate: {schedule: ExponentialDecay, initial_learning_rate: 0.01, decay_steps: 50, decay_rate: 0.5}, global_clipnorm: 0.1}
batch_size: 32
accumulate_steps: 2
learning_rate_scaling: {rule: sqrt, warmup_epochs: 5}
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
    "softmax": lambda z: torch.softmax(z, dim=-1),
}


def run_text(name):
    """The run file of a case, as nnmpi reads it. Where it accumulates, a step still has BATCH rows."""
    seed, _, text = CASES[name]
    batch = "" if "batch_size:" in text else f"batch_size: {BATCH}\n"
    return (f"name: {name}\nseed: {seed}\ndata: {{file: {name}.h5, shuffle: false}}"
            f"{text}{batch}epochs: 34\n")


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
    elif kind.endswith("binary"):
        y = (scores[:, 0] > 0).astype(np.int32)
    else:
        y = (scores > 0).astype(np.float32)
    return x, y, weights


def make_weights(run, seed):
    """Initial variables in nnmpi's order: per Dense layer the kernel (in, out), then the bias."""
    random = np.random.RandomState(1000 + seed)
    variables, sample = [], (FEATURES,)
    for layer in run["model"]:
        if layer["layer"] == "Reshape":
            sample = tuple(layer["target_shape"])
        if layer["layer"] == "Flatten":
            sample = (math.prod(sample),)
        if layer["layer"] != "Dense":
            continue
        width = sample[-1]
        shape = (width, layer["units"])
        variables.append((random.standard_normal(shape) / math.sqrt(width)).astype(np.float32))
        if layer.get("use_bias", True):
            variables.append((0.1 * random.standard_normal(shape[1])).astype(np.float32))
        sample = (*sample[:-1], layer["units"])
    return variables


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011) of counters (4, n) under a key of two words: (4, n)."""
    counter, key = [c.astype(np.uint64) for c in counter], [np.uint64(k) for k in key]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = counter[0] * np.uint64(0xD2511F53), counter[2] * np.uint64(0xCD9E8D57)
        counter = [(b >> np.uint64(32)) ^ counter[1] ^ key[0], b & low,
                   (a >> np.uint64(32)) ^ counter[3] ^ key[1], a & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return np.stack(counter)


def dropout_mask(rate, seed, layer, step, rows, columns):
    """nnmpi's mask of a batch: element j of row i is word i * 4 ceil(columns / 4) + j of a stream."""
    blocks = -(-columns // 4)
    number = np.arange(rows * blocks, dtype=np.uint64)
    counter = np.stack([number, np.zeros_like(number), np.full_like(number, step),
                        np.full_like(number, (2 << 24) | layer)])
    words = philox(counter, (seed, 0)).T.reshape(rows, 4 * blocks)[:, :columns]
    return np.where(words >= math.ceil(rate * 2.0**32), 1.0 / (1.0 - rate), 0.0)


def normalize(layer, x, training_x):
    """Keras's Normalization, by the given statistics or those of all training rows."""
    if "mean" in layer:
        mean, variance = np.array(layer["mean"]), np.array(layer["variance"])
    else:
        mean = training_x.astype(np.float64).mean(axis=0).astype(np.float32)
        variance = ((training_x.astype(np.float64) - mean) ** 2).mean(axis=0)
    mean, variance = (torch.tensor(v.astype(np.float32), dtype=x.dtype) for v in (mean, variance))
    return (x - mean) / variance.sqrt().clamp(min=1e-7)


def forward(run, variables, x, step, training_x):
    """The network's output before its last activation, that activation's name, and the sum of the
    regularizers' terms."""
    variables, penalty, last = iter(variables), torch.zeros((), dtype=x.dtype), len(run["model"]) - 1
    for i, layer in enumerate(run["model"]):
        if layer["layer"] == "Rescaling":
            x = x * layer["scale"] + layer.get("offset", 0.0)
        if layer["layer"] == "Normalization":
            x = normalize(layer, x, training_x)
        if layer["layer"] == "Reshape":
            x = x.reshape(-1, *layer["target_shape"])
        if layer["layer"] == "Flatten":
            x = x.flatten(start_dim=1)
        if layer["layer"] == "Dropout":
            mask = dropout_mask(layer["rate"], run["seed"], i, step, *x.shape)
            x = x * torch.tensor(mask, dtype=x.dtype)
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
    if settings.get("name", "l1_l2") != "l1_l2":
        assert settings["name"] in settings  # not its default
    return (settings.get("l1", 0.0) * variable.abs().sum()
            + settings.get("l2", 0.0) * (variable ** 2).sum())


def sample_losses(run, logits, activation, y):
    """The loss of each sample: the mean over its outputs, or its cross-entropy."""
    settings = run["loss"] if isinstance(run["loss"], dict) else {"name": run["loss"]}
    name, smoothing = settings["name"], settings.get("label_smoothing", 0.0)
    outputs = logits.shape[1]
    from_logits = settings.get("from_logits", False)
    assert not from_logits or activation == "linear"
    if name == "sparse_categorical_crossentropy":
        assert activation == "softmax" or from_logits
        return F.cross_entropy(logits, y, reduction="none")
    if name == "categorical_crossentropy":
        y = y * (1.0 - smoothing) + smoothing / outputs
        if activation == "softmax":
            return -(y * F.log_softmax(logits, dim=1)).sum(dim=1)
        p = ACTIVATIONS[activation](logits)  # Keras: made to add up to 1, then kept off 0 and 1
        p = (p / p.sum(dim=1, keepdim=True)).clamp(1e-7, 1.0 - 1e-7)
        return -(y * p.log()).sum(dim=1)
    y = y.to(logits.dtype).reshape(-1, outputs)
    if name == "binary_crossentropy":
        y = y * (1.0 - smoothing) + 0.5 * smoothing
        if activation == "sigmoid" or from_logits:
            losses = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
        else:
            p = ACTIVATIONS[activation](logits).clamp(1e-7, 1.0 - 1e-7)
            losses = -(y * p.log() + (1.0 - y) * (1.0 - p).log())
    else:
        prediction = ACTIVATIONS[activation](logits)
        losses = {
            "mean_squared_error": lambda: (prediction - y) ** 2,
            "mean_absolute_error": lambda: (prediction - y).abs(),
            "huber": lambda: F.huber_loss(prediction, y, reduction="none", delta=settings["delta"]),
        }[name]()
    return losses.mean(dim=1)


def rate_at(setting, step):
    """Keras's learning rate of a step, counted from 0."""
    if not isinstance(setting, dict):
        return setting
    kind, start = setting["schedule"], setting.get("initial_learning_rate")
    steps = setting.get("decay_steps")
    if kind == "ExponentialDecay":
        power = step / steps
        return start * setting["decay_rate"] ** (
            math.floor(power) if setting.get("staircase", False) else power)
    if kind == "CosineDecay":
        if "warmup_target" in setting:
            warmup, top = setting["warmup_steps"], setting["warmup_target"]
            if step < warmup:
                return start + (top - start) * step / warmup
            start, step = top, step - warmup
        alpha = setting.get("alpha", 0.0)
        cosine = 0.5 * (1.0 + math.cos(math.pi * min(step, steps) / steps))
        return start * ((1.0 - alpha) * cosine + alpha)
    if kind == "PiecewiseConstantDecay":
        return setting["values"][sum(step > b for b in setting["boundaries"])]
    assert kind == "PolynomialDecay"
    end = setting.get("end_learning_rate", 0.0001)
    if setting.get("cycle", False):
        steps *= math.ceil(step / steps) if step > 0 else 1
    step = min(step, steps)
    return (start - end) * (1.0 - step / steps) ** setting.get("power", 1.0) + end


def scale_at(run, step):
    """nnmpi's learning_rate_scaling: the factor of a step."""
    rule = run.get("learning_rate_scaling")
    if rule is None:
        return 1.0
    k = BATCH / rule.get("base_batch_size", run["batch_size"])
    factor = k if rule["rule"] == "linear" else math.sqrt(k)
    warmup = rule.get("warmup_epochs", 5) * math.ceil(ROWS / BATCH)
    return factor if step >= warmup else 1.0 + (factor - 1.0) * step / warmup


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
    state = {key: torch.zeros_like(w) for key in ("m", "v", "v_max", "mean")}
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
        if settings.get("centered", False):
            state["mean"].copy_(rho * state["mean"] + (1.0 - rho) * g)
            v = v - state["mean"] ** 2
        m.copy_(settings.get("momentum", 0.0) * m + rate * g / (v + epsilon).sqrt())
        w -= m
    elif name == "adagrad":
        v += g * g
        w -= rate * g / (v + epsilon).sqrt()
    else:
        raise ValueError(name)


def train(name, dtype):
    """Trains a case; returns its data, its initial weights, and {step: (weights, loss)}."""
    run = yaml.safe_load(run_text(name))
    outputs = [layer["units"] for layer in run["model"] if "units" in layer][-1]
    x, y, sample_weights = make_data(name, outputs)
    assert run["batch_size"] * run.get("accumulate_steps", 1) == BATCH
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
        logits, activation, penalty = forward(run, variables, rows[batch], step, x)
        losses = factors[batch] * sample_losses(run, logits, activation, targets[batch])
        loss = losses.sum() / losses.numel() + penalty  # by the count, not by the weights' sum
        gradients = clip(settings, torch.autograd.grad(loss, variables))
        rate = rate_at(settings["learning_rate"], step) * scale_at(run, step)
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
        ({"name": "rmsprop", "epsilon": 0.0, "momentum": 0.5},
         lambda w: torch.optim.RMSprop([w], 0.01, alpha=0.9, eps=0.0, momentum=0.5)),
        ({"name": "rmsprop", "epsilon": 0.0, "momentum": 0.5, "centered": True},
         lambda w: torch.optim.RMSprop([w], 0.01, alpha=0.9, eps=0.0, momentum=0.5, centered=True)),
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
