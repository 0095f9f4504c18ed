"""Losses over features far from ordinary numbers."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from sklearn_gar.losses.latent import _ranksim
from sklearn_gar.losses.latent import functional as L
from tests.losses.latent import oracles
from tests.losses.latent.cases import (
    N_ROWS,
    each_loss,
    make_data,
    value_and_gradients,
)


@each_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", [
    "one row", "two rows", "one label", "two labels", "features of zeros",
    "a row of zeros", "equal features", "huge features", "tiny features",
    "one row of weight", "tiny weights", "huge labels", "negative zeros"])
def test_values_and_gradients_are_finite(loss, dtype, case):
    f, y, v = make_data(2, dtype=dtype)
    weight = None
    if case in ("one row", "two rows"):
        n = 1 if case == "one row" else 2
        f, y, v = f[:, :n], y[:, :n], v[:, :n]
    elif case == "one label":
        y = torch.full_like(y, 3.0)
    elif case == "two labels":
        y = (y > 0).to(dtype)
    elif case == "features of zeros":
        v = torch.zeros_like(v)
    elif case == "a row of zeros":
        v[:, 3] = 0
    elif case == "equal features":
        v = v[:, :1].expand_as(v)
    elif case == "huge features":
        v = v * 1e6
    elif case == "tiny features":
        v = v * 1e-12
    elif case == "one row of weight":
        weight = torch.zeros(N_ROWS, dtype=dtype)
        weight[5] = 1
    elif case == "tiny weights":
        weight = torch.logspace(-30, 0, N_ROWS, dtype=dtype)
    elif case == "huge labels":
        y, f = 1e7 * y, 1e7 * f
    elif case == "negative zeros":
        y, v = -torch.zeros_like(y), -torch.zeros_like(v)
    for part in value_and_gradients(loss, f, y, v, weight):
        assert part.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rnc_far_beyond_exponentials(dtype):
    f, y, v = make_data(3, dtype=dtype)
    v[1] *= 1e4
    value, _, gradient = value_and_gradients(L.rnc_loss, f, y, v)
    # the largest term is all of a sum there
    terms = -torch.cdist(v[1], v[1]) / 2
    gaps = (y[1] - y[1].T).abs()
    expected = sum((terms[i][[k for k in range(N_ROWS)
                              if k != i and gaps[i, k] >= gaps[i, j]]].max() - terms[i, j])
                   for i in range(N_ROWS) for j in range(N_ROWS) if i != j) / (9 * 8)
    assert_close(value[1], expected, rtol=1e-3, atol=1e-3)
    for member in (0, 2):
        alone = value_and_gradients(L.rnc_loss, f[member], y[member], v[member])
        assert_close([value[member], gradient[member]], [alone[0], alone[2]])


def test_a_single_label_leaves_ranksim_nothing_to_rank():
    f, y, v = make_data()
    y = torch.ones_like(y)
    value, _, gradient = value_and_gradients(L.ranksim_loss, f, y, v)
    assert_close(value, (f - y).abs().mean())
    assert not gradient.any()


def test_no_negatives_leave_conr_nothing_to_push():
    f, y, v = make_data()
    value, _, gradient = value_and_gradients(L.conr_loss, y, y, v)
    assert value == 0
    assert not gradient.any()


def test_perfect_order_of_ranksim():
    y = torch.linspace(0, 1.5, 8, dtype=torch.float64)[:, None]
    v = torch.cat([y.cos(), y.sin()], 1)
    value, _, gradient = value_and_gradients(L.ranksim_loss, y, y, v, interpolation=0.1)
    # ties by the labels' order, which rounding of the cosines may turn around
    assert value < 100 * 8 * 2 / 8**2


def test_rnc_falls_along_its_gradient():
    f, y, v = make_data(n=40, ties=False)
    values = []
    for _ in range(100):
        value, _, gradient = value_and_gradients(L.rnc_loss, f, y, v)
        v = v - 5 * gradient
        values.append(value.item())
    assert values[-1] < values[0] - 0.1
    # the order of features has come nearer to that of labels
    gaps = torch.cdist(y, y).flatten(), torch.cdist(v, v).flatten()
    assert np.corrcoef(*(gap.argsort().argsort() for gap in gaps))[0, 1] > 0.9


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("distance", [10.0, 1e3, 1e4, 1e5, 1e8, 1e12])
@pytest.mark.parametrize("n", [2, 3, 9])
@pytest.mark.parametrize("weighted", [False, True])
def test_conr_without_positives_is_the_absolute_error(dtype, distance, n, weighted):
    _, _, v = make_data(2, n=n, dtype=dtype)
    y = distance * torch.arange(n, dtype=dtype)[:, None].expand(2, n, 1)
    f = torch.zeros_like(y)  # every row is a negative of every other
    weight = torch.linspace(1, 2, n, dtype=dtype) if weighted else None
    value, grad, features_grad = value_and_gradients(L.conr_loss, f, y, v, weight)
    expected = value_and_gradients(lambda f, y, weight, features: F.absolute_error(
        f, y, weight) + 0 * features.sum((-2, -1)), f, y, v, weight)
    assert_close((value, grad), expected[:2])
    assert not features_grad.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("distance", [1e3, 1e4, 1e5, 1e8])
def test_conr_of_one_pair_within_the_window_beside_distant_labels(dtype, distance):
    _, _, v = make_data(n=4, dtype=dtype)
    y = torch.tensor([[0.0], [0.5], [1.0], [2.0]], dtype=dtype)
    y[2:] *= distance
    f = torch.zeros_like(y)
    value, _, gradient = value_and_gradients(L.conr_loss, f, y, v)
    z = (v / v.norm(dim=-1, keepdim=True)).double()
    contrast = oracles.conr_in_logarithms(*(column.double()[None] for column in (z, f, y)))
    expected = y.double().mean() + contrast
    assert_close(value.double()[None], expected, rtol=1e-5, atol=1e-5)
    assert gradient.isfinite().all() and gradient.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ranks_of_equal_numbers_are_in_their_order(dtype):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(4, 7, 50, generator=generator, dtype=dtype)
    values[1] = values[1].round()
    values[2] = 0.0
    values[2, :, ::2] = -0.0
    values[3, :, 5] = math.inf
    values[3, :, 7] = -math.inf
    expected = values.argsort(stable=True).argsort(stable=True)
    assert torch.equal(_ranksim.ranks(values), expected.to(torch.float32))
