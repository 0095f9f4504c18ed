import math
import re

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from sklearn_gar.losses import _terms
from sklearn_gar.losses import functional as F
from tests import oracles

INF = float("inf")
ALPHAS = [0.01, 0.1, 1.0, 10.0, 100.0, INF]

PAIRS = {
    "gar": (F.gar_loss, oracles.gar),
    "pairwise_difference": (F.pairwise_difference, oracles.pairwise_difference),
    "normalized_pairwise_difference": (
        F.normalized_pairwise_difference, oracles.normalized_pairwise_difference),
    "mae_pearson": (F.mae_pearson_loss, oracles.mae_pearson),
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


class TestOracles:
    """The O(n^2) definitions against the moments that the theorems equate them to."""

    def test_theorem_1(self):
        f, y = (column.numpy() for column in make_data(20, 3))
        expected = np.mean(np.var(f - y, axis=0))
        assert oracles.pairwise_difference(f, y) == pytest.approx(expected, rel=1e-12)

    def test_corollary_3(self):
        f, y = (column.numpy() for column in make_data(20, 1))
        expected = 1 - np.corrcoef(f[:, 0], y[:, 0])[0, 1]
        actual = oracles.normalized_pairwise_difference(f, y)
        assert actual == pytest.approx(expected, rel=1e-12)

    def test_moments(self):
        f, y = (column.numpy() for column in make_data(20, 3))
        weight = make_weight(20).numpy()
        expected = oracles.gar_terms(f, y, weight)
        assert oracles.gar_terms_by_moments(f, y, weight) == pytest.approx(expected, rel=1e-12)


class TestValue:
    @each_shape_and_weight
    @pytest.mark.parametrize("name", PAIRS)
    def test_pairwise_definition(self, name, shape, weighted):
        loss, oracle = PAIRS[name]
        input, target = make_data(*shape)
        weight = make_weight(*weighted) if weighted else None
        expected = oracle_values(oracle, input, target, weight)
        assert_close(loss(input, target, weight), expected, rtol=1e-10, atol=1e-10)

    @each_alpha
    @each_shape_and_weight
    def test_gar_alpha(self, shape, weighted, alpha):
        input, target = make_data(*shape)
        weight = make_weight(*weighted) if weighted else None
        expected = oracle_values(oracles.gar, input, target, weight, alpha=alpha)
        actual = F.gar_loss(input, target, weight, alpha=alpha)
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    @pytest.mark.parametrize("weighted", [None, (9,), (6, 9)])
    def test_gar_alpha_of_each_member(self, weighted):
        input, target = make_data(6, 9, 2)
        weight = make_weight(*weighted) if weighted else None
        alpha = torch.tensor(ALPHAS, dtype=torch.float64)
        expected = oracle_values(oracles.gar, input, target, weight, alpha=ALPHAS)
        actual = F.gar_loss(input, target, weight, alpha=alpha)
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    def test_gar_alpha_of_members_in_two_dimensions(self):
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
    def test_parameters(self, name, parameters, shape):
        loss, oracle = PAIRS[name]
        input, target = make_data(*shape)
        weight = make_weight(9)
        expected = oracle_values(oracle, input, target, weight, **parameters)
        actual = loss(input, target, weight, **parameters)
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    @each_loss
    @each_dtype
    def test_dtype(self, loss, dtype):
        value, gradient = value_and_gradient(loss, *make_data(2, 9, 1, dtype=dtype))
        assert value.dtype == gradient.dtype == dtype

    @each_loss
    def test_strided_columns(self, loss):
        input, target = make_data(2, 9, 3)
        expected = value_and_gradient(loss, input, target)
        strided = (column.mT.contiguous().mT for column in (input, target))
        actual = value_and_gradient(loss, *strided)
        assert_close(actual, expected, rtol=1e-12, atol=1e-12)

    @each_loss
    @pytest.mark.parametrize("shape", [(9,), (9, 2), (2, 9, 2)])
    def test_arguments_stay_as_they_are(self, loss, shape):
        arguments = *make_data(*shape), make_weight(9)
        before = [argument.clone() for argument in arguments]
        value_and_gradient(loss, *arguments)
        for argument, copy in zip(arguments, before):
            assert torch.equal(argument, copy)

    @pytest.mark.parametrize("weighted", [False, True])
    def test_large_batch_in_float32(self, weighted):
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
    def test_long_column_against_autograd(self, weighted, alpha):
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
    def test_digits_near_a_perfect_fit(self, dtype, offset):
        generator = torch.Generator().manual_seed(0)
        target = offset + torch.randn(200, 1, generator=generator)
        input = target + 1e-3 * torch.randn(200, 1, generator=generator)
        expected = oracle_values(oracles.normalized_pairwise_difference, input, target)
        actual = F.normalized_pairwise_difference(input.to(dtype), target.to(dtype))
        assert actual.item() == pytest.approx(expected.item(), rel=0.01)

    def test_gradient_digits_near_a_perfect_fit(self):
        generator = torch.Generator().manual_seed(0)
        target = torch.randn(200, 1, generator=generator)
        input = target + 1e-3 * torch.randn(200, 1, generator=generator)
        loss = F.normalized_pairwise_difference
        _, actual = value_and_gradient(loss, input, target)
        _, expected = value_and_gradient(eager_distance, input.double(), target.double())
        assert (actual - expected).norm() <= 0.01 * expected.norm()


def has_right_gradient(loss, input, target, weight, **parameters):
    def function(input):
        return loss(input, target, weight, **parameters)
    return torch.autograd.gradcheck(function, input.requires_grad_())


class TestGradient:
    @pytest.mark.parametrize("members", [None, 2])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("k", [1, 3])
    @each_alpha
    def test_gar(self, alpha, k, weighted, members):
        input, target = make_data(*([members] if members else []), 6, k)
        weight = make_weight(*input.shape[:-1]) if weighted else None
        assert has_right_gradient(F.gar_loss, input, target, weight, alpha=alpha)

    @pytest.mark.parametrize("members", [None, 2])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("k", [1, 3])
    @pytest.mark.parametrize("loss", TERMS + POINTWISE_LOSSES)
    def test_terms_and_pointwise(self, loss, k, weighted, members):
        input, target = make_data(*([members] if members else []), 6, k)
        weight = make_weight(*input.shape[:-1]) if weighted else None
        assert has_right_gradient(loss, input, target, weight)

    @pytest.mark.parametrize("loss", LOSSES[:3] + POINTWISE_LOSSES)
    def test_one_dimension(self, loss):
        assert has_right_gradient(loss, *make_data(6), None)
        assert has_right_gradient(loss, *make_data(6), make_weight(6))

    def test_gar_alpha_of_each_member(self):
        alpha = torch.tensor(ALPHAS, dtype=torch.float64)
        assert has_right_gradient(F.gar_loss, *make_data(6, 6, 2), None, alpha=alpha)

    @pytest.mark.parametrize("loss, parameters", [
        (F.huber, {"delta": 0.5}),
        (F.focal_absolute_error, {"beta": 1.0, "gamma": 2.0}),
        (F.focal_absolute_error, {"beta": 0.5, "gamma": 0.5}),
        (F.focal_squared_error, {"beta": 1.0, "gamma": 2.0}),
        (F.focal_squared_error, {"beta": 0.5, "gamma": 0.5}),
    ])
    def test_parameters(self, loss, parameters):
        assert has_right_gradient(loss, *make_data(6, 2), make_weight(6), **parameters)

    @pytest.mark.parametrize("members", [None, 2])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("k", [1, 3])
    def test_mae_pearson(self, k, weighted, members):
        input, target = make_data(*([members] if members else []), 6, k)
        weight = make_weight(*input.shape[:-1]) if weighted else None
        expected = value_and_gradient(eager_mae_pearson, input, target, weight)
        actual = value_and_gradient(F.mae_pearson_loss, input, target, weight)
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    @each_loss
    def test_retained_graph_gives_the_same_gradient_twice(self, loss):
        input, target = make_data(2, 9, 2)
        value = loss(input.requires_grad_(), target).sum()
        first, = torch.autograd.grad(value, input, retain_graph=True)
        first = first.clone()
        second, = torch.autograd.grad(value, input)
        assert torch.equal(first, second)


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
    """rho MAE + (1 - rho)(1 - rho) with detached factors, recorded by autograd."""
    absolute = (row_masses(input, weight) * (input - target).abs()).sum(-2).mean(-1)
    distance = eager_distance(input, target, weight)
    return (1 - distance).detach() * absolute + distance.detach() * distance


class TestAlpha:
    """The limits of Theorem 6; they are exact bounds of a power mean of three terms."""

    @staticmethod
    def logs(shape, dtype=torch.float64):
        input, target = make_data(*shape, dtype=dtype)
        terms = torch.stack([term(input, target) for term in TERMS])
        return input, target, terms.log()

    @pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
    @pytest.mark.parametrize("alpha", [1e-2, 1e-4, 1e-6])
    def test_towards_zero_the_largest_term(self, alpha, shape):
        input, target, logs = self.logs(shape)
        largest = logs.amax(0)
        value = F.gar_loss(input, target, alpha=alpha)
        assert (value <= largest + 1e-12).all()
        assert (value >= largest - alpha * math.log(3) - 1e-12).all()

    @pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
    def test_one_is_the_arithmetic_mean(self, shape):
        input, target, logs = self.logs(shape)
        expected = logs.exp().mean(0).log()
        assert_close(F.gar_loss(input, target, alpha=1.0), expected, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
    @pytest.mark.parametrize("alpha", [1e6, 1e9, INF])
    @pytest.mark.parametrize("dtype, rounding", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
    def test_towards_infinity_the_mean_of_the_logs(self, alpha, shape, dtype, rounding):
        input, target, logs = self.logs(shape, dtype)
        # Hoeffding's lemma on log E exp(log L / alpha).
        bound = (logs.amax(0) - logs.amin(0)) ** 2 / (8 * alpha)
        excess = F.gar_loss(input, target, alpha=alpha) - logs.mean(0)
        assert (excess >= -rounding).all()
        assert (excess <= bound + rounding).all()

    @pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
    @pytest.mark.parametrize("dtype, rtol", [(torch.float64, 1e-5), (torch.float32, 1e-4)])
    def test_towards_infinity_the_gradient_of_the_mean_of_the_logs(self, shape, dtype, rtol):
        input, target = make_data(*shape, dtype=dtype)
        _, expected = value_and_gradient(F.gar_loss, input, target, alpha=INF)
        for alpha in (1e6, 1e9):
            _, actual = value_and_gradient(F.gar_loss, input, target, alpha=alpha)
            assert (actual - expected).norm() <= rtol * expected.norm()

    @each_dtype
    @pytest.mark.parametrize("shape", [(9,), (2, 9, 2)])
    @pytest.mark.parametrize("alpha, limit", [
        (1e-300, 1e-6), (1e-50, 1e-6), (1e39, INF), (1e60, INF), (1e300, INF)])
    def test_beyond_float32(self, alpha, limit, shape, dtype):
        """An alpha without a float32 of its own is as good as its limit."""
        input, target = make_data(*shape, dtype=dtype)
        expected = value_and_gradient(F.gar_loss, input, target, alpha=limit)
        actual = value_and_gradient(F.gar_loss, input, target, alpha=alpha)
        assert_close(actual, expected, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("seed", range(5))
    def test_value_falls_with_alpha(self, seed):
        input, target = make_data(9, 2, seed=seed)
        alphas = [*np.geomspace(1e-4, 1e6, 41), INF]
        values = np.array([F.gar_loss(input, target, alpha=a).item() for a in alphas])
        assert np.all(np.diff(values) <= 1e-9)
        assert values[0] - values[-1] > 0.1


class TestScale:
    """Units from 1e-15 to 1e15 in float32, whose squares float32 still holds."""

    @pytest.mark.parametrize("exponent", range(-15, 16))
    def test_same_scale(self, exponent):
        input, target = (10.0**exponent * c for c in make_data(32, 1, dtype=torch.float32))
        self.check_finite(input, target)

    @pytest.mark.parametrize("exponent", range(-15, 16))
    def test_input_of_scale_one(self, exponent):
        input, target = make_data(32, 1, dtype=torch.float32)
        self.check_finite(input, 10.0**exponent * target)

    @staticmethod
    def check_finite(input, target):
        for loss in LOSSES:
            assert_finite(*value_and_gradient(loss, input, target))
            assert_finite(*value_and_gradient(loss, input.repeat(2, 1, 1), target))
        for alpha in ALPHAS:
            assert_finite(*value_and_gradient(F.gar_loss, input, target, alpha=alpha))

    @pytest.mark.parametrize("exponent", range(-15, 16))
    @pytest.mark.parametrize("alpha", [1.0, 10.0, 100.0, INF])
    def test_gar_value(self, alpha, exponent):
        input, target = (10.0**exponent * c for c in make_data(32, 1, dtype=torch.float32))
        expected = oracle_values(oracles.gar, input, target, alpha=alpha)
        actual = F.gar_loss(input, target, alpha=alpha)
        assert actual.item() == pytest.approx(expected.item(), abs=1e-4)

    @pytest.mark.parametrize("exponent", range(-3, 7))
    def test_shape_term_of_input_of_another_scale(self, exponent):
        input, target = make_data(32, 1, dtype=torch.float32)
        input = 10.0**exponent * input
        loss = F.normalized_pairwise_difference
        value, gradient = value_and_gradient(loss, input, target)
        expected = oracle_values(oracles.normalized_pairwise_difference, input, target)
        assert value.item() == pytest.approx(expected.item(), abs=1e-4)
        _, expected = value_and_gradient(eager_distance, input.double(), target.double())
        assert (gradient - expected).norm() <= 1e-3 * expected.norm()


class TestInvariance:
    PAIRWISE = [F.pairwise_difference, F.normalized_pairwise_difference]
    SHAPES = [(9,), (9, 3), (2, 9, 3)]
    each_shape = pytest.mark.parametrize("shape", SHAPES)

    @pytest.mark.parametrize("loss", PAIRWISE)
    @pytest.mark.parametrize("shift", [-3.7, 1e3])
    @each_shape
    def test_shift_of_input_leaves_pairwise_terms(self, loss, shift, shape):
        input, target = make_data(*shape)
        expected = value_and_gradient(loss, input, target)
        actual = value_and_gradient(loss, input + shift, target)
        assert_close(actual, expected, rtol=1e-9, atol=1e-9)

    @pytest.mark.parametrize("scale, shift", [(0.05, 0.0), (3.0, -2.0), (1e4, 1e3)])
    @each_shape
    def test_scale_and_shift_leave_shape_term(self, scale, shift, shape):
        input, target = make_data(*shape)
        loss = F.normalized_pairwise_difference
        expected = loss(input, target)
        assert_close(loss(scale * input + shift, target), expected, rtol=1e-9, atol=1e-9)
        assert_close(loss(input, scale * target + shift), expected, rtol=1e-9, atol=1e-9)
        opposite = loss(-scale * input + shift, target)
        assert_close(opposite, 2 - expected, rtol=1e-9, atol=1e-9)

    @each_loss
    @each_shape
    def test_order_of_rows(self, loss, shape):
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
    def test_integer_weights_are_repeated_rows(self, loss, shape):
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
    def test_scale_of_weights(self, loss, factor):
        input, target = make_data(2, 9, 3)
        weight = make_weight(2, 9)
        expected = value_and_gradient(loss, input, target, weight)
        actual = value_and_gradient(loss, input, target, factor * weight)
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    @each_loss
    def test_equal_weights(self, loss):
        input, target = make_data(2, 9, 3)
        expected = value_and_gradient(loss, input, target)
        actual = value_and_gradient(loss, input, target, torch.full((9,), 0.3).double())
        assert_close(actual, expected, rtol=1e-10, atol=1e-10)

    @each_loss
    @pytest.mark.parametrize("weighted", [None, (9,), (3, 9)])
    def test_shared_target_and_weight(self, loss, weighted):
        input, _ = make_data(3, 9, 2)
        _, target = make_data(9, 2, seed=5)
        weight = make_weight(*weighted) if weighted else None
        actual = value_and_gradient(loss, input, target, weight)
        if weight is not None:
            weight = weight.expand(3, 9).clone()
        expected = value_and_gradient(loss, input, target.repeat(3, 1, 1), weight)
        assert_close(actual, expected, rtol=1e-12, atol=1e-12)


class TestMembers:
    """A member is what it is alone, whatever the others do."""

    @each_loss
    @pytest.mark.parametrize("k", [1, 2])
    @pytest.mark.parametrize("weighted", [None, (9,), (3, 9)])
    def test_alone_and_in_a_stack(self, loss, weighted, k):
        input, target = make_data(3, 9, k)
        weight = make_weight(*weighted) if weighted else None
        values, gradients = value_and_gradient(loss, input, target, weight)
        for i in range(3):
            own = weight[i] if weighted == (3, 9) else weight
            alone = value_and_gradient(loss, input[i], target[i], own)
            assert_close((values[i], gradients[i]), alone, rtol=1e-10, atol=1e-10)

    @each_loss
    def test_one_dimension_is_one_column(self, loss):
        input, target = make_data(9)
        value, gradient = value_and_gradient(loss, input, target)
        columns = value_and_gradient(loss, input[:, None], target[:, None])
        assert_close((value, gradient[:, None]), columns, rtol=1e-12, atol=1e-12)

    @each_loss
    @each_dtype
    @pytest.mark.parametrize("power", [INF, 0.9, 0.6])
    def test_diverged_neighbour(self, loss, dtype, power):
        """Infinite, or so large that its square is."""
        huge = INF if power == INF else torch.finfo(dtype).max ** power
        weight = make_weight(9, dtype=dtype)
        self.check_neighbour(loss, dtype, huge)
        self.check_neighbour(loss, dtype, -huge, weight)

    @each_loss
    @each_dtype
    def test_nan_neighbour(self, loss, dtype):
        weight = make_weight(9, dtype=dtype)
        self.check_neighbour(loss, dtype, math.nan)
        self.check_neighbour(loss, dtype, math.nan, weight)

    @each_loss
    @each_dtype
    @pytest.mark.parametrize("number", [math.nan, INF])
    def test_diverged_alone(self, loss, dtype, number):
        input, target = make_data(9, dtype=dtype)
        input[4] = number
        value, _ = value_and_gradient(loss, input, target)
        assert not value.isfinite()

    @staticmethod
    def check_neighbour(loss, dtype, number, weight=None):
        input, target = make_data(3, 9, 2, dtype=dtype)
        values, gradients = value_and_gradient(loss, input, target, weight)
        for spoilt in (input[1, 4], input[1]):
            spoilt.fill_(number).mul_(1 + torch.arange(spoilt.numel()).view_as(spoilt) / 100)
            actual = value_and_gradient(loss, input, target, weight)
            others = [0, 2]
            assert_close(actual[0][others], values[others])
            assert_close(actual[1][others], gradients[others])


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


class TestDegenerate:
    @each_dtype
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("case", DEGENERATE)
    def test_finite(self, dtype, case, weighted):
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
    def test_a_constant_correlates_with_nothing(self, case, n, k, dtype, weighted):
        input, target = degenerate(case, dtype, n)
        weight = make_weight(len(input), dtype=dtype) if weighted else None
        if k is not None:
            input, target = input[:, None].repeat(1, k), target[:, None].repeat(1, k)
        value = F.normalized_pairwise_difference(input, target, weight)
        rounding = 4 * OFFSET * torch.finfo(dtype).eps
        assert value.item() == pytest.approx(1.0, abs=rounding)

    @each_dtype
    @pytest.mark.parametrize("case, distance", [
        ("two rows", 0.0), ("two rows, perfect", 0.0), ("perfect", 0.0),
        ("perfect at an offset", 0.0)])
    def test_perfect_correlation(self, case, distance, dtype):
        input, target = degenerate(case, dtype)
        sign = torch.sign((input[1] - input[0]) * (target[1] - target[0]))
        value = F.normalized_pairwise_difference(sign * input, target)
        assert value.item() == pytest.approx(distance, abs=1e-6)
        value = F.normalized_pairwise_difference(-sign * input, target)
        assert value.item() == pytest.approx(2 - distance, abs=1e-6)

    @each_moment_loss
    @each_dtype
    def test_perfect_fit_has_no_gradient(self, loss, dtype):
        _, gradient = value_and_gradient(loss, *degenerate("perfect", dtype))
        assert (gradient == 0).all()

    @each_dtype
    def test_value_of_a_perfect_fit(self, dtype):
        info = torch.finfo(dtype)
        logs = [math.log(info.tiny), math.log(info.tiny), math.log(info.eps)]
        value = F.gar_loss(*degenerate("perfect", dtype), alpha=INF)
        assert value.item() == pytest.approx(np.mean(logs), rel=1e-5)

    @each_moment_loss
    @each_dtype
    @pytest.mark.parametrize("offset", [0.0, 0.3])
    @pytest.mark.parametrize("deviation", [1e-4, 1e-6, 1e-8, 1e-12])
    def test_nearly_constant_input_has_a_bounded_gradient(self, loss, dtype, offset, deviation):
        input, target = make_data(16, dtype=dtype)
        target = (target - target.mean()) / target.std(correction=0)
        input = offset + deviation * (input - input.mean()) / input.std(correction=0)
        for shape in ((16,), (1, 16, 1)):
            value, gradient = value_and_gradient(
                loss, input.reshape(shape), target.reshape(shape))
            assert_finite(value, gradient)
            assert gradient.abs().max() <= 1e5


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


class TestErrors:
    """Each message tells the rule and then what was got."""

    @pytest.mark.parametrize("input, target, weight, error, rule, got", WRONG_ARGUMENTS)
    def test_arguments(self, input, target, weight, error, rule, got):
        for loss in LOSSES:
            with pytest.raises(error, match=f"{rule}.*got.*{got}"):
                loss(input, target, weight)

    @pytest.mark.parametrize("input", [ROWS, STACK])
    @pytest.mark.parametrize("alpha, got", NOT_ABOVE_ZERO)
    def test_alpha_not_above_zero(self, alpha, got, input):
        with pytest.raises(ValueError, match=f"alpha must be above 0, got {got}"):
            F.gar_loss(input, input + 1, alpha=alpha)
        alphas = torch.tensor([1.0, 2.0, alpha])
        with pytest.raises(ValueError, match=f"alpha must be above 0, got .*{got}"):
            F.gar_loss(STACK, STACK + 1, alpha=alphas)

    @pytest.mark.parametrize("alpha, got", NOT_A_NUMBER)
    def test_alpha_not_a_number(self, alpha, got):
        with pytest.raises(TypeError, match=f"alpha must be a number.*got .*{got}"):
            F.gar_loss(ROWS, ROWS + 1, alpha=alpha)

    @pytest.mark.parametrize("input, shape", [
        (ROWS, (1,)), (ROWS, (8,)), (STACK, (1,)), (STACK, (2,)), (STACK, (8,)),
        (STACK, (3, 1)), (STACK, (1, 3)), (STACK, (3, 8))])
    def test_alpha_of_wrong_shape(self, input, shape):
        got = re.escape(str(shape))
        with pytest.raises(ValueError, match=f"alpha must be one number.*got .*{got}"):
            F.gar_loss(input, input + 1, alpha=torch.ones(shape))

    @pytest.mark.parametrize("loss, name", [
        (F.huber, "delta"), (F.focal_absolute_error, "beta"), (F.focal_absolute_error, "gamma"),
        (F.focal_squared_error, "beta"), (F.focal_squared_error, "gamma")])
    def test_parameters(self, loss, name):
        for number, got in NOT_ABOVE_ZERO:
            with pytest.raises(ValueError, match=f"{name} must be above 0.*got {got}"):
                loss(ROWS, ROWS + 1, **{name: number})
        for number, got in NOT_A_NUMBER[:2]:
            with pytest.raises(TypeError, match=f"{name} must be a number.*got .*{got}"):
                loss(ROWS, ROWS + 1, **{name: number})

    @each_moment_loss
    def test_target_with_gradient(self, loss):
        with pytest.raises(ValueError, match="target must not require a gradient.*detach"):
            loss(ROWS, ROWS.clone().requires_grad_())

    @each_moment_loss
    @pytest.mark.parametrize("input", [ROWS, STACK])
    def test_differentiable_once(self, loss, input):
        input = input.clone().requires_grad_()
        value = loss(input, ROWS.square().view(input.shape[-2:])).sum()
        with pytest.raises(RuntimeError, match="differentiable once, got create_graph=True"):
            torch.autograd.grad(value, input, create_graph=True)


class TestOtherDevices:
    """Tensors that are not in main memory take a branch of their own; here on the CPU."""

    AGGREGATES = {
        **{f"gar {alpha}": (F.gar_loss, {"alpha": alpha}, _terms.log_mean_power(alpha))
           for alpha in ALPHAS},
        "pairwise_difference": (F.pairwise_difference, {}, _terms.one_term(1)),
        "normalized_pairwise_difference": (
            F.normalized_pairwise_difference, {}, _terms.one_term(2)),
        "mae_pearson": (F.mae_pearson_loss, {}, _terms.mae_pearson),
    }
    each_aggregate = pytest.mark.parametrize(
        "loss, parameters, aggregate", AGGREGATES.values(), ids=AGGREGATES)

    @staticmethod
    def check(loss, parameters, aggregate, input, target, weight=None, rtol=1e-10):
        """Rows last, and weights that sum to one, as the branch takes them."""
        expected = value_and_gradient(loss, input, target, weight, **parameters)
        if input.ndim == 1:
            input, target = input[:, None], target[:, None]
        if weight is not None:
            weight = weight / weight.sum(-1, keepdim=True)
        before = input.clone()
        value, gradient = _terms._value_and_gradient(
            torch, input.mT, target.expand_as(input).mT, weight, aggregate)
        assert_close(input, before, rtol=0, atol=0, equal_nan=True)
        gradient = gradient.mT.reshape(expected[1].shape)
        assert_close((value, gradient), expected, rtol=rtol, atol=rtol, equal_nan=True)

    @each_aggregate
    @each_shape_and_weight
    def test_value_and_gradient(self, loss, parameters, aggregate, shape, weighted):
        input, target = make_data(*shape)
        weight = make_weight(*weighted) if weighted else None
        self.check(loss, parameters, aggregate, input, target, weight)

    @each_aggregate
    def test_shared_target(self, loss, parameters, aggregate):
        input, _ = make_data(3, 9, 2)
        _, target = make_data(9, 2, seed=5)
        self.check(loss, parameters, aggregate, input, target)

    def test_alpha_of_each_member(self):
        alpha = torch.tensor(ALPHAS, dtype=torch.float64)
        aggregate = _terms.log_mean_power(alpha)
        self.check(F.gar_loss, {"alpha": alpha}, aggregate, *make_data(6, 9, 2))

    # Without the case whose variance of the errors is rounding alone.
    @each_aggregate
    @each_dtype
    @pytest.mark.parametrize("case", [c for c in DEGENERATE if c != "both constant"])
    def test_degenerate(self, loss, parameters, aggregate, case, dtype):
        input, target = degenerate(case, dtype)
        rtol = 1e-10 if dtype == torch.float64 else 1e-3
        self.check(loss, parameters, aggregate, input, target, rtol=rtol)

    @each_aggregate
    @each_dtype
    def test_nan_neighbour(self, loss, parameters, aggregate, dtype):
        input, target = make_data(3, 9, 2, dtype=dtype)
        input[1] = math.nan
        rtol = 1e-10 if dtype == torch.float64 else 1e-4
        self.check(loss, parameters, aggregate, input, target, rtol=rtol)
