"""The large tables: one that is made, with 10,000 to 1,000,000 rows, and three real ones."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.mixed_datasets import RECIPES, Recipe, mixed_dataset
from benchmarks.numeric_datasets import N_SPLITS, RANDOM_RULE, numeric_dataset, random_split

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)  # training rows of the made table
N_FEATURES = 20  # of the made table, of which the target depends on twelve
N_TEST = 50_000  # other rows of the made table
NOISE = 0.3      # standard deviation of the noise in its training targets
MAX_ROWS = 200_000  # of a larger real table a random part of this size is taken


def smooth_function(X: np.ndarray) -> np.ndarray:
    """The target (n,) of the made table without noise, float64, for features (n, 20).

    With standard normal features its mean is about 1.96 and its standard deviation about 1.5.
    """
    x = X.T.astype(np.float64)
    return 0.7 * (
        np.sin(x[0]) + np.cos(x[1]) + np.sin(2 * x[2]) + np.tanh(x[3]) + x[4] ** 2 / 2
        + np.exp(-x[5] ** 2) + np.logaddexp(0, x[6])
        + x[7] * x[8] + x[9] * x[10] + (x[11] > 0.5))


def make_rows(arrays: Mapping, number: int, *, n_rows: int):
    """Training rows with noise, and test rows whose targets are the function itself."""
    rng = np.random.default_rng(number)
    X, X_test = (rng.standard_normal((n, N_FEATURES), dtype=np.float32) for n in (n_rows, N_TEST))
    noise = NOISE * rng.standard_normal(n_rows)
    return X, smooth_function(X) + noise, X_test, smooth_function(X_test)


def made_dataset(n_rows: int) -> Dataset:
    """The made table with this many training rows."""
    return Dataset(
        f"made_{n_rows}", None, lambda path: {}, partial(make_rows, n_rows=n_rows), N_SPLITS,
        f"{N_TEST:,} other rows without noise; the split is the seed",
        "benchmarks/peers/large/tables.py")


MADE_TABLES = {n_rows: made_dataset(n_rows) for n_rows in SIZES}
"""The made table by its number of training rows."""

LARGE_RECIPES = {
    "diamonds": replace(RECIPES["diamonds"], max_rows=MAX_ROWS),
    # left out: the time of arrival, which gives the delay away; the year, which is constant; and
    # what others say: the time of departure (scheduled time and delay), the number of the flight
    # (carrier and airports) and the text of the hour
    "flights": Recipe("nycflights13", "flights", "arr_delay", max_rows=MAX_ROWS,
                      drop=("year", "dep_time", "arr_time", "flight", "time_hour")),
}
"""Recipes of the real tables with categories, by the name of the data set."""

MIXED_TABLES = {name: mixed_dataset(name, recipe) for name, recipe in LARGE_RECIPES.items()}
NUMERIC_TABLES = {dataset.name: dataset for dataset in (
    *MADE_TABLES.values(),
    numeric_dataset("kin40k", "uci/kin40k.npz", random_split, N_SPLITS, RANDOM_RULE,
                    "DELVE, kin40k"),
)}
LARGE_DATASETS = NUMERIC_TABLES | MIXED_TABLES
"""All large tables by name, in the order of runs and reports."""
