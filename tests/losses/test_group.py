"""Value and gradient of a batch whose rows are spread over processes, against one process."""

import functools

import numpy as np
import pytest
import torch
from torch import distributed
from torch.testing import assert_close

from sklearn_gar import losses
from sklearn_gar.losses import functional as F
from tests.losses.cases import (
    ALPHAS,
    DEGENERATE,
    PAIRS,
    TERMS,
    degenerate,
    each_alpha,
    each_dtype,
    each_loss,
    each_moment_loss,
    each_shape_and_weight,
    make_data,
    make_weight,
    value_and_gradient,
)
from tests.losses.process_group import part_of, part_of_batch

PARTS = {2: (2, 7), 3: (6, 0, 3)}  # of nine rows


def of_part(rank, loss, sizes, batch, parameters):
    """Value, and gradient in the rows of this process."""
    return value_and_gradient(loss, *part_of_batch(rank, sizes, *batch), group="world",
                              **parameters)


def check(processes, loss, *batch, rtol=1e-12, atol=1e-12, sizes=None, **parameters):
    """Value and gradient on each process are those of one process with the whole batch."""
    sizes = sizes or PARTS[processes.size]
    value, gradient = value_and_gradient(loss, *batch, **parameters)
    results = processes.results(of_part, loss, sizes, batch, parameters)
    for rank, result in enumerate(results):
        axis = 0 if gradient.ndim == 1 else -2
        expected = value, part_of(gradient, rank, sizes, axis)
        assert_close(result, expected, rtol=rtol, atol=atol, equal_nan=True)
        assert torch.equal(result[0].nan_to_num(), results[0][0].nan_to_num())
    return results[0][0]


@each_loss
@each_shape_and_weight
def test_value_and_gradient_are_those_of_one_process(processes, loss, shape, weighted):
    check(processes, loss, *make_data(*shape), make_weight(*weighted) if weighted else None)


@each_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_single_precision(processes, loss, weighted):
    weight = make_weight(9, dtype=torch.float32) if weighted else None
    check(processes, loss, *make_data(9, 2, dtype=torch.float32), weight, rtol=2e-6, atol=2e-6)


@each_loss
def test_half_precision(two_processes, loss):
    batch = make_data(9, 2, dtype=torch.float16)
    check(two_processes, loss, *batch, rtol=2e-3, atol=2e-3)


@each_alpha
def test_alpha(processes, alpha):
    check(processes, F.gar_loss, *make_data(9, 2), make_weight(9), alpha=alpha)


def test_one_alpha_per_member(processes):
    alpha = torch.tensor(ALPHAS, dtype=torch.float64)
    check(processes, F.gar_loss, *make_data(6, 9, 2), make_weight(6, 9), alpha=alpha)


def test_terms(processes):
    check(processes, F.gar_loss, *make_data(9, 2),
          terms=("squared_error", "normalized_pairwise_difference"))


@pytest.mark.parametrize("loss, parameters", [
    (F.huber, {"delta": 0.5}), (F.focal_absolute_error, {"beta": 1.0, "gamma": 2.0}),
    (F.focal_squared_error, {"beta": 0.5, "gamma": 0.5})])
def test_parameters(two_processes, loss, parameters):
    check(two_processes, loss, *make_data(9, 2), make_weight(9), **parameters)


@each_loss
def test_members_share_their_targets(processes, loss):
    input, _ = make_data(3, 9, 2)
    check(processes, loss, input, make_data(9, 2, seed=5)[1], make_weight(9))


@each_loss
@pytest.mark.parametrize("first, last", [(0, 2), (2, 9)])
def test_all_weights_of_a_process_are_zero(two_processes, loss, first, last):
    weight = make_weight(9)
    weight[first:last] = 0
    check(two_processes, loss, *make_data(9, 2), weight)


@each_loss
def test_weights_of_some_members_are_zero_on_some_processes(two_processes, loss):
    weight = make_weight(3, 9)
    weight[0, :2] = 0
    weight[2, 2:] = 0
    check(two_processes, loss, *make_data(3, 9, 2), weight)


@each_loss
@pytest.mark.parametrize("scale", [1e-308, 1e-30, 1e30, 1e308])
def test_scale_of_weights(processes, loss, scale):
    check(processes, loss, *make_data(9), make_weight(9) * scale)


