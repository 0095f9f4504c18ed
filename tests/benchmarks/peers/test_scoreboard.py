"""Means over splits, ranks and paired tests."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.peers.scoreboard import Scoreboard, compare_pair
from tests.benchmarks.peers.made_up_files import files_of


def test_scoreboard_equals_one_made_by_hand(tmp_path):
    files = files_of(tmp_path, {
        ("one", "a"): {0: (1.0, 0.9), 1: (3.0, 0.7), 2: (9.0, 0.1)},
        ("one", "b"): {0: (2.0, 0.8), 1: (4.0, 0.6)},
        ("one", "c"): {0: (2.0, 0.95), 1: "RuntimeError: no"},
        ("two", "a"): {0: (5.0, 0.2)},
        ("two", "b"): {0: (4.0, 0.2)},
    })
    board = Scoreboard.from_files(files, ["one", "two", "three"], ["a", "b", "c", "d"])
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
    np.testing.assert_array_equal(everyone.ranks("Pearson"), [[1, 2, 3]])  # failures rank last
    chosen = Scoreboard.from_files(files, ["one"], ["a", "b"], splits=[1, 2])
    assert chosen.splits == {"one": (1,)} and chosen.means["RMSE"].tolist() == [[3.0, 4.0]]


def test_paired_test_is_that_of_scipy_on_log_ratios(tmp_path):
    rng = np.random.default_rng(0)
    values = {(dataset, name): {split: (rng.uniform(1, 2), rng.uniform(0, 1))
                                for split in range(n_splits)}
              for name in "ab" for dataset, n_splits in (("one", 5), ("two", 3), ("three", 4))}
    files = files_of(tmp_path, values)
    splits = {"one": range(5), "two": range(3), "three": range(4)}
    for score, column, transform in (("MAE", 0, np.log), ("Pearson", 1, lambda r: np.log(1 - r))):
        logs = [np.array([transform(values[one, "a"][split][column])
                          - transform(values[one, "b"][split][column]) for split in numbers])
                for one, numbers in splits.items()]
        every, means = np.concatenate(logs), [one.mean() for one in logs]
        comparison = compare_pair(files, splits, "a", "b", score)
        assert (comparison.n_pairs, comparison.n_better) == (12, (every < 0).sum())
        assert comparison.ratio == pytest.approx(np.exp(np.mean(means)))
        assert comparison.p_splits == pytest.approx(stats.wilcoxon(every).pvalue)
        assert comparison.p_datasets == pytest.approx(stats.wilcoxon(means).pvalue)


def test_paired_test_without_a_difference_or_a_pair(tmp_path):
    files = files_of(tmp_path, {("one", "a"): {0: (1.0, 1.0), 1: "E: no"},
                                ("one", "b"): {0: (1.0, 1.0), 1: (1.0, 1.0)}})
    same = compare_pair(files, {"one": (0, 1)}, "a", "b", "Pearson")
    assert (same.n_pairs, same.n_better, same.ratio) == (1, 0, 1.0) and np.isnan(same.p_splits)
    none = compare_pair(files, {"one": (1,)}, "a", "b", "RMSE")
    assert none.n_pairs == 0 and np.isnan(none.ratio)
