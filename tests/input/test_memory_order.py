"""The same numbers give the same model to the last bit, in whatever memory they lie."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import quick


def strided(array):
    """The same values as every second row and column of a larger array."""
    return np.repeat(np.repeat(array, 2, axis=0), 2, axis=1)[::2, ::2]


def reversed_twice(array):
    """The same values with negative strides in both directions."""
    return np.ascontiguousarray(array[::-1, ::-1])[::-1, ::-1]


def named(frame):
    """A frame of one library with columns "0", "1", and so on."""
    return lambda array: frame({str(index): column for index, column in enumerate(array.T)})


each_memory = pytest.mark.parametrize(
    "in_memory", [np.asfortranarray, strided, reversed_twice, named(pd.DataFrame),
                  named(pl.DataFrame)],
    ids=["columns first", "strided", "reversed", "pandas", "polars"])


# in these tables another order of adding up changes a scaled feature in single precision
@pytest.mark.parametrize("seed", [241, 582])
@pytest.mark.parametrize("weighted", [False, True])
@each_memory
def test_memory_of_features_does_not_matter(in_memory, weighted, seed):
    rng = np.random.RandomState(seed)
    X = rng.normal(loc=100, size=(20_000, 5))
    weight = rng.uniform(0.1, 3, size=20_000) if weighted else None
    model = quick(scale_features=True, max_iter=1, batch_size=1000)
    expected = model.fit(X, X[:, 0], weight).predict(X)
    assert_array_equal(model.fit(in_memory(X), X[:, 0], weight).predict(in_memory(X)), expected)


@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("scale_features", [True, "standard", False])
@each_memory
def test_memory_of_small_tables_does_not_matter(in_memory, scale_features, batch_size):
    X, y = smooth_table(300)
    settings = {"scale_features": scale_features, "batch_size": batch_size, "blend": "ridge",
                "early_stopping": True, "embedding": "periodic"}
    model = quick(**settings)
    expected = model.fit(X, y, X_val=X[:50], y_val=y[:50]).predict(X)
    X = in_memory(X)
    assert_array_equal(model.fit(X, y, X_val=X[:50], y_val=y[:50]).predict(X), expected)


@pytest.mark.parametrize("unit", [1.0, 1e-30])
@each_memory
def test_memory_of_features_in_single_precision_does_not_matter(in_memory, unit):
    X, y = smooth_table(200)
    X = (unit * X).astype(np.float32)
    model = quick(scale_features=True, batch_size=50)
    expected = model.fit(X, y).predict(X)
    assert_array_equal(model.fit(in_memory(X), y).predict(in_memory(X)), expected)


@pytest.mark.parametrize("batch_size", [50, 1000])
@pytest.mark.parametrize("weighted", [False, True])
@each_memory
def test_memory_of_targets_does_not_matter(in_memory, weighted, batch_size):
    X, Y = smooth_table(300, n_targets=3)
    weight = np.arange(1.0, 301) if weighted else None
    model = quick(max_iter=3, batch_size=batch_size, blend="ridge", early_stopping=True)
    expected = model.fit(X, Y, weight).predict(X)
    assert_array_equal(model.fit(X, in_memory(Y), weight).predict(X), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_file_in_fortran_order_is_the_same_table(tmp_path, dtype):
    rng = np.random.RandomState(0)
    rows = (rng.normal(size=(12_000, 5)) * (rng.uniform(size=(12_000, 5)) < 0.3)).astype(dtype)
    target = rng.normal(size=12_000)
    np.save(tmp_path / "rows.npy", np.asfortranarray(rows))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert mapped.flags.f_contiguous and not mapped.flags.c_contiguous
    model = GARRegressor(hidden_layer_sizes=(4,), n_estimators=1, max_iter=1, random_state=0)
    expected = model.fit(rows, target).predict(rows)
    assert_array_equal(model.fit(mapped, target).predict(rows), expected)
