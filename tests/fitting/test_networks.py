"""The stack of networks: what it learns, its members and their learning rates."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from tests.data import smooth_table
from tests.regressors import (
    ONE_BATCH,
    Listener,
    each_solver,
    listener_of,
    one_or_many_batches,
    quick,
    r2,
)


@pytest.mark.parametrize("n_targets", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_linear_network_recovers_least_squares(n_targets, weighted, solver):
    X, y = smooth_table(40, n_targets=n_targets, noise=2.0)
    weight = np.random.RandomState(1).uniform(0.2, 3, size=40) if weighted else None
    model = quick(loss="squared_error", hidden_layer_sizes=(), weight_decay=0, solver=solver,
                  learning_rate=0.1, max_iter=400)
    model.fit(X, y, sample_weight=weight)
    root = np.sqrt(np.ones(40) if weight is None else weight)
    columns = np.column_stack([X, np.ones(40)]) * root[:, None]
    solution = np.linalg.lstsq(columns, (y.T * root).T, rcond=None)[0]
    assert_allclose(model.predict(X), np.column_stack([X, np.ones(40)]) @ solution, rtol=1e-6)


@pytest.mark.parametrize("activation", ["elu", "identity", "logistic", "relu", "tanh"])
@pytest.mark.parametrize("lr_schedule", ["constant", "cosine", "step"])
def test_every_activation_and_schedule_learns(activation, lr_schedule):
    X, y = smooth_table(120, seed=1)
    model = quick(activation=activation, lr_schedule=lr_schedule, max_iter=120)
    assert r2(model.fit(X[:90], y[:90]), X[90:], y[90:]) > 0.5


@pytest.mark.parametrize("lr_schedule, rates", [
    ("constant", [1, 1, 1, 1, 1, 1, 1, 1]),
    ("step", [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]),
    ("cosine", [(1 + np.cos(np.pi * epoch / 8)) / 2 for epoch in range(8)]),
])
@one_or_many_batches
def test_learning_rate_of_each_epoch(lr_schedule, rates, batches):
    X, y = smooth_table(40)
    model = quick(lr_schedule=lr_schedule, learning_rate=0.02, max_iter=8,
                  skorch_callbacks=[Listener()], **batches).fit(X, y)
    seen = [rate for _, rate in listener_of(model).batches_]
    n_batches = len(seen) // 8
    assert n_batches == (1 if batches is ONE_BATCH else 2)
    assert_allclose(seen[::n_batches], 0.02 * np.array(rates), rtol=1e-6)


def predictions_of_networks(model, X_train, y_train, X):
    """Predictions (m, n) of the single networks, scaled and unscaled by hand."""
    dtype = next(model.net_.module_.parameters()).dtype
    rows = torch.tensor((X - X_train.mean(0)) / X_train.std(0), dtype=dtype)
    with torch.no_grad():
        prediction = model.net_.module_(rows)[..., 0].numpy()
    return prediction.astype(float) * y_train.std() + y_train.mean()


@one_or_many_batches
def test_prediction_is_the_mean_of_the_networks(batches):
    X, y = smooth_table()
    model = quick(n_estimators=5, **batches).fit(X, y)
    networks = predictions_of_networks(model, X, y, X)
    assert networks.shape == (5, len(X))
    assert np.min(np.std(networks, axis=0)) > 0
    assert_allclose(model.predict(X), networks.mean(0), rtol=1e-5)


@pytest.mark.parametrize("loss", ["gar", "squared_error", "mae_pearson"])
@each_solver
@one_or_many_batches
@pytest.mark.parametrize("weighted", [False, True])
def test_first_network_is_the_same_in_any_stack(loss, solver, batches, weighted):
    X, y = smooth_table(45)
    weight = np.arange(1.0, 46.0) if weighted else None
    settings = {"loss": loss, "solver": solver, "max_iter": 10, **batches}
    stack, alone = (quick(n_estimators=n, **settings).fit(X, y, weight) for n in (3, 1))
    if weighted:
        parameters = [zip(*(model.net_.module_.parameters() for model in (stack, alone)))]
        for beside, single in parameters[0]:
            assert_allclose(beside[:1].detach(), single.detach(), rtol=1e-3, atol=1e-5)
    else:
        (single,) = predictions_of_networks(alone, X, y, X)
        assert_allclose(single, alone.predict(X), rtol=1e-6)
        assert_allclose(predictions_of_networks(stack, X, y, X)[0], single, rtol=1e-4)


def test_networks_differ_in_initial_weights_and_in_the_order_of_rows():
    X, y = smooth_table()
    model = quick(n_estimators=2, learning_rate=1e-9, max_iter=1).fit(X, y)
    for parameter in model.net_.module_.parameters():
        assert not torch.equal(parameter[0], parameter[1])
    orders = quick(n_estimators=2, batch_size=8, max_iter=1,
                   skorch_callbacks=[Listener()]).fit(X, y)
    batches = [batch for batch, _ in listener_of(orders).batches_]
    assert not torch.equal(batches[0][0], batches[0][1])
