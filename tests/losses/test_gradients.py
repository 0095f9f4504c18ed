"""The gradient of each loss is that of its value."""

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    ALPHAS,
    LOSSES,
    POINTWISE_LOSSES,
    TERMS,
    each_alpha,
    each_loss,
    eager_mae_pearson,
    has_right_gradient,
    make_data,
    make_weight,
    value_and_gradient,
)


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 3])
@each_alpha
def test_numerical_gradient_of_gar(alpha, k, weighted, members):
    input, target = make_data(*([members] if members else []), 6, k)
    weight = make_weight(*input.shape[:-1]) if weighted else None
    assert has_right_gradient(F.gar_loss, input, target, weight, alpha=alpha)


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("loss", TERMS + POINTWISE_LOSSES)
def test_numerical_gradient(loss, k, weighted, members):
    input, target = make_data(*([members] if members else []), 6, k)
    weight = make_weight(*input.shape[:-1]) if weighted else None
    assert has_right_gradient(loss, input, target, weight)


@pytest.mark.parametrize("loss", LOSSES[:3] + POINTWISE_LOSSES)
def test_numerical_gradient_in_one_dimension(loss):
    assert has_right_gradient(loss, *make_data(6), None)
    assert has_right_gradient(loss, *make_data(6), make_weight(6))


def test_numerical_gradient_with_one_alpha_per_member():
    alpha = torch.tensor(ALPHAS, dtype=torch.float64)
    assert has_right_gradient(F.gar_loss, *make_data(6, 6, 2), None, alpha=alpha)


@pytest.mark.parametrize("loss, parameters", [
    (F.huber, {"delta": 0.5}),
    (F.focal_absolute_error, {"beta": 1.0, "gamma": 2.0}),
    (F.focal_absolute_error, {"beta": 0.5, "gamma": 0.5}),
    (F.focal_squared_error, {"beta": 1.0, "gamma": 2.0}),
    (F.focal_squared_error, {"beta": 0.5, "gamma": 0.5}),
])
def test_numerical_gradient_with_parameters(loss, parameters):
    assert has_right_gradient(loss, *make_data(6, 2), make_weight(6), **parameters)


@pytest.mark.parametrize("members", [None, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 3])
def test_mae_pearson_holds_its_factors_constant(k, weighted, members):
    input, target = make_data(*([members] if members else []), 6, k)
    weight = make_weight(*input.shape[:-1]) if weighted else None
    expected = value_and_gradient(eager_mae_pearson, input, target, weight)
    actual = value_and_gradient(F.mae_pearson_loss, input, target, weight)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_loss
def test_retained_graph_gives_the_same_gradient_twice(loss):
    input, target = make_data(2, 9, 2)
    value = loss(input.requires_grad_(), target).sum()
    first, = torch.autograd.grad(value, input, retain_graph=True)
    first = first.clone()
    second, = torch.autograd.grad(value, input)
    assert torch.equal(first, second)
