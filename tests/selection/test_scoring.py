"""Scorers and refit in every form, as GridSearchCV takes them."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.metrics import mean_squared_error, r2_score

from sklearn_gar.losses import GARLoss
from tests.selection.searches import (
    X,
    assert_is_grid_search,
    grid_search,
    half_error,
    quick,
    two_scores,
    y,
)


def second_best(results):
    return int(np.argsort(results["rank_test_r2"])[1])


@pytest.mark.parametrize("scoring, refit", [
    ("neg_mean_absolute_error", True), ("neg_root_mean_squared_error", False),
    (half_error, True), (half_error, "score"), (half_error, "own"),
    (("r2", "neg_max_error"), "neg_max_error"), (["r2"], "r2"),
    (["r2"], False), (["r2", "neg_max_error"], False), (["r2", "neg_max_error"], second_best),
    ({"r2": "r2", "own": half_error}, "own"), (two_scores, "r2"), (two_scores, second_best),
    ("r2", lambda results: 2), (two_scores, False),
])
def test_equals_grid_search_for_any_scoring_and_refit(scoring, refit):
    search = assert_is_grid_search(quick(scoring=scoring, refit=refit), X, y)
    assert hasattr(search, "best_estimator_") == (refit is not False)
    assert hasattr(search, "predict") == (refit is not False)
    if refit is False:
        with pytest.raises(AttributeError, match="has no attribute 'predict'") as error:
            search.predict(X)
        assert "got refit=False; set refit" in str(error.value.__cause__)
    else:
        assert search.refit_time_ > 0


@pytest.mark.parametrize("test", [[], np.zeros(53, bool)])
def test_empty_test_folds_are_refused(test):
    with pytest.raises(ValueError, match="cv must give test folds of at least one row, got none "
                       r"in split 1 \(counted from 0\)"):
        quick(cv=[(np.arange(50), np.arange(50, 53)), (np.arange(53), test)]).fit(X, y)


@pytest.mark.parametrize("refit", [True, "r3"])
@pytest.mark.parametrize("halving", [False, True])
def test_refit_is_checked_before_training(refit, halving, monkeypatch):
    monkeypatch.setattr("sklearn_gar._selection.blocks.train_block", None)
    with pytest.raises(ValueError, match=r"refit must be .*one of \['error', 'r2'\], got"):
        quick(scoring=two_scores, refit=refit, halving=halving).fit(X, y)


@pytest.mark.parametrize("refit", ["error", False, second_best])
def test_halving_by_a_function_of_several_scores(refit):
    settings = {"halving": True, "alphas": (0.1, 1.0, 10.0), "learning_rates": (0.01, 0.03)}
    found = quick(scoring=two_scores, refit=refit, **settings).fit(X, y).cv_results_

    def deciding_score(estimator, X, y):
        return two_scores(estimator, X, y)["error" if refit == "error" else "r2"]
    expected = quick(scoring=deciding_score, **settings).fit(X, y).cv_results_
    assert_array_equal(found["n_iter"], expected["n_iter"])
    # an error that is to be high falls with each epoch, so all candidates have all of them
    assert len(set(found["n_iter"])) == (1 if refit == "error" else 3)


def test_halving_depends_on_the_score_that_decides():
    settings = {"halving": True, "alphas": (0.1, 1.0, 10.0), "learning_rates": (0.01, 0.03)}
    by_error, by_r2 = (quick(scoring=two_scores, refit=refit, **settings).fit(X, y)
                       .cv_results_["n_iter"] for refit in ("error", "r2"))
    assert (by_error != by_r2).any()


@pytest.mark.parametrize("halving", [False, True])
@pytest.mark.parametrize("refit", ["r2", False, second_best])
@pytest.mark.parametrize("rates", [(1e30, 0.03, 0.01), (0.01, 0.03, 1e30)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_fits_that_diverge_have_no_score_in_any_metric(rates, refit, halving):
    found = quick(scoring=two_scores, refit=refit, halving=halving, alphas=(1.0,),
                  learning_rates=rates, solver="sgd").fit(X, y).cv_results_
    diverged = np.array([params["learning_rate"] == 1e30 for params in found["params"]])
    for name in ("r2", "error"):
        assert_array_equal(np.isnan(found[f"mean_test_{name}"]), diverged)


def test_a_scoring_function_is_never_called_on_perfect_predictions():
    def log_error(estimator, X, y):
        return -np.log(mean_squared_error(y, estimator.predict(X)))

    assert_is_grid_search(quick(scoring=log_error), X, y)
    with pytest.raises(ValueError, match="scoring must give at least one score"):
        quick(scoring=lambda *_: {}, refit=False).fit(X, y)


def test_a_setting_for_each_network_is_refused():
    for halving in (False, True):
        with pytest.raises(ValueError, match="has a setting for each network, but a search"):
            quick(loss=GARLoss(torch.tensor([1.0, 2.0])), n_estimators=2, halving=halving
                  ).fit(X, y)


def test_a_scorer_that_predicts_other_rows_is_right_or_refused():
    def backwards(estimator, X, y):
        return r2_score(y[::-1], estimator.predict(X[::-1]))

    with suppress(ValueError):  # to refuse is right too
        assert_is_grid_search(quick(scoring=backwards), X, y)


@pytest.mark.parametrize("index, error", [(99, IndexError), (-1, IndexError), ("1", TypeError)])
def test_index_of_a_refit_function_is_checked(index, error):
    with pytest.raises(error, match="best_index_"):
        grid_search(quick(refit=lambda results: index), X, y)
    with pytest.raises(error):
        quick(refit=lambda results: index).fit(X, y)


def test_scorers_get_the_targets_as_they_were_given():
    frame = pd.DataFrame({"a": y, "b": y ** 2})

    def error_of_a(estimator, X, targets):
        return -np.abs(targets["a"] - estimator.predict(X)[:, 0]).mean()
    assert_is_grid_search(quick(scoring=error_of_a), X, frame)


def test_what_a_scorer_may_ask_of_the_estimator_is_said():
    search = quick(scoring=lambda estimator, X, y: estimator.alpha)
    with pytest.raises(AttributeError, match="only predict the X that it is given.*'alpha'"):
        search.fit(X, y)
