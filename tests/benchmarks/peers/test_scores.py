"""Scores of predictions."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.peers.scores import SCORES, scores_of


def test_scores_are_those_of_scipy():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 9, size=50) * 1.0
    prediction = np.round(y + rng.normal(size=50), 1)
    scores = scores_of(y, prediction)
    assert scores["RMSE"] == pytest.approx(np.sqrt(np.mean((y - prediction) ** 2)))
    assert scores["MAE"] == pytest.approx(np.abs(y - prediction).mean())
    assert scores["Pearson"] == pytest.approx(stats.pearsonr(y, prediction).statistic)
    assert scores["Spearman"] == pytest.approx(stats.spearmanr(y, prediction).statistic)
    assert all(type(value) is float for value in scores.values())


@pytest.mark.parametrize("name, value, distance", [("MAE", 2.0, 2.0), ("Pearson", 0.75, 0.25),
                                                   ("RMSE", 0.0, 0.0), ("Spearman", 1.0, 0.0)])
def test_distance_is_zero_for_a_perfect_prediction(name, value, distance):
    assert SCORES[name].distance(value) == distance
    assert SCORES[name].log_distance(value) == pytest.approx(np.log(max(distance, 1e-12)))
