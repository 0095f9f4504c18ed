"""Sample weights: whole weights are repeated rows, and zero means no row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from tests.data import smooth_table
from tests.regressors import ONE_BATCH, each_loss, each_solver, one_or_many_batches, quick, repeats


@each_loss
@each_solver
@pytest.mark.parametrize("n_targets", [None, 2])
def test_integer_weights_equal_repeated_rows_on_one_batch(loss, solver, n_targets):
    X, y = smooth_table(30, n_targets=n_targets)
    times = repeats(30)
    model = quick(loss=loss, solver=solver, **ONE_BATCH)
    weighted = clone(model).fit(X, y, sample_weight=times)
    repeated = clone(model).fit(np.repeat(X, times, axis=0), np.repeat(y, times, axis=0))
    assert_array_equal(weighted.predict(X), repeated.predict(X))


def test_integer_weights_equal_repeated_rows_in_any_order():
    X, y = smooth_table(30)
    rows = np.random.RandomState(0).permutation(np.repeat(np.arange(30), repeats(30)))
    weighted = quick(**ONE_BATCH).fit(X, y, sample_weight=repeats(30))
    assert_array_equal(weighted.predict(X), quick(**ONE_BATCH).fit(X[rows], y[rows]).predict(X))


@each_loss
@one_or_many_batches
def test_rows_of_weight_zero_equal_removed_rows(loss, batches):
    X, y = smooth_table(60, n_targets=2)
    counts = np.random.RandomState(0).uniform(size=60) < 0.6
    weight = np.where(counts, np.random.RandomState(1).uniform(0.5, 2, size=60), 0)
    model = quick(loss=loss, **batches)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    removed = clone(model).fit(X[counts], y[counts], sample_weight=weight[counts])
    assert_array_equal(weighted.predict(X), removed.predict(X))


@pytest.mark.parametrize("batch_size", [16, 1000])
@pytest.mark.parametrize("loss", ["gar", "squared_error", "conr"])
def test_rows_of_negligible_weight_equal_removed_rows(loss, batch_size):
    X, y = smooth_table(200)
    weight = np.full(200, 1e-45)
    weight[::5] = 1
    settings = {"loss": loss, "batch_size": batch_size, "early_stopping": True}
    found = quick(**settings).fit(X, y, weight).predict(X)
    assert_array_equal(found, quick(**settings).fit(X[::5], y[::5], weight[::5]).predict(X))


@one_or_many_batches
@pytest.mark.parametrize("weight", [1.0, 0.1, 1e-300, 1e300])
def test_weights_of_zero_and_one_number_select_rows(batches, weight):
    X, y = smooth_table(60)
    counts = np.random.RandomState(0).uniform(size=60) < 0.6
    weighted = quick(**batches).fit(X, y, sample_weight=np.where(counts, weight, 0.0))
    selected = quick(**batches).fit(X[counts], y[counts])
    assert_array_equal(weighted.predict(X), selected.predict(X))


@one_or_many_batches
def test_equal_weights_are_no_weights(batches):
    X, y = smooth_table(60)
    expected = quick(**batches).fit(X, y).predict(X)
    weighted = quick(**batches).fit(X, y, sample_weight=np.full(60, 0.1))
    assert_array_equal(weighted.predict(X), expected)


def test_rows_of_weight_zero_are_not_held_out():
    X, y = smooth_table(60)
    counts = np.arange(60) % 2 == 0
    model = quick(early_stopping=True, validation_fraction=0.3)
    weighted = clone(model).fit(X, y, sample_weight=counts.astype(float))
    removed = clone(model).fit(X[counts], y[counts], sample_weight=np.ones(30))
    assert_array_equal(weighted.predict(X), removed.predict(X))


@one_or_many_batches
@pytest.mark.parametrize("factor", [0.5, 3.0, 1e-100, 1e20])
def test_only_ratios_of_weights_matter(batches, factor):
    X, y = smooth_table()
    weight = np.random.RandomState(0).uniform(0.5, 2, size=len(X))
    one, other = (quick(**batches).fit(X, y, sample_weight=scale * weight).predict(X)
                  for scale in (1.0, factor))
    assert_allclose(one, other, rtol=1e-4)


@one_or_many_batches
def test_heavy_rows_are_fitted_better(batches):
    X, y = smooth_table(120, noise=3.0)
    heavy = np.arange(120) < 60
    y[~heavy] *= -1
    weight = np.where(heavy, 20.0, 1.0)
    prediction = quick(max_iter=80, **batches).fit(X, y, sample_weight=weight).predict(X)
    errors = np.abs(prediction - y)
    assert errors[heavy].mean() < errors[~heavy].mean() / 2


def test_one_number_as_weight_changes_nothing():
    X, y = smooth_table()
    assert_allclose(quick().fit(X, y, sample_weight=2.0).predict(X), quick().fit(X, y).predict(X),
                    rtol=1e-8)


def test_score_takes_weights():
    X, y = smooth_table()
    weight = np.arange(float(len(X)))
    model = quick().fit(X, y)
    errors = np.sum(weight * (model.predict(X) - y) ** 2)
    spread = np.sum(weight * (y - np.average(y, weights=weight)) ** 2)
    assert model.score(X, y, sample_weight=weight) == pytest.approx(1 - errors / spread)
