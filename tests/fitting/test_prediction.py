"""Predictions: their shape, and row by row the same as in a table."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gar import GARRegressor
from tests.data import smooth_table
from tests.regressors import MANY_BATCHES, one_or_many_batches, quick


@pytest.mark.parametrize("n_targets", [None, 1, 3])
@one_or_many_batches
def test_predictions_have_the_shape_of_the_targets(n_targets, batches):
    X, y = smooth_table(n_targets=n_targets)
    model = quick(**batches).fit(X, y)
    prediction = model.predict(X[:7])
    assert prediction.shape == y[:7].shape
    assert prediction.dtype == np.float64
    assert model.n_outputs_ == (n_targets or 1)
    assert model.n_features_in_ == 3
    assert isinstance(model.score(X, y), float)


def test_a_column_of_targets_is_learned_as_a_vector():
    X, y = smooth_table()
    assert_array_equal(quick().fit(X, y[:, None]).predict(X)[:, 0], quick().fit(X, y).predict(X))


@one_or_many_batches
def test_targets_of_different_units_are_learned_together(batches):
    X, y = smooth_table(150, n_targets=3)
    y *= [1.0, 1e6, 1e-6]
    prediction = quick(hidden_layer_sizes=(16,), max_iter=150, **batches).fit(X, y).predict(X)
    assert np.all(np.mean((prediction - y) ** 2, axis=0) < 0.3 * np.var(y, axis=0))


def test_prediction_of_a_row_does_not_depend_on_the_others():
    X, y = smooth_table(200)
    model = quick(**MANY_BATCHES).fit(X, y)
    assert_allclose(model.predict(X), np.concatenate([model.predict(row[None]) for row in X]),
                    rtol=1e-6)


def test_large_tables_are_predicted_like_small_ones():
    X, y = smooth_table(40)
    model = GARRegressor(max_iter=2, random_state=0).fit(X, y)
    many = np.tile(X, (1000, 1))
    assert_allclose(model.predict(many).reshape(1000, 40),
                    np.tile(model.predict(X), (1000, 1)), rtol=1e-6)
