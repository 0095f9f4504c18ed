"""The verdict: when a difference is clear, and the sentence about it."""

import numpy as np
import pytest

from sklearn_gar._command.comparison import GAR, TREES, Result, loss_label
from sklearn_gar._command.verdict import clear_difference, verdict


@pytest.mark.parametrize("shift, expected", [(1.0, 1), (-1.0, -1), (0.0, 0)])
def test_clear_difference(shift, expected):
    scores = np.array([3.0, 5.0, 4.0, 6.0, 2.0])
    noise = np.array([0.1, -0.1, 0.05, 0.0, -0.05])
    assert clear_difference(scores + shift + noise, scores) == expected
    assert clear_difference(scores, scores) == 0
    assert clear_difference(scores + 0.1 * shift, scores[::-1]) == 0


def _result(pearson, rmse):
    wobble = np.array([0.001, -0.001, 0.0])
    return Result({"Pearson": pearson + wobble, "RMSE": rmse - wobble}, [1.0], None)


@pytest.mark.parametrize("pearson, rmse, summary", [
    (0.9, 1.0, "GAR helped on this table"),
    (0.9, 9.0, "GAR helped in one way and hurt in another on this table"),
    (0.5, 2.0, "GAR hurt on this table"),
    (0.7, 2.0, "GAR made no clear difference on this table"),
])
def test_verdict(pearson, rmse, summary):
    results = {GAR: _result(pearson, rmse),
               loss_label("huber"): _result(0.7, 2.0),
               loss_label("squared_error"): _result(0.4, 3.0),
               TREES: _result(0.8, 5.0)}
    sentence = verdict(results)
    assert sentence.startswith(summary + ": against the best other loss of the same network, ")
    assert f"Pearson is {pearson:.4g} instead of 0.7 " in sentence
    trees = sentence.split("boosted trees, ")[1]
    assert f"Pearson is {pearson:.4g} instead of 0.8 (clearly " in trees
    assert sentence.endswith(").")
