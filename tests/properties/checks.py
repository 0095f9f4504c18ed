"""What must hold for every fit."""

import inspect
import pickle
import re
from contextlib import contextmanager

import numpy as np
from hypothesis import event
from numpy.testing import assert_array_equal

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.losses import LOSSES
from tests.processes import process_state

NAMES = {"X", "y", "sample_weight", "cv", "targets", "X_val", "y_val", "n_samples", "partial_fit",
         *inspect.signature(GARRegressor).parameters,
         *inspect.signature(GARRegressorCV).parameters}
# rules that drawn tables and parameters may break, though each is valid by itself
REFUSALS = {
    "weights": r"takes no weights",
    "early stopping": r"early_stopping needs at least 2 rows",
    "features": r"takes the output of the last hidden layer",
    "time": r"has two stages",
    "range of y": r"targets must vary within",
    "equal rows": r"at least 2 rows",
}
# these leave the level of the predictions open, and some their scale
NO_LEVEL = {"pairwise_difference", "normalized_pairwise_difference"}
# distance of predictions from the targets of training rows, in ranges of the targets
FAR = 30


def assert_helps(error):
    """An error of the package names what is wrong, and the value or the remedy."""
    message = str(error)
    assert isinstance(error, (ValueError, TypeError)), repr(error)
    assert any(re.search(rf"\b{name}\b", message) for name in NAMES), message
    assert re.search(r"\b[gG]ot\b|;", message), message


def is_tame(parameters):
    """Whether training must not diverge: a default learning rate, in scaled units.

    It is a default for solvers of Adam's kind, whose steps do not grow with the gradient.
    """
    rates = parameters.get("learning_rates", [parameters.get("learning_rate", "auto")])
    return (set(rates) <= {"auto", 0.003} and parameters.get("solver") != "sgd"
            and parameters.get("scale_features") is not False
            and parameters.get("scale_target") is not False)


def fitted(model, rows):
    """The fitted model, or None where it refuses the rows for a reason that it may have."""
    try:
        return model.fit(**rows.arguments)
    except (ValueError, TypeError) as error:
        assert_is_allowed(error, model.get_params())
        return None


def assert_is_allowed(error, parameters):
    assert_helps(error)
    reasons = dict(REFUSALS) if is_tame(parameters) else {**REFUSALS, "divergence": "diverged"}
    for reason, pattern in reasons.items():
        if re.search(pattern, str(error)):
            event(f"refused: {reason}")
            return
    raise AssertionError(f"unexpected {error!r}") from error


def has_level(loss):
    return not isinstance(loss, str) or loss in set(LOSSES) - NO_LEVEL


def assert_within_sight(prediction, rows, parameters):
    """Finite, and near the targets wherever the learning rate is the default."""
    y = rows.arrays[1]
    assert prediction.shape == y.shape and prediction.dtype == np.float64
    assert np.isfinite(prediction).all()
    if not (is_tame(parameters) and has_level(parameters["loss"])):
        return
    y, prediction = (part[rows.counts].reshape(-1, y[:1].size) for part in (y, prediction))
    distance, span = np.abs(prediction - y).max(0), np.ptp(y, axis=0)
    # beside the range of a nearly constant target its rounding counts
    near = distance <= FAR * span + 1e-6 * np.abs(y).max(0)
    assert near.all(), f"predictions are off by {distance} where targets have ranges of {span}"


def assert_same_numbers(one, other):
    """Arrays of the same bits."""
    assert one.dtype == other.dtype
    assert_array_equal(one, other)


@contextmanager
def leaves_all_as_found(*objects):
    """Neither the process nor these objects are modified by the block."""
    state, before = process_state(), [pickle.dumps(one) for one in objects]
    yield
    after = process_state()
    for name, value in state.items():
        assert np.array_equal(after[name], value), name
    for one, bytes_before in zip(objects, before):
        assert pickle.dumps(one) == bytes_before
