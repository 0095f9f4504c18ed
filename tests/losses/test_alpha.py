"""The limits of Theorem 6 in alpha, which are exact bounds of a power mean of three terms."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    INF,
    TERMS,
    each_dtype,
    make_data,
    value_and_gradient,
)


def data_and_logs(shape, dtype=torch.float64):
    input, target = make_data(*shape, dtype=dtype)
    terms = torch.stack([term(input, target) for term in TERMS])
    return input, target, terms.log()


@pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
@pytest.mark.parametrize("alpha", [1e-2, 1e-4, 1e-6])
def test_towards_zero_the_largest_term(alpha, shape):
    input, target, logs = data_and_logs(shape)
    largest = logs.amax(0)
    value = F.gar_loss(input, target, alpha=alpha)
    assert (value <= largest + 1e-12).all()
    assert (value >= largest - alpha * math.log(3) - 1e-12).all()


@pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
def test_one_is_the_arithmetic_mean(shape):
    input, target, logs = data_and_logs(shape)
    expected = logs.exp().mean(0).log()
    assert_close(F.gar_loss(input, target, alpha=1.0), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
@pytest.mark.parametrize("alpha", [1e6, 1e9, INF])
@pytest.mark.parametrize("dtype, rounding", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_towards_infinity_the_mean_of_the_logs(alpha, shape, dtype, rounding):
    input, target, logs = data_and_logs(shape, dtype)
    # Hoeffding's lemma on log E exp(log L / alpha).
    bound = (logs.amax(0) - logs.amin(0)) ** 2 / (8 * alpha)
    excess = F.gar_loss(input, target, alpha=alpha) - logs.mean(0)
    assert (excess >= -rounding).all()
    assert (excess <= bound + rounding).all()


@pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
@pytest.mark.parametrize("dtype, rtol", [(torch.float64, 1e-5), (torch.float32, 1e-4)])
def test_towards_infinity_the_gradient_of_the_mean_of_the_logs(shape, dtype, rtol):
    input, target = make_data(*shape, dtype=dtype)
    _, expected = value_and_gradient(F.gar_loss, input, target, alpha=INF)
    for alpha in (1e6, 1e9):
        _, actual = value_and_gradient(F.gar_loss, input, target, alpha=alpha)
        assert (actual - expected).norm() <= rtol * expected.norm()


@each_dtype
@pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
@pytest.mark.parametrize("alpha, limit", [
    (1e-300, 1e-6), (1e-50, 1e-6), (1e39, INF), (1e60, INF), (1e300, INF)])
def test_alpha_beyond_single_precision_is_its_limit(alpha, limit, shape, dtype):
    """An alpha without a float32 of its own is as good as its limit."""
    input, target = make_data(*shape, dtype=dtype)
    expected = value_and_gradient(F.gar_loss, input, target, alpha=limit)
    actual = value_and_gradient(F.gar_loss, input, target, alpha=alpha)
    assert_close(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_value_falls_with_alpha(seed):
    input, target = make_data(9, 2, seed=seed)
    alphas = [*np.geomspace(1e-4, 1e6, 41), INF]
    values = np.array([F.gar_loss(input, target, alpha=a).item() for a in alphas])
    assert np.all(np.diff(values) <= 1e-9)
    assert values[0] - values[-1] > 0.1
