"""Made-up rows and files of data sets for the benchmarks of the paper."""

import numpy as np
import torch

from benchmarks.paper.cell import Grid
from benchmarks.paper.datasets import Table
from benchmarks.paper.protocol import Recipe
from benchmarks.paper.training import Rows

TINY = Recipe((4, 3), n_epochs=4, batch_size=8)


def made_up_rows(n=40, d=3, k=1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, 2 + np.sin(X @ rng.normal(size=(d, k))) + 0.1 * rng.normal(size=(n, k))


def made_up_table(**kwargs):
    X, y = made_up_rows(60, **kwargs)
    return Table(X[:45], y[:45], X[45:], y[45:], {"source": "made up"})


def to_rows(X, y, seed=(5,)):
    return Rows(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32), seed)


def grid(values, rates=(1e-1, 1e-3), decays=(1e-2, 1e-4)):
    return Grid(rates, decays, tuple(values)).candidates


def write_concrete(folder, n=60):
    X, y = made_up_rows(n)
    np.savez(folder / "concrete.npz", trX=X[:48], trY=y[:48], teX=X[48:], teY=y[48:])


def write_sets(folder):
    rng = np.random.default_rng(0)
    write_concrete(folder)
    np.savez(folder / "parkinson.npz", X=5 + 2 * rng.normal(size=(50, 3)),
             y=np.stack([np.arange(50.0), 100 + np.arange(50.0)], 1), ids=rng.permutation(50))
    np.savez(folder / "ic50.npz", X=rng.integers(0, 2, size=(50, 4)), y=rng.normal(size=(50, 2)))
