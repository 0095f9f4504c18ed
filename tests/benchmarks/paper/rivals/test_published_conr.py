"""ConR of the authors' code, pair by pair."""

import math

import numpy as np
import pytest
import torch

from benchmarks.paper.rivals.published_conr import PublishedConR
from benchmarks.paper.rivals.settings import Question, Rival
from benchmarks.paper.rivals.trials import run_rival, settings
from tests.benchmarks.paper.made_up import TINY, made_up_table


def pair_by_pair(f, y, z, beta, window):
    """The loss of one network with predictions f, targets y and features z."""
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    n, total = len(y), 0.0
    for i in range(n):
        positives = [j for j in range(n) if j != i and abs(y[i] - y[j]) <= window]
        negatives = [j for j in range(n) if abs(y[i] - y[j]) > window
                     and abs(f[i] - f[j]) <= window]
        if not positives or not negatives:
            continue
        power = z @ z[i] / 0.07
        denominator = sum(math.exp(power[j]) for j in positives) + n - len(positives) + sum(
            math.exp(0.01 * abs(y[i] - y[j]) + power[j]) for j in negatives)
        total += np.mean([-math.log(math.exp(power[j]) / denominator) for j in positives])
    return np.abs(f - y).mean() + beta * total / n


@pytest.mark.parametrize("window", [1e-9, 0.7, 100.0])
def test_published_conr_equals_the_loop_over_pairs(window):
    rng = np.random.default_rng(0)
    f, y, z = rng.normal(size=(2, 9)), rng.normal(size=9), rng.normal(size=(2, 9, 4))
    found = PublishedConR(4.0, window)(torch.tensor(f)[..., None], torch.tensor(y)[:, None],
                                       features=torch.tensor(z))
    assert found.tolist() == pytest.approx(
        [pair_by_pair(*one, 4.0, window) for one in zip(f, [y, y], z)])


def test_published_conr_is_trained_where_a_setting_says_so():
    question, table = Question(("made_up",), True, 1e-4, (0,), {}), made_up_table()
    ours, published = (Rival("ConRLoss", {"beta": 4.0, "window": 0.5}, is_published=flag)
                       for flag in (False, True))
    errors = [run_rival(question, rival, TINY, table, lambda share: None)["folds"][0]["last"]
              for rival in (ours, published)]
    assert errors[0] != errors[1] and None not in errors
    assert settings(question, ours, TINY, {}) != settings(question, published, TINY, {})
