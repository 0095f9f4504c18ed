"""Properties of sequences of fit, warm start and partial_fit on chunks of one table."""

import copy
import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from sklearn_gar import GARRegressor
from tests.properties.checks import (
    assert_is_allowed,
    assert_same_numbers,
    assert_within_sight,
    leaves_all_as_found,
)
from tests.properties.strategies import ARRAYS, CONTAINERS, REGRESSORS, tables

STEPS = st.lists(st.tuples(
    st.sampled_from(["fit", "warm fit", "partial_fit", "partial_fit", "copy", "pickle"]),
    st.integers(0, 2), st.sampled_from(ARRAYS)), min_size=1, max_size=6)
# partial_fit does not support early_stopping=True, and fails from then on
SUPPORTED = {True: "auto"}


def chunk_of(rows, part, container):
    """Arguments of fit: all rows, or the first or second half, in a container."""
    n_rows = len(rows.arrays[0])
    index = (slice(None), slice(0, max(2, n_rows // 2)), slice(min(n_rows // 2, n_rows - 2), None))
    X, y, weight = (None if array is None else array[index[part]] for array in rows.arrays)
    container = CONTAINERS[container]
    return {"X": container(X), "y": y, **({} if weight is None else {"sample_weight": weight})}


def take_step(model, step, arguments):
    """The model after a step; a step that is refused leaves it as it was."""
    if step == "copy":
        return copy.deepcopy(model)
    if step == "pickle":
        return pickle.loads(pickle.dumps(model))
    model.set_params(warm_start=step == "warm fit")
    try:
        return getattr(model, step.removeprefix("warm "))(**arguments)
    except (ValueError, TypeError) as error:
        assert_is_allowed(error, model.get_params())
        return model


def parameters_of(parameters):
    stopping = parameters["early_stopping"]
    return {**parameters, "early_stopping": SUPPORTED.get(stopping, stopping)}


def run(parameters, rows, steps):
    """Predictions after each step, or None before the first that is not refused."""
    model, predictions = GARRegressor(**parameters), []
    for step, part, container in steps:
        model = take_step(model, step, chunk_of(rows, part, container))
        predictions.append(model.predict(rows.arrays[0]) if hasattr(model, "net_") else None)
    return model, predictions


# rows of all kinds in every half, so that no step sees targets that another did not
CHUNKED = tables(containers=("array",), n_rows=st.sampled_from([12, 60, 150, 261]),
                 weights=("none", "ones", "any", "tiny"))


@given(CHUNKED, REGRESSORS.map(parameters_of), STEPS)
def test_predictions_after_every_step_are_finite_and_fitted_state_is_whole(
        rows, parameters, steps):
    model, predictions = run(parameters, rows, steps)
    for prediction in predictions:
        assert prediction is None or np.isfinite(prediction).all()
    if hasattr(model, "net_"):
        assert len(model.loss_curve_) == model.n_iter_
        assert np.shape(model.ridge_share_) == (model.n_outputs_,)


@given(CHUNKED, REGRESSORS.map(parameters_of), STEPS)
def test_a_fit_after_any_sequence_is_a_first_fit(rows, parameters, steps):
    model, _ = run(parameters, rows, steps)
    arguments = chunk_of(rows, 0, "array")
    first = take_step(clone(model), "fit", arguments)
    model = take_step(model, "fit", arguments)
    if hasattr(first, "net_"):
        prediction = model.predict(rows.arrays[0])
        assert_same_numbers(prediction, first.predict(rows.arrays[0]))
        assert_within_sight(prediction, rows, parameters)


@given(CHUNKED, REGRESSORS.map(parameters_of), STEPS)
def test_a_sequence_repeats_to_the_bit(rows, parameters, steps):
    with leaves_all_as_found(*rows.arrays, parameters):
        _, first = run(parameters, rows, steps)
        _, second = run(parameters, rows, [(step, part, "array") for step, part, _ in steps])
    for one, other in zip(first, second):
        assert (one is None) == (other is None)
        if one is not None:
            assert_same_numbers(one, other)
