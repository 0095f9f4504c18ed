"""Strategies of hypothesis: tables of all kinds, and parameters over the whole constructors.

Numbers come from NumPy by a drawn seed, and hypothesis draws what kind of column, target or
weights they make, so that examples shrink to few and plain columns.
"""

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import torch
from hypothesis import strategies as st
from skorch.callbacks import EpochScoring

from sklearn_gar import losses

N_ROWS = st.one_of(st.integers(2, 9), st.sampled_from([12, 31, 60, 128, 129, 150, 261]))
SCALES = (1.0, 1e15, 1e-30, 1e100, 1e-100)
SHIFTS = (0.0, 1.0, -1e3, 1e9)


def _heavy_tails(rng, n):
    return rng.standard_cauchy(n) ** 3


def _outlier(rng, n):
    return np.r_[rng.normal(size=n - 1), 1e6]


def _nearly_constant(rng, n):
    return 1 + rng.randint(-2, 3, n) * np.finfo(float).eps


def _slightly_varying(rng, n):
    return 1 + 1e-7 * rng.normal(size=n)


COLUMNS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "two-valued": lambda rng, n: rng.randint(2, size=n).astype(float),
    "rare flag": lambda rng, n: (np.arange(n) == rng.randint(n)).astype(float),
    "whole numbers": lambda rng, n: rng.randint(-3, 4, n).astype(float),
    "skewed": lambda rng, n: np.exp(4 * rng.normal(size=n)),
    "heavy tails": _heavy_tails,
    "one outlier": _outlier,
    "mostly zero": lambda rng, n: np.where(rng.uniform(size=n) < 0.8, 0, rng.normal(size=n)),
    "ascending": lambda rng, n: np.arange(float(n)),
    "dates": lambda rng, n: 20260101.0 + rng.randint(31, size=n),
    "constant": lambda rng, n: np.full(n, rng.normal()),
    "zero": lambda rng, n: np.zeros(n),
    "nearly constant": _nearly_constant,
    "slightly varying": _slightly_varying,
}


@st.composite
def columns(draw, n_rows):
    """A finite column of any kind, in any unit."""
    kind, seed = draw(st.sampled_from(list(COLUMNS))), draw(st.integers(0, 99))
    scale, shift = draw(st.sampled_from(SCALES)), draw(st.sampled_from(SHIFTS))
    values = COLUMNS[kind](np.random.RandomState(seed), n_rows)
    return scale * (np.clip(values, -1e30, 1e30) + shift)


def _mapped(array):
    with tempfile.TemporaryFile() as file:  # the map holds the file open by itself
        np.ascontiguousarray(array).tofile(file)
        return np.memmap(file, dtype=array.dtype, shape=array.shape, mode="r")


def _read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def _frame(library):
    def build(array):
        if array.ndim == 1:
            return library.Series(array)
        return library.DataFrame({f"column {index}": one for index, one in enumerate(array.T)})
    return build


def _reversed(array):
    axes = tuple(range(array.ndim))
    return np.flip(np.ascontiguousarray(np.flip(array, axes)), axes)


CONTAINERS = {
    "array": lambda array: array, "list": lambda array: array.tolist(),
    "columns first": np.asfortranarray, "negative strides": _reversed, "read-only": _read_only,
    "every second": lambda array: np.repeat(array, 2, axis=0)[::2],
    "mapped": _mapped, "pandas": _frame(pd), "polars": _frame(pl),
    "tensor": torch.tensor,
}
# which know no names of columns, which would have to be the same in every call
ARRAYS = ("array", "columns first", "negative strides", "read-only", "every second", "mapped")


