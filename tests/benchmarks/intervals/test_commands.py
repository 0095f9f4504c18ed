"""`python -m benchmarks intervals`: runs, resumes, reports, and says what is wrong."""

import json

import numpy as np
import pytest

from benchmarks.__main__ import RESULTS, main
from benchmarks.intervals import commands, contenders, trials
from benchmarks.intervals.contenders import GAR, ConformalisedQuantiles, Contender
from benchmarks.intervals.report import means_of, report, tables
from benchmarks.intervals.scores import LEVELS


class FixedIntervals:
    """Intervals of one width around the mean, instead of a library that may be missing."""

    fits = 0

    def fit(self, X, y):
        FixedIntervals.fits += 1
        self.mean = np.mean(y)
        return self

    def predict_interval(self, X):
        half = 100.0 * np.array(LEVELS)
        return self.mean + np.multiply.outer(np.ones(len(X)), np.stack([-half, half]))


class BrokenIntervals(FixedIntervals):
    def predict_interval(self, X):
        raise ValueError("no intervals\ntoday")


@pytest.fixture
def methods(monkeypatch):
    """GARRegressor beside intervals of one width."""
    FixedIntervals.fits = 0
    known = {GAR: contenders.CONTENDERS[GAR],
             "fixed": Contender("fixed", (), lambda n_threads, quick: FixedIntervals(), {})}
    monkeypatch.setattr(commands, "CONTENDERS", known)
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
        content = read(tmp_path, name)
        trial = content["trials"]["0"]
        assert content["settings"]["levels"] == list(LEVELS)
        assert trial["n_train"] == 60 and trial["failure"] is None
        assert set(trial["coverage"]) == set(trial["winkler"]) == {"0.5", "0.8", "0.9", "0.95"}
        assert trial["fit_seconds"] >= 0 and trial["versions"]["sklearn_gar"]
    assert list(read(tmp_path, "fixed")["trials"]["0"]["coverage"].values()) == sorted(
        read(tmp_path, "fixed")["trials"]["0"]["coverage"].values())


def test_a_run_that_was_stopped_continues(methods, tmp_path, capsys):
    run(tmp_path, "--only", "fixed")
    assert FixedIntervals.fits == 1
    before = read(tmp_path, "fixed")
    run(tmp_path, "--only", "fixed", "--splits", "0", "3")
    assert FixedIntervals.fits == 2
    assert read(tmp_path, "fixed")["trials"]["0"] == before["trials"]["0"]
    assert set(read(tmp_path, "fixed")["trials"]) == {"0", "3"}
    run(tmp_path, "--only", "fixed", "--rerun")
    assert FixedIntervals.fits == 3
    # a report runs nothing
    assert run(tmp_path, "--only", "fixed", "--report") == 0
    assert FixedIntervals.fits == 3
    # other threads are other conditions
    run(tmp_path, "--only", "fixed", "--threads", "2")
    assert set(read(tmp_path, "fixed")["trials"]) == {"0"}


def test_a_failure_is_recorded_and_tried_again(methods, tmp_path, capsys):
    methods["fixed"] = Contender("fixed", (), lambda n_threads, quick: BrokenIntervals(), {})
    assert run(tmp_path, "--only", "fixed") == 1
    assert read(tmp_path, "fixed")["trials"]["0"]["failure"] == "ValueError: no intervals today"
    assert "fixed on diabetes, split 0: ValueError: no intervals today" in capsys.readouterr().out
    methods["fixed"] = Contender("fixed", (), lambda n_threads, quick: FixedIntervals(), {})
    assert run(tmp_path, "--only", "fixed") == 0


def test_a_missing_library_is_a_note(methods, tmp_path, capsys):
    def missing(n_threads, quick):
        raise ImportError("No module named 'mapie'")
    methods[GAR] = Contender(GAR, ("mapie",), missing, {})
    assert run(tmp_path) == 0
    assert "note: GARRegressor is left out, No module named 'mapie'" in capsys.readouterr().err


@pytest.mark.parametrize("option, known", [("--datasets", "diabetes"), ("--only", GAR)])
def test_unknown_names_list_the_known_ones(option, known, tmp_path, capsys):
    assert run(tmp_path, option, "nothing") == 2
    err = capsys.readouterr().err
    assert err.startswith("error: argument") and "'nothing'" in err and known in err


