"""The tables of numbers that regressors and searches are compared on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from benchmarks.data_files import read_arrays
from benchmarks.datasets import Arrays, Dataset

TEST_SHARE = 0.2
N_SPLITS = 10
RANDOM_RULE = "a fifth, drawn with the split as the seed"


def read(path: Path | None) -> Arrays:
    """Arrays of a file; without a file, those of scikit-learn's diabetes data."""
    if path is None:
        X, y = load_diabetes(return_X_y=True)
        return {"X": X, "y": y}
    return read_arrays(path)


def published_split(arrays: Arrays, split: int):
    """Training and test rows as the file has them; there is one split."""
    return arrays["trX"], arrays["trY"].ravel(), arrays["teX"], arrays["teY"].ravel()


def split_by_order(arrays: Arrays, split: int, *, target: int):
    """The first fifth of a permutation tests; there is one split."""
    X, y, order = arrays["X"], arrays["y"][:, target], arrays["ids"]
    n_test = int(TEST_SHARE * len(X))
    test, train = order[:n_test], order[n_test:]
    return X[train], y[train], X[test], y[test]


def split_by_mask(arrays: Arrays, split: int):
    """The rows that a column of the mask marks are the test rows."""
    X, y, test = arrays["X"], arrays["y"], arrays["test_mask"][:, split]
    return X[~test], y[~test], X[test], y[test]


def random_split(arrays: Arrays, split: int):
    """A random fifth tests; of several targets the first is taken."""
    y = arrays["y"]
    X, X_test, y, y_test = train_test_split(
        arrays["X"], y if y.ndim == 1 else y[:, 0], test_size=TEST_SHARE, random_state=split)
    return X, y, X_test, y_test


def numeric_dataset(name: str, file: str | None, divide: Callable, n_splits: int, rule: str,
                    source: str, remark: str = "") -> Dataset:
    """A data set whose rows are float64 arrays."""
    def divide_as_float(arrays, split):
        return [np.asarray(part, dtype=np.float64) for part in divide(arrays, split)]
    return Dataset(name, file, read, divide_as_float, n_splits, rule, source, remark)


def _of_the_paper(name, source):
    return numeric_dataset(name, f"{name}.npz", published_split, 1, "the paper's own test rows",
                           source)


def _parkinson(name, target):
    return numeric_dataset(
        f"parkinson_{name}", "parkinson.npz", partial(split_by_order, target=target), 1,
        "the first fifth of a fixed permutation", "UCI 189, Parkinsons telemonitoring")


def _with_ten_masks(name, source):
    return numeric_dataset(name, f"uci/{name}.npz", split_by_mask, N_SPLITS,
                           "ten fixed splits, 90/10", source)


def _random(name, file, source, remark=""):
    return numeric_dataset(name, file, random_split, N_SPLITS, RANDOM_RULE, source, remark)


NUMERIC_DATASETS = {dataset.name: dataset for dataset in (
    _random("diabetes", None, "scikit-learn's load_diabetes"),
    _with_ten_masks("energy", "UCI 242, energy efficiency"),
    _random("ic50", "ic50.npz", "GDSC release 17, drug sensitivity of cell lines",
            "the first of 15 drugs; stands in for the paper's set, which is not published; all "
            "drugs at once are left out, as most peers take one target"),
    _of_the_paper("concrete", "UCI 165, concrete compressive strength"),
    _with_ten_masks("airfoil", "UCI 291, airfoil self-noise"),
    _with_ten_masks("sml", "UCI 274, SML2010"),
    _parkinson("total", 1),
    _parkinson("motor", 0),
    _of_the_paper("wine_quality", "UCI 186, wine quality, red and white"),
    _with_ten_masks("pumadyn32nm", "DELVE, pumadyn-32nm"),
    _with_ten_masks("elevators", "L. Torgo's collection, elevators"),
    _random("superconductivity", "superconductivity.npz", "UCI 464, superconductivity",
            "features reconstructed from the chemical formulas"),
    _with_ten_masks("kin40k", "DELVE, kin40k"),
)}
"""Data sets by name, in the order of their size."""
