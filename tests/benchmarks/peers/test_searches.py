"""Comparisons of searches: a random search by the clock, and the report on winners."""

import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from benchmarks.__main__ import main
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.peers.contenders import GAR
from benchmarks.peers.random_search import TimedRandomSearch
from benchmarks.peers.report import search_report
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.searches import GRID, SEARCHES, WHOLE
from benchmarks.peers.trial import settings
from benchmarks.peers.trial_file import TrialFile
from benchmarks.peers.tuned_contenders import MIXED_TUNED, TUNED
from tests.benchmarks.peers.made_up import table
from tests.benchmarks.peers.made_up_files import files_of

X, y = table(60)


def test_without_time_the_estimator_stays_as_it_is():
    search = TimedRandomSearch(Ridge(alpha=3.0), {"alpha": ("uniform", 0, 1)}, 0).fit(X, y)
    assert search.n_candidates_ == 1
    assert search.best_params_ == {}
    np.testing.assert_array_equal(search.predict(X), Ridge(alpha=3.0).fit(X, y).predict(X))


def test_the_best_of_the_candidates_in_time_is_fitted_to_all_rows(monkeypatch):
    ticks = iter(range(100))
    monkeypatch.setattr("benchmarks.peers.random_search.time.process_time", lambda: next(ticks))
    search = TimedRandomSearch(Ridge(alpha=1e6), {"alpha": ("loguniform", 1e-3, 1e5)}, 5.5)
    search.fit(X, y)  # the clock reads 0 at first, and once before each later candidate
    assert search.n_candidates_ == 6
    assert search.best_params_["alpha"] < 1e6
    expected = Ridge(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict(X), expected.predict(X))


@pytest.mark.parametrize("contenders", [TUNED, MIXED_TUNED], ids=["numeric", "mixed"])
def test_the_tuned_have_the_settings_of_their_library(contenders):
    assert list(contenders) == [GAR, "GARRegressorCV", "GARRegressorCV_halving", "LightGBM_tuned",
                                "CatBoost_tuned"]
    for contender in list(contenders.values())[:2]:
        written = settings(contender.model(1))
        assert written == settings(contender.model(1))
        assert " at 0x" not in repr(written)


def test_searches_have_27_candidates():
    assert np.prod([len(values) for values in GRID.values()]) == 27
    for name, contender in SEARCHES.items():
        assert name == GAR or contender.model(1).learning_rates == GRID["learning_rates"]


def test_report_has_times_errors_and_winners(tmp_path):
    files = files_of(tmp_path, {
        ("concrete", GAR): {0: (1.0, 0.9)}, ("concrete", WHOLE): {0: (2.0, 0.9)},
        ("concrete", "bagged"): {0: (4.0, 0.8)},
        ("airfoil", GAR): {0: (1.0, 0.9)}, ("airfoil", WHOLE): {0: (2.0, 0.9)},
        ("airfoil", "bagged"): {0: (1.0, 0.9)}})
    chosen = {("concrete", WHOLE): 1, ("concrete", "bagged"): 1, ("airfoil", WHOLE): 1,
              ("airfoil", "bagged"): 2}
    for key, alpha in chosen.items():
        file: TrialFile = files[key]
        file.trials[0]["best_params"] = {"alpha": alpha}
    names = (GAR, WHOLE, "bagged")
    text = search_report(Scoreboard.from_files(files, ["concrete", "airfoil"], names), files,
                         NUMERIC_DATASETS)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    assert [GAR, "1", "0.5"] in lines  # time over a fit, error over the whole search's
    assert [WHOLE, "2", "1", "2 of 2"] in lines
    assert ["bagged", "2", "1", "1 of 2"] in lines  # the roots of 4 x 1 and of 2 x 0.5


def test_report_without_the_whole_search_has_times(tmp_path):
    files = files_of(tmp_path, {("concrete", GAR): {0: (1.0, 0.9)},
                                ("concrete", "bagged"): {0: (4.0, 0.8)}})
    text = search_report(Scoreboard.from_files(files, ["concrete"], (GAR, "bagged")), files,
                         NUMERIC_DATASETS)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    assert ["bagged", "4", "-"] in lines


def test_the_commands_run(tmp_path, capsys):
    for command, name in [("search", "bagged_halving"), ("tuned", "GARRegressorCV")]:
        arguments = ["--quick", "--datasets", "diabetes", "--only", GAR, name, "--threads", "1",
                     "--out", str(tmp_path)]
        assert main([command, *arguments]) == 0
        assert name in capsys.readouterr().out
        assert main([command, *arguments]) == 0  # nothing is left to run
        assert "2 of 2 are in" in capsys.readouterr().err