@each_loss
def test_weights_of_different_scale(two_processes, loss):
    weight = make_weight(9)
    weight[:2] *= 1e200
    check(two_processes, loss, *make_data(9), weight)


def of_part_with_weights_on_one_process(rank, loss, batch, weight):
    input, target, weight = part_of_batch(rank, PARTS[2], *batch, weight)
    return value_and_gradient(loss, input, target, weight if rank else None, group="world")


@each_loss
def test_rows_without_weight_have_weight_one(two_processes, loss):
    batch, weight = make_data(9), 3 * make_weight(9)
    weight[:2] = 1
    value, gradient = value_and_gradient(loss, *batch, weight)
    results = two_processes.results(of_part_with_weights_on_one_process, loss, batch, weight)
    assert_close(torch.cat([part for _, part in results]), gradient, rtol=1e-12, atol=1e-12)
    assert_close(results[0][0], value, rtol=1e-12, atol=1e-12)


@each_loss
@pytest.mark.parametrize("sizes", [(1, 1), (1, 8), (9, 0), (0, 9), (5000, 12000)])
def test_parts_of_any_number_of_rows(two_processes, loss, sizes):
    check(two_processes, loss, *make_data(sum(sizes)), sizes=sizes)
    check(two_processes, loss, *make_data(sum(sizes)), make_weight(sum(sizes)), sizes=sizes)


# Without the case whose variance of the errors is rounding alone.
@each_loss
@each_dtype
@pytest.mark.parametrize("case", [c for c in DEGENERATE if c != "both constant"])
def test_degenerate_batches(two_processes, loss, dtype, case):
    input, target = degenerate(case, dtype)
    sizes = len(input) // 3, len(input) - len(input) // 3
    tolerance = 1e-12 if dtype == torch.float64 else 1e-4  # numbers near 1000, to 6e-5
    check(two_processes, loss, input, target, sizes=sizes, rtol=tolerance, atol=tolerance)


@each_loss
def test_constant_on_each_process_but_not_over_all(two_processes, loss):
    """The variance between the parts is all there is."""
    target = torch.tensor([1.0, 1.0, 4.0, 4.0, 4.0], dtype=torch.float64)
    check(two_processes, loss, 2 * target - 1, target, sizes=(2, 3))


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
def test_no_digits_are_lost_near_a_perfect_fit(processes, offset):
    """The variance of errors, summed in extended precision, around parts with other means."""
    _, target = make_data(9)
    target = target + offset * torch.arange(1, 10)
    input = target + 1e-7 * make_data(9, seed=3)[1]
    errors = input.numpy().astype(np.longdouble) - target.numpy().astype(np.longdouble)
    value = check(processes, F.pairwise_difference, input, target, rtol=1e-12, atol=0)
    assert_close(value.item(), float(errors.var()), rtol=1e-12, atol=0)
    check(processes, F.gar_loss, input, target, rtol=1e-12, atol=0,
          terms=("absolute_error", "pairwise_difference"))


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6])
def test_correlation_near_a_perfect_fit(processes, noise):
    """One process rounds 1 - Pearson by a few times the machine precision, and so do several."""
    _, target = make_data(9)
    input = target + noise * make_data(9, seed=3)[1]
    distance = F.normalized_pairwise_difference(input, target).item()
    rtol = 8 * torch.finfo(torch.float64).eps / distance
    check(processes, F.normalized_pairwise_difference, input, target, rtol=rtol, atol=0)
    check(processes, F.gar_loss, input, target, rtol=8 * rtol, atol=0)


@each_moment_loss
def test_scale_of_targets(processes, loss):
    for scale in (1e-60, 1e60):
        input, target = (scale * column for column in make_data(9))
        check(processes, loss, input, target, atol=0)


@each_loss
def test_nan_stays_with_its_member(processes, loss):
    input, target = make_data(3, 9, 2)
    input[1, 7] = float("nan")
    value = check(processes, loss, input, target)
    assert value.isnan().tolist() == [False, True, False]


def numerical_gradient(rank, loss, sizes, batch, step):
    """Central differences of the value in the first row of the last process, step by step."""
    batch = part_of_batch(rank, sizes, *batch)
    values = []
    for change in (step, -step):
        moved = batch[0].clone()
        if rank == len(sizes) - 1:
            moved[0] += change
        values.append(loss(moved, *batch[1:], group="world"))
    return (values[0] - values[1]) / (2 * step)


