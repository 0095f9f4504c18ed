"""Features on one scale, whatever their tails."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import spearmanr
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar._input import Rows, Scaling, pieces
from sklearn_gar._input.tails import Tails
from tests.data import PLAIN, smooth_table


def quick(**settings):
    return GARRegressor(**{**PLAIN, "scale_features": True, "hidden_layer_sizes": (32, 16),
                           "n_estimators": 2, "max_iter": 120, "learning_rate": 0.01,
                           "random_state": 0, **settings})


def test_columns_without_tails_are_standardised():
    X = np.random.RandomState(0).uniform(-5, 20, size=(200, 2))
    y = X[:, 0] - np.sin(X[:, 1])
    X = np.column_stack((X, np.arange(200) % 2, np.full(200, 7.0)))
    default = quick(max_iter=5).fit(X, y)
    standard = quick(max_iter=5, scale_features="standard").fit(X, y)
    outside = make_pipeline(StandardScaler(), quick(max_iter=5, scale_features=False)).fit(X, y)
    assert_allclose(default.predict(X), standard.predict(X), rtol=1e-5)
    assert_allclose(standard.predict(X), outside.predict(X), rtol=1e-5)


def test_tails_equal_values_computed_by_hand():
    # median 2; quartiles 1 and 3 are 0.6745 deviations from it
    X = np.array([[0.0], [1.0], [1.0], [2.0], [2.0], [3.0], [3.0], [1000.0]])
    z = 0.6745 * (X - 2)
    z[-1] = 3 * (1 + np.log(z[-1] / 3))
    assert_allclose(Tails.fit(X, None).transform(X), z)


def test_tails_are_the_same_on_either_side():
    X = np.random.RandomState(0).standard_cauchy((301, 3))
    assert_allclose(Tails.fit(-X, None).transform(-X), -Tails.fit(X, None).transform(X))


def test_tails_keep_the_order():
    X = np.sort(np.random.RandomState(0).standard_cauchy((500, 2)), axis=0)
    z = Tails.fit(X, None).transform(X)
    assert (np.diff(z, axis=0) > 0).all() and np.abs(z).max() < 60 < np.abs(X).max()


def test_whole_weights_are_repeated_rows():
    rng = np.random.RandomState(0)
    X, weight = rng.standard_cauchy((41, 3)), rng.randint(1, 4, 41)
    assert_array_equal(Tails.fit(X, weight.astype(float)).transform(X),
                       Tails.fit(np.repeat(X, weight, axis=0), None).transform(X))


@pytest.mark.parametrize("column", [
    np.zeros(50), np.r_[np.zeros(45), 1e3 * np.arange(1, 6)], np.r_[np.zeros(49), 1e300],
    np.r_[np.zeros(49), 5e-324], 1e-310 * np.arange(50), np.repeat([-1e300, 1e300], 25),
    6.8e306 * np.arange(-25, 25),
], ids=["constant", "mostly zero", "one huge", "one denormal", "denormals", "two huge",
        "all there is"])
@pytest.mark.parametrize("weighted", [False, True])
def test_unusual_columns_are_scaled_to_finite_values(column, weighted):
    weight = np.arange(1.0, 51.0) if weighted else None
    model = quick(max_iter=2).fit(column[:, None], np.arange(50.0), weight)
    assert np.isfinite(model.predict(column[:, None])).all()
    rows = Rows(column[:, None], np.arange(50.0)[:, None], weight)
    z = Scaling(True, True).fit(rows).scale_features(column[:, None])
    assert np.isfinite(z).all()
    assert (np.diff(z[np.argsort(column), 0]) >= 0).all()


CONSTANT = {
    "zero": (0.0, 1.0), "a number": (7.0, 8.0), "a year": (2025.0, 2026.0),
    "rounded": (1 + np.random.RandomState(1).randint(-3, 4, 200) * 2.0 ** -52, 1.2),
    "rounded, large": (1e12 + np.random.RandomState(1).randint(-3, 4, 200) * 2.0 ** -12, 1.2e12),
}


@pytest.mark.parametrize("scaled", [True, "standard"])
@pytest.mark.parametrize("embedding", ["periodic", None])
@pytest.mark.parametrize("values, later", CONSTANT.values(), ids=list(CONSTANT))
def test_a_column_constant_in_training_is_ignored_later(values, later, embedding, scaled):
    X, y = smooth_table(200)
    with_constant, changed = (np.column_stack((X, np.broadcast_to(column, 200)))
                              for column in (values, later))
    model = quick(scale_features=scaled, embedding=embedding, early_stopping="auto",
                  blend="ridge", max_iter=20).fit(with_constant, y)
    assert_allclose(model.predict(changed), model.predict(with_constant), rtol=1e-6)


def test_partial_fit_learns_a_column_that_was_constant_before():
    X, y = smooth_table(200)
    y = (y - y.mean()) / y.std()
    flag = np.arange(200) % 2
    model = quick(scale_target=False, batch_size=50).partial_fit(
        np.column_stack((X, np.zeros(200))), y)
    for _ in range(150):
        model.partial_fit(np.column_stack((X, flag)), y + 3 * flag)
    low, high = (model.predict(np.column_stack((X, np.full(200, one)))) for one in (0, 1))
    assert_allclose((high - low).mean(), 3, atol=0.5)


@pytest.mark.parametrize("column, is_numeric", [
    (1e9 + 1e5 * np.random.RandomState(0).normal(size=200), True),
    (1e6 + np.arange(200) % 2, False), (1.6e7 + np.arange(200) % 9, True),
    (20260101 + np.arange(200) % 31, True)], ids=["far from zero", "two", "nine", "dates"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_that_differ_in_the_last_digits_are_not_constant(column, is_numeric, dtype):
    X = column[:, None].astype(dtype)
    scaling = Scaling(True, True).fit(Rows(X, np.arange(200.0)[:, None]))
    assert scaling.constant == () and bool(scaling.numeric) == is_numeric
    z = scaling.scale_features(X).astype(np.float32)
    assert 0.5 < z.std() < 2 and len(np.unique(z)) == len(np.unique(X))


@pytest.mark.parametrize("factor", [1e160, 1e300, 1e-200, 1e-290])
def test_targets_whose_squares_overflow_or_vanish_are_learned(factor):
    X, y = smooth_table(60)
    y = y / 100
    expected = quick(max_iter=20).fit(X, np.column_stack((y, y))).predict(X)
    model = quick(max_iter=20).fit(X, np.column_stack((y, y * factor)))
    assert_allclose(model.predict(X) / [1, factor], expected, rtol=1e-6)
    assert np.isfinite(model.loss_curve_).all()


def test_columns_constant_in_a_fold_are_ignored_only_there():
    X, y = smooth_table(53)
    X = np.column_stack((X, np.arange(53) < 18, np.arange(53) >= 36)).astype(float)
    settings = {"hidden_layer_sizes": (6,), "n_estimators": 2, "max_iter": 15, "blend": None,
                "random_state": 0}
    found = GARRegressorCV(alphas=(1.0, 10.0), learning_rates=(0.03,), cv=3, refit=False,
                           **settings).fit(X, y).cv_results_
    expected = GridSearchCV(GARRegressor(learning_rate=0.03, **settings),
                            {"alpha": [1.0, 10.0]}, cv=3, refit=False).fit(X, y)
    for split in range(3):
        assert_allclose(found[f"split{split}_test_score"],
                        expected.cv_results_[f"split{split}_test_score"], rtol=1e-9)


def test_tails_keep_single_precision():
    X = np.random.RandomState(0).standard_cauchy((50, 2)).astype(np.float32)
    assert Tails.fit(X, None).transform(X).dtype == np.float32


def test_a_sample_of_many_values_gives_the_quartiles(monkeypatch):
    X = np.random.RandomState(0).normal(3, 2, size=(20_000, 2))
    whole = Scaling(True, True).fit(Rows(X, X[:, :1])).tails
    monkeypatch.setattr(pieces, "_VALUES_IN_PIECE", 8_000)
    part = Scaling(True, True).fit(Rows(X, X[:, :1], np.ones(len(X)))).tails
    assert_allclose(part.median, whole.median, atol=0.15)
    assert_allclose(part.spread, whole.spread, rtol=0.08)


@pytest.mark.parametrize("values", [(0, 1), (-5, 20), (0, 1e8)])
@pytest.mark.parametrize("n_rare", [1, 40, 50])
def test_columns_of_two_values_are_scaled_two_apart(values, n_rare):
    X = np.random.RandomState(0).normal(size=(100, 2))
    X[:, 1] = np.repeat(values, [100 - n_rare, n_rare])
    scaling = Scaling(True, True).fit(Rows(X, X[:, :1]))
    scaled = scaling.scale_features(X)
    assert_allclose(scaled.mean(0), 0, atol=1e-9)
    assert_allclose(np.ptp(scaled[:, 1]), 2)
    assert_allclose(scaled[:, 0].std(), 1)


def test_outliers_do_not_hide_the_other_values():
    X, y = smooth_table(400, seed=3)
    with_outliers = X[:300].copy()
    with_outliers[5, 0], with_outliers[17, 1], with_outliers[40, 2] = 1e6, -1e7, 1e8

    def error(scale_features):
        model = quick(scale_features=scale_features).fit(with_outliers, y[:300])
        return np.mean((model.predict(X[300:]) - y[300:]) ** 2) / np.var(y[300:])
    assert error(True) < 0.2 < 0.6 < error("standard")


def test_a_skewed_feature_predicts_as_well():
    X, y = smooth_table(400, seed=3)
    skewed = np.exp(0.7 * X)
    plain, from_skewed = (quick().fit(features[:300], y[:300]).predict(features[300:])
                          for features in (X, skewed))
    assert spearmanr(from_skewed, y[300:])[0] > spearmanr(plain, y[300:])[0] - 0.1
