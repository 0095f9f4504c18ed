"""Changes of predictions, targets and weights that leave a loss as it is."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    each_loss,
    make_data,
    make_weight,
    value_and_gradient,
)


PAIRWISE = [F.pairwise_difference, F.normalized_pairwise_difference]
SHAPES = [(9,), (9, 3), (2, 9, 3)]
each_shape = pytest.mark.parametrize("shape", SHAPES)


@pytest.mark.parametrize("loss", PAIRWISE)
@pytest.mark.parametrize("shift", [-3.7, 1e3])
@each_shape
def test_shift_of_predictions_leaves_pairwise_terms(loss, shift, shape):
    input, target = make_data(*shape)
    expected = value_and_gradient(loss, input, target)
    actual = value_and_gradient(loss, input + shift, target)
    assert_close(actual, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("scale, shift", [(0.05, 0.0), (3.0, -2.0), (1e4, 1e3)])
@each_shape
def test_scale_and_shift_leave_shape_term(scale, shift, shape):
    input, target = make_data(*shape)
    loss = F.normalized_pairwise_difference
    expected = loss(input, target)
    assert_close(loss(scale * input + shift, target), expected, rtol=1e-9, atol=1e-9)
    assert_close(loss(input, scale * target + shift), expected, rtol=1e-9, atol=1e-9)
    opposite = loss(-scale * input + shift, target)
    assert_close(opposite, 2 - expected, rtol=1e-9, atol=1e-9)


@each_loss
@each_shape
def test_order_of_rows_does_not_matter(loss, shape):
    input, target = make_data(*shape)
    weight = make_weight(9)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    rows = 0 if len(shape) == 1 else -2
    permuted = (column.index_select(rows, order) for column in (input, target))
    value, gradient = value_and_gradient(loss, input, target, weight)
    expected = value, gradient.index_select(rows, order)
    actual = value_and_gradient(loss, *permuted, weight[order])
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_loss
@each_shape
def test_integer_weights_are_repeated_rows(loss, shape):
    input, target = make_data(*shape)
    times = torch.tensor([1, 3, 0, 2, 1, 1, 4, 0, 1])
    rows = 0 if len(shape) == 1 else -2
    repeated = [column.repeat_interleave(times, rows) for column in (input, target)]
    value, of_copies = value_and_gradient(loss, *repeated)
    gradient = torch.zeros_like(input)
    row_of_copy = torch.arange(9).repeat_interleave(times)
    gradient.index_add_(rows, row_of_copy, of_copies)
    actual = value_and_gradient(loss, input, target, times.double())
    assert_close(actual, (value, gradient), rtol=1e-10, atol=1e-10)


@each_loss
@pytest.mark.parametrize("factor", [1e-30, 0.1, 1e30])
def test_unit_of_weights(loss, factor):
    input, target = make_data(2, 9, 3)
    weight = make_weight(2, 9)
    expected = value_and_gradient(loss, input, target, weight)
    actual = value_and_gradient(loss, input, target, factor * weight)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_loss
@pytest.mark.parametrize("factor", [1e-60, 1e60])
def test_unit_of_weights_that_single_precision_does_not_hold(loss, factor):
    input, target = make_data(2, 9, 3, dtype=torch.float32)
    weight = make_weight(2, 9)
    expected = value_and_gradient(loss, input, target, weight)
    actual = value_and_gradient(loss, input, target, factor * weight)
    assert_close(actual, expected, rtol=1e-5, atol=1e-6)


@each_loss
def test_equal_weights_are_no_weights(loss):
    input, target = make_data(2, 9, 3)
    expected = value_and_gradient(loss, input, target)
    actual = value_and_gradient(loss, input, target, torch.full((9,), 0.3).double())
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_loss
@pytest.mark.parametrize("weighted", [None, (9,), (3, 9)])
def test_shared_targets_and_weights_are_copies_for_each_member(loss, weighted):
    input, _ = make_data(3, 9, 2)
    _, target = make_data(9, 2, seed=5)
    weight = make_weight(*weighted) if weighted else None
    actual = value_and_gradient(loss, input, target, weight)
    if weight is not None:
        weight = weight.expand(3, 9).clone()
    expected = value_and_gradient(loss, input, target.repeat(3, 1, 1), weight)
    assert_close(actual, expected, rtol=1e-12, atol=1e-12)
