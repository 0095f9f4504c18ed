"""The tables that regressors are compared on, and how each is split."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from benchmarks.speed.searches import VARIABLE, DataError

Arrays = Mapping[str, np.ndarray]
TEST_SHARE = 0.2
N_SPLITS = 10


@dataclass(frozen=True)
class Split:
    """Rows to fit to and rows to score on: X (n, d) and y (n,), float64."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def __post_init__(self):
        shapes = [array.shape for array in (self.X, self.y, self.X_test, self.y_test)]
        if (self.X.ndim != 2 or shapes[2][1:] != shapes[0][1:] or shapes[1] != shapes[0][:1]
                or shapes[3] != shapes[2][:1]):
            raise DataError("rows must be X (n, d) and y (n,), to fit to and to score on, got "
                            f"shapes {', '.join(map(str, shapes))}")

    def head(self, n_rows: int) -> "Split":
        """The first rows of either side."""
        return Split(*(array[:n_rows] for array in (self.X, self.y, self.X_test, self.y_test)))


@dataclass(frozen=True)
class Dataset:
    """A table with its splits.

    Parameters
    ----------
    name : str
        What it is asked for by.
    file : str or None
        Its file below the folder of the data; None if scikit-learn bundles it.
    divide : callable
        Takes the arrays of the file and the number of a split, returns X, y, X_test, y_test.
    n_splits : int
        Number of splits, which count from 0.
    rule : str
        How the rows to score on are chosen, in words.
    source : str
        Where the table comes from.
    remark : str
        What to know about figures on it.
    """

    name: str
    file: str | None
    divide: Callable[[Arrays, int], Iterable[np.ndarray]]
    n_splits: int
    rule: str
    source: str
    remark: str = ""

    def splits(self, wanted: Iterable[int] | None) -> list[int]:
        """Those of the wanted splits that there are; all without a wish."""
        return [split for split in range(self.n_splits) if wanted is None or split in wanted]

    def split(self, arrays: Arrays, number: int) -> Split:
        """Rows of one split."""
        try:
            return Split(*(np.asarray(array, dtype=np.float64)
                           for array in self.divide(arrays, number)))
        except KeyError as error:
            raise DataError(f"{self.file} must hold an array {error}, it has "
                            f"{', '.join(arrays)}") from None
        except (IndexError, ValueError) as error:
            raise DataError(f"{self.file} must hold the rows of {self.name}: {error}") from None


def _given(arrays, _):
    return arrays["trX"], arrays["trY"].ravel(), arrays["teX"], arrays["teY"].ravel()


def _by_order(column, arrays, _):
    X, y, order = arrays["X"], arrays["y"][:, column], arrays["ids"]
    n_test = int(TEST_SHARE * len(X))
    test, train = order[:n_test], order[n_test:]
    return X[train], y[train], X[test], y[test]


def _by_mask(arrays, split):
    X, y, test = arrays["X"], arrays["y"], arrays["test_mask"][:, split]
    return X[~test], y[~test], X[test], y[test]


def _drawn(arrays, split):
    y = arrays["y"]
    X, X_test, y, y_test = train_test_split(
        arrays["X"], y if y.ndim == 1 else y[:, 0], test_size=TEST_SHARE, random_state=split)
    return X, y, X_test, y_test


def _paper(name, source, **words):
    return Dataset(name, f"{name}.npz", _given, 1, "the paper's own test rows", source, **words)


def _parkinson(target, column):
    return Dataset(f"parkinson_{target}", "parkinson.npz", partial(_by_order, column), 1,
                   "the first fifth of a fixed permutation", "UCI 189, Parkinsons telemonitoring")


def _ten_splits(name, source):
    return Dataset(name, f"uci/{name}.npz", _by_mask, N_SPLITS, "ten fixed splits, 90/10", source)


def _seeded(name, file, source, **words):
    return Dataset(name, file, _drawn, N_SPLITS, "a fifth, drawn with the split as the seed",
                   source, **words)


DATASETS = {one.name: one for one in (
    _seeded("diabetes", None, "scikit-learn's load_diabetes"),
    _ten_splits("energy", "UCI 242, energy efficiency"),
    _seeded("ic50", "ic50.npz", "GDSC release 17, drug sensitivity of cell lines",
            remark="the first of 15 drugs; stands in for the paper's set, which is not "
                   "published; all drugs at once are left out, as most peers take one target"),
    _paper("concrete", "UCI 165, concrete compressive strength"),
    _ten_splits("airfoil", "UCI 291, airfoil self-noise"),
    _ten_splits("sml", "UCI 274, SML2010"),
    _parkinson("total", 1),
    _parkinson("motor", 0),
    _paper("wine_quality", "UCI 186, wine quality, red and white"),
    _ten_splits("pumadyn32nm", "DELVE, pumadyn-32nm"),
    _ten_splits("elevators", "L. Torgo's collection, elevators"),
    _seeded("superconductivity", "superconductivity.npz", "UCI 464, superconductivity",
            remark="features reconstructed from the chemical formulas"),
    _ten_splits("kin40k", "DELVE, kin40k"),
)}
"""Data sets by name, in the order of their size."""


def find_files(datasets: Iterable[Dataset], folder: Path | None) -> dict[str, Path | None]:
    """The file of each data set, in the folder or in that of the environment variable."""
    variable = os.environ.get(VARIABLE)
    folders = [one for one in (folder, variable and Path(variable)) if one]
    for one in folders:
        if not one.is_dir():
            raise DataError(f"no such folder of data: {one}")
    return {dataset.name: dataset.file and _find(dataset, folders) for dataset in datasets}


def _find(dataset, folders):
    for folder in folders:
        if (folder / dataset.file).is_file():
            return folder / dataset.file
    looked = " and ".join(map(str, folders)) or "no folder, as none was named"
    raise DataError(
        f"no file {dataset.file} for the data set {dataset.name}, looked in {looked}; make it "
        f"from its source ({dataset.source}) as benchmarks/README.rst says and name its folder "
        f"with --data-dir or {VARIABLE}, or name other data sets with --datasets")


def read(path: Path | None) -> dict[str, np.ndarray]:
    """Arrays of a file; without one, of the diabetes data of scikit-learn."""
    if path is None:
        X, y = load_diabetes(return_X_y=True)
        return {"X": X, "y": y}
    try:
        with np.load(path) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError) as error:
        raise DataError(f"{path} must be a file of arrays, cannot read it: {error}") from None
