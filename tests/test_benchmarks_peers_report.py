"""Files of trials, and what a comparison makes of them: means, ranks, tests, tables."""

import os
import re
import struct

import numpy as np
import pytest
from scipy import stats

from benchmarks.peers import scoreboard
from benchmarks.peers.contenders import GAR
from benchmarks.peers.plot import draw
from benchmarks.peers.report import ablation_report, peers_report
from benchmarks.peers.result_file import ResultFile
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.peers.variants import SQUARED_ERROR, VARIANTS
from benchmarks.speed.result_file import ResultError

FAKE_HEAD = {"rule": "made up", "threads": 1, "package": {"sklearn": "1"}, "settings": {}}


def put(folder, dataset, name, values):
    """A made-up file: (error, correlation) by split, or the reason of a failure."""
    file = ResultFile(ResultFile.place(folder, dataset, name))
    for split, value in values.items():
        one = {"failure": None, "versions": {"torch": "2", "extra": "7"}, "date": "2026-01-02T00",
               "machine": {"cpu": "c", "cores": 2}}
        if isinstance(value, str):
            one["failure"] = value
        else:
            error, correlation = value
            one |= {"scores": {"RMSE": error, "MAE": error, "Pearson": correlation,
                               "Spearman": correlation}, "fit_seconds": 10 * error,
                    "predict_seconds": 0.1}
        file.put({"name": name, "dataset": dataset, **FAKE_HEAD}, split, one)
    return file


def cells_of(folder, results):
    return {key: put(folder, *key, values) for key, values in results.items()}


def test_board_by_hand(tmp_path):
    cells = cells_of(tmp_path, {
        ("one", "a"): {0: (1.0, 0.9), 1: (3.0, 0.7), 2: (9.0, 0.1)},
        ("one", "b"): {0: (2.0, 0.8), 1: (4.0, 0.6)},
        ("one", "c"): {0: (2.0, 0.95), 1: "RuntimeError: no"},
        ("two", "a"): {0: (5.0, 0.2)},
        ("two", "b"): {0: (4.0, 0.2)},
    })
    board = Scoreboard.of(cells, ["one", "two", "three"], ["a", "b", "c", "d"])
    assert board.splits == {"one": (0, 1), "two": (0,)} and board.names == ("a", "b", "c")
    np.testing.assert_allclose(board.means["RMSE"], [[2, 3, np.nan], [5, 4, np.nan]])
    np.testing.assert_allclose(board.means["Pearson"], [[.8, .7, np.nan], [.2, .2, np.nan]])
    np.testing.assert_allclose(board.means["fit_seconds"], [[20, 30, np.nan], [50, 40, np.nan]])
    assert board.n_lower("a", "b") == (1, 2) and board.n_lower("a", "c") == (0, 0)
    every, everyone = board.rankings()
    assert (every.names, every.datasets) == (("a", "b"), ("one", "two"))
    assert (everyone.names, everyone.datasets) == (("a", "b", "c"), ("one",))
    np.testing.assert_array_equal(every.ranks("RMSE"), [[1, 2], [2, 1]])
    np.testing.assert_array_equal(every.ranks("Pearson"), [[1, 2], [1.5, 1.5]])
    np.testing.assert_allclose(every.mean_ranks()["Pearson"], [1.25, 1.75])
    np.testing.assert_allclose(every.mean_ranks()["all"], [1.375, 1.625])
    np.testing.assert_array_equal(everyone.ranks("Pearson"), [[1, 2, 3]])  # who failed is last
    chosen = Scoreboard.of(cells, ["one"], ["a", "b"], splits=[1, 2])
    assert chosen.splits == {"one": (1,)} and chosen.means["RMSE"].tolist() == [[3.0, 4.0]]


def test_paired_test_is_scipys_of_log_ratios(tmp_path):
    rng = np.random.default_rng(0)
    values = {(dataset, name): {split: (rng.uniform(1, 2), rng.uniform(0, 1))
                                for split in range(n_splits)}
              for name in "ab" for dataset, n_splits in (("one", 5), ("two", 3), ("three", 4))}
    cells = cells_of(tmp_path, values)
    splits = {"one": range(5), "two": range(3), "three": range(4)}
    for score, column, transform in (("MAE", 0, np.log), ("Pearson", 1, lambda r: np.log(1 - r))):
        logs = [np.array([transform(values[one, "a"][split][column])
                          - transform(values[one, "b"][split][column]) for split in numbers])
                for one, numbers in splits.items()]
        every, means = np.concatenate(logs), [one.mean() for one in logs]
        found = scoreboard.compare(cells, splits, "a", "b", score)
        assert (found.n_pairs, found.n_better) == (12, (every < 0).sum())
        assert found.ratio == pytest.approx(np.exp(np.mean(means)))
        assert found.p_splits == pytest.approx(stats.wilcoxon(every).pvalue)
        assert found.p_datasets == pytest.approx(stats.wilcoxon(means).pvalue)


