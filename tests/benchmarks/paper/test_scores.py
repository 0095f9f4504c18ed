"""The four metrics of all members at once."""

import numpy as np
import pytest
import torch
from scipy import stats

from benchmarks.paper.scores import Scores, average_ranks
from tests.benchmarks.paper.plain_training import reference_scores


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("decimals", [0, 8])  # with 0 most values are tied
def test_scores_are_those_of_scipy_and_scikit_learn(k, decimals):
    rng = np.random.default_rng(k)
    y = rng.normal(scale=3, size=(50, k)).round(decimals)
    predictions = (y + rng.normal(scale=[[[1]], [[9]], [[1e30]]], size=(3, 50, k))).round(decimals)
    scores = Scores(torch.tensor(y))(torch.tensor(predictions))
    expected = np.array([reference_scores(y, prediction) for prediction in predictions]).T
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_ranks_are_those_of_scipy():
    values = np.random.default_rng(0).integers(0, 6, size=(2, 3, 40)).astype(float)
    expected = stats.rankdata(values, axis=-1) - 1
    np.testing.assert_array_equal(average_ranks(torch.tensor(values)), expected)


def test_constant_prediction_has_correlation_zero():
    y = torch.arange(6.0)[:, None]
    prediction = torch.stack([torch.full((6, 1), 0.1), y])
    scores = Scores(y)(prediction)
    torch.testing.assert_close(scores[2:], torch.tensor([[0.0, 1.0]] * 2, dtype=torch.float64))
