"""Batches without variance, without errors, or of one row."""

import math

import numpy as np
import pytest
import torch

from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    ALPHAS,
    DEGENERATE,
    INF,
    LOSSES,
    OFFSET,
    WITHOUT_CORRELATION,
    assert_finite,
    degenerate,
    each_dtype,
    each_moment_loss,
    make_data,
    make_weight,
    value_and_gradient,
)


@each_dtype
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", DEGENERATE)
def test_values_and_gradients_are_finite(dtype, case, weighted):
    input, target = degenerate(case, dtype)
    weight = make_weight(len(input), dtype=dtype) if weighted else None
    columns = [column[:, None].repeat(2, 1, 2) for column in (input, target)]
    for loss in LOSSES:
        assert_finite(*value_and_gradient(loss, input, target, weight))
        assert_finite(*value_and_gradient(loss, *columns, weight))
    for alpha in ALPHAS:
        assert_finite(*value_and_gradient(F.gar_loss, input, target, weight, alpha=alpha))
        assert_finite(*value_and_gradient(F.gar_loss, *columns, weight, alpha=alpha))


@each_dtype
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [None, 1, 2])
@pytest.mark.parametrize("n", [9, 1000, 100_000])
@pytest.mark.parametrize("case", WITHOUT_CORRELATION)
def test_a_constant_correlates_with_nothing(case, n, k, dtype, weighted):
    input, target = degenerate(case, dtype, n)
    weight = make_weight(len(input), dtype=dtype) if weighted else None
    if k is not None:
        input, target = input[:, None].repeat(1, k), target[:, None].repeat(1, k)
    value = F.normalized_pairwise_difference(input, target, weight)
    rounding = 4 * OFFSET * torch.finfo(dtype).eps
    assert value.item() == pytest.approx(1.0, abs=rounding)


@each_dtype
@pytest.mark.parametrize("k", [None, 1, 2])
def test_a_constant_correlates_with_nothing_where_errors_lose_the_targets(k, dtype):
    """Errors of a large constant are equal, for the targets are below its rounding."""
    target = torch.tensor([0.0, 1e-9, 2e-9], dtype=torch.float64).to(dtype)
    input = torch.full_like(target, 1e3 if dtype == torch.float32 else 1e12)
    assert torch.equal(input - target, input)
    if k is not None:
        input, target = input[:, None].repeat(1, k), target[:, None].repeat(1, k)
    assert F.normalized_pairwise_difference(input, target).item() == pytest.approx(1.0, abs=1e-6)


@each_dtype
@pytest.mark.parametrize("case, distance", [
    ("two rows", 0.0), ("two rows, perfect", 0.0), ("perfect", 0.0),
    ("perfect at an offset", 0.0)])
def test_two_rows_or_a_perfect_fit_correlate_perfectly(case, distance, dtype):
    input, target = degenerate(case, dtype)
    sign = torch.sign((input[1] - input[0]) * (target[1] - target[0]))
    value = F.normalized_pairwise_difference(sign * input, target)
    assert value.item() == pytest.approx(distance, abs=1e-6)
    value = F.normalized_pairwise_difference(-sign * input, target)
    assert value.item() == pytest.approx(2 - distance, abs=1e-6)


@each_moment_loss
@each_dtype
def test_perfect_fit_has_no_gradient(loss, dtype):
    _, gradient = value_and_gradient(loss, *degenerate("perfect", dtype))
    assert (gradient == 0).all()


@each_moment_loss
@each_dtype
@pytest.mark.parametrize("shape", [(), (1,), (2, 2)], ids=["(n,)", "(n, 1)", "(2, n, 2)"])
@pytest.mark.parametrize("weighted", [False, True])
def test_perfect_fit_has_no_gradient_however_its_moments_round(loss, dtype, shape, weighted):
    generator = torch.Generator().manual_seed(0)
    for n in range(2, 302):
        target = 1e3 + torch.randn(n, generator=generator, dtype=torch.float64).to(dtype)
        weight = torch.rand(n, generator=generator).to(dtype) + 0.01 if weighted else None
        if shape:
            target = target[:, None].repeat(*shape[:-1], 1, shape[-1])
        _, gradient = value_and_gradient(loss, target.clone(), target, weight)
        assert (gradient == 0).all(), n


@pytest.mark.parametrize("loss", [F.focal_absolute_error, F.focal_squared_error])
@each_dtype
@pytest.mark.parametrize("beta", [1e-12, 0.2, 1e12])
@pytest.mark.parametrize("gamma", [1e-12, 0.1, 0.5, 1.0, 2.0, 1e12])
def test_focal_losses_of_rows_without_error(loss, dtype, beta, gamma):
    target = torch.zeros(3, dtype=dtype)
    # the smallest error, whose product with beta may be zero, no error, and a large one
    input = torch.tensor([torch.finfo(dtype).tiny, 0.0, 3.0], dtype=dtype)
    value, gradient = value_and_gradient(loss, input, target, beta=beta, gamma=gamma)
    assert_finite(value, gradient)
    assert gradient[1] == 0
    alone, gradient_alone = value_and_gradient(
        loss, input[2:], target[2:], beta=beta, gamma=gamma)
    assert value.item() == pytest.approx(alone.item() / 3, rel=1e-6)
    assert gradient[2].item() == pytest.approx(gradient_alone[0].item() / 3, rel=1e-6)


@each_dtype
def test_value_of_a_perfect_fit(dtype):
    info = torch.finfo(dtype)
    logs = [math.log(info.tiny), math.log(info.tiny), math.log(info.eps)]
    value = F.gar_loss(*degenerate("perfect", dtype), alpha=INF)
    assert value.item() == pytest.approx(np.mean(logs), rel=1e-5)


@each_moment_loss
@each_dtype
@pytest.mark.parametrize("offset", [0.0, 0.3])
@pytest.mark.parametrize("deviation", [1e-4, 1e-6, 1e-8, 1e-12])
def test_nearly_constant_input_has_a_bounded_gradient(loss, dtype, offset, deviation):
    input, target = make_data(16, dtype=dtype)
    target = (target - target.mean()) / target.std(correction=0)
    input = offset + deviation * (input - input.mean()) / input.std(correction=0)
    for shape in ((16,), (1, 16, 1)):
        value, gradient = value_and_gradient(
            loss, input.reshape(shape), target.reshape(shape))
        assert_finite(value, gradient)
        assert gradient.abs().max() <= 1e5
