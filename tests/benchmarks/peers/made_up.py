"""Cheap regressors and rows for comparisons."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.peers.contenders import Contender

CALLS = []  # shift, number of rows and number of threads of each fit


class Shift(RegressorMixin, BaseEstimator):
    """Predicts the first feature plus a shift, or fails; fits are recorded in CALLS."""

    def __init__(self, shift=0.0, fails=False):
        self.shift = shift
        self.fails = fails

    def fit(self, X, y):
        if self.fails:
            raise RuntimeError("no\n  luck")
        CALLS.append((self.shift, len(X), torch.get_num_threads()))
        return self

    def predict(self, X):
        return X[:, 0] + self.shift


def shifted(name, shift, package="sklearn", **kwargs):
    return Contender(name, package, lambda n_threads: Shift(shift), **kwargs)


def missing_library(n_threads):
    raise ModuleNotFoundError("No module named 'nowhere'")


def table(n_rows=40, seed=0):
    """Rows whose target is nearly the first feature."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    return X, X[:, 0] + 0.1 * rng.normal(size=n_rows)


def files(folder):
    """Names of all result files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))
