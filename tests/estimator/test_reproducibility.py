"""The same random_state gives the same model, whatever the process does besides."""

import random
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.estimator.interrupts import X, NoisyLoss, quick, y


def large():
    """A table and an estimator whose steps have work for several threads."""
    X, y = smooth_table(4500, n_features=20)
    return GARRegressor(batch_size=1500, max_iter=2, random_state=0), X, y


@contextmanager
def threads(n_threads):
    """Let torch use so many threads inside the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("settings", [
    {}, {"batch_size": 1000}, {"early_stopping": True}, {"solver": "sgd"},
    {"loss": "mae_pearson"}, {"n_estimators": 1},
], ids=repr)
def test_same_seed_same_model(settings):
    one, other = (quick(**settings).fit(X, y) for _ in range(2))
    assert_array_equal(one.predict(X), other.predict(X))
    assert_array_equal(one.loss_curve_, other.loss_curve_)
    assert not np.array_equal(quick(random_state=1, **settings).fit(X, y).predict(X),
                              one.predict(X))


@pytest.mark.parametrize("settings", [{}, {"batch_size": 1000}], ids=repr)
def test_jobs_do_not_matter(settings):
    model = make_pipeline(StandardScaler(), quick(**settings))
    one, two = (cross_val_predict(model, X, y, n_jobs=n_jobs, cv=4) for n_jobs in (1, 2))
    assert_array_equal(one, two)


def test_jobs_do_not_matter_for_large_tables():
    model, X, y = large()
    with threads(2):
        one, two = (cross_val_predict(model, X, y, n_jobs=n_jobs, cv=2) for n_jobs in (1, 2))
    assert_array_equal(one, two)


def test_jobs_that_are_threads_do_not_matter():
    one = cross_val_predict(quick(), X, y, cv=4)
    with joblib.parallel_config("threading"):
        two = cross_val_predict(quick(), X, y, cv=4, n_jobs=2)
    assert_array_equal(one, two)


@pytest.mark.parametrize("size", ["small", "large"])
def test_threads_do_not_matter(size):
    model, rows, target = (quick(), X, y) if size == "small" else large()
    predictions = []
    for n_threads in (1, 2):
        with threads(n_threads):
            predictions.append(model.fit(rows, target).predict(rows))
    assert_array_equal(*predictions)


def test_state_of_the_global_generators_does_not_matter():
    predictions = []
    for seed in range(2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        predictions.append(quick().fit(X, y).predict(X))
    assert_array_equal(*predictions)


def test_a_loss_that_draws_random_numbers_follows_the_seed():
    predictions = []
    for seed in range(2):
        torch.manual_seed(seed)
        predictions.append(quick(loss=NoisyLoss()).fit(X, y).predict(X))
    assert_array_equal(*predictions)
    plain = quick(loss="squared_error").fit(X, y).predict(X)
    assert not np.array_equal(predictions[0], plain)


@pytest.mark.parametrize("batch_size", [15, 1000])
@pytest.mark.parametrize("loss", ["gar", torch.nn.SmoothL1Loss()], ids=["gar", "torch's"])
def test_default_dtype_does_not_matter(batch_size, loss):
    expected = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    torch.set_default_dtype(torch.float64)
    try:
        result = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    finally:
        torch.set_default_dtype(torch.float32)
    assert_array_equal(result, expected)


@pytest.mark.parametrize("batch_size", [15, 1000])
@pytest.mark.parametrize("loss", ["gar", torch.nn.SmoothL1Loss()], ids=["gar", "torch's"])
def test_disabled_gradients_do_not_matter(batch_size, loss):
    expected = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    with torch.no_grad():
        result = quick(batch_size=batch_size, loss=loss).fit(X, y).predict(X)
    assert_array_equal(result, expected)


@pytest.mark.parametrize("batch_size", [15, 1000])
def test_order_of_rows_does_not_matter(batch_size):
    order = np.random.RandomState(0).permutation(60)
    one = quick(batch_size=batch_size).fit(X, y).predict(X)
    other = quick(batch_size=batch_size).fit(X[order], y[order]).predict(X)
    assert_array_equal(other, one)
