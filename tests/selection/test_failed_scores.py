"""Fits and scores of a search that fail, and what its errors say."""

import warnings

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import get_scorer, make_scorer, max_error, mean_absolute_error
from sklearn.model_selection import KFold

from sklearn_gar import GARRegressorCV
from tests.selection.searches import X, assert_equal_results, grid_search, quick, y


def error_in_first_fold(y_true, y_pred):
    """A metric that refuses the predictions of the fold that has the first row."""
    if y_true[0] == y[0]:
        raise ValueError("this metric refuses the first fold")
    return mean_absolute_error(y_true, y_pred)


def error_of_small_steps(y_true, y_pred):
    """A metric that refuses predictions with less than half of the deviation of the targets."""
    if y_pred.std() < 0.5 * y_true.std():
        raise ValueError("this metric refuses predictions near the mean")
    return mean_absolute_error(y_true, y_pred)


METRICS = {"first fold": error_in_first_fold, "small steps": error_of_small_steps}
each_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))


def quietly(fit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


def settings_of(metric, form):
    scorer = make_scorer(metric, greater_is_better=False)
    scoring = {"one": scorer, "several": {"r2": "r2", "refuses": scorer}}[form]
    return {"scoring": scoring, "refit": "r2" if form == "several" else False, "max_iter": 20,
            "alphas": (10.0,), "learning_rates": (1e-4, 0.01, 0.03)}


@each_metric
@pytest.mark.parametrize("form", ["one", "several"])
def test_a_score_that_fails_is_nan_with_a_warning_as_in_grid_search(form, metric):
    settings = settings_of(metric, form)
    expected = quietly(lambda: grid_search(quick(**settings), X, y))
    with pytest.warns(UserWarning, match="(?i)nan"):
        found = quick(**settings).fit(X, y)
    name = "score" if form == "one" else "refuses"
    scores = [found.cv_results_[f"split{split}_test_{name}"] for split in range(3)]
    assert np.isnan(scores).any() and np.isfinite(scores).any()
    assert_equal_results(found.cv_results_, expected.cv_results_)
    if form == "several":
        assert found.best_params_ == expected.best_params_
        assert_allclose(found.predict(X), expected.predict(X), rtol=1e-6)


def test_a_negative_prediction_does_not_lose_a_search_with_poisson_deviance():
    rows = np.linspace(-2, 2, 60)[:, None]
    target = np.exp(3 * rows[:, 0]) + 1e-3
    # a line through targets that grow exponentially is negative where they are small
    search = quick(scoring=["r2", "neg_mean_poisson_deviance"], refit="r2", max_iter=100,
                   loss="squared_error", hidden_layer_sizes=(), learning_rates=(0.1,))
    with pytest.warns(UserWarning):
        search.fit(rows, target)
    assert np.isfinite(search.cv_results_["mean_test_r2"]).all()
    assert np.isnan(search.cv_results_["mean_test_neg_mean_poisson_deviance"]).any()


@each_metric
def test_halving_goes_on_where_another_score_fails(metric):
    settings = {**settings_of(metric, "several"), "refit": "r2", "halving": True}
    found = quietly(lambda: quick(**settings).fit(X, y))
    by_r2 = quick(**{**settings, "scoring": ["r2"]}).fit(X, y)
    assert_array_equal(found.cv_results_["mean_test_r2"], by_r2.cv_results_["mean_test_r2"])


SCORINGS = {
    "name": ("neg_mean_absolute_error", True),
    "scorer": (make_scorer(mean_absolute_error, greater_is_better=False), True),
    "several": (["r2", "neg_mean_absolute_error"], "neg_mean_absolute_error"),
    "function": (lambda estimator, X, y: -mean_absolute_error(y, estimator.predict(X)), True),
    "dict of scores": (lambda estimator, X, y: {
        "a": -mean_absolute_error(y, estimator.predict(X)), "b": 1.0}, "a"),
}


@pytest.mark.parametrize("scoring, refit", SCORINGS.values(), ids=list(SCORINGS))
def test_score_is_the_score_that_decides_as_in_grid_search(scoring, refit):
    search = quick(scoring=scoring, refit=refit).fit(X, y)
    expected = grid_search(quick(scoring=scoring, refit=refit), X, y)
    assert search.score(X, y) == pytest.approx(-mean_absolute_error(y, search.predict(X)))
    assert search.score(X, y) == pytest.approx(expected.score(X, y))


def test_score_is_r2_without_scoring_and_takes_weights():
    weight = np.arange(53.0)
    search = quick().fit(X, y)
    expected = get_scorer("r2")(search.best_estimator_, X, y, sample_weight=weight)
    assert search.score(X, y, sample_weight=weight) == pytest.approx(expected)
    assert search.score(X, y) == pytest.approx(search.best_estimator_.score(X, y))


# what the errors say


@pytest.mark.parametrize("weight", [None, np.ones(2)], ids=["", "weighted"])
def test_too_few_rows_in_a_fold_are_not_blamed_on_weights(weight):
    with pytest.raises(ValueError, match="(?i)(fold|split).*2 (rows|sample).*got 1") as raised:
        GARRegressorCV(cv=2, max_iter=1).fit(X[:2], y[:2], weight)
    assert "weight" not in str(raised.value)


def test_errors_of_a_fold_say_which():
    splits = [(np.arange(30), np.arange(30, 53)), (np.arange(10, 53), np.arange(10)),
              (np.arange(1), np.arange(1, 53))]
    with pytest.raises(ValueError, match="(?i)(fold|split) 2"):
        quick(cv=splits).fit(X, y)


def test_an_error_of_one_fold_about_its_weights_says_which():
    weight = np.ones(53)
    weight[18:] = 0  # the first fold is trained on rows of weight zero, the second tested on them
    with pytest.raises(ValueError, match="(?i)sample_weight.*(fold|split) [01]|"
                                         "(fold|split) [01].*sample_weight"):
        quick(cv=KFold(3)).fit(X, y, weight)


class NotANumber(torch.nn.L1Loss):
    """A user's loss that is NaN whatever the learning rate."""

    def forward(self, input, target):
        return super().forward(input, target) * np.nan


@pytest.mark.parametrize("settings, remedy", [
    ({"solver": "sgd", "learning_rates": (1e30,)}, "(?s)diverged.*learning.rate.*1e\\+30.*lower"),
    ({"loss": NotANumber()}, "(?s)diverged.*loss"),
], ids=["learning rate", "loss"])
def test_a_search_in_which_all_fits_diverge_names_causes_and_remedies(settings, remedy):
    with pytest.raises(ValueError, match=remedy):
        quick(**settings).fit(X, y)


def one_that_fails_in_the_first_fold(estimator, features, target):
    return -error_in_first_fold(target, estimator.predict(features))


def one_that_returns_text_in_the_first_fold(estimator, features, target):
    score = -mean_absolute_error(target, estimator.predict(features))
    return "low" if target[0] == y[0] else score


@pytest.mark.parametrize("function", [
    one_that_fails_in_the_first_fold, one_that_returns_text_in_the_first_fold])
def test_a_function_that_fails_for_one_fold_gives_nan_there(function):
    with pytest.warns(UserWarning, match="non-finite"), pytest.warns(
            UserWarning, match="failed for 1 of 3 fits.*candidate 0 on split 0"):
        search = quick(scoring=function, alphas=(10.0,), learning_rates=(0.01,)).fit(X, y)
    scores = [search.cv_results_[f"split{split}_test_score"][0] for split in range(3)]
    assert np.isnan(scores[0]) and np.isfinite(scores[1:]).all()


def test_a_score_that_a_function_leaves_out_is_nan():
    calls = []

    def function(estimator, features, target):
        calls.append(len(features))
        score = -mean_absolute_error(target, estimator.predict(features))
        return {"a": score} if len(calls) == 3 else {"a": score, "b": score}
    with pytest.warns(UserWarning, match="non-finite"), pytest.warns(
            UserWarning, match="(?s)failed for 1 of 3 fits.*KeyError"):
        search = quick(scoring=function, refit="a", alphas=(10.0,), learning_rates=(0.01,)
                       ).fit(X, y)
    assert np.isfinite(search.cv_results_["split0_test_b"]).all()
    assert np.isnan(search.cv_results_["split1_test_b"]).all()


def test_a_function_that_always_fails_fails_before_training(monkeypatch):
    monkeypatch.setattr("sklearn_gar._selection.blocks.train_block", None)

    def function(estimator, features, target):
        raise ZeroDivisionError("of the user's")
    for scoring in (function, {"good": "r2", "bad": function}):
        with pytest.raises(ZeroDivisionError, match="of the user's"):
            quick(scoring=scoring, refit="bad" if isinstance(scoring, dict) else True).fit(X, y)


@pytest.mark.parametrize("value, got", [
    (None, "None"), ("high", "'high'"), (np.ones(2), "array"), ({"a": "high"}, "'high' as .*'a'"),
    ([1.0], r"\[1.0\]")], ids=str)
def test_a_function_that_never_returns_a_number_fails_before_training(value, got, monkeypatch):
    monkeypatch.setattr("sklearn_gar._selection.blocks.train_block", None)
    with pytest.raises(ValueError, match=f"scoring must return a number, got {got}"):
        quick(scoring=lambda estimator, X, y: value, refit="a").fit(X, y)


def test_a_scorer_of_classes_fails_before_training(monkeypatch):
    monkeypatch.setattr("sklearn_gar._selection.blocks.train_block", None)
    with pytest.raises(ValueError, match="continuous is not supported"):
        quick(scoring="accuracy").fit(X, y)


@pytest.mark.parametrize("scoring", [
    lambda estimator, X, y: -1.0, make_scorer(max_error)], ids=["function", "without weights"])
def test_score_leaves_out_weights_for_scorers_that_take_none(scoring):
    search = quick(scoring=scoring).fit(X, y, np.ones(53))
    assert search.score(X, y, np.ones(53)) == search.score(X, y)


def test_score_without_a_deciding_name_says_so():
    search = quick(scoring=["r2", "neg_max_error"], refit=lambda results: 0).fit(X, y)
    with pytest.raises(ValueError, match="score needs refit to name one of the scores"):
        search.score(X, y)


def test_a_fold_without_rows_to_train_on_says_which():
    with pytest.raises(ValueError, match="split 1 of cv.*at least 2 rows, got 0"):
        quick(cv=[(np.arange(30), [30, 31]), ([], [3])]).fit(X, y)
