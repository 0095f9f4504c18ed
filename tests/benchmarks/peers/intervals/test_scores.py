"""Coverage and Winkler scores against values by hand."""

import numpy as np
import pytest

from benchmarks.peers.intervals.contenders import conformal_quantile
from benchmarks.peers.intervals.scores import LEVELS, coverage, scores_of, winkler_score


def test_coverage_counts_bounds_as_inside():
    bounds = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    assert coverage(np.array([0.0, 1.0, 0.5, 1.1]), bounds) == 0.75


@pytest.mark.parametrize("target, level, expected", [
    (0.5, 0.9, 2.0),             # inside: the width
    (2.5, 0.9, 2 + 20 * 1.0),    # 1 above the upper bound, 2 over a tenth
    (-1.0, 0.5, 2 + 4 * 0.5),    # 0.5 below the lower bound, 2 over a half
])
def test_winkler_score_by_hand(target, level, expected):
    score = winkler_score(np.array([target]), np.array([[-0.5, 1.5]]), level)
    assert score == pytest.approx(expected)


def test_winkler_score_is_lowest_for_the_quantiles():
    y = np.random.RandomState(0).normal(size=20_000)
    best = winkler_score(y, np.tile([-1.2816, 1.2816], (len(y), 1)), 0.8)
    for half in (0.9, 1.7):
        assert winkler_score(y, np.tile([-half, half], (len(y), 1)), 0.8) > best


def test_scores_have_every_level_and_a_unit():
    y, bounds = np.zeros(3), np.tile(np.array([-1.0, 1.0])[:, None], (3, 1, len(LEVELS)))
    scores = scores_of(y, bounds, 4.0)
    levels = ("50%", "80%", "90%", "95%")
    assert scores == {**{f"coverage at {level}": 1.0 for level in levels},
                      **{f"Winkler at {level}": 0.5 for level in levels}}


@pytest.mark.parametrize("n, level, rank", [
    (9, 0.9, 9), (19, 0.9, 18), (20, 0.5, 11), (4, 0.95, 4)])
def test_conformal_quantile_is_a_rank(n, level, rank):
    errors = np.random.RandomState(0).permutation(np.arange(1.0, n + 1))
    assert conformal_quantile(errors, level) == rank
