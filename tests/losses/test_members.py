"""A member of a stack is as alone, whatever the others do."""

import math

import pytest
import torch
from torch.testing import assert_close

from tests.losses.cases import (
    INF,
    each_dtype,
    each_loss,
    make_data,
    make_weight,
    value_and_gradient,
)


@each_loss
@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("weighted", [None, (9,), (3, 9)])
def test_a_member_is_as_alone(loss, weighted, k):
    input, target = make_data(3, 9, k)
    weight = make_weight(*weighted) if weighted else None
    values, gradients = value_and_gradient(loss, input, target, weight)
    for i in range(3):
        own = weight[i] if weighted == (3, 9) else weight
        alone = value_and_gradient(loss, input[i], target[i], own)
        assert_close((values[i], gradients[i]), alone, rtol=1e-10, atol=1e-10)


@each_loss
def test_one_dimension_is_one_column(loss):
    input, target = make_data(9)
    value, gradient = value_and_gradient(loss, input, target)
    columns = value_and_gradient(loss, input[:, None], target[:, None])
    assert_close((value, gradient[:, None]), columns, rtol=1e-12, atol=1e-12)


@each_loss
@each_dtype
@pytest.mark.parametrize("power", [INF, 0.9, 0.6])
def test_a_member_does_not_feel_a_diverged_neighbour(loss, dtype, power):
    """Infinite, or so large that its square is."""
    huge = INF if power == INF else torch.finfo(dtype).max ** power
    weight = make_weight(9, dtype=dtype)
    check_neighbour(loss, dtype, huge)
    check_neighbour(loss, dtype, -huge, weight)


@each_loss
@each_dtype
def test_a_member_does_not_feel_nan_in_a_neighbour(loss, dtype):
    weight = make_weight(9, dtype=dtype)
    check_neighbour(loss, dtype, math.nan)
    check_neighbour(loss, dtype, math.nan, weight)


@each_loss
@each_dtype
@pytest.mark.parametrize("number", [math.nan, INF])
def test_a_diverged_member_has_no_finite_value(loss, dtype, number):
    input, target = make_data(9, dtype=dtype)
    input[4] = number
    value, _ = value_and_gradient(loss, input, target)
    assert not value.isfinite()


def check_neighbour(loss, dtype, number, weight=None):
    input, target = make_data(3, 9, 2, dtype=dtype)
    values, gradients = value_and_gradient(loss, input, target, weight)
    for spoilt in (input[1, 4], input[1]):
        spoilt.fill_(number).mul_(1 + torch.arange(spoilt.numel()).view_as(spoilt) / 100)
        actual = value_and_gradient(loss, input, target, weight)
        others = [0, 2]
        assert_close(actual[0][others], values[others])
        assert_close(actual[1][others], gradients[others])
