"""Errors of the functions: the rule, and then what was got."""

import math
import re

import pytest
import torch

from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    INF,
    LOSSES,
    each_moment_loss,
)


ROWS = torch.linspace(-1, 1, 8)
STACK = ROWS.reshape(8, 1).repeat(3, 1, 1)
WRONG_ARGUMENTS = [
    # input, target, weight, error, rule, got
    (ROWS[:, None], ROWS, None, ValueError, "the same shape", r"\(8, 1\) and \(8,\)"),
    (ROWS, ROWS[:, None], None, ValueError, "the same shape", r"\(8,\) and \(8, 1\)"),
    (ROWS, ROWS[:7], None, ValueError, "the same shape", r"\(8,\) and \(7,\)"),
    (ROWS, ROWS[0], None, ValueError, "the same shape", r"\(8,\) and \(\)"),
    (ROWS[None, :], ROWS, None, ValueError, "the same shape", r"\(1, 8\) and \(8,\)"),
    (STACK, ROWS, None, ValueError, "the same shape", r"\(3, 8, 1\) and \(8,\)"),
    (STACK, STACK[:2], None, ValueError, "the same shape", r"\(3, 8, 1\) and \(2, 8, 1\)"),
    (STACK, STACK[:1], None, ValueError, "the same shape", r"\(3, 8, 1\) and \(1, 8, 1\)"),
    (STACK, STACK[0, :, :0], None, ValueError, "the same shape", r"\(3, 8, 1\) and \(8, 0\)"),
    (STACK[0], STACK, None, ValueError, "the same shape", r"\(8, 1\) and \(3, 8, 1\)"),
    (ROWS[0], ROWS[0], None, ValueError, "at least one row", r"\(\)"),
    (ROWS[:0], ROWS[:0], None, ValueError, "at least one row", r"\(0,\)"),
    (STACK[:, :0], STACK[:, :0], None, ValueError, "at least one row", r"\(3, 0, 1\)"),
    (ROWS.long(), ROWS, None, TypeError, "input must be a tensor of floating", "torch.int64"),
    (ROWS, ROWS.long(), None, TypeError, "target must be a tensor of floating", "torch.int64"),
    (ROWS.numpy(), ROWS, None, TypeError, "input must be a tensor", "ndarray"),
    (ROWS, ROWS.numpy(), None, TypeError, "target must be a tensor", "ndarray"),
    (ROWS, ROWS.tolist(), None, TypeError, "target must be a tensor", "list"),
    (ROWS, ROWS, ROWS.numpy(), TypeError, "weight must be a tensor", "ndarray"),
    (ROWS, ROWS, 1.0, TypeError, "weight must be a tensor", "float"),
    (ROWS, ROWS, ROWS - 3, ValueError, "weight must be finite and not negative", "-4"),
    (STACK, STACK, ROWS - 3, ValueError, "weight must be finite and not negative", "-4"),
    (ROWS, ROWS, ROWS / 0, ValueError, "weight must be finite and not negative", "inf"),
    (ROWS, ROWS, ROWS.abs() / 0, ValueError, "weight must be finite and not negative", "inf"),
    (ROWS, ROWS, ROWS * math.nan, ValueError, "weight must be finite and not negative", "nan"),
    (ROWS, ROWS, ROWS * 0, ValueError, "weight must have at least one .* above zero", "zero"),
    (STACK, STACK, torch.eye(3, 8) * torch.arange(3)[:, None], ValueError,
     "weight must have at least one .* above zero", "zero"),
    (ROWS, ROWS, ROWS[:7].abs(), ValueError, "weight must have shape", r"\(7,\)"),
    (ROWS, ROWS, ROWS[:1].abs(), ValueError, "weight must have shape", r"\(1,\)"),
    (ROWS, ROWS, ROWS[:, None].abs(), ValueError, "weight must have shape", r"\(8, 1\)"),
    (STACK, STACK, STACK.abs(), ValueError, "weight must have shape", r"\(3, 8, 1\)"),
    (STACK, STACK, STACK[:2, :, 0].abs(), ValueError, "weight must have shape", r"\(2, 8\)"),
]
NOT_ABOVE_ZERO = [(0, "0"), (0.0, "0"), (-1.0, "-1"), (-INF, "-inf"), (math.nan, "nan")]
NOT_A_NUMBER = [(None, "None"), ("large", "large"), ("1.0", "1.0"), ([1.0], r"\[1.0\]"),
                (1j, "1j")]


@pytest.mark.parametrize("input, target, weight, error, rule, got", WRONG_ARGUMENTS)
def test_wrong_arguments(input, target, weight, error, rule, got):
    for loss in LOSSES:
        with pytest.raises(error, match=f"{rule}.*got.*{got}"):
            loss(input, target, weight)


@pytest.mark.parametrize("input", [ROWS, STACK])
@pytest.mark.parametrize("alpha, got", NOT_ABOVE_ZERO)
def test_alpha_not_above_zero(alpha, got, input):
    with pytest.raises(ValueError, match=f"alpha must be above 0, got {got}"):
        F.gar_loss(input, input + 1, alpha=alpha)
    alphas = torch.tensor([1.0, 2.0, alpha])
    with pytest.raises(ValueError, match=f"alpha must be above 0, got .*{got}"):
        F.gar_loss(STACK, STACK + 1, alpha=alphas)


@pytest.mark.parametrize("alpha, got", NOT_A_NUMBER)
def test_alpha_not_a_number(alpha, got):
    with pytest.raises(TypeError, match=f"alpha must be a number.*got .*{got}"):
        F.gar_loss(ROWS, ROWS + 1, alpha=alpha)


@pytest.mark.parametrize("input, shape", [
    (ROWS, (1,)), (ROWS, (8,)), (STACK, (1,)), (STACK, (2,)), (STACK, (8,)),
    (STACK, (3, 1)), (STACK, (1, 3)), (STACK, (3, 8))])
def test_alpha_of_wrong_shape(input, shape):
    got = re.escape(str(shape))
    with pytest.raises(ValueError, match=f"alpha must be one number.*got .*{got}"):
        F.gar_loss(input, input + 1, alpha=torch.ones(shape))


@pytest.mark.parametrize("loss, name", [
    (F.huber, "delta"), (F.focal_absolute_error, "beta"), (F.focal_absolute_error, "gamma"),
    (F.focal_squared_error, "beta"), (F.focal_squared_error, "gamma")])
def test_parameters_not_above_zero_or_not_a_number(loss, name):
    for number, got in NOT_ABOVE_ZERO:
        with pytest.raises(ValueError, match=f"{name} must be above 0.*got {got}"):
            loss(ROWS, ROWS + 1, **{name: number})
    for number, got in NOT_A_NUMBER[:2]:
        with pytest.raises(TypeError, match=f"{name} must be a number.*got .*{got}"):
            loss(ROWS, ROWS + 1, **{name: number})


@each_moment_loss
def test_target_with_gradient(loss):
    with pytest.raises(ValueError, match="target must not require a gradient.*detach"):
        loss(ROWS, ROWS.clone().requires_grad_())


@each_moment_loss
@pytest.mark.parametrize("input", [ROWS, STACK])
def test_differentiable_once(loss, input):
    input = input.clone().requires_grad_()
    value = loss(input, ROWS.square().view(input.shape[-2:])).sum()
    with pytest.raises(RuntimeError, match="differentiable once, got create_graph=True"):
        torch.autograd.grad(value, input, create_graph=True)
