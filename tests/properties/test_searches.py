"""Properties of searches, over tables and parameters of all kinds."""

import pickle
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold

from sklearn_gar import GARRegressor, GARRegressorCV
from tests.properties.checks import (
    assert_is_allowed,
    assert_same_numbers,
    assert_within_sight,
    is_tame,
    leaves_all_as_found,
)
from tests.properties.strategies import SEARCHES, tables
from tests.selection.searches import SEARCHED

# in every fold rows to train on, of positive weight
TABLES = tables(n_rows=st.sampled_from([12, 31, 60, 150]),
                weights=("none", "ones", "any", "tiny", "huge"))
SCORED = "neg_mean_absolute_error"


def complete(parameters):
    """Parameters that go together: one metric, or several and the one that decides."""
    several = isinstance(parameters["scoring"], list)
    bagged = parameters["bagged"] and parameters["early_stopping"] is not False
    return {**parameters, "refit": "r2" if several else True, "bagged": bagged}


def searched(parameters, rows):
    """The fitted search, or None where it refuses the rows for a reason that it may have."""
    with warnings.catch_warnings():
        if not is_tame(parameters):
            warnings.simplefilter("ignore", FitFailedWarning)
            warnings.filterwarnings("ignore", "One or more of the (test|train) scores are")
            # of metrics, given predictions for targets that were not scaled
            warnings.filterwarnings("ignore", "overflow|invalid", RuntimeWarning)
        try:
            return GARRegressorCV(**parameters).fit(**rows.arguments)
        except (ValueError, TypeError) as error:
            assert_is_allowed(error, parameters)
            return None


@given(TABLES, SEARCHES.map(complete))
def test_the_best_estimator_is_an_ordinary_fit_of_the_best_parameters(rows, parameters):
    search = searched(parameters, rows)
    if search is None:
        return
    prediction = search.predict(rows.X)
    assert_within_sight(prediction, rows, parameters)
    shared = GARRegressor().get_params().keys() & parameters.keys()
    alone = GARRegressor(**{name: parameters[name] for name in shared}, **search.best_params_)
    assert_same_numbers(alone.fit(**rows.arguments).predict(rows.X),
                        search.best_estimator_.predict(rows.X))
    assert_same_numbers(pickle.loads(pickle.dumps(search)).predict(rows.X), prediction)


@given(TABLES, SEARCHES.map(complete))
def test_scores_are_those_of_fits_to_each_fold(rows, parameters):
    X, y, weight = rows.arrays
    parameters = {**parameters, "halving": False, "bagged": False,
                  "ensemble_size": None, "scoring": SCORED, "refit": True}
    if len(X) < 20:  # rounding may decide between the shares of the ridge by one or two rows
        parameters["blend"] = None
    search = searched(parameters, rows)
    if search is None or not (is_tame(parameters) and parameters["loss"] == "gar"):
        return
    shared = GARRegressor().get_params().keys() & parameters.keys()
    for candidate, params in enumerate(search.cv_results_["params"]):
        for split, (train, test) in enumerate(KFold(parameters["cv"]).split(X)):
            part = [None if weight is None else weight[index] / weight.max()
                    for index in (train, test)]
            model = GARRegressor(**{name: parameters[name] for name in shared}, **params)
            model.fit(X[train], y[train], part[0])
            expected = get_scorer(SCORED)(model, X[test], y[test], sample_weight=part[1])
            found = search.cv_results_[f"split{split}_test_score"][candidate]
            # kernels take several networks at once, and training magnifies their rounding
            assert_allclose(found, expected, rtol=1e-2, atol=1e-3 * np.abs(y).max())


@given(TABLES, SEARCHES.map(complete))
def test_a_search_repeats_and_leaves_all_as_found(rows, parameters):
    with leaves_all_as_found(*rows.arrays, parameters):
        first, second = (searched(parameters, rows) for _ in range(2))
    assert (first is None) == (second is None)
    if first is None:
        return
    for name, values in first.cv_results_.items():
        if "_test_" in name or name == "n_iter":
            assert_same_numbers(values, second.cv_results_[name])
    assert first.best_params_ == second.best_params_
    for name in SEARCHED.values():
        assert getattr(first, f"{name}_") == first.best_params_[name]
