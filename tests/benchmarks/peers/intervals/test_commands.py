"""`python -m benchmarks intervals`: runs, resumes, reports, and says what is wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from benchmarks.__main__ import RESULTS, main
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.peers.comparisons import COMPARISONS
from benchmarks.peers.contenders import GAR, Contender
from benchmarks.peers.current_files import current_files
from benchmarks.peers.intervals.contenders import (
    INTERVALS,
    ConformalisedQuantiles,
    fit_and_cover,
)
from benchmarks.peers.intervals.report import finished, intervals_report, tables
from benchmarks.peers.intervals.scores import COVERAGES, LEVELS, WINKLERS
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.trial_file import TrialFile, trial_path

SCORES = (*COVERAGES.values(), *WINKLERS.values())


class FixedIntervals(BaseEstimator):
    """Intervals of one width around the mean, instead of a library that may be missing."""

    fits = 0

    def fit(self, X, y):
        FixedIntervals.fits += 1
        self.mean = np.mean(y)
        return self

    def predict_interval(self, X, coverage):
        half = 100.0 * np.array(coverage)
        return self.mean + np.multiply.outer(np.ones(len(X)), np.stack([-half, half]))


class BrokenIntervals(FixedIntervals):
    def predict_interval(self, X, coverage):
        raise ValueError("no intervals\ntoday")


def contender(name, model):
    return Contender(name, "sklearn", lambda n_threads: model)


@pytest.fixture
def methods(monkeypatch):
    """GARRegressor beside intervals of one width."""
    FixedIntervals.fits = 0
    known = {GAR: INTERVALS[GAR], "fixed": contender("fixed", FixedIntervals())}
    comparison = replace(COMPARISONS["intervals"]["all"], contenders=known)
    monkeypatch.setitem(COMPARISONS, "intervals", {"all": comparison})
    return known


def run(folder, *arguments):
    return main(["intervals", "--quick", "--out", str(folder), *arguments])


def read(folder, name, dataset="diabetes"):
    return json.loads((folder / "intervals_quick" / dataset / f"{name}.json").read_text())


def test_a_run_writes_a_file_for_each_method_and_prints_tables(methods, tmp_path, capsys):
    assert run(tmp_path) == 0
    out = capsys.readouterr().out
    assert "A smoke test" in out and "furthest from 90%" in out
    for name in methods:
        trial = read(tmp_path, name)["trials"]["0"]
        assert trial["n_train"] == 60 and trial["failure"] is None
        assert tuple(trial["scores"]) == SCORES
        assert trial["fit_seconds"] >= 0 and trial["versions"]["sklearn_gar"]
    fixed = read(tmp_path, "fixed")["trials"]["0"]["scores"]
    covered = [fixed[name] for name in COVERAGES.values()]
    assert covered == sorted(covered)


def test_a_run_that_was_stopped_continues(methods, tmp_path):
    run(tmp_path, "--only", "fixed")
    n_fits = FixedIntervals.fits
    before = read(tmp_path, "fixed")
    run(tmp_path, "--only", "fixed", "--splits", "0", "3")
    assert FixedIntervals.fits == n_fits + 1
    assert read(tmp_path, "fixed")["trials"]["0"] == before["trials"]["0"]
    assert set(read(tmp_path, "fixed")["trials"]) == {"0", "3"}
    # a report runs nothing
    assert run(tmp_path, "--only", "fixed", "--report") == 0
    assert FixedIntervals.fits == n_fits + 1


def test_a_failure_is_recorded(methods, tmp_path, capsys):
    methods["fixed"] = contender("fixed", BrokenIntervals())
    assert run(tmp_path, "--only", "fixed") == 1
    assert read(tmp_path, "fixed")["trials"]["0"]["failure"] == "ValueError: no intervals today"
    out = capsys.readouterr().out
    assert "No data set is finished by all methods" in out
    assert "fixed on diabetes, split 0: ValueError: no intervals today" in out


def test_bounds_must_be_finite_and_of_all_coverages():
    split = NUMERIC_DATASETS["diabetes"]
    rows = split.split(split.read(None), 0)

    class Half(FixedIntervals):
        def predict_interval(self, X, coverage):
            return super().predict_interval(X, coverage)[..., :2]
    with pytest.raises(ValueError, match=r"of shape \(89, 2, 4\), got \(89, 2, 2\)"):
        fit_and_cover(Half(), rows, lambda: 0.0)


class Quantile:
    """A model of one quantile of the targets, whatever the features."""

    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def get_params(self, deep=True):
        return {"alpha": self.alpha}

    def set_params(self, alpha):
        self.alpha = alpha
        return self

    def fit(self, X, y):
        self.value = np.quantile(y, self.alpha)
        return self

    def predict(self, X):
        return np.full(len(X), self.value)


def test_conformalised_quantiles_cover_new_rows():
    y = np.random.RandomState(0).exponential(size=8000)
    X = np.zeros((8000, 1))
    model = ConformalisedQuantiles(Quantile()).fit(X[:4000], y[:4000])
    bounds = model.predict_interval(X[4000:], LEVELS)
    assert bounds.shape == (4000, 2, len(LEVELS))
    covered = ((bounds[:, 0] <= y[4000:, None]) & (y[4000:, None] <= bounds[:, 1])).mean(0)
    # of the 1,000 rows that conformalise, a share has a standard error of at most 0.016
    assert np.abs(covered - LEVELS).max() < 0.05
    with pytest.raises(ValueError, match="coverage must be that of the fit"):
        model.predict_interval(X, (0.9,))


def put(folder, dataset, name, *trials):
    """A made-up file with a trial for each split: coverages, a Winkler score and seconds."""
    file = TrialFile(trial_path(folder, dataset, name))
    header = {"name": name, "dataset": dataset, "rule": "made up", "threads": 1, "package": {},
              "settings": {}}
    for split, trial in enumerate(trials):
        found = {"failure": "no"}
        if trial is not None:
            coverage, winkler, seconds = trial
            found = {"failure": None, "scores": {
                **dict(zip(COVERAGES.values(), coverage)),
                **dict.fromkeys(WINKLERS.values(), winkler)},
                "fit_seconds": seconds, "predict_seconds": 0.5}
        versions = dict.fromkeys(("python", "numpy", "sklearn", "torch", "skorch",
                                  "sklearn_gar"), "1")
        file.put(header, split, {**found, "versions": versions, "date": "2026-01-01",
                                 "machine": {"cpu": "c", "cores": 1}})
    return file


def test_tables_equal_those_by_hand(tmp_path):
    trials = {
        ("a", "one"): [((.5, .8, .9, 1), 1.0, 1), ((.6, .8, .8, 1), 3.0, 3)],
        ("a", "two"): [((.4, .8, .9, 1), 4.0, 9), ((.4, .8, .9, 1), 4.0, 9)],
        ("b", "one"): [((.5, .8, .95, 1), 1.0, 4)],
        ("b", "two"): [((.4, .8, .7, 1), 0.5, 5)],
        # one method failed, so the data set is left out
        ("c", "one"): [((.1, .1, .1, .1), 9.0, 9)],
        ("c", "two"): [None],
    }
    files = {key: put(tmp_path, *key, *values) for key, values in trials.items()}
    board = Scoreboard.from_files(files, "abc", ("one", "two"), scores=SCORES)
    shown = finished(board)
    assert list(shown.splits) == ["a", "b"]
    rows = [[line.split() for line in table.splitlines()[3:-1]] for table in tables(shown)]
    assert rows[0] == ["one 0.525 0.800 0.900 1.000 0.050".split(),
                       "two 0.400 0.800 0.800 1.000 0.200".split()]
    assert rows[1] == ["one 1.000 1.000 1.000 1.000 1.000 3 0.5".split(),
                       "two 1.000 1.000 1.000 1.000 1.000 7 0.5".split()]  # 4/2 and 0.5/1
    assert rows[2] == ["a 0.850 0.900".split(), "b 0.950 0.700".split()]
    assert rows[3] == ["a 2.000 4.000".split(), "b 1.000 0.500".split()]
    assert rows[4] == ["a 2.5 9.5".split(), "b 4.5 5.5".split()]
    text = intervals_report(board, files, {})
    assert "Means over 2 data sets, 3 splits in all." in text
    assert "two on c, split 0: no" in text and "2026-01-01, 1 thread" in text


def test_committed_results_are_those_of_the_readme():
    comparison = COMPARISONS["intervals"]["all"]
    files = current_files(INTERVALS.values(), comparison.datasets.values(),
                          RESULTS / "intervals", quick=False)
    board = finished(Scoreboard.from_files(files, comparison.datasets, INTERVALS, scores=SCORES))
    assert len(board.splits) == len(comparison.datasets)
    readme = (RESULTS.parent / "README.rst").read_text(encoding="utf-8")
    for table in tables(board):
        for line in table.splitlines():
            assert f"    {line}\n" in readme
