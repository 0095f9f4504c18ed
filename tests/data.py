"""Tables to test on: the paper's own from a folder, where there is one, and made-up ones."""

import os
from pathlib import Path

import numpy as np
import pytest

VARIABLE = "SKLEARN_GAR_DATA"
BESIDE_THE_REPOSITORY = Path(__file__).parents[2] / "shared" / "data"

# a plain network trained on all rows, as the oracles of the tests compute it
PLAIN = {"activation": "elu", "embedding": None, "batch_size": 256, "early_stopping": False,
         "blend": None, "scale_features": "standard", "n_iter_no_change": 20}


def load(name):
    """Arrays of a file in the data folder; a test that asks for an absent one is skipped."""
    folder = Path(os.environ.get(VARIABLE) or BESIDE_THE_REPOSITORY)
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no file {name} in {folder}: set {VARIABLE} to the folder that has it")
    with np.load(path) as arrays:
        return {key: arrays[key] for key in arrays.files}


def smooth_table(n_rows=60, n_features=3, n_targets=None, *, noise=0.1, seed=0):
    """Rows with targets that a small network can learn, away from zero and from unit scale.

    Targets are (n,) without `n_targets`, else (n, n_targets).
    """
    rng = np.random.RandomState(seed)
    X = rng.normal(loc=2.0, scale=3.0, size=(n_rows, n_features))
    directions = rng.normal(size=(n_features, n_targets or 1))
    signal = X @ directions / np.linalg.norm(directions, axis=0)
    y = 50 + 10 * (np.sin(signal / 3) + signal / 4 + noise * rng.normal(size=signal.shape))
    return X, y if n_targets else y[:, 0]