def test_paired_test_without_a_difference_or_a_pair(tmp_path):
    cells = cells_of(tmp_path, {("one", "a"): {0: (1.0, 1.0), 1: "E: no"},
                                ("one", "b"): {0: (1.0, 1.0), 1: (1.0, 1.0)}})
    same = scoreboard.compare(cells, {"one": (0, 1)}, "a", "b", "Pearson")
    assert (same.n_pairs, same.n_better, same.ratio) == (1, 0, 1.0) and np.isnan(same.p_splits)
    none = scoreboard.compare(cells, {"one": (1,)}, "a", "b", "RMSE")
    assert none.n_pairs == 0 and np.isnan(none.ratio)


def test_report_of_peers(tmp_path):
    names = (GAR, "CatBoost", "TabM_D")
    cells = cells_of(tmp_path, {
        ("energy", GAR): {0: (1.0, 0.9)}, ("energy", "CatBoost"): {0: (2.0, 0.95)},
        ("energy", "TabM_D"): {0: "RuntimeError: no"},
        ("ic50", GAR): {0: (3.0, 0.5)}, ("ic50", "CatBoost"): {0: (2.0, 0.4)}})
    text = peers_report(Scoreboard.of(cells, ["energy", "ic50"], names), cells)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    assert "Mean rank of 2 on 2 data sets, over 4 scores" in text
    assert "Mean rank of 3 on 1 data set, over 4 scores" in text
    assert ["CatBoost", "1.50", "1.50", "1.50", "1.50", "1.50", "1 of 2", "20", "0.1"] in lines
    assert ["energy", "**1**", "2", "failed"] in lines  # RMSE
    assert ["energy", "0.9000", "**0.9500**", "failed"] in lines
    assert ["ic50", "30", "20", "-"] in lines  # seconds
    assert "TabM_D on energy, split 0: RuntimeError: no" in text
    assert "Split 0: energy, ic50." in text and "ic50: the first of 15 drugs" in text
    assert "2026-01-02, 1 thread, torch 2; c, 2 cores; extra 7." in text


def test_report_of_the_ablation(tmp_path):
    cells = cells_of(tmp_path, {
        (one, name): {0: (error, 1 - error / 10)} for one in ("energy", "sml")
        for name, error in ((GAR, 1.0), (SQUARED_ERROR, 2.0), ("no_embedding", 3.0))})
    board = Scoreboard.of(cells, ["energy", "sml"], list(VARIANTS))
    text = ablation_report(board, cells)
    lines = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    losses, ingredients = text.split("Ingredients taken away.")
    assert "Mean rank of 2 on 2 data sets" in losses and "no_embedding" not in losses
    assert "squared_error  2.00" not in ingredients
    p_value = f"{stats.wilcoxon(np.log([0.5, 0.5])).pvalue:.2g}"
    for score in ("RMSE", "MAE", "1 - Pearson", "1 - Spearman"):
        assert [score, "0.5000", "2 of 2", p_value, p_value] in lines
    assert [SQUARED_ERROR, "2", "2"] in lines and [GAR, "**1**", "**1**"] in lines


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = put(tmp_path, "first", "a", {0: (1.0, 0.5)})
    before = file.path.read_bytes()

    def replace(source, target):
        raise OSError("no space left")
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(ResultError, match="cannot write .*a.json: no space left"):
        file.put(file.head, 1, file.trials[0])
    assert file.path.read_bytes() == before and len(list(file.path.parent.iterdir())) == 1


def test_figure_has_a_panel_a_ranking(tmp_path):
    cells = cells_of(tmp_path, {
        ("one", "a"): {0: (1.0, 0.9)}, ("one", "b"): {0: (2.0, 0.8)},
        ("two", "a"): {0: (1.0, 0.9)}, ("two", "c"): {0: (2.0, 0.8)}, ("two", "b"): {0: "E: no"}})
    widths = []
    for names in ("ab", "abc"):
        draw(Scoreboard.of(cells, ["one", "two"], names), tmp_path / "figure.png")
        widths.append(struct.unpack(">I", (tmp_path / "figure.png").read_bytes()[16:20])[0])
    assert widths[1] == 2 * widths[0]
    with pytest.raises(ResultError, match="cannot write .*nowhere"):
        draw(Scoreboard.of(cells, ["one"], "ab"), tmp_path / "nowhere" / "figure.png")
