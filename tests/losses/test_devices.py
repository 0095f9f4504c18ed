"""Tensors that are not in main memory take a branch of their own, tested here on the CPU."""

import math

import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import _aggregates, _terms
from sklearn_gar.losses import functional as F
from sklearn_gar.losses._parts import Part
from tests.losses.cases import (
    ALPHAS,
    DEGENERATE,
    degenerate,
    each_dtype,
    each_shape_and_weight,
    make_data,
    make_weight,
    value_and_gradient,
)
from tests.losses.process_group import part_of, part_of_batch

AGGREGATES = {
    **{f"gar {alpha}": (F.gar_loss, {"alpha": alpha}, _aggregates.log_mean_power(alpha))
       for alpha in ALPHAS},
    "pairwise_difference": (F.pairwise_difference, {}, _aggregates.one_term(1)),
    "normalized_pairwise_difference": (
        F.normalized_pairwise_difference, {}, _aggregates.one_term(2)),
    "mae_pearson": (F.mae_pearson_loss, {}, _aggregates.mae_pearson),
}
each_aggregate = pytest.mark.parametrize(
    "loss, parameters, aggregate", AGGREGATES.values(), ids=AGGREGATES)


def check(loss, parameters, aggregate, input, target, weight=None, rtol=1e-10):
    """Weights that sum to one, as the branch takes them."""
    expected = value_and_gradient(loss, input, target, weight, **parameters)
    if input.ndim == 1:
        input, target = input[:, None], target[:, None]
    if weight is not None:
        weight = weight / weight.sum(-1, keepdim=True)
    before = input.clone()
    value, gradient = _terms._on_device(input, target, weight, aggregate)
    assert_close(input, before, rtol=0, atol=0, equal_nan=True)
    gradient = gradient.reshape(expected[1].shape)
    assert_close((value, gradient), expected, rtol=rtol, atol=rtol, equal_nan=True)


@each_aggregate
@each_shape_and_weight
def test_value_and_gradient_are_those_of_the_cpu(loss, parameters, aggregate, shape, weighted):
    input, target = make_data(*shape)
    weight = make_weight(*weighted) if weighted else None
    check(loss, parameters, aggregate, input, target, weight)


@each_aggregate
def test_shared_targets(loss, parameters, aggregate):
    input, _ = make_data(3, 9, 2)
    _, target = make_data(9, 2, seed=5)
    check(loss, parameters, aggregate, input, target)


def test_one_alpha_per_member():
    alpha = torch.tensor(ALPHAS, dtype=torch.float64)
    aggregate = _aggregates.log_mean_power(alpha)
    check(F.gar_loss, {"alpha": alpha}, aggregate, *make_data(6, 9, 2))


# Without the case whose variance of the errors is rounding alone.
@each_aggregate
@each_dtype
@pytest.mark.parametrize("case", [c for c in DEGENERATE if c != "both constant"])
def test_degenerate_batches(loss, parameters, aggregate, case, dtype):
    input, target = degenerate(case, dtype)
    rtol = 1e-10 if dtype == torch.float64 else 1e-3
    check(loss, parameters, aggregate, input, target, rtol=rtol)


@each_aggregate
@each_dtype
def test_nan_stays_with_its_member(loss, parameters, aggregate, dtype):
    input, target = make_data(3, 9, 2, dtype=dtype)
    input[1] = math.nan
    rtol = 1e-10 if dtype == torch.float64 else 1e-4
    check(loss, parameters, aggregate, input, target, rtol=rtol)


def of_part(rank, sizes, batch):
    input, target, weight = part_of_batch(rank, sizes, *batch)
    part = Part(input, weight, torch.distributed.group.WORLD)
    return _terms._of_part(torch, part, input, target, _aggregates.log_mean_power(10.0))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(9, 1), (9, 3), (2, 9, 2)])
def test_a_group_of_processes(three_processes, shape, weighted):
    batch, sizes = (*make_data(*shape), make_weight(9) if weighted else None), (6, 0, 3)
    value, gradient = value_and_gradient(F.gar_loss, *batch, alpha=10.0)
    for rank, found in enumerate(three_processes.results(of_part, sizes, batch)):
        assert_close(found, (value, part_of(gradient, rank, sizes, -2)), rtol=1e-10, atol=1e-10)
