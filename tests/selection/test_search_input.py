"""Weights, frames, groups and pipelines around a search."""

from operator import itemgetter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.metrics import get_scorer, max_error, mean_squared_error, r2_score
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.selection.searches import (
    GROUPS,
    HALF,
    X,
    EveryOtherRow,
    assert_equal_results,
    assert_is_grid_search,
    half_error,
    quick,
    regressor_of,
    y,
)

WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 1.0, 3.0], size=53)


@pytest.mark.parametrize("settings", [
    {}, {"batch_sizes": (15,)}, {"early_stopping": True, "validation_fraction": 0.3}], ids=str)
@pytest.mark.parametrize("weight", [WEIGHTS, np.ones(53), np.r_[np.zeros(19), np.ones(34)]],
                         ids=["several", "ones", "a fold"])
def test_weights_count_in_fits_and_scores(settings, weight):
    cv = KFold(3, shuffle=True, random_state=1)
    search = quick(cv=cv, **settings).fit(X, y, sample_weight=weight)
    for candidate, params in enumerate(search.cv_results_["params"]):
        for split, (train, test) in enumerate(cv.split(X)):
            model = regressor_of(search, params).fit(X[train], y[train], weight[train])
            expected = r2_score(y[test], model.predict(X[test]), sample_weight=weight[test])
            found = search.cv_results_[f"split{split}_test_score"][candidate]
            assert found == pytest.approx(expected, abs=1e-4)


def test_scorers_that_take_no_weights_get_none():
    scoring = {"max": "neg_max_error", "own": half_error, "mse": "neg_mean_squared_error"}
    search = quick(cv=[(HALF, ~HALF)], scoring=scoring, refit="mse").fit(X, y, WEIGHTS)
    test = X[~HALF], y[~HALF]
    for candidate, params in enumerate(search.cv_results_["params"]):
        model = regressor_of(search, params).fit(X[HALF], y[HALF], WEIGHTS[HALF])
        prediction = model.predict(test[0])
        expected = {"max": -max_error(test[1], prediction), "own": half_error(model, *test),
                    "mse": -mean_squared_error(test[1], prediction, sample_weight=WEIGHTS[~HALF])}
        for name, value in expected.items():
            found = search.cv_results_[f"mean_test_{name}"][candidate]
            assert found == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_equal_arrays(library):
    frame, series = library.DataFrame, library.Series
    table = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    search = quick().fit(table, series(y), sample_weight=series(WEIGHTS))
    assert_array_equal(search.feature_names_in_, ["a", "b", "c"])
    assert_array_equal(search.predict(table), quick().fit(X, y, WEIGHTS).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        search.predict(table[["b", "a", "c"]])


def error_by_column(estimator, X, y):
    return -np.average(abs(estimator.predict(X) - y), weights=1 + abs(X["b"]))


@pytest.mark.parametrize("settings", [{"cv": EveryOtherRow(itemgetter("a"))},
                                      {"scoring": error_by_column}], ids=["splitter", "scorer"])
def test_splitters_and_scorers_get_the_frame(settings):
    table = pd.DataFrame(X, columns=list("abc"), index=np.arange(53) + 100)
    assert_is_grid_search(quick(alphas=(1.0,), **settings), table, y)


def test_pipeline_and_nested_cross_validation():
    pipeline = make_pipeline(StandardScaler(), quick())
    outer = KFold(2)
    expected = []
    for train, test in outer.split(X):
        scaler = StandardScaler().fit(X[train])
        search = quick().fit(scaler.transform(X[train]), y[train])
        expected.append(search.score(scaler.transform(X[test]), y[test]))
    assert_array_equal(cross_val_score(pipeline, X, y, cv=outer), expected)


def test_weights_and_groups_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        search = quick(cv=GroupKFold(2)).set_fit_request(sample_weight=True, groups=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), search)
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        params = {"sample_weight": WEIGHTS, "groups": GROUPS}
        found = cross_validate(pipeline, X, y, cv=2, params=params, scoring=scorer,
                               return_estimator=True)
    for (train, _), fitted in zip(KFold(2).split(X), found["estimator"]):
        rows = StandardScaler().fit_transform(X[train])
        alone = quick(cv=GroupKFold(2)).fit(rows, y[train], WEIGHTS[train], groups=GROUPS[train])
        assert_array_equal(fitted[-1].predict(rows), alone.predict(rows))
        assert_equal_results(fitted[-1].cv_results_, alone.cv_results_, atol=0)


def test_a_failed_fit_keeps_the_last_fit():
    def fails(estimator, X, y):
        raise RuntimeError("no score")

    search = quick().fit(X, y)
    before = dict(vars(search))
    with pytest.raises(RuntimeError, match="no score"):
        search.set_params(scoring=fails).fit(X[:, :1], y)
    assert vars(search.set_params(scoring=before["scoring"])) == before
