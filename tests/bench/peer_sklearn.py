#!/usr/bin/env python3
"""scikit-learn's MLPClassifier on the rows of peer_ddp.py: relu, Adam, float32, one process. fit()
has no clock within it, so an epoch is the difference between a fit of many epochs and one of a
single epoch, which leaves out what fit() does before and after them.

Usage: peer_sklearn.py 784-128-10 [--batch 64] [--rows 20480] [--epochs 6]
Prints samples a second, the last loss, and the accuracy on the rows."""

import argparse
import time
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rows", type=int, default=20480)
    parser.add_argument("--epochs", type=int, default=6)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # that it has not converged

    widths = [int(w) for w in args.network.split("-")]
    classes = max(2, widths[-1])
    random = np.random.default_rng(7)
    y = np.arange(args.rows) % classes
    x = random.random((classes, widths[0]), np.float32)[y]
    x = 0.5 * (x + random.random((args.rows, widths[0]), np.float32))
    y = np.where(random.random(args.rows) < 0.2, random.integers(classes, size=args.rows), y)

    def fit(epochs):
        model = MLPClassifier(widths[1:-1], activation="relu", solver="adam", alpha=0.0,
                              batch_size=args.batch, max_iter=epochs, early_stopping=False,
                              tol=0.0, n_iter_no_change=epochs + 1, random_state=1)
        start = time.perf_counter()
        model.fit(x, y)
        taken = time.perf_counter() - start
        if model.n_iter_ != epochs or model.coefs_[0].dtype != np.float32:
            raise SystemExit("peer_sklearn.py: the fit is not what was to be timed")
        return taken, model

    fit(1)
    before, _ = fit(1)
    taken, model = fit(1 + args.epochs)
    accuracy = (model.predict(x) == y).mean()
    if not model.loss_curve_[-1] < model.loss_curve_[0] or accuracy < 0.5:
        raise SystemExit(f"peer_sklearn.py: it does not learn: {model.loss_curve_}, {accuracy:.3f}")
    print(f"samples_per_second {args.epochs * args.rows / (taken - before):.0f} "
          f"loss {model.loss_:.4f} accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
