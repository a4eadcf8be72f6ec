#!/usr/bin/env python3
"""Makes digits.h5 from the copy of the UCI digits that comes with scikit-learn (README.md).

Needs h5py and scikit-learn (Debian: python3-h5py, python3-sklearn).
Usage: python3 make_digits.py [OUTPUT]
"""

import os
import sys

import h5py
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

TEST_ROWS = 360
SEED = 0


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    output = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "digits.h5")
    digits = load_digits()
    x = digits.images.astype(np.uint8)  # (1797, 8, 8), values 0..16
    y = digits.target.astype(np.int32)
    train, test = train_test_split(np.arange(len(x)), test_size=TEST_ROWS, random_state=SEED,
                                   stratify=y)
    with h5py.File(output, "w") as file:
        file.attrs["title"] = "Handwritten digits, 8x8 pixels"
        file.attrs["source"] = ("E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits,"
                                " UCI Machine Learning Repository, 1998, doi:10.24432/C50P49")
        file.attrs["license"] = "CC BY 4.0"
        file.attrs["class_names"] = np.array([str(i) for i in range(10)], dtype="S1")
        for name, rows in [("train", np.sort(train)), ("test", np.sort(test))]:
            group = file.create_group(name)
            group.create_dataset("x", data=x[rows], chunks=x[rows].shape, compression="gzip",
                                 compression_opts=9)
            group.create_dataset("y", data=y[rows], chunks=y[rows].shape, compression="gzip",
                                 compression_opts=9)
            print(f"/{name}: {len(rows)} rows, {np.bincount(y[rows])} of each digit")


if __name__ == "__main__":
    main()
