"""A fit that fails leaves the model as it was."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tests.data import smooth_table
from tests.regressors import assert_same_state, fitted_state, quick


@pytest.mark.parametrize("settings, arguments", [
    ({"solver": "sgd", "learning_rate": 1e30}, {}),
    ({}, {"y": np.full(40, np.nan)}),
    ({}, {"sample_weight": np.full(40, -1.0)}),
    ({"alpha": -1.0}, {}),
    ({"device": "nowhere"}, {}),
    ({}, {"X_val": np.zeros((3, 2))}),
    ({"hidden_layer_sizes": (0,)}, {}),
], ids=["diverges", "NaN in y", "weights", "parameter", "device", "X_val", "sizes"])
def test_a_fit_that_fails_leaves_the_model_as_it_was(settings, arguments):
    X, y = smooth_table(40)
    model = quick().fit(X, y, X_val=X[:10], y_val=y[:10])
    before, state = model.predict(X), fitted_state(model)
    other = {"X": X[:, :2], "y": 1e6 * y, **arguments}
    with pytest.raises(ValueError):
        model.set_params(**settings).fit(**other)
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("arguments", [
    {"y": np.full(40, np.nan)}, {"sample_weight": np.full(40, -1.0)}, {"X": np.zeros((40, 2))},
], ids=["NaN in y", "weights", "width"])
def test_a_partial_fit_that_fails_leaves_the_model_as_it_was(arguments):
    X, y = smooth_table(40)
    model = quick().partial_fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError):
        model.partial_fit(**{"X": X, "y": y, **arguments})
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)


def test_a_partial_fit_that_diverges_leaves_the_model_as_it_was():
    X, y = smooth_table(40)
    model = quick(solver="sgd", loss="squared_error").partial_fit(X, y)
    before, state = model.predict(X), fitted_state(model)
    with pytest.raises(ValueError, match="diverged.*learning_rate"):
        model.partial_fit(X, 1e200 * y)  # in units that the first call did not scale for
    assert_same_state(model, state)
    assert_array_equal(model.predict(X), before)
