"""wrong_datasets.py: makes dataset files of which each is wrong in one way, from a seed.

    wrong_datasets.py FOLDER COUNT SEED

Prints a line a file: its name, the exit code with which `nnmpi train` must leave, and, behind tabs, what
its message must name. A right file has 40 rows of 5 features in /train and 20 in /test, in 3 classes.
"""

import os
import random
import sys

import h5py
import numpy as np

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pick = random.Random(seed)
os.makedirs(folder, exist_ok=True)


def right():
    """The arrays of a right file."""
    made = np.random.default_rng(pick.randrange(1 << 30))
    arrays = {}
    for group, rows in (("train", 40), ("test", 20)):
        arrays[group + "/x"] = made.uniform(-1, 1, (rows, 5)).astype("f4")
        arrays[group + "/y"] = made.integers(0, 3, rows).astype("i4")
    return arrays


def save(path, arrays, **options):
    with h5py.File(path, "w") as file:
        for name, data in arrays.items():
            file.create_dataset(name, data=data, **options)


def group():
    return pick.choice(("train", "test"))


def ill_number(path):
    arrays, at = right(), group()
    x = arrays[at + "/x"].astype(pick.choice(("f4", "f8")))
    value = pick.choice((np.nan, np.inf, -np.inf, 1e300))
    if value == 1e300:
        x = x.astype("f8")
    x[pick.randrange(len(x)), pick.randrange(5)] = value
    arrays[at + "/x"] = x
    save(path, arrays)
    return at + "/x"


def ill_label(path):
    arrays, at = right(), group()
    y = arrays[at + "/y"].astype(pick.choice(("i1", "i4", "i8", "f4")))
    y[pick.randrange(len(y))] = pick.choice((-1, 3, 100) if y.dtype != "f4" else (-1, 3, 0.5, np.nan, np.inf))
    arrays[at + "/y"] = y
    save(path, arrays)
    return at + "/y"


def ill_rows(path):
    arrays, at = right(), group()
    which = pick.choice("xy")
    arrays[f"{at}/{which}"] = arrays[f"{at}/{which}"][: pick.randrange(1, 19)]
    save(path, arrays)
    return f"{at}/y"


def ill_shape(path):
    arrays, at = right(), group()
    rows = len(arrays[at + "/y"])
    what = pick.choice(("scalar", "null", "wide", "labels"))
    if what == "scalar":
        arrays[at + "/x"] = np.float32(1)
    elif what == "null":
        arrays[at + "/x"] = h5py.Empty("f4")
    elif what == "wide":
        arrays["test/x"] = np.zeros((20, pick.randrange(6, 9)), "f4")
        at = "test"
    else:
        arrays[at + "/y"] = np.zeros((rows, pick.randrange(2, 5)), "i4")
        save(path, arrays)
        return at + "/y"
    save(path, arrays)
    return at


def no_rows(path):
    arrays, at = right(), group()
    arrays[at + "/x"] = arrays[at + "/x"][:0]
    arrays[at + "/y"] = arrays[at + "/y"][:0]
    save(path, arrays)
    return at + "/x"


def ill_type(path):
    arrays, at, which = right(), group(), pick.choice("xy")
    name = f"{at}/{which}"
    rows = len(arrays[name])
    kind = pick.choice(("text", "fixed", "compound", "complex", "opaque", "reference"))
    if kind == "text":
        arrays[name] = np.array(["a"] * rows, dtype=h5py.string_dtype())
    elif kind == "fixed":
        arrays[name] = np.array([b"abc"] * rows)
    elif kind == "compound":
        arrays[name] = np.zeros(rows, dtype=[("a", "f4"), ("b", "i4")])
    elif kind == "complex":
        arrays[name] = np.zeros((rows, 5), "c8")
    elif kind == "opaque":
        arrays[name] = np.zeros(rows, "V8")
    else:
        del arrays[name]
    save(path, arrays)
    if kind == "reference":
        with h5py.File(path, "a") as file:
            file.create_dataset(name, (rows,), h5py.ref_dtype)
    return name


def missing(path):
    arrays, at = right(), group()
    what = pick.choice(("x", "y", "both", "dataset"))
    if what == "dataset":  # where a group should be
        del arrays[at + "/x"], arrays[at + "/y"]
        arrays[at] = np.zeros((4, 4), "f4")
        save(path, arrays)
        return at
    for which in "xy" if what == "both" else what:
        del arrays[f"{at}/{which}"]
    save(path, arrays)
    return at


