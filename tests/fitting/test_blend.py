"""What ridge regressions add to the networks' predictions."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor
from sklearn_gar.losses import SquaredErrorLoss
from tests import oracles
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


LOSSES = {
    "squared_error": lambda f, y, w: np.average((f - y) ** 2, weights=w),
    "absolute_error": lambda f, y, w: np.average(np.abs(f - y), weights=w),
    "normalized_pairwise_difference": lambda f, y, w: oracles.normalized_pairwise_difference(
        f[:, None], y[:, None], w),
    "gar": lambda f, y, w: oracles.gar(f[:, None], y[:, None], w, alpha=10.0),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_share_has_the_lowest_loss_on_the_validation_rows(loss, n_targets, weighted):
    X, y = linear_table(160, 6, 1.0, 10, n_targets)
    y = y + 2 * np.abs(X[:, 0]).reshape(-1, *[1] * (y.ndim - 1))
    weight = np.random.RandomState(1).uniform(0.1, 3, 60) if weighted else np.ones(60)
    held_out = {"X_val": X[:60], "y_val": y[:60], "sample_weight_val": weight}
    model, alone = (quick(n_estimators=1, loss=loss, max_iter=30, blend=blend).fit(
        X[60:], y[60:], **held_out) for blend in ("ridge", None))
    assert_array_equal(alone.ridge_share_, np.zeros(n_targets or 1))
    network, blended, truth = (np.reshape(one, (60, -1)) for one in
                               (alone.predict(X[:60]), model.predict(X[:60]), y[:60]))
    assert model.ridge_share_.any()
    for target, share in enumerate(model.ridge_share_):
        p = network[:, target]
        if share == 0:
            assert_allclose(blended[:, target], p)
            continue
        ridge = p + (blended[:, target] - p) / share
        # the prediction that is mixed in is linear in the features
        assert_allclose(LinearRegression().fit(X[:60], ridge).predict(X[:60]), ridge, atol=1e-4)
        scale = y[60:].reshape(100, -1)[:, target].std()

        def value(share):
            prediction = p + share * (ridge - p)
            return LOSSES[loss](prediction / scale, truth[:, target] / scale, weight)
        best = min(map(value, np.linspace(0, 1, 201)))
        assert value(share) - best < 1e-3 * abs(value(0) - value(1)) + 1e-6


def test_a_users_loss_chooses_the_share():
    class Pinball(torch.nn.Module):
        def forward(self, input, target, weight=None):
            error = target - input
            return torch.maximum(0.9 * error, -0.1 * error).mean((-2, -1))

    X, y = linear_table(1500, 3, 1.0, 0)
    model = quick(loss=Pinball(), batch_size=128, n_iter_no_change=None).fit(X[:1000], y[:1000])
    below = np.mean(y[1000:] <= model.predict(X[1000:]))
    assert 0.8 < below < 0.97  # half of the targets are below the ridge's predictions


def test_a_loss_module_has_one_share_for_all_targets():
    X, y = linear_table(100, 6, 2.0, 1, 2)
    shares = quick(loss=SquaredErrorLoss(), max_iter=200).fit(X, y).ridge_share_
    assert shares[0] == shares[1] > 0


def test_the_ridge_equals_scikit_learns():
    X, y = linear_table(150, 6, 3.0, 1)
    X, X_val, y, y_val = X[:90], X[90:], y[:90], y[90:]
    model, alone = (quick(n_estimators=1, max_iter=200, batch_size=1000, blend=blend).fit(
        X, y, X_val=X_val, y_val=y_val) for blend in ("ridge", None))
    share = model.ridge_share_[0]
    ridge = (model.predict(X) - (1 - share) * alone.predict(X)) / share
    Z = StandardScaler().fit(X)
    expected = RidgeCV(90 * np.logspace(-5, 3, 9)).fit(Z.transform(X), (y - y.mean()) / y.std())
    assert_allclose(ridge, y.mean() + y.std() * expected.predict(Z.transform(X)), rtol=1e-6)


def test_a_linear_function_is_predicted_by_the_ridge():
    X, y = linear_table(200, 20, 5.0, 0)
    model = quick(hidden_layer_sizes=(128, 128), max_iter=200, n_iter_no_change=None).fit(X, y)
    assert model.ridge_share_[0] > 0.5


def test_a_curve_is_predicted_by_the_networks():
    X, y = smooth_table(500, seed=1)
    y = np.abs(X[:, 0]) + X[:, 1] * X[:, 2]
    model = quick(hidden_layer_sizes=(64, 32), max_iter=150).fit(X, y)
    assert model.ridge_share_[0] < 0.1


def test_without_rows_held_out_there_is_no_ridge():
    X, y = linear_table(100, 4, 1.0, 0)
    settings = {"early_stopping": False, "max_iter": 5}
    model = quick(**settings).fit(X, y)
    assert_array_equal(model.ridge_share_, [0.0])
    assert_array_equal(model.predict(X), quick(blend=None, **settings).fit(X, y).predict(X))


def test_partial_fit_trains_the_networks_alone():
    X, y = linear_table(100, 20, 5.0, 1)
    model, alone = (quick(max_iter=200, blend=blend).fit(X, y) for blend in ("ridge", None))
    assert model.ridge_share_[0] > 0
    share = model.ridge_share_.copy()
    networks = [fitted.partial_fit(X, -y).net_.module_.parameters() for fitted in (model, alone)]
    for with_ridge, without in zip(*networks):
        assert torch.equal(with_ridge, without)
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
