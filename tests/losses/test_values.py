"""The value of each loss is that of its definition over all pairs of rows."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from tests import oracles
from tests.losses.cases import (
    ALPHAS,
    PAIRS,
    TERMS,
    each_alpha,
    each_dtype,
    each_loss,
    each_shape_and_weight,
    eager_distance,
    make_data,
    make_weight,
    oracle_values,
    value_and_gradient,
)


def test_definitions_agree_with_theorem_1():
    f, y = (column.numpy() for column in make_data(20, 3))
    expected = np.mean(np.var(f - y, axis=0))
    assert oracles.pairwise_difference(f, y) == pytest.approx(expected, rel=1e-12)


def test_definitions_agree_with_corollary_3():
    f, y = (column.numpy() for column in make_data(20, 1))
    expected = 1 - np.corrcoef(f[:, 0], y[:, 0])[0, 1]
    actual = oracles.normalized_pairwise_difference(f, y)
    assert actual == pytest.approx(expected, rel=1e-12)


def test_definitions_agree_with_moments_of_weighted_columns():
    f, y = (column.numpy() for column in make_data(20, 3))
    weight = make_weight(20).numpy()
    expected = oracles.gar_terms(f, y, weight)
    assert oracles.gar_terms_by_moments(f, y, weight) == pytest.approx(expected, rel=1e-12)


@each_shape_and_weight
@pytest.mark.parametrize("name", PAIRS)
def test_value_of_the_definition(name, shape, weighted):
    loss, oracle = PAIRS[name]
    input, target = make_data(*shape)
    weight = make_weight(*weighted) if weighted else None
    expected = oracle_values(oracle, input, target, weight)
    assert_close(loss(input, target, weight), expected, rtol=1e-10, atol=1e-10)


@each_alpha
@each_shape_and_weight
def test_gar_of_every_alpha(shape, weighted, alpha):
    input, target = make_data(*shape)
    weight = make_weight(*weighted) if weighted else None
    expected = oracle_values(oracles.gar, input, target, weight, alpha=alpha)
    actual = F.gar_loss(input, target, weight, alpha=alpha)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("weighted", [None, (9,), (6, 9)])
def test_gar_with_one_alpha_per_member(weighted):
    input, target = make_data(6, 9, 2)
    weight = make_weight(*weighted) if weighted else None
    alpha = torch.tensor(ALPHAS, dtype=torch.float64)
    expected = oracle_values(oracles.gar, input, target, weight, alpha=ALPHAS)
    actual = F.gar_loss(input, target, weight, alpha=alpha)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


def test_gar_with_one_alpha_per_member_in_two_dimensions():
    input, target = make_data(2, 3, 9, 2)
    alpha = torch.tensor(ALPHAS, dtype=torch.float64).reshape(2, 3)
    expected = oracle_values(oracles.gar, input, target, alpha=alpha.numpy())
    actual = F.gar_loss(input, target, alpha=alpha)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", [(9,), (9, 3), (2, 9, 3)])
@pytest.mark.parametrize("name, parameters", [
    ("huber", {"delta": 0.5}),
    ("huber", {"delta": 2.0}),
    ("focal_absolute_error", {"beta": 1.0, "gamma": 2.0}),
    ("focal_absolute_error", {"beta": 0.5, "gamma": 0.5}),
    ("focal_squared_error", {"beta": 1.0, "gamma": 2.0}),
    ("focal_squared_error", {"beta": 0.5, "gamma": 0.5}),
])
def test_parameters_of_the_definition(name, parameters, shape):
    loss, oracle = PAIRS[name]
    input, target = make_data(*shape)
    weight = make_weight(9)
    expected = oracle_values(oracle, input, target, weight, **parameters)
    actual = loss(input, target, weight, **parameters)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_loss
@each_dtype
def test_results_have_the_precision_of_the_arguments(loss, dtype):
    value, gradient = value_and_gradient(loss, *make_data(2, 9, 1, dtype=dtype))
    assert value.dtype == gradient.dtype == dtype


@each_loss
def test_memory_order_of_the_columns_does_not_matter(loss):
    input, target = make_data(2, 9, 3)
    expected = value_and_gradient(loss, input, target)
    strided = (column.mT.contiguous().mT for column in (input, target))
    actual = value_and_gradient(loss, *strided)
    assert_close(actual, expected, rtol=1e-12, atol=1e-12)


@each_loss
@pytest.mark.parametrize("shape", [(9,), (9, 2), (2, 9, 2)])
def test_arguments_stay_as_they_are(loss, shape):
    arguments = *make_data(*shape), make_weight(9)
    before = [argument.clone() for argument in arguments]
    value_and_gradient(loss, *arguments)
    for argument, copy in zip(arguments, before):
        assert torch.equal(argument, copy)


@pytest.mark.parametrize("weighted", [False, True])
def test_large_batch_in_single_precision(weighted):
    n = 100_000
    input, target = make_data(n, 1, dtype=torch.float32)
    input, target = input + 5, target + 5
    weight = make_weight(n, dtype=torch.float32) if weighted else None
    terms = oracles.gar_terms_by_moments(
        input.double().numpy(), target.double().numpy(),
        None if weight is None else weight.double().numpy())
    for loss, expected in zip(TERMS, terms):
        assert loss(input, target, weight).item() == pytest.approx(expected, rel=1e-4)
    for alpha in ALPHAS:
        expected = oracles.log_power_mean(terms, alpha)
        actual = F.gar_loss(input, target, weight, alpha=alpha).item()
        assert actual == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 10.0])
def test_long_column_is_that_of_autograd(weighted, alpha):
    # sorted, so that parts of the column differ; some of them weigh nothing
    input, target = (column.sort().values for column in make_data(70_001))
    weight = make_weight(70_001) if weighted else torch.ones(70_001, dtype=torch.float64)
    if weighted:
        weight[20_000:60_000] = 0
    f = input.clone().requires_grad_()
    w = weight / weight.sum()
    d = f - target
    terms = [w @ abs(d), w @ (d - w @ d) ** 2,
             1 - w @ ((f - w @ f) * (target - w @ target))
             / (w @ (f - w @ f) ** 2 * (w @ (target - w @ target) ** 2)) ** 0.5]
    expected = alpha * torch.log(sum(term ** (1 / alpha) for term in terms) / 3)
    expected.backward()
    value, gradient = value_and_gradient(
        F.gar_loss, input, target, weight if weighted else None, alpha=alpha)
    torch.testing.assert_close(value, expected.detach(), rtol=1e-10, atol=0)
    torch.testing.assert_close(gradient, f.grad, rtol=1e-7, atol=1e-14)


@each_dtype
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_value_keeps_its_digits_near_a_perfect_fit(dtype, offset):
    generator = torch.Generator().manual_seed(0)
    target = offset + torch.randn(200, 1, generator=generator)
    input = target + 1e-3 * torch.randn(200, 1, generator=generator)
    expected = oracle_values(oracles.normalized_pairwise_difference, input, target)
    actual = F.normalized_pairwise_difference(input.to(dtype), target.to(dtype))
    assert actual.item() == pytest.approx(expected.item(), rel=0.01)


def test_gradient_keeps_its_digits_near_a_perfect_fit():
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(200, 1, generator=generator)
    input = target + 1e-3 * torch.randn(200, 1, generator=generator)
    loss = F.normalized_pairwise_difference
    _, actual = value_and_gradient(loss, input, target)
    _, expected = value_and_gradient(eager_distance, input.double(), target.double())
    assert (actual - expected).norm() <= 0.01 * expected.norm()
