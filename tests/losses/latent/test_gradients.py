"""The gradient of each loss over features is that of its value."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses.latent import functional as L
from tests.losses.latent import oracles
from tests.losses.latent.cases import (
    N_ROWS,
    PAIRS,
    each_loss,
    make_data,
    value_and_gradients,
)


@pytest.mark.parametrize("name, settings", [
    ("rnc", {}), ("rnc", {"temperature": 0.5}), ("conr", {}),
    ("conr", {"beta": 0.2, "temperature": 1.0}), ("conr", {"temperature": 2e-3}),
    ("rnc", {"temperature": 2e-3})])
@pytest.mark.parametrize("members", [(), (2,)])
@pytest.mark.parametrize("weighted", [False, True])
def test_numerical_gradient(name, settings, members, weighted):
    loss, _ = PAIRS[name]
    f, y, v = make_data(*members, seed=3)
    weight = torch.linspace(0, 2, N_ROWS, dtype=torch.float64) if weighted else None

    def function(v):
        return loss(f, y, weight, features=v, **settings)
    assert torch.autograd.gradcheck(function, v.requires_grad_())
    assert torch.autograd.grad(function(v).sum(), v)[0].abs().max() > 1e-3


@pytest.mark.parametrize("settings", [{}, {"gamma": 1.0, "interpolation": 0.5},
                                      {"gamma": 1000.0, "interpolation": 20.0}])
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("k", [1, 2])
def test_ranksim_is_the_blackbox_interpolation(settings, ties, k):
    f, y, v = make_data(2, k=k, n=15, ties=ties)
    _, _, actual = value_and_gradients(L.ranksim_loss, f, y, v, **settings)
    settings = {"gamma": 100.0, "interpolation": 2.0, **settings}
    for member in range(2):
        _, expected = oracles.ranksim(v[member].numpy(), y[member].numpy(),
                                      np.ones(15, dtype=int), **settings)
        assert np.abs(expected).max() > 1e-3
        assert_close(actual[member], torch.from_numpy(expected), rtol=1e-9, atol=1e-9)


@each_loss
def test_gradient_in_the_predictions(loss):
    f, y, v = make_data(2)
    _, actual, _ = value_and_gradients(loss, f, y, v)
    expected = torch.sign(f - y) / N_ROWS
    assert_close(actual, torch.zeros_like(f) if loss is L.rnc_loss else expected)


@each_loss
def test_gradient_of_a_weighted_sum_of_members(loss):
    f, y, v = make_data(3)
    _, _, expected = value_and_gradients(loss, f, y, v)
    v.requires_grad_()
    scale = torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64)
    (actual,) = torch.autograd.grad(loss(f, y, features=v) @ scale, v)
    assert_close(actual, expected * scale[:, None, None])


@each_loss
def test_differentiable_once(loss):
    f, y, v = make_data()
    value = loss(f, y, features=v.requires_grad_())
    (gradient,) = torch.autograd.grad(value, v, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable|not require grad"):
        gradient.sum().backward()