@dataclass
class Rows:
    """What is handed to fit, and the plain arrays that it holds."""

    X: Any
    y: Any
    sample_weight: Any
    arrays: tuple
    containers: tuple = ("array", "array")

    def __repr__(self):
        X, y, weight = self.arrays
        with np.printoptions(threshold=60, linewidth=95):
            return (f"Rows in {self.containers[0]} and {self.containers[1]}:\nX = {X!r}\n"
                    f"y = {y!r}\nsample_weight = {weight!r}")

    @property
    def arguments(self):
        weight = {} if self.sample_weight is None else {"sample_weight": self.sample_weight}
        return {"X": self.X, "y": self.y, **weight}

    @property
    def counts(self):
        """Index of the rows whose weight counts: at least 2^-64 of the largest."""
        weight = self.arrays[2]
        return slice(None) if weight is None else weight > 2.0 ** -64 * weight.max()


TARGETS = ("signal", "noise", "constant", "heavy tails", "two-valued", "nearly constant",
           "slightly varying", "one outlier")
TARGET_SCALES = (1.0, 1e15, 1e-30, 1e100, 1e-100)


@st.composite
def targets(draw, X):
    """One target: a function of the first features and noise, or unrelated to them."""
    n_rows, seed = len(X), draw(st.integers(0, 99))
    kind, rng = draw(st.sampled_from(TARGETS)), np.random.RandomState(seed)
    if kind == "signal":
        ranks = np.argsort(np.argsort(X[:, :2], axis=0), axis=0) / n_rows
        values = np.sin(3 * ranks).sum(1) + 0.1 * rng.normal(size=n_rows)
    elif kind == "noise":
        values = rng.normal(size=n_rows)
    else:
        values = COLUMNS[kind](rng, n_rows)
    scale, shift = draw(st.sampled_from(TARGET_SCALES)), draw(st.sampled_from((0.0, 5.0, -1e6)))
    return scale * (np.clip(values, -1e9, 1e9) + shift)


WEIGHTS = {
    "none": lambda rng, n: None,
    "ones": lambda rng, n: np.ones(n),
    "any": lambda rng, n: rng.uniform(0.1, 3, n),
    "whole numbers": lambda rng, n: np.r_[[1, 2], rng.randint(0, 4, n - 2)].astype(float),
    "half zero": lambda rng, n: np.r_[[1.0, 1.0], rng.randint(0, 2, n - 2)],
    "tiny": lambda rng, n: 1e-300 * rng.uniform(0.1, 3, n),
    "huge": lambda rng, n: 1e300 * rng.uniform(0.1, 3, n),
    "some tiny": lambda rng, n: np.r_[[1.0, 1.0], 10.0 ** rng.uniform(-14, 0, n - 2)],
    "next to none": lambda rng, n: np.r_[[1.0, 1.0], np.full(n - 2, 1e-40)],
}


GAPS = {
    "none": lambda rng, shape: np.zeros(shape, dtype=bool),
    "some": lambda rng, shape: rng.uniform(size=shape) < 0.2,
    "most": lambda rng, shape: rng.uniform(size=shape) < 0.8,
    "one": lambda rng, shape: np.arange(np.prod(shape)).reshape(shape) == 0,
    "whole columns": lambda rng, shape: np.broadcast_to(rng.uniform(size=shape[1]) < 0.5, shape),
}


def optional(default, *others):
    """The default, often, or another value."""
    return st.one_of(st.just(default), st.just(default), st.sampled_from(others))