@pytest.mark.parametrize("loss", [F.gar_loss, *TERMS, F.squared_error])
def test_gradient_is_that_of_the_value(processes, loss):
    sizes, batch = PARTS[processes.size], (*make_data(9), make_weight(9))
    numerical = processes.results(numerical_gradient, loss, sizes, batch, 1e-6)
    _, gradient = processes.results(of_part, loss, sizes, batch, {})[-1]
    assert_close(gradient[0], numerical[-1], rtol=1e-6, atol=1e-8)


def differentiate_on_one_process(rank, loss, batch):
    input, target, weight = part_of_batch(rank, PARTS[2], *batch)
    value = loss(input.requires_grad_(), target, weight, group="world")
    return torch.autograd.grad(3 * value, input)[0] if rank else None


@each_loss
def test_backward_pass_needs_no_other_process(two_processes, loss):
    batch = *make_data(9), make_weight(9)
    _, gradient = value_and_gradient(loss, *batch)
    _, found = two_processes.results(differentiate_on_one_process, loss, batch)
    assert_close(found, 3 * gradient[2:], rtol=1e-12, atol=1e-12)


def second_derivative(rank, loss, batch):
    input, target, _ = part_of_batch(rank, PARTS[2], *batch)
    value = loss(input.requires_grad_(), target, group="world")
    gradient, = torch.autograd.grad(value, input, create_graph=True)
    return torch.autograd.grad(gradient.sum(), input)[0]


def test_pointwise_losses_are_differentiable_twice(two_processes):
    found = two_processes.results(second_derivative, F.squared_error, make_data(9))
    assert_close(torch.cat(found), torch.full((9,), 2 / 9, dtype=torch.float64))


MODULES = {
    "gar": functools.partial(losses.GARLoss, alpha=10.0),
    "gar_squared_error": losses.GARSquaredErrorLoss,
    "pairwise_difference": losses.PairwiseDifferenceLoss,
    "normalized_pairwise_difference": losses.NormalizedPairwiseDifferenceLoss,
    "mae_pearson": losses.MAEPearsonLoss,
    "absolute_error": losses.AbsoluteErrorLoss,
    "squared_error": losses.SquaredErrorLoss,
    "huber": functools.partial(losses.HuberLoss, delta=0.5),
    "focal_absolute_error": losses.FocalAbsoluteErrorLoss,
    "focal_squared_error": losses.FocalSquaredErrorLoss,
}
each_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


def test_each_loss_of_moments_has_a_module_here():
    assert MODULES.keys() == losses.LOSSES.keys() - {"conr", "ranksim", "rnc"}
    assert PAIRS.keys() <= MODULES.keys()


def module_of_part(rank, module, sizes, batch):
    return value_and_gradient(module(group="world"), *part_of_batch(rank, sizes, *batch))


def module_of_part_without_autograd(rank, module, sizes, batch):
    criterion = module(group=distributed.group.WORLD)
    return criterion.value_and_gradient(*part_of_batch(rank, sizes, *batch))


@each_module
@pytest.mark.parametrize("weighted", [False, True])
def test_modules(processes, module, weighted):
    sizes = PARTS[processes.size]
    batch = *make_data(2, 9, 3), make_weight(2, 9) if weighted else None
    expected = value_and_gradient(module(), *batch)
    functions = [module_of_part]
    if hasattr(module(), "value_and_gradient"):
        functions.append(module_of_part_without_autograd)
    for function in functions:
        results = processes.results(function, module, sizes, batch)
        gradient = torch.cat([gradient for _, gradient in results], dim=-2)
        assert_close((results[0][0], gradient), expected, rtol=1e-12, atol=1e-12)


def of_some_processes(rank, loss, ranks, batch):
    group = distributed.new_group(ranks)
    if rank not in ranks:
        return None
    part = part_of_batch(ranks.index(rank), PARTS[2], *batch)
    return value_and_gradient(loss, *part, group=group)


@each_loss
def test_group_of_some_processes(three_processes, loss):
    batch = *make_data(9, 2), make_weight(9)
    value, gradient = value_and_gradient(loss, *batch)
    first, none, last = three_processes.results(of_some_processes, loss, [0, 2], batch)
    assert none is None
    assert_close(torch.cat([first[1], last[1]]), gradient, rtol=1e-12, atol=1e-12)
    assert_close((first[0], last[0]), (value, value), rtol=1e-12, atol=1e-12)
