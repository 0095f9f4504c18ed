"""Properties of single fits, over tables, weights and parameters of all kinds."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.base import clone

from sklearn_gar import GARRegressor
from tests.properties.checks import (
    assert_same_numbers,
    assert_within_sight,
    fitted,
    leaves_all_as_found,
)
from tests.properties.strategies import REGRESSORS, tables


@given(tables(), REGRESSORS)
def test_predictions_are_finite_and_near_the_targets(rows, parameters):
    model = fitted(GARRegressor(**parameters), rows)
    if model is not None:
        assert_within_sight(model.predict(rows.X), rows, parameters)
        assert np.isfinite(model.loss_curve_).all()


@given(tables(), st.integers(0, 9))
def test_defaults_fit_every_table(rows, random_state):
    parameters = {"loss": "gar", "hidden_layer_sizes": (8,), "max_iter": 20,
                  "random_state": random_state}
    model = fitted(GARRegressor(**parameters), rows)
    if model is not None:
        assert_within_sight(model.predict(rows.X), rows, parameters)


@given(tables(containers=("array",)), REGRESSORS, st.data())
def test_a_row_alone_is_predicted_as_in_a_table(rows, parameters, data):
    model = fitted(GARRegressor(**parameters), rows)
    if model is None:
        return
    X = rows.arrays[0]
    together = model.predict(X).reshape(len(X), -1)
    row = data.draw(st.integers(0, len(X) - 1), label="row")
    alone = model.predict(X[[row]]).ravel()
    # sums in another order: as many digits as float32 has, of the largest prediction
    assert_allclose(alone, together[row], rtol=0, atol=1e-4 * np.abs(together).max())


@given(tables(), REGRESSORS)
def test_copies_and_fits_repeated_with_the_same_seed_are_the_same_to_the_bit(rows, parameters):
    model = fitted(GARRegressor(**parameters), rows)
    if model is None:
        return
    expected = model.predict(rows.X)
    assert_same_numbers(pickle.loads(pickle.dumps(model)).predict(rows.X), expected)
    again = clone(model).fit(**rows.arguments)
    assert_same_numbers(again.predict(rows.X), expected)
    assert_same_numbers(again.loss_curve_, model.loss_curve_)
    assert_same_numbers(model.predict(rows.X), expected)


@given(tables(), REGRESSORS)
def test_the_container_of_the_numbers_does_not_matter(rows, parameters):
    model = fitted(GARRegressor(**parameters), rows)
    if model is None:
        return
    X, y, weight = rows.arrays
    expected = GARRegressor(**parameters).fit(X, y, weight).predict(X)
    if rows.containers[0] == "list" and X.dtype == np.float32:
        return  # a list has no single precision
    assert_same_numbers(model.predict(rows.X), expected)


@given(tables(), REGRESSORS)
def test_inputs_parameters_and_the_process_are_left_as_found(rows, parameters):
    model = GARRegressor(**parameters)
    X, y, weight = rows.arrays
    with leaves_all_as_found(X, y, weight, rows.sample_weight, parameters):
        if fitted(model, rows) is not None:
            model.predict(rows.X)
            with np.errstate(all="ignore"):  # of the largest weights in the sums of R2
                model.score(**rows.arguments)
    for name, value in model.get_params().items():
        assert value is parameters.get(name, value)
