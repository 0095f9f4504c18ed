"""Tables of text, flags and numbers with gaps, in every container, and small regressors."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose

from sklearn_gar import GARRegressor
from tests.data import PLAIN

TOWNS = ("Bern", "Chur", "Genf", "Thun", "Zug")
EFFECTS = dict(zip((*TOWNS, None), (-20.0, 5.0, 12.0, -4.0, 30.0, -35.0)))
# a table of one batch is trained in float64 and a larger one in float32
one_or_many_batches = pytest.mark.parametrize("n_rows", [100, 600],
                                              ids=["one batch", "many batches"])
# after few epochs the blend is often the ridge alone, which hides what the networks do
blended_or_not = pytest.mark.parametrize("blend", ["ridge", None], ids=["ridge", "networks"])


def quick(**settings):
    """The default regressor, but for small networks and few epochs."""
    return GARRegressor(**{"hidden_layer_sizes": (16,), "n_estimators": 2, "max_iter": 4,
                           "random_state": 0, **settings})


def least_squares(**settings):
    """A linear model trained in full batches until it is the one of least squares."""
    return GARRegressor(**{
        **PLAIN, "hidden_layer_sizes": (), "loss": "squared_error", "n_estimators": 1,
        "batch_size": 1000, "learning_rate": 0.1, "max_iter": 500, "weight_decay": 0.0,
        "random_state": 0, **settings})


def mixed_columns(n_rows=100, *, seed=0, gaps=True):
    """Columns as lists, None where a value is missing, and targets that depend on all."""
    rng = np.random.RandomState(seed)
    town = rng.choice(np.array([*TOWNS, None] if gaps else TOWNS, dtype=object), n_rows)
    member, size, age = rng.uniform(size=n_rows) < 0.4, rng.normal(10, 3, n_rows), rng.gamma(
        4.0, 10.0, n_rows)
    y = (100 + np.array([EFFECTS[one] for one in town]) + 15 * member + 3 * size + age / 4
         + rng.normal(size=n_rows))
    columns = {"town": town.tolist(), "member": member.tolist(), "size": size.tolist(),
               "age": age.tolist()}
    if gaps:
        for name in ("member", "age"):
            missing = rng.uniform(size=n_rows) < 0.2
            columns[name] = [None if gap else value
                             for gap, value in zip(missing, columns[name])]
    return columns, y


def _pandas(text, flag, number):
    """A function that makes a frame whose text, flags and numbers are of these types."""
    types = {"town": text, "member": flag}

    def build(columns):
        return pd.DataFrame({name: pd.Series(values, dtype=types.get(name, number))
                             for name, values in columns.items()})
    return build


def _polars(text):
    """The same in polars; `text` makes the type from the levels."""
    def build(columns):
        levels = sorted({one for one in columns["town"] if one is not None})
        types = {"town": text(levels), "member": pl.Boolean}
        return pl.DataFrame({name: pl.Series(values, dtype=types.get(name, pl.Float64))
                             for name, values in columns.items()})
    return build


def _arrow(kind):
    return pd.ArrowDtype(kind)


FRAMES = {
    "pandas objects": _pandas(object, object, "float64"),
    "pandas inferred": _pandas(None, None, "float64"),
    "pandas strings": _pandas("string", "boolean", "Float64"),
    "pandas categories": _pandas("category", "category", "float64"),
    "Arrow strings": _pandas("string[pyarrow]", _arrow(pa.bool_()), "Float64"),
    "Arrow": _pandas(_arrow(pa.string()), _arrow(pa.bool_()), _arrow(pa.float64())),
    "Arrow dictionary": _pandas(_arrow(pa.dictionary(pa.int32(), pa.string())),
                                _arrow(pa.bool_()), _arrow(pa.float64())),
    "polars strings": _polars(lambda levels: pl.String),
    "polars categories": _polars(lambda levels: pl.Categorical),
    "polars enum": _polars(pl.Enum),
}
each_frame = pytest.mark.parametrize("build", FRAMES.values(), ids=list(FRAMES))
pandas_or_polars = pytest.mark.parametrize(
    "build", [FRAMES["pandas inferred"], FRAMES["polars strings"]], ids=["pandas", "polars"])


def mixed_frame(n_rows=100, **settings):
    """A frame of pandas with text, a flag, a number and a number with gaps, and targets."""
    columns, y = mixed_columns(n_rows, **settings)
    return FRAMES["pandas inferred"](columns), y


def table_of_levels(n_levels, n_rows, *, seed=0, noise=1.0, n_targets=None):
    """A frame of one column of many levels, whose effects are normal, targets and effects.

    The targets have shape (n_rows,), or (n_rows, n_targets) where that is given.
    """
    rng = np.random.RandomState(seed)
    code = rng.randint(n_levels, size=n_rows)
    effects = rng.normal(size=(n_levels, n_targets or 1))
    y = effects[code] + noise * rng.normal(size=(n_rows, n_targets or 1))
    frame = pd.DataFrame({"shop": [f"shop {one}" for one in code]})
    return frame, y if n_targets else y[:, 0], effects


def assert_same_predictions(found, expected, y):
    """Equal but for rounding, measured in deviations of the targets."""
    assert np.shape(found) == np.shape(expected)
    assert_allclose(found, expected, rtol=0, atol=1e-6 * np.std(y))


def assert_differ(one, other, y):
    """Different by far more than rounding."""
    assert np.abs(one - other).max() > 1e-3 * np.std(y)


def assert_finite(prediction, n_rows):
    assert len(prediction) == n_rows
    assert np.isfinite(prediction).all()


def r2_of(prediction, y):
    return 1 - np.mean((prediction - y) ** 2, axis=0) / np.var(y, axis=0)
