"""Scores on training rows, against GridSearchCV and against fits by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import KFold

from sklearn_gar._fitting import Predictor
from tests.data import smooth_table
from tests.selection.searches import (
    HALF,
    X,
    assert_is_grid_search,
    half_error,
    quick,
    regressor_of,
    two_scores,
    y,
)

FOLDS = KFold(4, shuffle=True, random_state=1)
WEIGHTS = np.random.RandomState(0).choice([0.0, 0.5, 3.0], size=53)


def scored(**settings):
    """A small search that scores training rows too."""
    return quick(return_train_score=True, **settings)


def bagged(**settings):
    """One whose networks hold out folds."""
    return scored(**{"bagged": True, "cv": FOLDS, "early_stopping": "auto", "batch_sizes": (11,),
                     **settings})


def train_scores(results):
    return {name: values for name, values in results.items() if "_train_" in name}


FRAME = pd.DataFrame(X, columns=list("abc"), index=np.arange(53) + 100)
TARGETS = pd.DataFrame({"a": y, "b": y ** 2})


def error_by_column(estimator, table, target):
    return -np.average(abs(estimator.predict(table) - target), weights=1 + abs(table["b"]))


def error_of_a(estimator, table, targets):
    return -np.abs(targets["a"] - estimator.predict(table)[:, 0]).mean()


CASES = {
    "r2": {}, "many batches": {"batch_sizes": (15,)}, "blend": {"blend": "ridge"},
    "a name": {"scoring": "neg_mean_absolute_error"},
    "several": {"scoring": ["r2", "neg_max_error"], "refit": "r2"},
    "a function": {"scoring": half_error},
    "a function of several scores": {"scoring": two_scores, "refit": "error"},
    "names and functions": {"scoring": {"r2": "r2", "own": half_error}, "refit": "own"},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3, "n_estimators": 2},
    "random splits": {"cv": FOLDS}, "processes": {"n_jobs": 2},
    "masks": {"cv": [(HALF, ~HALF), (~HALF, HALF)]},
    "a row twice": {"cv": [([*range(30), 3, 3], range(30, 53))]},
    "without refit": {"refit": False},
    # alpha means nothing to the squared error, so that candidates share their training
    "equal candidates": {"loss": "squared_error"},
}


@pytest.mark.parametrize("settings", CASES.values(), ids=list(CASES))
def test_train_scores_are_those_of_grid_search(settings):
    search = assert_is_grid_search(scored(**settings), X, y)
    assert train_scores(search.cv_results_)


@pytest.mark.parametrize("data, scoring", [
    ((FRAME, y), error_by_column), ((X, TARGETS), error_of_a),
    (smooth_table(53, n_targets=2, noise=0.5), None)], ids=["frame", "targets", "two targets"])
def test_frames_and_targets(data, scoring):
    search = assert_is_grid_search(scored(scoring=scoring), *data)
    assert train_scores(search.cv_results_)


def test_weights_count_in_train_scores():
    search = scored(cv=FOLDS).fit(X, y, WEIGHTS)
    for number, params in enumerate(search.cv_results_["params"]):
        for split, (train, _) in enumerate(FOLDS.split(X)):
            model = regressor_of(search, params).fit(X[train], y[train], WEIGHTS[train])
            expected = r2_score(y[train], model.predict(X[train]), sample_weight=WEIGHTS[train])
            found = search.cv_results_[f"split{split}_train_score"][number]
            assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("settings", [{}, {"bagged": True, "early_stopping": "auto"},
                                      {"ensemble_size": 2}, {"halving": True}], ids=str)
def test_nothing_else_changes(settings):
    found, plain = (quick(return_train_score=one, **settings).fit(X, y) for one in (True, False))
    assert not train_scores(plain.cv_results_)
    for name, values in plain.cv_results_.items():
        if "_test_" in name or name == "n_iter":
            assert_array_equal(found.cv_results_[name], values)
    assert_array_equal(found.predict(X), plain.predict(X))


def test_without_train_scores_training_rows_are_not_predicted(monkeypatch):
    n_predicted, predict = [], Predictor.predict

    def counted(self, rows):
        n_predicted.append(len(rows))
        return predict(self, rows)
    monkeypatch.setattr(Predictor, "predict", counted)
    quick(cv=FOLDS, refit=False).fit(X, y)
    assert set(n_predicted) == {13, 14}


@pytest.mark.parametrize("settings", [{}, {"n_jobs": 2}], ids=str)
def test_dropped_candidates_have_those_of_their_last_round(settings):
    settings = {"alphas": (0.1, 1.0, 10.0), "learning_rates": (0.003, 0.03), "max_iter": 18,
                **settings}
    found = scored(halving=True, **settings).fit(X, y).cv_results_
    assert len(set(found["n_iter"])) == 3
    for n_iter in set(found["n_iter"]):
        whole = scored(**{**settings, "max_iter": int(n_iter)}).fit(X, y).cv_results_
        last = found["n_iter"] == n_iter
        for name, values in train_scores(whole).items():
            assert_allclose(found[name][last], values[last], rtol=2e-5, atol=2e-5)


def standard_units(values, weight):
    """Weighted mean and deviation of each column."""
    mean = np.average(values, axis=0, weights=weight)
    return mean, np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weight))


def outputs_of_networks(model, table, target, weight=None):
    """What each network of a fitted model predicts, in units, (m, n, k)."""
    mean, deviation = standard_units(table, weight)
    center, spread = standard_units(target, weight)
    with torch.no_grad():
        features = torch.from_numpy((table - mean) / deviation)
        outputs = model.net_.module_.double().outputs(features)
    return outputs.numpy() * spread + center


@pytest.mark.parametrize("settings", [{}, {"n_jobs": 2}, {"scoring": "neg_mean_absolute_error"}],
                         ids=str)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weighted"])
def test_bagged_scores_are_those_of_each_network_on_rows_that_it_trained_on(settings, weight):
    search = bagged(**settings).fit(X, y, weight)
    metric = r2_score if "scoring" not in settings else (
        lambda *args, **kwargs: -mean_absolute_error(*args, **kwargs))
    for number, params in enumerate(search.cv_results_["params"]):
        model = regressor_of(search, params, n_estimators="auto", validation_split=FOLDS)
        predictions = outputs_of_networks(model.fit(X, y, weight), X, y[:, None], weight)
        for split, (train, _) in enumerate(FOLDS.split(X)):
            expected = metric(y[train], predictions[split][train],
                              sample_weight=None if weight is None else weight[train])
            found = search.cv_results_[f"split{split}_train_score"][number]
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_bagged_network_is_blended_with_its_own_ridge():
    train, test = np.arange(35), np.arange(35, 53)
    search = bagged(cv=[(train, test)], blend="ridge", batch_sizes=(256,)).fit(X, y)
    for number, params in enumerate(search.cv_results_["params"]):
        model = regressor_of(search, params, n_estimators=1,
                             validation_split=[(train, test)]).fit(X, y)
        assert model.ridge_share_ > 0
        expected = r2_score(y[train], model.predict(X[train]))
        found = search.cv_results_["mean_train_score"][number]
        assert found == pytest.approx(expected, abs=1e-4)


def test_bagged_scores_of_several_targets():
    targets = np.column_stack([y, -y ** 2])
    search = bagged(refit=False, scoring=["r2", "neg_mean_absolute_error"]).fit(X, targets)
    model = regressor_of(search, search.cv_results_["params"][1], n_estimators="auto",
                         validation_split=FOLDS)
    predictions = outputs_of_networks(model.fit(X, targets), X, targets)
    for split, (train, _) in enumerate(FOLDS.split(X)):
        expected = -mean_absolute_error(targets[train], predictions[split][train])
        found = search.cv_results_[f"split{split}_train_neg_mean_absolute_error"][1]
        assert found == pytest.approx(expected, rel=1e-3)


def test_a_network_of_a_short_round_is_scored_on_what_it_trained_on():
    folds = KFold(7, shuffle=True, random_state=1)
    search = bagged(cv=folds, halving=True, alphas=(0.1, 1.0, 10.0), max_iter=9).fit(X, y)
    tests = [test for _, test in folds.split(X)]
    joined = [np.concatenate(tests[first:stop]) for first, stop in [(0, 4), (4, 7)]]
    splits = [(np.setdiff1d(np.arange(53), test), test) for test in joined]
    dropped = np.flatnonzero(search.cv_results_["n_iter"] == 3)
    assert len(dropped)
    for number in dropped:
        model = regressor_of(search, search.cv_results_["params"][number], n_estimators="auto",
                             validation_split=splits, max_iter=3).fit(X, y)
        predictions = outputs_of_networks(model, X, y[:, None])
        for split in range(7):
            network = int(split >= 4)
            train = splits[network][0]
            expected = r2_score(y[train], predictions[network][train])
            found = search.cv_results_[f"split{split}_train_score"][number]
            assert found == pytest.approx(expected, abs=1e-4)
