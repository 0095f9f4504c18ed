"""One fit, its scores, its failures and what it leaves unchanged."""

import json
import logging
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from benchmarks.datasets import Split
from benchmarks.peers.scores import scores_of
from benchmarks.peers.trial import run_trial, settings
from tests.benchmarks.peers.made_up import CALLS, Shift, table


def test_trial_scores_the_test_rows_and_restores_the_threads():
    X, y = table()
    split = Split(X[:30], y[:30], X[30:], y[30:])
    generator, n_threads = torch.get_rng_state(), torch.get_num_threads()
    CALLS.clear()
    result = run_trial(Shift(2.0), split, 2)
    assert CALLS == [(2.0, 30, 2)] and torch.get_num_threads() == n_threads
    assert torch.equal(torch.get_rng_state(), generator)
    assert result["scores"] == scores_of(y[30:], X[30:, 0] + 2.0)
    assert (result["n_train"], result["n_test"], result["n_features"]) == (30, 10, 3)
    assert result["failure"] is None and result["fit_seconds"] >= 0


class Loud(Shift):
    def fit(self, X, y):
        warnings.warn("old", FutureWarning)
        logging.getLogger("anybody").warning("heard")
        print("said")
        torch.manual_seed(5)
        return super().fit(X, y)


def test_trial_is_silent_and_restores_the_generator(capsys, caplog):
    X, y = table()
    before = torch.get_rng_state()
    assert run_trial(Loud(), Split(X, y, X, y), 1)["failure"] is None
    assert capsys.readouterr() == ("", "") and caplog.text == ""
    assert torch.equal(torch.get_rng_state(), before)


class Nan(Shift):
    def predict(self, X):
        return np.full(len(X), np.nan)


class Columns(Shift):
    def predict(self, X):
        return X


@pytest.mark.parametrize("model, reason", [
    (Shift(fails=True), r"^RuntimeError: no luck$"),
    (Nan(), "ValueError: .*NaN"),
    (Columns(), r"ValueError: predictions must have shape \(40,\), got \(40, 3\)"),
])
def test_failed_trial_has_the_reason_as_its_result(model, reason):
    X, y = table()
    result = run_trial(model, Split(X, y, X, y), 1)
    assert re.search(reason, result["failure"]) and "scores" not in result


def test_settings_are_the_same_after_json():
    class Estimator(BaseEstimator):
        def __init__(self, a=float("inf"), b=(1, (2.5, None)), c=np.float64(0.5), d=Ridge(),
                     e=True, f={"g": float("nan")}, h=torch.nn.ReLU()):
            self.a, self.b, self.c, self.d, self.e, self.f, self.h = a, b, c, d, e, f, h
    values = settings(Estimator())
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["class"] == "Estimator" and values["d"] == "Ridge" and values["d__alpha"] == 1.0
    assert (values["a"], values["b"], values["c"]) == ("inf", [1, [2.5, None]], 0.5)
    assert (values["e"], values["f"], values["h"]) == (True, {"g": "nan"}, "ReLU()")


def test_trial_takes_frames_with_categories_and_missing_values():
    X, y = table()
    frame = pd.DataFrame(X, columns=list("abc"))
    frame["b"] = frame["b"].where(frame["b"] > -1)
    frame["d"] = pd.Categorical.from_codes(np.arange(len(X)) % 3, ["x", "y", "z"])
    split = Split(frame[:30], pd.Series(y[:30]), frame[30:], pd.Series(y[30:]))
    model = HistGradientBoostingRegressor(categorical_features="from_dtype", min_samples_leaf=2)
    for rows in (split, split.head(8)):
        result = run_trial(model, rows, 1)
        expected = model.fit(rows.X, rows.y).predict(rows.X_test)
        assert result["failure"] is None and result["n_features"] == 4
        assert result["scores"] == pytest.approx(scores_of(rows.y_test, expected))
