"""Units from 1e-15 to 1e15 in single precision, which still holds their squares."""

import pytest
import torch

from sklearn_gar.losses import functional as F
from tests import oracles
from tests.losses.cases import (
    ALPHAS,
    INF,
    LOSSES,
    assert_finite,
    eager_distance,
    make_data,
    oracle_values,
    value_and_gradient,
)


@pytest.mark.parametrize("exponent", range(-15, 16))
def test_finite_in_every_unit(exponent):
    input, target = (10.0**exponent * c for c in make_data(32, 1, dtype=torch.float32))
    check_finite(input, target)


@pytest.mark.parametrize("exponent", range(-15, 16))
def test_finite_where_targets_have_another_unit(exponent):
    input, target = make_data(32, 1, dtype=torch.float32)
    check_finite(input, 10.0**exponent * target)


def check_finite(input, target):
    for loss in LOSSES:
        assert_finite(*value_and_gradient(loss, input, target))
        assert_finite(*value_and_gradient(loss, input.repeat(2, 1, 1), target))
    for alpha in ALPHAS:
        assert_finite(*value_and_gradient(F.gar_loss, input, target, alpha=alpha))


@pytest.mark.parametrize("exponent", range(-15, 16))
@pytest.mark.parametrize("alpha", [1.0, 10.0, 100.0, INF])
def test_value_of_gar_in_every_unit(alpha, exponent):
    input, target = (10.0**exponent * c for c in make_data(32, 1, dtype=torch.float32))
    expected = oracle_values(oracles.gar, input, target, alpha=alpha)
    actual = F.gar_loss(input, target, alpha=alpha)
    assert actual.item() == pytest.approx(expected.item(), abs=1e-4)


@pytest.mark.parametrize("exponent", range(-3, 7))
def test_shape_term_of_predictions_in_another_unit(exponent):
    input, target = make_data(32, 1, dtype=torch.float32)
    input = 10.0**exponent * input
    loss = F.normalized_pairwise_difference
    value, gradient = value_and_gradient(loss, input, target)
    expected = oracle_values(oracles.normalized_pairwise_difference, input, target)
    assert value.item() == pytest.approx(expected.item(), abs=1e-4)
    _, expected = value_and_gradient(eager_distance, input.double(), target.double())
    assert (gradient - expected).norm() <= 1e-3 * expected.norm()