@st.composite
def tables(draw, n_features=None, n_targets=None, containers=tuple(CONTAINERS), n_rows=N_ROWS,
           weights=tuple(WEIGHTS), gaps=optional("none", *GAPS)):
    """Rows of one to four columns, one to three targets, and weights or none."""
    n_rows = draw(n_rows)
    n_features = draw(st.integers(1, 4)) if n_features is None else n_features
    X = np.column_stack([draw(columns(n_rows)) for _ in range(n_features)])
    if draw(st.booleans()) and np.abs(X).max() < 1e35 and not np.any(
            (X != 0) & (np.abs(X) < 1e-35)):
        X = X.astype(np.float32)
    if n_targets is None:
        n_targets = draw(st.sampled_from((0, 0, 1, 2, 3)))
    y = np.column_stack([draw(targets(X)) for _ in range(max(1, n_targets))])
    rng = np.random.RandomState(draw(st.integers(0, 99)))
    if draw(st.booleans()):
        repeated = rng.randint(max(2, n_rows // 2), size=n_rows)
        X, y = X[repeated], y[repeated]
    y = y if n_targets else y[:, 0]
    X = np.where(GAPS[draw(gaps)](rng, X.shape), np.nan, X).astype(X.dtype)
    weight = WEIGHTS[draw(st.sampled_from(weights))](rng, n_rows)
    names = draw(st.sampled_from(containers)), draw(st.sampled_from(
        [name for name in containers if name != "mapped"]))
    return Rows(CONTAINERS[names[0]](X), CONTAINERS[names[1]](y), weight, (X, y, weight), names)


def _scorable(parameters):
    """Without a scoring callback where targets stay in their unit, whose squares may overflow."""
    callbacks = parameters["skorch_callbacks"] if parameters["scale_target"] else None
    return {**parameters, "skorch_callbacks": callbacks}


# small networks and few epochs; all else over the whole range
SHARED = {
    "loss": st.one_of(st.just("gar"), st.sampled_from([
        *sorted(losses.LOSSES), losses.HuberLoss(0.5), torch.nn.MSELoss(),
        torch.nn.SmoothL1Loss()])),
    "hidden_layer_sizes": st.sampled_from([(), 3, (4,), [5, 3]]),
    "activation": optional("relu", "elu", "identity", "logistic", "tanh"),
    "embedding": optional("periodic", None),
    "n_estimators": st.one_of(st.integers(1, 3), st.just("auto")),
    "solver": optional("adamw", "adam", "sgd"),
    "lr_schedule": optional("cosine", "constant", "step"),
    "momentum": optional(0.9, 0.0),
    "max_iter": st.integers(1, 6),
    "categorical_features": optional("from_dtype", [0], None),
    "scale_features": optional(True, "standard", False),
    "scale_target": optional(True, False),
    "early_stopping": optional("auto", True, False),
    "validation_fraction": optional("auto", 0.1, 0.3, 0.5),
    "blend": optional("ridge", None),
    "n_iter_no_change": optional(None, 1, 3),
    "skorch_callbacks": optional(
        None, [], [EpochScoring("neg_mean_absolute_error", on_train=True)]),
    "device": optional("cpu", torch.device("cpu")),
    "random_state": st.integers(0, 9),
}
BATCH_SIZES = optional("auto", 2, 3, 16, 40, 1000)
ALPHAS = optional(10.0, 1e-3, 0.1, 1.0, 1e6, float("inf"))
LEARNING_RATES = optional("auto", 0.003, 1e-5, 0.03)
WEIGHT_DECAYS = optional(1e-4, 0.0, 0.1)
REGRESSORS = st.fixed_dictionaries({
    **SHARED, "alpha": ALPHAS, "learning_rate": LEARNING_RATES, "weight_decay": WEIGHT_DECAYS,
    "batch_size": BATCH_SIZES, "max_time": optional(None, 1e6)}).map(_scorable)
SEARCHES = st.fixed_dictionaries({
    **SHARED,
    "alphas": st.lists(ALPHAS, min_size=1, max_size=2),
    "learning_rates": st.lists(LEARNING_RATES, min_size=1, max_size=2),
    "weight_decays": st.lists(WEIGHT_DECAYS, min_size=1, max_size=2),
    "batch_sizes": st.lists(BATCH_SIZES, min_size=1, max_size=2),
    "cv": st.sampled_from([2, 3]),
    "scoring": optional(None, "neg_mean_absolute_error", ["r2", "neg_mean_absolute_error"]),
    "refit": st.just(True), "halving": st.booleans(), "n_jobs": st.none(),
    "bagged": st.booleans(), "ensemble_size": optional(None, 1, 3),
    "error_score": optional(np.nan, -1e9), "return_train_score": st.booleans(),
}).map(_scorable)
