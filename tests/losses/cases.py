"""The losses as functions of predictions and targets, their definitions, and data for both."""

import numpy as np
import pytest
import torch

from sklearn_gar.losses import functional as F
from tests import oracles

INF = float("inf")
ALPHAS = [0.01, 0.1, 1.0, 10.0, 100.0, INF]


def mae_pearson(f, y, weight=None):
    """abs(rho) MAE + (1 - rho)(1 - rho)."""
    distance = oracles.normalized_pairwise_difference(f, y, weight)
    return abs(1 - distance) * oracles.absolute_error(f, y, weight) + distance**2


PAIRS = {
    "gar": (F.gar_loss, oracles.gar),
    "pairwise_difference": (F.pairwise_difference, oracles.pairwise_difference),
    "normalized_pairwise_difference": (
        F.normalized_pairwise_difference, oracles.normalized_pairwise_difference),
    "mae_pearson": (F.mae_pearson_loss, mae_pearson),
    "absolute_error": (F.absolute_error, oracles.absolute_error),
    "squared_error": (F.squared_error, oracles.squared_error),
    "huber": (F.huber, oracles.huber),
    "focal_absolute_error": (F.focal_absolute_error, oracles.focal_absolute_error),
    "focal_squared_error": (F.focal_squared_error, oracles.focal_squared_error),
}
LOSSES = [loss for loss, _ in PAIRS.values()]
MOMENT_LOSSES = LOSSES[:4]
POINTWISE_LOSSES = LOSSES[4:]
TERMS = [F.absolute_error, F.pairwise_difference, F.normalized_pairwise_difference]

each_loss = pytest.mark.parametrize("loss", LOSSES, ids=list(PAIRS))
each_moment_loss = pytest.mark.parametrize("loss", MOMENT_LOSSES, ids=list(PAIRS)[:4])
each_alpha = pytest.mark.parametrize("alpha", ALPHAS)
each_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def make_data(*shape, seed=0, dtype=torch.float64):
    """Predictions and targets that correlate; no error is within 0.1 of zero."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(shape, generator=generator, dtype=torch.float64)
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    error = noise + 0.1 * torch.where(noise < 0, -1.0, 1.0)
    return (target + error).to(dtype), target.to(dtype)


def make_weight(*shape, seed=1, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return (0.1 + torch.rand(shape, generator=generator, dtype=torch.float64)).to(dtype)


def value_and_gradient(loss, input, target, weight=None, **parameters):
    input = input.detach().clone().requires_grad_()
    value = loss(input, target, weight, **parameters)
    gradient, = torch.autograd.grad(value.sum(), input)
    return value.detach(), gradient


def oracle_values(oracle, input, target, weight=None, **parameters):
    """The oracle's value of each member, as a tensor."""
    f, y = input.double().numpy(), target.double().numpy()
    if f.ndim == 1:
        f, y = f[:, None], y[:, None]
    members = f.shape[:-2]
    y = np.broadcast_to(y, f.shape)
    if weight is not None:
        weight = np.broadcast_to(weight.double().numpy(), f.shape[:-1])
    parameters = {name: np.broadcast_to(p, members) for name, p in parameters.items()}
    values = np.empty(members)
    for member in np.ndindex(*members):
        values[member] = oracle(
            f[member], y[member], None if weight is None else weight[member],
            **{name: p[member] for name, p in parameters.items()})
    return torch.from_numpy(values)


def assert_finite(value, gradient):
    assert value.isfinite().all(), value
    assert gradient.isfinite().all(), gradient


SHAPES = [(9,), (9, 1), (9, 3), (2, 9, 1), (3, 9, 2), (2, 3, 9, 2)]
SHAPES_AND_WEIGHTS = [
    *((shape, None) for shape in SHAPES),
    *((shape, (9,)) for shape in SHAPES),
    ((2, 9, 1), (2, 9)), ((3, 9, 2), (3, 9)), ((2, 3, 9, 2), (2, 3, 9)),
]
each_shape_and_weight = pytest.mark.parametrize("shape, weighted", SHAPES_AND_WEIGHTS)


def row_masses(input, weight):
    weight = torch.ones(input.shape[:-1], dtype=input.dtype) if weight is None else weight
    return (weight / weight.sum(-1, keepdim=True))[..., None]


def eager_distance(input, target, weight=None):
    """1 - Pearson, recorded by autograd."""
    p = row_masses(input, weight)
    f = input - (p * input).sum(-2, keepdim=True)
    y = target - (p * target).sum(-2, keepdim=True)
    deviations = ((p * f**2).sum(-2) * (p * y**2).sum(-2)).sqrt()
    return (1 - (p * f * y).sum(-2) / deviations).mean(-1)


def eager_mae_pearson(input, target, weight=None):
    """abs(rho) MAE + (1 - rho)(1 - rho) with detached factors, recorded by autograd."""
    absolute = (row_masses(input, weight) * (input - target).abs()).sum(-2).mean(-1)
    distance = eager_distance(input, target, weight)
    return (1 - distance).abs().detach() * absolute + distance.detach() * distance


def has_right_gradient(loss, input, target, weight, **parameters):
    def function(input):
        return loss(input, target, weight, **parameters)
    return torch.autograd.gradcheck(function, input.requires_grad_())


OFFSET = 1000.1  # not a binary fraction: its sums and means round


def degenerate(case, dtype, n=9):
    input, target = make_data(n, dtype=dtype)
    constant = torch.full((n,), OFFSET, dtype=dtype)
    return {
        "one row": (input[:1], target[:1]),
        "one row, perfect": (target[:1], target[:1].clone()),
        "two rows": (input[:2], target[:2]),
        "two rows, perfect": (target[:2], target[:2].clone()),
        "constant input": (constant, target),
        "constant target": (input, constant),
        "both constant": (constant, torch.zeros_like(constant)),
        "both the same constant": (constant, constant.clone()),
        "perfect": (target, target.clone()),
        "perfect at an offset": (target + constant, target + constant),
        "all zero": (torch.zeros_like(constant), torch.zeros_like(constant)),
    }[case]


DEGENERATE = ["one row", "one row, perfect", "two rows", "two rows, perfect", "constant input",
              "constant target", "both constant", "both the same constant", "perfect",
              "perfect at an offset", "all zero"]
WITHOUT_CORRELATION = ["one row", "one row, perfect", "constant input", "constant target",
                       "both constant", "both the same constant", "all zero"]
