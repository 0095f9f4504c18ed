"""What ridge regressions add to the networks' predictions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor
from tests.data import PLAIN, smooth_table


def quick(**settings):
    return GARRegressor(**{**PLAIN, "blend": "ridge", "hidden_layer_sizes": (16, 8),
                           "n_estimators": 2, "max_iter": 60, "learning_rate": 0.01,
                           "early_stopping": "auto", "random_state": 0, **settings})


def linear_table(n_rows, n_features, noise, seed, n_targets=None):
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, size=(n_rows, n_features))
    size = (n_features,) if n_targets is None else (n_features, n_targets)
    y = X @ rng.normal(size=size)
    return X, y + noise * rng.normal(size=y.shape)


def rmse(model, X, y):
    return np.sqrt(np.mean((model.predict(X) - y) ** 2))


@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_share_fits_the_validation_rows_best(n_targets, weighted):
    X, y = linear_table(160, 6, 1.0, 10, n_targets)
    y = y + 2 * np.abs(X[:, 0]).reshape(-1, *[1] * (y.ndim - 1))
    weight = np.random.RandomState(1).uniform(0.1, 3, 60) if weighted else np.ones(60)
    held_out = {"X_val": X[:60], "y_val": y[:60], "sample_weight_val": weight}
    model, alone = (quick(n_estimators=1, blend=blend).fit(X[60:], y[60:], **held_out)
                    for blend in ("ridge", None))
    assert_array_equal(alone.ridge_share_, np.zeros(n_targets or 1))
    network, blended, truth = (np.reshape(one, (60, -1)) for one in
                               (alone.predict(X[:60]), model.predict(X[:60]), y[:60]))
    for target, share in enumerate(model.ridge_share_):
        assert 0 < share < 1
        p = network[:, target]
        ridge = p + (blended[:, target] - p) / share
        # what is mixed in is linear in the features
        fit = LinearRegression().fit(X[:60], ridge)
        assert_allclose(fit.predict(X[:60]), ridge, atol=1e-5)

        def error(share):
            return weight @ (p + share * (ridge - p) - truth[:, target]) ** 2
        assert error(share) <= min(error(share - 1e-3), error(share + 1e-3))


def test_ridge_of_one_batch_is_that_of_scikit_learn():
    X, y = linear_table(90, 6, 1.0, 3)
    X_val, y_val = linear_table(60, 6, 1.0, 3)
    model, alone = (quick(n_estimators=1, blend=blend, batch_size=1000).fit(
        X, y, X_val=X_val, y_val=y_val) for blend in ("ridge", None))
    share = model.ridge_share_[0]
    ridge = (model.predict(X) - (1 - share) * alone.predict(X)) / share
    Z = StandardScaler().fit(X)
    expected = RidgeCV(90 * np.logspace(-5, 3, 17)).fit(Z.transform(X), (y - y.mean()) / y.std())
    assert_allclose(ridge, y.mean() + y.std() * expected.predict(Z.transform(X)), rtol=1e-6)


def test_a_linear_function_is_left_to_the_ridge():
    X, y = linear_table(200, 20, 5.0, 0)
    model = quick(hidden_layer_sizes=(128, 128), max_iter=200, n_iter_no_change=None).fit(X, y)
    assert model.ridge_share_[0] > 0.5


def test_a_curve_is_left_to_the_networks():
    X, y = smooth_table(500, seed=1)
    y = np.abs(X[:, 0]) + X[:, 1] * X[:, 2]
    model = quick(hidden_layer_sizes=(64, 32), max_iter=150).fit(X, y)
    assert model.ridge_share_[0] < 0.1


def test_without_rows_held_out_nothing_is_mixed_in():
    X, y = linear_table(100, 4, 1.0, 0)
    settings = {"early_stopping": False, "max_iter": 5}
    model = quick(**settings).fit(X, y)
    assert_array_equal(model.ridge_share_, [0.0])
    assert_array_equal(model.predict(X), quick(blend=None, **settings).fit(X, y).predict(X))


def test_partial_fit_keeps_the_blend():
    X, y = linear_table(100, 4, 1.0, 0)
    model = quick().fit(X, y)
    share = model.ridge_share_.copy()
    assert share[0] > 0
    model.partial_fit(X, y)
    assert_array_equal(model.ridge_share_, share)


@pytest.mark.slow
@pytest.mark.parametrize("n_rows, n_features, noise", [(50, 10, 1.0), (100, 30, 2.0),
                                                       (400, 20, 4.0)])
def test_defaults_do_not_collapse_where_ridge_regression_is_right(n_rows, n_features, noise):
    ratios = []
    for seed in range(3):
        X, y = linear_table(n_rows + 1000, n_features, noise, seed)
        train, test = slice(n_rows), slice(n_rows, None)
        ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 4, 15)))
        ours = GARRegressor(random_state=0)
        ratios.append(rmse(ours.fit(X[train], y[train]), X[test], y[test])
                      / rmse(ridge.fit(X[train], y[train]), X[test], y[test]))
    assert np.mean(ratios) < 1.1
