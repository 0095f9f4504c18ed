"""fit starts afresh, or continues with warm_start=True."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import KFold

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import assert_same_state, fitted_state, one_or_many_batches, quick, r2


@one_or_many_batches
def test_fit_starts_afresh(batches):
    X, y = smooth_table()
    model = quick(**batches).fit(X, y)
    first, state = model.predict(X), fitted_state(model)
    model.fit(X[:, :2], y, X_val=X[:10, :2], y_val=y[:10])
    model.partial_fit(X[:, :2], y)
    model.fit(X, y)
    assert_array_equal(model.predict(X), first)
    assert_same_state(model, state)
    assert model.n_iter_ == 15 and model.loss_curve_.shape == (15,)


@one_or_many_batches
def test_warm_start_continues_training(batches):
    X, y = smooth_table()
    model = quick(warm_start=True, lr_schedule="constant", learning_rate=0.005, **batches)
    cold = quick(lr_schedule="constant", learning_rate=0.005, **batches).fit(X, y)
    assert_array_equal(model.fit(X, y).predict(X), cold.predict(X))
    curves, scores = [model.loss_curve_], [r2(model, X, y)]
    for _ in range(3):
        model.fit(X, y)
        curves.append(model.loss_curve_)
        scores.append(r2(model, X, y))
        assert len(model.loss_curve_) == model.n_iter_
    # other batches in every call, so the loss goes on from about where it was
    fall = curves[0][0] - curves[0][-1]
    for before, after in zip(curves, curves[1:]):
        assert after[0] <= before[-1] + 0.1 * fall
        assert after[-1] < before[-1]
    assert scores == sorted(scores)


def test_warm_start_keeps_the_scaling():
    X, y = smooth_table()
    model = quick(warm_start=True, learning_rate=0.005).fit(X, y)
    before = model.predict(X)
    # the steps are too small to change the network, so only the scaling could
    model.set_params(learning_rate=1e-12).fit(X + 100, 50 * y)
    assert_allclose(model.predict(X), before, rtol=1e-6)


def test_warm_start_with_validation_data_keeps_the_best_of_its_own_epochs():
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y, X_val=X[:10], y_val=y[:10])
    model.fit(X, y, X_val=X[:10], y_val=y[:10])
    assert model.validation_loss_curve_.shape == (model.n_iter_,)
    assert r2(model, X, y) > 0.3


@pytest.mark.parametrize("change", [
    {"hidden_layer_sizes": (7,)},
    {"hidden_layer_sizes": (6, 6)},
    {"n_estimators": 3},
    {"scale_features": False},
    {"scale_target": False},
], ids=repr)
def test_warm_start_requires_the_same_network_and_scaling(change):
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y)
    before = model.predict(X)
    (name,) = change
    with pytest.raises(ValueError, match=f"{name}|warm_start"):
        model.set_params(**change).fit(X, y)
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("before, change, got", [
    ({}, {"n_estimators": 6}, "got n_estimators=6 after 4;"),
    ({"n_estimators": 3}, {"n_estimators": "auto"}, "got n_estimators=4 after 3;"),
    ({}, {"hidden_layer_sizes": (7,)}, "got hidden_layer_sizes=(7,) after (128, 256, 128, 64);"),
    ({"hidden_layer_sizes": 7}, {"hidden_layer_sizes": [7, 6], "activation": "elu"},
     "got hidden_layer_sizes=(7, 6) after (7,), activation='elu' after 'relu';"),
    ({"activation": "elu"}, {"activation": "tanh", "embedding": None},
     "got activation='tanh' after 'elu', embedding=None after 'periodic';"),
    ({}, {"validation_split": "kfold", "n_estimators": 2}, "got n_estimators=2 after 4;"),
    ({}, {"validation_split": KFold(3)}, "got n_estimators=3 after 4;"),
], ids=repr)
def test_warm_start_names_the_parameters_that_changed(before, change, got):
    X, y = smooth_table()
    model = GARRegressor(warm_start=True, max_iter=1, random_state=0, **before).fit(X, y)
    with pytest.raises(ValueError, match=re.escape(got)) as caught:
        model.set_params(**change).fit(X, y)
    assert "\n" not in str(caught.value) and "warm_start=False" in str(caught.value)


def test_warm_start_takes_the_same_network_in_other_words():
    X, y = smooth_table()
    model = GARRegressor(warm_start=True, max_iter=1, hidden_layer_sizes=(7,)).fit(X, y)
    model.set_params(hidden_layer_sizes=[7], n_estimators=4).fit(X, y)
    assert model.n_estimators_ == 4


@pytest.mark.parametrize("change, message", [
    (lambda X, y: (X[:, :2], y), "2 features.*3 features"),
    (lambda X, y: (X, np.column_stack([y, y])), "target"),
    (lambda X, y: (X, y[:, None]), "target"),
])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_continued_training_requires_the_same_shapes(method, change, message):
    X, y = smooth_table()
    model = quick(warm_start=True).fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*change(X, y))
    assert_array_equal(model.predict(X), before)
    assert_same_state(model, state)
