"""MAE-Pearson where predictions and targets correlate negatively."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sklearn_gar import GARRegressor, losses
from sklearn_gar.losses import functional as F
from tests.data import PLAIN, smooth_table
from tests.losses.cases import (
    each_dtype,
    eager_mae_pearson,
    mae_pearson,
    make_data,
    make_weight,
    oracle_values,
    value_and_gradient,
)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("shape", [(9,), (9, 3), (2, 9, 3)])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_of_the_definition(sign, shape, weighted):
    input, target = make_data(*shape)
    weight = make_weight(9) if weighted else None
    expected = oracle_values(mae_pearson, sign * input, target, weight)
    actual = F.mae_pearson_loss(sign * input, target, weight)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_holds_the_factors_constant(k, weighted):
    input, target = make_data(2, 9, k)
    input[1] *= -1  # one member of each sign
    weight = make_weight(2, 9) if weighted else None
    expected = value_and_gradient(eager_mae_pearson, input, target, weight)
    actual = value_and_gradient(F.mae_pearson_loss, input, target, weight)
    assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@each_dtype
def test_value_is_never_below_zero(dtype):
    for seed in range(50):
        input, target = make_data(2, 1, seed=seed, dtype=dtype)
        assert (F.mae_pearson_loss(10 * input, target) >= 0).all()
        assert (F.mae_pearson_loss(-10 * input, target) >= 0).all()


@each_dtype
def test_a_step_against_the_gradient_never_raises_the_errors_of_two_rows(dtype):
    """The correlation of two rows is 1 or -1; its gradient is zero but for rounding."""
    rounding = 1e-4 if dtype == torch.float32 else 1e-12
    for seed in range(200):
        input, target = make_data(2, 1, seed=seed, dtype=dtype)
        _, gradient = value_and_gradient(F.mae_pearson_loss, input, target)
        before = (input - target).abs()
        # shorter than the way to the targets, which are at least 0.1 away
        after = (input - 0.1 * gradient - target).abs()
        assert (after <= before + rounding).all()


def test_training_on_batches_of_two_rows_learns():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(200, 3, generator=generator)
    y = X[:, :1] - 2 * X[:, 1:2] + 0.1 * torch.randn(200, 1, generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 16), nn.ELU(), nn.Linear(16, 1))
    criterion = losses.MAEPearsonLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        for rows in torch.randperm(200, generator=generator).split(2):
            optimizer.zero_grad()
            value = criterion(model(X[rows]), y[rows])
            value.backward()
            assert value.isfinite()
            optimizer.step()
    with torch.no_grad():
        errors = model(X) - y
    assert 1 - errors.square().mean() / y.var(correction=0) > 0.9


@pytest.mark.parametrize("batch_size", [2, 3])
def test_an_estimator_learns_from_batches_of_few_rows(batch_size):
    X, y = smooth_table(200, seed=1)
    model = GARRegressor(**{**PLAIN, "loss": "mae_pearson", "batch_size": batch_size,
                            "hidden_layer_sizes": (8,), "n_estimators": 2, "max_iter": 20,
                            "learning_rate": 0.01, "random_state": 0})
    assert model.fit(X[:150], y[:150]).score(X[150:], y[150:]) > 0.5
