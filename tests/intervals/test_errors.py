"""Intervals where there can be none, and coverages that are none."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from tests.data import smooth_table
from tests.out_of_bag.problems import holding_out
from tests.regressors import quick

X, Y = smooth_table(60)
NOTHING = "predict_interval needs rows that networks held out and never trained on.*fit anew with"


@pytest.mark.parametrize("coverage", [
    0, 1, 0.0, 1.0, -0.1, 1.5, 90, np.nan, np.inf, [0.5, 0], [0.5, 1.0], [0.9, np.nan], [-1, 0.5]])
def test_coverages_out_of_range(coverage):
    model = holding_out(max_iter=2).fit(X, Y)
    with pytest.raises(ValueError, match="coverage must be above 0 and below 1, such as 0.9 for "
                                         "90 per cent, got"):
        model.predict_interval(X, coverage)


@pytest.mark.parametrize("coverage", ["0.9", None, [], [[0.5]], [0.5, "a"], True, [0.5, None]])
def test_coverages_that_are_no_numbers(coverage):
    model = holding_out(max_iter=2).fit(X, Y)
    with pytest.raises(ValueError, match="coverage must be a number above 0 and below 1, or a "
                                         "list of them, got"):
        model.predict_interval(X, coverage)


@pytest.mark.parametrize("n_rows, coverage", [(10, 0.91), (30, 0.97), (99, 0.9901)])
def test_too_few_rows_for_a_coverage(n_rows, coverage):
    # every row is held out once: n rows are enough for a coverage of n / (n + 1)
    model = holding_out(validation_split="kfold", max_iter=2)
    X, y = smooth_table(n_rows)
    model.fit(X, y)
    enough = n_rows / (n_rows + 1)
    assert model.predict_interval(X, enough).shape == (n_rows, 2)
    for one in (coverage, [0.5, coverage]):
        with pytest.raises(ValueError, match=rf"coverage must be at most 0\.\d+ for {n_rows} rows "
                                             rf"held out, .* got {coverage}; lower it, or fit to "
                                             "more rows"):
            model.predict_interval(X, one)


def test_fifty_rows_are_enough_for_nine_in_ten():
    X, y = smooth_table(50)
    model = holding_out(n_estimators=4, early_stopping="auto", max_iter=2).fit(X, y)
    assert np.isfinite(model.predict_interval(X, [0.5, 0.8, 0.9])).all()


def test_nothing_held_out():
    for model in (quick(early_stopping=False).fit(X, Y),
                  quick(early_stopping="auto").fit(X[:3], Y[:3]),
                  quick(early_stopping=True).fit(X, Y, X_val=X, y_val=Y)):
        with pytest.raises(ValueError, match=NOTHING):
            model.predict_interval(X)


def test_after_training_that_went_on():
    model = quick(early_stopping="auto", warm_start=True, max_iter=2).fit(X, Y)
    assert model.predict_interval(X).shape == (60, 2)
    model.fit(X, Y)
    with pytest.raises(ValueError, match=NOTHING):
        model.predict_interval(X)
    model.set_params(warm_start=False).fit(X, Y)
    assert model.predict_interval(X).shape == (60, 2)
    model.partial_fit(X, Y)
    with pytest.raises(ValueError, match=NOTHING):
        model.predict_interval(X)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        quick().predict_interval(X)


def test_other_features():
    model = holding_out(max_iter=2).fit(X, Y)
    with pytest.raises(ValueError, match="X has 2 features, but GARRegressor is expecting 3"):
        model.predict_interval(X[:, :2])
