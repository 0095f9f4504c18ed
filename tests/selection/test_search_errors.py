"""Candidates that diverge, and errors before any training."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import GroupKFold
from skorch.callbacks import Callback, EarlyStopping

from tests.selection.searches import (
    X,
    assert_equal_results,
    assert_is_grid_search,
    grid_search,
    quick,
    y,
)


def call_and_catch(function, *args):
    """The result of a function, and the categories of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return function(*args), {warning.category for warning in caught}


DIVERGING = {
    "weights": {"learning_rates": (0.01, 1e30), "batch_sizes": (15,), "solver": "sgd"},
    "in float64": {"learning_rates": (0.01, 1e200), "solver": "sgd"},
    "three networks": {"learning_rates": (0.01, 1e30), "batch_sizes": (15,), "n_estimators": 3},
    "early stopping": {"learning_rates": (0.01, 1e30), "early_stopping": True, "solver": "sgd",
                       "validation_fraction": 0.3, "batch_sizes": (9,)},
    # after one step the weights are finite and the predictions infinite
    "predictions": {"learning_rates": (0.01, 1e20), "max_iter": 1, "batch_sizes": (30,),
                    "hidden_layer_sizes": (1,), "activation": "identity", "solver": "sgd"},
}


@pytest.mark.parametrize("settings", DIVERGING.values(), ids=list(DIVERGING))
def test_candidates_that_diverge_have_no_score_and_the_best_is_found(settings):
    expected, _ = call_and_catch(grid_search, quick(**settings), X, y)
    search, caught = call_and_catch(quick(**settings).fit, X, y)
    assert FitFailedWarning in caught
    assert_equal_results(search.cv_results_, expected.cv_results_)
    scores = search.cv_results_["mean_test_score"]
    assert_array_equal(np.isnan(scores), [False, True] * 2)
    assert search.best_params_ == expected.best_params_
    assert search.learning_rate_ == 0.01
    assert_array_equal(search.predict(X), expected.predict(X))


@pytest.mark.parametrize("settings", [{}, {"refit": False}, {"n_jobs": 2}], ids=str)
def test_a_search_without_a_converged_candidate_is_an_error(settings):
    search = quick(learning_rates=(1e30, 1e31), batch_sizes=(16,), solver="sgd", **settings)
    with pytest.raises(ValueError, match="learning rate"):
        search.fit(X, y)
    assert not hasattr(search, "best_estimator_")


def test_a_callback_that_stops_ends_only_its_own_candidate():
    stopping = EarlyStopping(monitor="train_loss", patience=1, threshold=0.05, sink=len)
    assert_is_grid_search(quick(skorch_callbacks=[stopping], alphas=(1.0,), max_iter=25,
                                learning_rates=(0.001, 0.02, 0.1)), X, y)


class MustNotTrain(Callback):
    def on_train_begin(self, net, **kwargs):
        raise AssertionError("training began")


HOLED, FIVE_GROUPS = np.where(np.arange(53)[:, None] == 3, np.inf, X), np.arange(53) % 5
ERRORS = [
    ({"alphas": ()}, "alphas"), ({"batch_sizes": []}, "batch_sizes"),
    ({"learning_rates": np.array([])}, "learning_rates"), ({"weight_decays": ()}, "weight_decays"),
    ({"alphas": 1.0}, "alphas"), ({"alphas": "1"}, "alphas"), ({"alphas": None}, "alphas"),
    ({"alphas": (1.0, 0.0)}, "alpha"), ({"alphas": (1.0, -1)}, "alpha"),
    ({"alphas": (np.nan,)}, "alpha"), ({"alphas": ("1",)}, "alpha"),
    ({"alphas": (1.0, None)}, "alpha"), ({"alphas": np.ones((1, 2))}, "alpha"),
    ({"learning_rates": (0.1, 0.0)}, "learning_rate"), ({"weight_decays": (-1,)}, "weight_decay"),
    ({"batch_sizes": (20, 1)}, "batch_size"), ({"batch_sizes": (2.5,)}, "batch_size"),
    ({"max_iter": 0}, "max_iter"), ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes"),
    ({"loss": "nope"}, "loss"), ({"device": "nope"}, "device"), ({"halving": "yes"}, "halving"),
    ({"n_jobs": 1.5}, "n_jobs"), ({"cv": 1}, "cv"), ({"cv": "five"}, "cv"), ({"cv": 54}, "splits"),
    ({"cv": [(range(40), [53])]}, "cv must name rows by indices below 53 .*got .53."),
    ({"cv": [(np.ones(9, dtype=bool), [40])]}, "by a mask of 53 rows"),
    ({"cv": []}, "(?i)split|no fits"), ({"cv": [([0], [1, 2])]}, "sample|row"),
    ({"cv": GroupKFold(3)}, "groups"), ({"scoring": "nope"}, "scoring"),
    ({"scoring": ["r2", "nope"], "refit": "r2"}, "nope"),
    ({"scoring": r2_score}, "scor"), ({"scoring": [], "refit": False}, "scor"),
    ({"scoring": [make_scorer(r2_score)], "refit": False}, "scor"),
    ({"scoring": ["r2", "r2"], "refit": "r2"}, "scor"),
    ({"scoring": ["r2", "neg_max_error"]}, "refit"), ({"scoring": {"a": "r2"}}, "refit"),
    ({"scoring": ["r2", "neg_max_error"], "refit": "a"}, "refit"), ({"refit": 3}, "refit"),
    ({"early_stopping": True, "validation_fraction": 0.01}, "early_stopping"),
    ({"X": HOLED}, "infinity"), ({"y": HOLED[:, 0]}, "infinity"), ({"X": X[:50]}, "samples"),
    ({"sample_weight": -np.ones(53)}, "weight"), ({"sample_weight": np.ones(5)}, "weight"),
    ({"sample_weight": np.zeros(53)}, "weight"),
    ({"groups": FIVE_GROUPS[:9], "cv": GroupKFold(3)}, "samples"),
]


@pytest.mark.parametrize("wrong, message", ERRORS, ids=["-".join(one) for one, _ in ERRORS])
def test_errors_come_before_any_training(wrong, message):
    of_fit = wrong.keys() & {"X", "y", "sample_weight", "groups"}
    data = {"X": X, "y": y, **{name: wrong[name] for name in of_fit}}
    search = quick(skorch_callbacks=[MustNotTrain()]).set_params(
        **{name: wrong[name] for name in wrong.keys() - of_fit})
    with pytest.raises((ValueError, TypeError), match=message) as raised:
        search.fit(**data)
    assert "diverged" not in str(raised.value)
    assert not hasattr(search, "cv_results_")
