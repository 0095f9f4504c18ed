"""Tables for tests: the paper's, read from a folder if it exists, and synthetic ones."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

VARIABLE = "SKLEARN_GAR_DATA"
DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "data"

# a plain network trained on all rows, which the oracles of the tests can reproduce
PLAIN = {"activation": "elu", "embedding": None, "batch_size": 256, "early_stopping": False,
         "blend": None, "scale_features": "standard", "n_iter_no_change": 20}


def load(name):
    """Arrays of a file in the data folder; the test is skipped where the file is missing."""
    folder = Path(os.environ.get(VARIABLE) or DEFAULT_FOLDER)
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no file {name} in {folder}: set {VARIABLE} to the folder that has it")
    with np.load(path) as arrays:
        return {key: arrays[key] for key in arrays.files}


def smooth_table(n_rows=60, n_features=3, n_targets=None, *, noise=0.1, seed=0):
    """Rows with targets that a small network can learn, neither centred nor of unit scale.

    Targets have shape (n,), or (n, n_targets) where `n_targets` is given.
    """
    rng = np.random.RandomState(seed)
    X = rng.normal(loc=2.0, scale=3.0, size=(n_rows, n_features))
    directions = rng.normal(size=(n_features, n_targets or 1))
    signal = X @ directions / np.linalg.norm(directions, axis=0)
    y = 50 + 10 * (np.sin(signal / 3) + signal / 4 + noise * rng.normal(size=signal.shape))
    return X, y if n_targets else y[:, 0]


def name_of(value):
    """A value as the name of a test: the same in every process."""
    return re.sub(r" at 0x\w+", "", repr(value))
