"""Columns at the ends of the floating-point range, and rows that hardly count."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import quick, r2

X, y = smooth_table(300)
each_scaling = pytest.mark.parametrize("scale_features", [True, "standard"])


def default(**settings):
    """A small regressor that scales, embeds, stops early and blends as the defaults do."""
    return GARRegressor(**{"hidden_layer_sizes": (16, 8), "n_estimators": 2, "max_iter": 20,
                           "learning_rate": 0.01, "random_state": 0, **settings})


@each_scaling
@pytest.mark.parametrize("unit", [1e-36, 1e-38, 1e-42])
@pytest.mark.parametrize("shift", [0, 1, 1000])
def test_columns_of_tiny_deviation_in_single_precision_do_no_harm(shift, unit, scale_features):
    noise = np.random.RandomState(0).normal(size=300)
    column = (unit * (shift + 1e-3 * noise)).astype(np.float32)
    features = np.column_stack((X.astype(np.float32), column))
    model = default(scale_features=scale_features).fit(features, y)
    assert r2(model, features, y) > 0.7


@each_scaling
@pytest.mark.parametrize("value", [1e20, -1e20, 1.7e18, 1e-20, 1e-200, 1e200, 1e307])
def test_a_constant_column_of_any_size_changes_nothing(value, scale_features):
    usual, unusual = (np.column_stack((X, np.full(300, constant))) for constant in (7.0, value))
    model = default(scale_features=scale_features, max_iter=10)
    expected = model.fit(usual, y).predict(usual)
    assert_allclose(model.fit(unusual, y).predict(unusual), expected, rtol=1e-5)


@each_scaling
def test_weights_beside_a_constant_column_do_not_warn(scale_features):
    for seed in range(40):  # the variance of a constant may come out below zero
        rng = np.random.RandomState(seed)
        features = np.column_stack((rng.normal(size=50), np.full(50, rng.normal())))
        weight = rng.uniform(0.1, 3, size=50)
        model = quick(scale_features=scale_features, max_iter=1).fit(features, y[:50], weight)
        assert np.isfinite(model.predict(features)).all()


@each_scaling
@pytest.mark.parametrize("factor", [1e150, 1e155, 1e300, 1e-150, 1e-200, 1e-300])
@pytest.mark.parametrize("weighted", [False, True])
def test_units_at_the_ends_of_the_range_do_not_matter(factor, weighted, scale_features):
    weight = np.random.RandomState(0).uniform(0.1, 3, size=300) if weighted else None
    features = X * [factor, 1, 1]
    model = default(scale_features=scale_features, max_iter=10)
    expected = model.fit(X, y, weight).predict(X)
    model.fit(features, y, weight)
    assert_allclose(model.predict(features), expected, rtol=1e-3)
    assert np.isfinite(model.loss_curve_).all()


def test_a_huge_cell_is_learned_or_refused_by_its_size():
    features = X.copy()
    features[0, 0] = 1e300
    try:
        prediction = default(scale_features="standard").fit(features, y).predict(features)
    except ValueError as error:
        assert "X" in str(error) and "1e+300" in str(error)
    else:
        assert np.isfinite(prediction).all()


COLUMNS = {
    "normal": np.random.RandomState(1).normal(size=300),
    "heavy tails": np.random.RandomState(1).standard_cauchy(300),
    "zero and one": np.arange(300) % 2.0,
    "minus one and one": np.where(np.arange(300) % 2, -1.0, 1.0),
    "one value apart": np.r_[np.zeros(299), 1.0],
    "constant": np.ones(300),
    "nearly constant": 1 + 1e-3 * np.random.RandomState(1).normal(size=300),
}


@each_scaling
@pytest.mark.parametrize("largest", [1e160, 1.7e308])
@pytest.mark.parametrize("column", COLUMNS.values(), ids=list(COLUMNS))
@pytest.mark.parametrize("weighted", [False, True])
def test_columns_near_the_largest_number_neither_warn_nor_diverge(
        column, largest, weighted, scale_features):
    weight = np.random.RandomState(0).uniform(0.1, 3, size=300) if weighted else None
    features = np.column_stack((X, column / np.abs(column).max() * largest))
    model = default(scale_features=scale_features).fit(features, y, weight)
    assert np.isfinite(model.predict(features)).all()
    assert np.isfinite(model.loss_curve_).all()
    assert r2(model, features, y) > 0.5


@pytest.mark.parametrize("settings", [{}, {"scale_features": "standard"}, {"embedding": None},
                                      {"blend": None}, {"batch_size": 1000}], ids=str)
@pytest.mark.parametrize("early_stopping", [False, "auto"])
@pytest.mark.parametrize("n_light", [2, 30])
@pytest.mark.parametrize("light", [1e-12, 1e-18])
def test_a_column_that_varies_only_in_light_rows_stays_within_sight(
        light, n_light, early_stopping, settings):
    rng = np.random.RandomState(0)
    column, weight = np.zeros(300), np.ones(300)
    column[-n_light:], weight[-n_light:] = rng.normal(size=n_light), light
    features = np.column_stack((X, column))
    model = default(early_stopping=early_stopping, **settings).fit(features, y, weight)
    # ten ranges away is far for rows of the training table, whatever they weigh
    assert np.abs(model.predict(features) - y).max() < 10 * np.ptp(y)