def linked(path):
    arrays, at, which = right(), group(), pick.choice(("x", "y", "w", "group"))
    kind = pick.choice(("soft", "dangling", "circular", "external", "elsewhere"))
    name = at if which == "group" else f"{at}/{which}"
    save(path, arrays)
    with h5py.File(path, "a") as file:
        if which == "w":
            file["weights"] = np.ones(len(arrays[at + "/y"]), "f4")
        else:
            file.move(name, "moved")
        real = "/weights" if which == "w" else "/moved"
        if kind == "soft":
            file[name] = h5py.SoftLink(real)
        elif kind == "dangling":
            file[name] = h5py.SoftLink("/nothing/here")
        elif kind == "circular":
            file[name] = h5py.SoftLink("/" + name)
        else:
            target = os.path.basename(path) if kind == "external" else "missing.h5"
            file[name] = h5py.ExternalLink(target, real)
    return name


def outside(path):
    arrays, at = right(), group()
    x = arrays.pop(at + "/x")
    save(path, arrays)
    with h5py.File(path, "a") as file:
        if pick.random() < 0.5:
            file["source"] = x
            layout = h5py.VirtualLayout(shape=x.shape, dtype="f4")
            layout[:] = h5py.VirtualSource(pick.choice((path, "missing.h5")), "source", shape=x.shape)
            file.create_virtual_dataset(at + "/x", layout)
        else:
            raw = path + ".raw"
            if pick.random() < 0.5:
                x.tofile(raw)
            file.create_dataset(at + "/x", x.shape, "f4", external=[(raw, 0, x.nbytes)])
    return at + "/x"


def filtered(path):
    """A chunk that does not unpack, or a filter that nobody has."""
    arrays, at = right(), group()
    x = arrays.pop(at + "/x")
    save(path, arrays)
    how = pick.choice(("deflate", "checksum", "unknown"))
    with h5py.File(path, "a") as file:
        options = {
            "deflate": {"compression": "gzip"},
            "checksum": {"fletcher32": True},
            "unknown": {"compression": "gzip"},
        }[how]
        data = file.create_dataset(at + "/x", data=x, chunks=(10, 5), **options)
        where = data.id.get_chunk_info(pick.randrange(data.id.get_num_chunks()))
    with open(path, "r+b") as raw:
        content = bytearray(raw.read())
        if how == "unknown":  # the filter's number in the pipeline message: deflate, with its name
            name = content.find(b"deflate\0")
            assert name > 0
            content[name - 8 : name - 6] = (30000 + pick.randrange(1000)).to_bytes(2, "little")
        else:
            begin = where.byte_offset
            length = 8 if how == "deflate" else 4
            for i in range(length):
                content[begin + i] ^= 1 + pick.randrange(255)
        raw.seek(0)
        raw.write(content)
    return at + "/x"


def broken(path):
    """HDF5's own structures: signatures, or the end of the file."""
    save(path, right())
    content = bytearray(open(path, "rb").read())
    what = pick.choice(("superblock", "end", "TREE", "SNOD", "HEAP", "empty", "text"))
    if what == "superblock":
        content[pick.randrange(8)] ^= 0x55
    elif what == "end":
        del content[pick.randrange(8, len(content) - 1000) :]
    elif what == "empty":
        content = bytearray()
    elif what == "text":
        content = bytearray(b"x,y\n1,2\n")
    else:
        places = [i for i in range(len(content) - 4) if content[i : i + 4] == what.encode()]
        content[places[0]] ^= 0x55  # the root's
    with open(path, "wb") as file:
        file.write(content)
    return ""


def absent(path):
    if pick.random() < 0.5:
        os.symlink("nowhere.h5", path)
    return ""


KINDS = [
    (ill_number, 65), (ill_label, 65), (ill_rows, 65), (ill_shape, 65), (no_rows, 65), (ill_type, 65),
    (missing, 65), (linked, 65), (outside, 65), (filtered, 65), (broken, 65), (linked, 65), (absent, 66),
]
for i in range(count):
    make, code = KINDS[i % len(KINDS)]
    name = f"{i:03d}-{make.__name__}.h5"
    print(name, code, make(os.path.join(folder, name)), sep="\t")
