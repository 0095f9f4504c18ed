"""Training that diverges raises an error; predictions are finite."""

import warnings

import numpy as np
import pytest

from sklearn_gar import GARRegressor
from tests.data import PLAIN
from tests.input.test_validation import X, with_value, y


@pytest.mark.parametrize("batch_size", [5, 1000])
@pytest.mark.parametrize("huge", [1e37, 1e39, 1e100, 1e200, 1e300, -1.7e308])
def test_huge_features_are_predicted_or_refused(batch_size, huge):
    model = GARRegressor(max_iter=2, batch_size=batch_size, random_state=0).fit(X, y)
    try:
        prediction = model.predict(with_value(X, huge))
    except ValueError as error:
        assert "X" in str(error) and "large" in str(error)
    else:
        assert np.isfinite(prediction).all()


@pytest.mark.parametrize("batch_size", [5, 1000])
@pytest.mark.parametrize("part, huge", [("X", 1e300), ("X", -1.7e308), ("y", 1e300)])
@pytest.mark.parametrize("scaled", [True, False])
def test_huge_values_are_learned_or_refused(batch_size, part, huge, scaled):
    arguments = {"X": X, "y": y}
    arguments[part] = with_value(arguments[part], huge)
    model = GARRegressor(max_iter=5, batch_size=batch_size, scale_features=scaled,
                         scale_target=scaled, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, of an overflow
        try:
            prediction = model.fit(**arguments).predict(X)
        except ValueError:
            assert not hasattr(model, "net_")
        else:
            assert np.isfinite(prediction).all()


DIVERGING = [
    {"solver": "sgd", "learning_rate": 1e6, "scale_target": False},
    {"solver": "sgd", "learning_rate": 1e30, "batch_size": 5},
    {"solver": "adamw", "learning_rate": 1e6},
    {"solver": "adam", "learning_rate": 1e100},
    {"solver": "adamw", "learning_rate": 1e150, "max_iter": 1},
]


@pytest.mark.parametrize("loss", ["gar", "absolute_error", "squared_error"])
@pytest.mark.parametrize("hidden_layer_sizes", [(16, 32, 16, 8), ()], ids=str)
@pytest.mark.parametrize("settings", DIVERGING, ids=repr)
@pytest.mark.parametrize("watched", [False, True])
def test_predictions_are_never_nan(loss, hidden_layer_sizes, settings, watched):
    held_out = {"X_val": X, "y_val": 1e6 * y} if watched else {}
    model = GARRegressor(loss=loss, hidden_layer_sizes=hidden_layer_sizes, random_state=0,
                         **{**PLAIN, "max_iter": 30, **settings})
    try:
        model.fit(X, 1e6 * y, **held_out)
    except ValueError as error:
        assert "diverged" in str(error)
        assert f"learning_rate={settings['learning_rate']}" in str(error)
        assert not hasattr(model, "net_")
    else:
        assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("loss", ["gar", "absolute_error", "squared_error"])
@pytest.mark.parametrize("hidden_layer_sizes", [(16, 32, 16, 8), ()], ids=str)
@pytest.mark.parametrize("settings", DIVERGING[:-1], ids=repr)
def test_a_model_that_predicts_far_beyond_its_targets_is_not_returned(
        loss, hidden_layer_sizes, settings):
    model = GARRegressor(loss=loss, hidden_layer_sizes=hidden_layer_sizes, random_state=0,
                         **{**PLAIN, "max_iter": 30, **settings})
    try:
        prediction = model.fit(X, 1e6 * y).predict(X)
    except ValueError as error:
        assert "diverged" in str(error)
    else:
        # ten million times larger than any target: not a number to hand to anybody
        assert np.abs(prediction).max() < 1e7 * np.abs(1e6 * y).max()


def test_divergence_names_the_usual_cause():
    model = GARRegressor(solver="sgd", learning_rate=1e6, scale_target=False, max_iter=50,
                         random_state=0, **PLAIN)
    with pytest.raises(ValueError, match="diverged.*learning rate.*learning_rate=1000000.0"):
        model.fit(X, 1e6 * y)
    assert not hasattr(model, "net_")
