"""Losses over features train a network as torch's autograd and optimisers do."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gar import GARRegressor, losses
from sklearn_gar.losses.latent import functional as L
from tests.data import smooth_table
from tests.losses.latent.training import (
    MODERATE,
    Recorder,
    X,
    assert_same_weights,
    each_solver,
    fit_as_by_hand,
    one_or_many_batches,
    quick,
    recorded,
    train_by_hand,
    untrained,
    weights_of,
    y,
)


@each_solver
@pytest.mark.parametrize("name, loss", [
    ("conr", L.conr_loss), ("ranksim", L.ranksim_loss)])
def test_a_loss_trains_as_by_hand(name, loss, solver):
    model = fit_as_by_hand(loss=name, solver=solver)
    network = untrained(model)
    values = train_by_hand(network, solver, loss, 10)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)


@each_solver
@pytest.mark.parametrize("max_iter, n_first", [(10, 5), (5, 2), (2, 1), (1, 0)])
def test_rnc_trains_in_two_stages_as_by_hand(solver, max_iter, n_first):
    model = fit_as_by_hand(loss="rnc", solver=solver, max_iter=max_iter)
    network = untrained(model)
    body = list(network.parameters())[:-2]
    values = train_by_hand(network, solver, L.rnc_loss, n_first, body)

    def absolute_error(prediction, target, features):
        return (prediction - target).abs().mean((-2, -1))
    values += train_by_hand(network, solver, absolute_error, max_iter - n_first)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)


@each_solver
@one_or_many_batches
def test_pretraining_leaves_the_output_layer_alone(solver, batches):
    model = quick(loss="rnc", solver=solver, weight_decay=0.1, skorch_callbacks=[Recorder()],
                  **batches)
    weights = recorded(model.fit(X, y))
    for epoch in range(1, 6):
        for layer, (first, now) in enumerate(zip(weights[0], weights[epoch])):
            assert np.array_equal(first, now) == (layer >= 4)
    for first, now in zip(weights[0], weights[6]):
        assert not np.array_equal(first, now)


@pytest.mark.parametrize("loss", ["conr", MODERATE["ranksim"], "rnc"], ids=str)
@each_solver
@one_or_many_batches
def test_learns_more_than_the_mean(loss, solver, batches):
    X, y = smooth_table(120, seed=1)
    model = quick(loss=loss, solver=solver, max_iter=80, **batches).fit(X[:90], y[:90])
    prediction = model.predict(X[90:])
    assert np.corrcoef(prediction, y[90:])[0, 1] > 0.8
    assert model.score(X[90:], y[90:]) > 0.3


@pytest.mark.parametrize("loss", ["conr", MODERATE["ranksim"], "rnc"], ids=str)
def test_learns_with_the_default_network(loss):
    X, y = smooth_table(300, seed=1)
    model = GARRegressor(loss=loss, n_estimators=2, max_iter=30, random_state=0)
    assert model.fit(X[:200], y[:200]).score(X[200:], y[200:]) > 0.5


@pytest.mark.parametrize("name, module", [
    ("conr", losses.ConRLoss()), ("ranksim", losses.RankSimLoss()), ("rnc", losses.RNCLoss())])
@one_or_many_batches
@pytest.mark.parametrize("n_targets", [None, 2])
def test_a_module_trains_as_its_name_does(name, module, batches, n_targets):
    X, y = smooth_table(61, n_targets=n_targets)
    before = pickle.dumps(module)
    expected = quick(loss=name, **batches).fit(X, y).predict(X)
    assert_array_equal(quick(loss=module, **batches).fit(X, y).predict(X), expected)
    assert pickle.dumps(module) == before


@pytest.mark.parametrize("module", [
    losses.ConRLoss(beta=4.0), losses.ConRLoss(window=0.2), losses.ConRLoss(temperature=1.0),
    losses.RankSimLoss(gamma=1.0), losses.RankSimLoss(interpolation=0.5),
    losses.RNCLoss(temperature=0.5)], ids=repr)
def test_settings_count(module):
    default = quick(loss=type(module)()).fit(X, y).predict(X)
    assert not np.allclose(quick(loss=module).fit(X, y).predict(X), default, rtol=1e-4)


@pytest.mark.parametrize("make, settings", [
    (lambda each: losses.ConRLoss(beta=each), (0.2, 4.0)),
    (lambda each: losses.RankSimLoss(gamma=each), (1.0, 100.0)),
    (lambda each: losses.RankSimLoss(interpolation=each), (0.5, 2.0)),
    (lambda each: losses.RNCLoss(temperature=each), (1.0, 4.0))])
def test_settings_of_each_network(make, settings):
    together = quick(loss=make(torch.tensor(settings)), max_iter=6).fit(X, y)
    for member, setting in enumerate(settings):
        alone = quick(loss=make(setting), max_iter=6).fit(X, y)
        for ours, theirs in zip(weights_of(together.net_), weights_of(alone.net_)):
            assert_allclose(ours[member], theirs[member], rtol=1e-6, atol=1e-9)


class Shrinking(torch.nn.Module):
    """Squared error and the mean square of the features."""

    takes_features = True

    def forward(self, input, target, weight=None, *, features):
        return self.validation_loss(input, target) + features.square().mean((-2, -1))

    @staticmethod
    def validation_loss(input, target, weight=None):
        return (input - target).square().mean((-2, -1))


@each_solver
def test_a_loss_of_ones_own_over_features(solver):
    model = fit_as_by_hand(loss=Shrinking(), solver=solver)
    network = untrained(model)
    values = train_by_hand(network, solver, Shrinking(), 10)
    assert_same_weights(model, network)
    assert_allclose(model.loss_curve_, values, rtol=1e-6)
    model.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert np.isfinite(model.validation_loss_curve_).all()


class Unscored(Shrinking):
    validation_loss = property()


def test_a_loss_over_features_scores_predictions():
    with pytest.raises(ValueError, match="takes features.*must have a method validation_loss"):
        quick(loss=Unscored()).fit(X, y)
