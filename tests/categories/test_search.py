"""GARRegressorCV over frames gives the scores and the choice of GridSearchCV."""

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

from sklearn_gar import GARRegressorCV
from tests.categories.tables import (
    FRAMES,
    assert_finite,
    mixed_columns,
    mixed_frame,
    pandas_or_polars,
    quick,
    table_of_levels,
)
from tests.data import name_of
from tests.selection.searches import assert_is_grid_search, regressor_of
from tests.selection.searches import quick as plain_search

SETTINGS = {
    "plain": {},
    "many batches": {"batch_sizes": (16,)},
    "one or many batches": {"batch_sizes": (16, 100)},
    "the defaults": {"early_stopping": "auto", "blend": "ridge", "embedding": "periodic",
                     "scale_features": True, "activation": "relu", "n_estimators": 2},
    "three networks": {"n_estimators": 3, "weight_decays": (0.0, 0.1), "alphas": (1.0,)},
    "another loss": {"loss": "huber", "alphas": (1.0,)},
}
each_setting = pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))


def error_in_a_town(estimator, X, y):
    """Minus the error, in which the rows of one town count twice."""
    weight = 1.0 + (np.asarray(X["town"], dtype=object) == "Bern")
    return -np.average(np.abs(estimator.predict(X) - y), weights=weight)


@each_setting
@pandas_or_polars
def test_equals_grid_search_on_frames_with_categories_and_gaps(build, settings):
    columns, y = mixed_columns(83)
    search = assert_is_grid_search(plain_search(**settings), build(columns), y)
    assert_array_equal(search.feature_names_in_, list(columns))


@each_setting
def test_equals_grid_search_for_many_levels(settings):
    frame, y, _ = table_of_levels(40, 160)
    frame["x"] = np.random.RandomState(1).normal(size=160)
    assert_is_grid_search(plain_search(**settings), frame, y)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_equals_grid_search_for_columns_of_targets(n_targets):
    frame, y = mixed_frame(80)
    assert_is_grid_search(plain_search(), frame, np.column_stack([y, np.cos(y)])[:, :n_targets])


@pytest.mark.parametrize("categories", [["town", "member"], [0, 1], [True, True, False, False],
                                        ["town", "member", "size"]], ids=str)
def test_equals_grid_search_for_named_categories(categories):
    frame, y = mixed_frame(80)
    assert_is_grid_search(plain_search(categorical_features=categories), frame, y)


def test_equals_grid_search_for_an_array_of_objects():
    columns, y = mixed_columns(80)
    objects = np.array(list(zip(*columns.values())), dtype=object)
    assert_is_grid_search(plain_search(categorical_features=[0, 1]), objects, y)


@pytest.mark.parametrize("scoring", ["neg_mean_absolute_error", error_in_a_town], ids=name_of)
@pytest.mark.parametrize("cv", [KFold(4, shuffle=True, random_state=0),
                                ShuffleSplit(3, test_size=0.7, random_state=0)], ids=name_of)
def test_equals_grid_search_for_other_splits_and_scores(cv, scoring):
    frame, y = mixed_frame(80)
    assert_is_grid_search(plain_search(cv=cv, scoring=scoring, alphas=(1.0,)), frame, y)


@pytest.mark.parametrize("build", FRAMES.values(), ids=list(FRAMES))
def test_levels_are_learned_per_fold(build):
    """Each fold is tested on levels alone that its training never saw."""
    columns, y = mixed_columns(80)
    towns = [str(town) for town in columns["town"]]
    search = plain_search(cv=GroupKFold(3), alphas=(1.0,))
    assert_is_grid_search(search, build(columns), y, groups=towns)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_columns_that_are_empty_or_complete_in_one_fold():
    frame, y = mixed_frame(90, gaps=False)
    frame["first"] = np.where(np.arange(90) < 30, np.arange(90.0), np.nan)
    frame["last"] = pd.Series(np.where(np.arange(90) < 60, None, "a"), dtype=object)
    assert_is_grid_search(plain_search(alphas=(1.0,), cv=KFold(3)), frame, y)


def test_weights_count_per_fold():
    frame, y = mixed_frame(80)
    weight = np.random.RandomState(0).choice([0.0, 0.5, 1.0, 3.0], size=80)
    search = plain_search(alphas=(1.0,), cv=KFold(3)).fit(frame, y, sample_weight=weight)
    for candidate, params in enumerate(search.cv_results_["params"]):
        for split, (train, test) in enumerate(KFold(3).split(frame)):
            model = regressor_of(search, params).fit(frame.iloc[train], y[train], weight[train])
            expected = r2_score(y[test], model.predict(frame.iloc[test]),
                                sample_weight=weight[test])
            found = search.cv_results_[f"split{split}_test_score"][candidate]
            assert found == pytest.approx(expected, abs=1e-4)


def test_the_best_estimator_is_an_ordinary_fit():
    frame, y = mixed_frame(80)
    search = plain_search(n_estimators=2).fit(frame, y)
    same = regressor_of(search, search.best_params_).fit(frame, y)
    assert_array_equal(search.predict(frame), same.predict(frame))
    assert_finite(search.predict(frame.assign(town="Basel", age=np.nan)), 80)


@pandas_or_polars
def test_the_default_search_takes_a_frame(build):
    columns, y = mixed_columns(80)
    search = GARRegressorCV(hidden_layer_sizes=(16,), n_estimators=1, max_iter=3, cv=3,
                            random_state=0).fit(build(columns), y)
    assert_finite(search.predict(build(columns)), 80)


def test_halving_takes_a_frame():
    frame, y = mixed_frame(80)
    search = plain_search(halving=True, alphas=(0.1, 1.0, 10.0), max_iter=9).fit(frame, y)
    assert_finite(search.predict(frame), 80)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


@pytest.mark.parametrize("settings", [{}, {"batch_sizes": (16, 100)}], ids=str)
def test_threads_give_the_same_results(settings):
    frame, y = mixed_frame(80)
    serial = plain_search(**settings).fit(frame, y)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threaded = plain_search(**settings).fit(frame, y)
    assert_array_equal(threaded.cv_results_["mean_test_score"],
                       serial.cv_results_["mean_test_score"])
    assert_array_equal(threaded.predict(frame), serial.predict(frame))


def test_a_search_refuses_what_a_fit_refuses():
    frame, y = mixed_frame(80)
    with pytest.raises(ValueError, match="hat"):
        plain_search(categorical_features=["hat"]).fit(frame, y)
    with pytest.raises(ValueError, match="(?i)inf"):
        plain_search().fit(frame.assign(size=np.inf), y)
    with pytest.raises((ValueError, TypeError)):
        plain_search(categorical_features=None).fit(frame, y)
    with pytest.raises((ValueError, TypeError)):
        quick(categorical_features=None).fit(frame, y)
