"""partial_fit trains one epoch a call, alone or after fit."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from skorch.callbacks import Callback

from sklearn_gar import GARRegressor
from sklearn_gar.losses import HuberLoss
from tests.data import smooth_table
from tests.regressors import (
    MANY_BATCHES,
    ONE_BATCH,
    Listener,
    each_solver,
    listener_of,
    one_or_many_batches,
    quick,
    r2,
    repeats,
)


def test_squared_error_learns_chunks_of_different_levels():
    rng = np.random.RandomState(0)
    y = np.r_[rng.rand(100), 5 + rng.rand(100)]
    X = (y[:, None] - y.mean()) / y.std()
    model = GARRegressor(loss="squared_error", n_estimators=1, random_state=0)
    for _ in range(100):
        model.partial_fit(X[:100], y[:100]).partial_fit(X[100:], y[100:])
    assert_allclose(model.predict(X), y, atol=0.1)


@one_or_many_batches
def test_partial_fit_learns_epoch_by_epoch(batches):
    X, y = smooth_table(90)
    model = quick(learning_rate=0.01, **batches)
    scores = []
    for _ in range(8):
        for _ in range(10):
            model.partial_fit(X, y)
        scores.append(r2(model, X, y))
    assert scores[-1] > 0.7
    assert scores[0] < scores[3] < scores[-1]
    assert len(model.loss_curve_) == model.n_iter_


def test_partial_fit_learns_from_a_stream():
    X, y = smooth_table(300)
    model = quick(learning_rate=0.01)
    for _ in range(20):
        for start in range(0, 300, 60):
            model.partial_fit(X[start:start + 60], y[start:start + 60])
    assert r2(model, X, y) > 0.7


@one_or_many_batches
def test_first_partial_fit_is_a_fit_of_one_epoch(batches):
    X, y = smooth_table()
    weight = repeats(len(X))
    model = quick(lr_schedule="constant", max_iter=1, **batches)
    assert_allclose(clone(model).partial_fit(X, y, weight).predict(X),
                    clone(model).fit(X, y, weight).predict(X), rtol=1e-5)


@each_solver
def test_epochs_of_partial_fit_are_those_of_fit_on_one_batch(solver):
    X, y = smooth_table(45)
    model = quick(lr_schedule="constant", max_iter=6, solver=solver, **ONE_BATCH)
    step_by_step = clone(model)
    for _ in range(6):
        step_by_step.partial_fit(X, y)
    assert_allclose(step_by_step.predict(X), model.fit(X, y).predict(X), rtol=1e-8)


def test_partial_fit_draws_a_new_order_in_every_call():
    X, y = smooth_table(40)
    model = quick(skorch_callbacks=[Listener()], n_estimators=1, **MANY_BATCHES)
    orders = []
    for _ in range(3):
        model.partial_fit(X, y)
        orders.append(listener_of(model).batches_[-2][0])
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[1], orders[2])


def test_partial_fit_uses_the_current_learning_rate():
    rates = []

    class Rates(Callback):
        def on_batch_end(self, net, training=None, **kwargs):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    X, y = smooth_table(64)
    model = quick(batch_size=16, lr_schedule="cosine", skorch_callbacks=[Rates()])
    for rate in (0.01, 0.01, 0.002):
        model.set_params(learning_rate=rate).partial_fit(X, y)
    assert rates == [0.01] * 8 + [0.002] * 4


@pytest.mark.parametrize("changed", [
    {"n_estimators": 3}, {"alpha": 2.0}, {"loss": "huber", "solver": "sgd"},
    {"loss": HuberLoss(0.5)}, {"scale_features": True}, {"hidden_layer_sizes": 7}], ids=str)
def test_partial_fit_refuses_changed_parameters(changed):
    X, y = smooth_table()
    model = quick().partial_fit(X, y)
    before = model.predict(X)
    named = ", ".join(f"{name}=.* after .*" for name in changed)
    if "n_estimators" in changed:
        named = "n_estimators=3 after 2"
    with pytest.raises(ValueError, match=f"must not change, got {named}; call fit"):
        model.set_params(**changed).partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)
    model.fit(X, y).partial_fit(X, y)


def test_partial_fit_accepts_equal_values_of_other_types():
    X, y = smooth_table()
    model = quick(alpha=10.0, hidden_layer_sizes=(16,), scale_target=True).partial_fit(X, y)
    model.set_params(alpha=np.float32(10), hidden_layer_sizes=[np.int64(16)],
                     n_estimators=np.int64(model.n_estimators), scale_target=np.True_,
                     device=torch.device("cpu")).partial_fit(X, y)
    model = quick(loss=HuberLoss(0.5)).partial_fit(X, y)
    model.set_params(loss=HuberLoss(0.5)).partial_fit(X, y)
    model.set_params(loss=Quantile(0.5)).fit(X, y).partial_fit(X, y)
    pickle.loads(pickle.dumps(copy.deepcopy(model))).partial_fit(X, y)
    for other in (Quantile(0.9), Quantile(0.5, np.arange(2000) % 7)):
        with pytest.raises(ValueError, match="got loss=Quantile.* after Quantile"):
            model.set_params(loss=other).partial_fit(X, y)


class NoRepresentation:
    """An object whose representation is its address."""


class Quantile(torch.nn.Module):
    """A user's loss whose representation does not show its level."""

    def __init__(self, level, steps=np.arange(2000) % 8):
        super().__init__()
        self.level = level
        self.object, self.function = NoRepresentation(), smooth_table
        self.register_buffer("steps", torch.from_numpy(steps))

    def forward(self, input, target, weight=None):
        error = target - input
        return torch.maximum(self.level * error, (self.level - 1) * error).mean((-2, -1))


def test_partial_fit_continues_a_fit():
    X, y = smooth_table()
    model = quick(max_iter=100).fit(X, y)
    before = r2(model, X, y)
    model.set_params(learning_rate=1e-4).partial_fit(X, y)
    assert r2(model, X, y) > before - 0.05
    assert before > 0.7


@pytest.mark.parametrize("early_stopping", [False, True])
def test_partial_fit_continues_a_fit_with_validation_data(early_stopping):
    X, y = smooth_table()
    model = quick(max_iter=60, early_stopping=early_stopping).fit(X, y, X_val=X, y_val=y)
    before = r2(model, X, y)
    model.set_params(early_stopping=False)
    for _ in range(3):
        model.partial_fit(X, y)
    assert r2(model, X, y) > before - 0.1
    assert before > 0.5


def test_partial_fit_does_not_change_earlier_copies():
    X, y = smooth_table()
    model = quick().partial_fit(X, y)
    earlier = copy.copy(model)
    before = earlier.predict(X)
    model.partial_fit(X, y)
    assert_array_equal(earlier.predict(X), before)