def test_a_report_without_results(tmp_path, capsys):
    assert run(tmp_path, "--report") == 2
    assert "no results to report" in capsys.readouterr().err


def test_a_file_that_is_none(methods, tmp_path, capsys):
    path = trials.trial_path(tmp_path / "intervals_quick", "diabetes", GAR)
    path.parent.mkdir(parents=True)
    path.write_text('{"trials": {}}')
    assert run(tmp_path) == 2
    assert "must be a file of trials of intervals" in capsys.readouterr().err


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
    bounds = ConformalisedQuantiles(Quantile()).fit(X[:4000], y[:4000]).predict_interval(X[4000:])
    assert bounds.shape == (4000, 2, len(LEVELS))
    covered = ((bounds[:, 0] <= y[4000:, None]) & (y[4000:, None] <= bounds[:, 1])).mean(0)
    # of the 1,000 rows that conformalise, a share has a standard error of at most 0.016
    assert np.abs(covered - LEVELS).max() < 0.05


def made_up(coverage, winkler, seconds):
    keys = [f"{level:g}" for level in LEVELS]
    return {"failure": None, "coverage": dict(zip(keys, coverage)), "fit_seconds": seconds,
            "winkler": dict.fromkeys(keys, winkler), "interval_seconds": 0.5,
            "versions": dict.fromkeys(("python", "numpy", "sklearn", "torch", "skorch",
                                       "sklearn_gar"), "1"),
            "machine": {"cpu": "c", "cores": 1}, "date": "2026-01-01"}


def test_tables_equal_those_by_hand():
    files = {
        ("a", "one"): {"threads": 1, "trials": {0: made_up((.5, .8, .9, 1), 1.0, 1),
                                                1: made_up((.6, .8, .8, 1), 3.0, 3)}},
        ("a", "two"): {"threads": 1, "trials": {0: made_up((.4, .8, .9, 1), 4.0, 9),
                                                1: made_up((.4, .8, .9, 1), 4.0, 9)}},
        ("b", "one"): {"threads": 1, "trials": {0: made_up((.5, .8, .95, 1), 1.0, 4)}},
        ("b", "two"): {"threads": 1, "trials": {0: made_up((.4, .8, .7, 1), 0.5, 5)}},
        # one method failed, so the data set is left out
        ("c", "one"): {"threads": 1, "trials": {0: made_up((.1, .1, .1, .1), 9.0, 9)}},
        ("c", "two"): {"threads": 1, "trials": {0: {**made_up((), 0, 0), "failure": "no"}}},
    }
    means = means_of(files)
    assert list(means) == ["a", "b"]
    rows = [[line.split() for line in table.splitlines()[3:-1]] for table in tables(means)]
    assert rows[0] == ["one 0.525 0.800 0.900 1.000 0.050".split(),
                       "two 0.400 0.800 0.800 1.000 0.200".split()]
    assert rows[1] == ["one 1.000 1.000 1.000 1.000 1.000 3 0.5".split(),
                       "two 1.000 1.000 1.000 1.000 1.000 7 0.5".split()]  # 4/2 and 0.5/1
    assert rows[2] == ["a 0.850 0.900".split(), "b 0.950 0.700".split()]
    assert rows[3] == ["a 2.000 4.000".split(), "b 1.000 0.500".split()]
    assert rows[4] == ["a 2.5 9.5".split(), "b 4.5 5.5".split()]
    text = report(files)
    assert "Means over 2 data sets, 3 splits in all." in text
    assert "two on c, split 0: no" in text and "2026-01-01, 1 thread" in text
    assert list(means_of(files, [1])) == ["a"]


def test_committed_results_are_those_of_the_readme():
    paths = [(dataset, name, trials.trial_path(RESULTS / "intervals", dataset, name))
             for dataset in commands.DATASETS for name in contenders.CONTENDERS]
    means = means_of({(dataset, name): trials.read_trials(path) for dataset, name, path in paths})
    readme = (RESULTS.parent / "README.rst").read_text(encoding="utf-8")
    for table in tables(means):
        for line in table.splitlines():
            assert f"    {line}\n" in readme
