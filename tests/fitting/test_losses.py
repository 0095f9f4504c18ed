"""Losses by name and as modules, trained by the regressor."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from sklearn_gar import losses
from sklearn_gar.losses import GARLoss
from tests.data import smooth_table
from tests.regressors import (
    SHIFT_INVARIANT,
    each_loss_of_predictions,
    each_solver,
    one_or_many_batches,
    quick,
    r2,
)


@each_loss_of_predictions
@each_solver
@one_or_many_batches
def test_every_loss_learns_more_than_the_mean(loss, solver, batches):
    X, y = smooth_table(120, seed=1)
    model = quick(loss=loss, solver=solver, max_iter=60, **batches).fit(X[:90], y[:90])
    prediction = model.predict(X[90:])
    assert np.corrcoef(prediction, y[90:])[0, 1] > 0.8
    if loss not in SHIFT_INVARIANT:  # they leave the level, or level and scale, open
        assert r2(model, X[90:], y[90:]) > 0.3


@each_loss_of_predictions
def test_loss_curve_falls_and_ends_at_the_loss_of_the_model(loss):
    X, y = smooth_table()
    model = quick(loss=loss, n_estimators=1, lr_schedule="step", max_iter=40).fit(X, y)
    assert model.loss_curve_.shape == (40,)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    # the curve has the loss before each step; the last steps are a hundredth of the first
    prediction, target = (torch.tensor((values - y.mean()) / y.std())
                          for values in (model.predict(X), y))
    module = losses.GARLoss(10.0) if loss == "gar" else losses.LOSSES[loss]()
    assert model.loss_curve_[-1] == pytest.approx(module(prediction, target).item(), rel=0.02)


def test_alpha_of_infinity_is_the_limit_of_large_alpha():
    X, y = smooth_table()
    far, limit = (quick(alpha=alpha).fit(X, y).predict(X) for alpha in (1e9, float("inf")))
    assert_allclose(far, limit, rtol=1e-6)
    assert not np.allclose(quick(alpha=0.1).fit(X, y).predict(X), limit, rtol=1e-3)


@pytest.mark.parametrize("name, module", [
    ("gar", losses.GARLoss(10.0)),
    ("huber", losses.HuberLoss(1.0)),
    ("huber", torch.nn.SmoothL1Loss()),
    ("squared_error", torch.nn.MSELoss()),
    ("absolute_error", torch.nn.L1Loss()),
    ("mae_pearson", losses.MAEPearsonLoss()),
])
@one_or_many_batches
def test_a_module_trains_as_its_name_does(name, module, batches):
    X, y = smooth_table(n_targets=2)
    by_name = quick(loss=name, max_iter=5, **batches).fit(X, y).predict(X)
    by_module = quick(loss=module, max_iter=5, **batches).fit(X, y).predict(X)
    assert_allclose(by_module, by_name, rtol=1e-5)


@pytest.mark.parametrize("module", [losses.HuberLoss(delta=0.5), torch.nn.SmoothL1Loss()],
                         ids=repr)
def test_parameters_of_a_loss_module_are_used_and_the_module_is_not_modified(module):
    X, y = smooth_table()
    before = pickle.dumps(module)
    model = quick(loss=module).fit(X, y)
    assert model.loss is module
    assert pickle.dumps(module) == before
    assert not np.array_equal(model.predict(X), quick(loss="squared_error").fit(X, y).predict(X))


def test_delta_is_in_units_of_the_scaled_target():
    X, y = smooth_table()
    one, other = (quick(loss=losses.HuberLoss(delta=0.5)).fit(X, scale * y).predict(X) / scale
                  for scale in (1.0, 1000.0))
    assert_allclose(one, other, rtol=1e-6)


def test_a_loss_may_hold_one_setting_for_each_network():
    X, y = smooth_table(60)
    model = quick(loss=GARLoss(torch.tensor([1.0, 5.0]))).fit(X, y)
    alone = [quick(alpha=alpha).fit(X, y).net_ for alpha in (1.0, 5.0)]
    rows = torch.zeros(1, 3, dtype=torch.float64)
    assert_allclose(model.net_.member_outputs(rows), torch.stack(
        [net.member_outputs(rows)[member] for member, net in enumerate(alone)]), rtol=1e-6)
    with pytest.raises(ValueError, match="loss must have one alpha, or one for each of the 3"):
        quick(loss=GARLoss(torch.tensor([1.0, 2.0])), n_estimators=3).fit(X, y)
    with pytest.raises(ValueError, match="has a setting for each; pass blend=None"):
        quick(loss=GARLoss(torch.tensor([1.0, 2.0])), blend="ridge", early_stopping=True
              ).fit(X, y)
    # validated by the absolute error, whatever its settings
    model = quick(loss=losses.ConRLoss(torch.tensor([1.0, 2.0])), blend="ridge",
                  early_stopping=True).fit(X, y)
    assert np.isfinite(model.ridge_share_).all()


@pytest.mark.parametrize("made", [
    lambda loss: loss.mean(), lambda loss: loss[:1], lambda loss: loss[:, None]])
def test_a_loss_that_returns_another_shape_is_refused(made):
    class Odd(torch.nn.Module):
        def forward(self, input, target, weight=None):
            return made((input - target).abs().mean((-2, -1)))

    X, y = smooth_table(60)
    message = r"must return one value for each network, .* shape \(2,\), got"
    with pytest.raises(ValueError, match=message):
        quick(loss=Odd()).fit(X, y)
