"""What repeated calls of fit with warm_start and of partial_fit keep, and what they cost."""

import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import Listener, listener_of, quick, r2

# of one call: its loss in the curve, and a few bytes of numbers that get longer
BYTES_A_CALL = 32


def rows_of_batches(model):
    """Features (n, d) of all rows that the last call trained on, in their order."""
    return torch.cat([batch for batch, _ in listener_of(model).batches_])


def count_alive(kind):
    """Number of objects of a type that the garbage collector knows."""
    return sum(type(one) is kind for one in gc.get_objects())


def test_warm_start_trains_on_all_rows_in_time():
    X, y = smooth_table(250)
    model = quick(warm_start=True, max_iter=1, batch_size=128, n_estimators=1,
                  skorch_callbacks=[Listener()])
    # a row sits out a call with probability 122 / 250, all of 40 calls with 4e-13
    seen = torch.cat([rows_of_batches(model.fit(X, y)) for _ in range(40)])
    assert len(torch.unique(seen, dim=0)) == 250


def test_warm_start_draws_a_new_order_in_every_call_and_repeats_the_sequence():
    X, y = smooth_table(60)

    def orders():
        model = quick(warm_start=True, max_iter=2, skorch_callbacks=[Listener()], n_estimators=1,
                      batch_size=15)
        return [rows_of_batches(model.fit(X, y)) for _ in range(3)], model.predict(X)

    (first, second, third), prediction = orders()
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)
    again, same = orders()
    for one, other in zip((first, second, third), again):
        assert torch.equal(one, other)
    assert_array_equal(prediction, same)


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_the_pickle_does_not_grow_with_the_number_of_calls(method):
    X, y = smooth_table(60)
    model = quick(warm_start=True, max_iter=1)
    sizes = []
    for n_calls in (20, 100):
        for _ in range(n_calls):
            getattr(model, method)(X, y)
        sizes.append(len(pickle.dumps(model)))
    assert sizes[1] - sizes[0] < BYTES_A_CALL * 100


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_the_last_networks_are_freed_without_the_garbage_collector(method):
    X, y = smooth_table(60)
    model = getattr(quick(warm_start=True, max_iter=1), method)(X, y)
    gc.collect()
    n_networks = count_alive(type(model.net_.module_))
    last = weakref.ref(model.net_.module_)
    gc.disable()
    try:
        for _ in range(3):
            getattr(model, method)(X, y)
        assert last() is None or last() is model.net_.module_
        assert count_alive(type(model.net_.module_)) == n_networks
    finally:
        gc.enable()


def test_partial_fit_keeps_the_ridge():
    X, y = load_diabetes(return_X_y=True)
    model = GARRegressor(max_iter=60, random_state=0).fit(X, y)
    share, before = model.ridge_share_.copy(), model.predict(X)
    assert share[0] > 0.1
    # the steps are too small to change the networks
    model.set_params(learning_rate=1e-12).partial_fit(X, y)
    assert_array_equal(model.ridge_share_, share)
    assert_allclose(model.predict(X), before, rtol=1e-6)


def test_partial_fit_after_fit_does_not_predict_worse():
    X, y = load_diabetes(return_X_y=True)
    train, test = slice(300), slice(300, None)
    model = GARRegressor(random_state=1).fit(X[train], y[train])
    before = r2(model, X[test], y[test])
    model.set_params(learning_rate=1e-4).partial_fit(X[train], y[train])
    assert r2(model, X[test], y[test]) > before - 0.02


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
def test_the_momentum_of_a_fit_does_not_carry_partial_fit_away(solver):
    X, y = smooth_table(300, noise=0.3)
    train, test = slice(200), slice(200, None)
    # the best epoch is an early one, and the later ones lead far away from its weights
    settings = {"early_stopping": "auto", "batch_size": 50, "max_iter": 150, "solver": solver,
                "learning_rate": 0.01, "hidden_layer_sizes": (64, 64)}
    model = quick(**settings).fit(X[train], y[train])
    before = r2(model, X[test], y[test])
    momenta = [slots[model.net_.optimizer_.slots[0]].abs().max()
               for slots in model.net_.optimizer_.state.values()]
    assert max(momenta) > 0
    # steps of a learning rate of almost zero change nothing but the momentum
    model.set_params(learning_rate=1e-12).partial_fit(X[:50], y[:50])
    first = [parameter.grad for parameter in model.net_.module_.parameters()]
    share = 1.0 if solver == "sgd" else 0.1
    for grad, slots in zip(first, model.net_.optimizer_.state.values()):
        decay = 1e-4 if solver != "adamw" else 0.0
        assert_allclose(slots[model.net_.optimizer_.slots[0]], share * grad, atol=share * decay)
    assert r2(model, X[test], y[test]) == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("first", [True, False])
def test_partial_fit_refuses_a_chunk_of_one_row_in_its_own_words(first):
    X, y = smooth_table(60)
    model = quick() if first else quick().partial_fit(X, y)
    with pytest.raises(ValueError, match="partial_fit.* at least 2 .*got 1.*;"):
        model.partial_fit(X[:1], y[:1])


def test_partial_fit_refuses_a_chunk_of_one_weighted_row_in_its_own_words():
    X, y = smooth_table(60)
    weight = np.zeros(60)
    weight[7] = 1
    with pytest.raises(ValueError, match="sample_weight.* at least 2 .*got 1"):
        quick().partial_fit(X, y, weight)
