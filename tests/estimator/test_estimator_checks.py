"""scikit-learn's own checks: none fails, none is expected to fail."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimator,
    check_param_validation,
)

from sklearn_gar import GARRegressor, GARRegressorCV
from sklearn_gar.losses import HuberLoss

SKIPPED_BY_SCIKIT_LEARN = {"check_array_api_input"}
SMALL = {"hidden_layer_sizes": (16, 32, 16, 8)}
# The fewest epochs, with a margin, for which a check asks R2 > 0.5.  SGD has the default
# learning rate: at 0.01 one of 40 draws of weights runs away on rows that are fitted exactly.
SETTINGS = {
    "defaults": {"max_iter": 60},
    "n_estimators": {"max_iter": 150, "n_estimators": 1, **SMALL},
    "solver": {"max_iter": 200, "solver": "sgd", "activation": "elu", "embedding": None, **SMALL},
    "loss": {"max_iter": 150, "loss": "squared_error", **SMALL},
    "module": {"max_iter": 150, "loss": HuberLoss(), **SMALL},
    "all three": {"max_iter": 150, "n_estimators": 1, "solver": "sgd", "loss": "squared_error",
                  "learning_rate": 0.03, **SMALL},
}
each_estimator = pytest.mark.parametrize(
    "estimator", [GARRegressor(**settings) for settings in SETTINGS.values()],
    ids=list(SETTINGS))


def assert_passes(estimator):
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 50
    failed = {one["check_name"]: one["exception"] for one in results
              if one["status"] not in ("passed", "skipped") or one["expected_to_fail"]}
    assert failed == {}
    skipped = {one["check_name"] for one in results if one["status"] == "skipped"}
    assert skipped <= SKIPPED_BY_SCIKIT_LEARN


@each_estimator
def test_check_estimator(estimator):
    assert_passes(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [
    GARRegressor(),
    GARRegressor(n_estimators=1, solver="sgd", loss="squared_error"),
], ids=["defaults", "all three"])
def test_check_estimator_with_default_layers_and_epochs(estimator):
    assert_passes(estimator)


@pytest.mark.parametrize("settings", [
    # a check has 4 distinct rows, of which 2 are to be held out
    {"oob_score": True, "n_estimators": 1, "validation_fraction": 0.5},
    {"oob_score": True, "n_estimators": 2, "validation_split": "kfold"},
], ids=["oob_score", "kfold"])
def test_check_estimator_with_rows_held_out(settings):
    assert_passes(GARRegressor(max_iter=150, **settings, **SMALL))


@each_estimator
@pytest.mark.parametrize("check", [check_param_validation,
                                   check_dataframe_column_names_consistency])
def test_checks_that_check_estimator_leaves_out(check, estimator):
    check("GARRegressor", clone(estimator).set_params(max_iter=2))


SEARCH = GARRegressorCV(alphas=(10.0,), learning_rates=(0.01, 0.02), max_iter=40,
                        n_estimators=1, hidden_layer_sizes=(8,))


@pytest.mark.parametrize("settings", [
    {}, {"bagged": True, "cv": 2, "ensemble_size": 2, "halving": True, "max_iter": 100},
    {"bagged": True, "max_iter": 100},
], ids=["", "ensemble", "bagged"])
def test_check_estimator_of_the_search(settings):
    assert_passes(clone(SEARCH).set_params(**settings))


@pytest.mark.parametrize("check", [check_param_validation,
                                   check_dataframe_column_names_consistency])
def test_checks_of_the_search_that_check_estimator_leaves_out(check):
    check("GARRegressorCV", clone(SEARCH).set_params(max_iter=2))
