"""Rows, derivatives of networks, and errors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.paper.gradients import trials
from benchmarks.paper.gradients.functions import FUNCTIONS, Derivatives, uniform_points
from benchmarks.paper.protocol import CURVE_RECIPE, METHODS
from benchmarks.paper.training import Rows, Stack
from sklearn_gar.nn import StackedMLP


@pytest.mark.parametrize("noise, level", [("none", 0), ("constant", 0.5), ("varying", 0.5)])
def test_rows_are_the_function_plus_noise(noise, level):
    function = FUNCTIONS["waves"]
    X, y = trials.draw_rows(np.random.default_rng(0), function, noise, 50_000)
    error = y - function(X).value
    assert np.sqrt(np.mean(error ** 2)) == pytest.approx(level, rel=0.02)
    left, right = (error[side].std() for side in (X[:, 0] < 0, X[:, 0] > 0))
    if noise == "varying":  # deviations of 1 + x in [-1, 0] and in [0, 1]
        assert right / left == pytest.approx(np.sqrt(7), rel=0.05)
    else:
        assert left == pytest.approx(right, rel=0.05)


@pytest.mark.parametrize("activation", ["tanh", "elu"])
def test_derivatives_of_members_are_limits_of_differences(activation):
    network = StackedMLP((3, 7, 5, 1), [0, 1], activation=activation)
    X = uniform_points(np.random.default_rng(0), 20, 3)
    found = trials.derivatives(network, X)
    np.testing.assert_allclose(found.value, network.outputs(torch.tensor(X).float())[..., 0],
                               atol=1e-6)
    for i, step in enumerate(1e-5 * np.eye(3)):
        above, below = (trials.derivatives(network, X + sign * step) for sign in (1, -1))
        np.testing.assert_allclose((above.value - below.value) / 2e-5, found.gradient[..., i],
                                   atol=1e-8)
        np.testing.assert_allclose((above.gradient - below.gradient) / 2e-5,
                                   found.hessian[..., i, :], atol=1e-8)


def test_least_squares_finds_what_a_loss_leaves_open():
    f = np.random.default_rng(0).normal(size=50)
    assert trials.least_squares("", f, 3 * f + 2) == (0, 1)
    offset, scale = trials.least_squares("a", f, f + 2)
    assert scale == 1 and offset == pytest.approx(2)
    assert trials.least_squares("a b", f, 3 * f + 2) == pytest.approx((2, 3))


def test_errors_are_relative_to_the_truth():
    truth = Derivatives(np.array([3.0, 4]), np.array([[0, 2.0], [1, 2]]), np.ones((2, 2, 2)))
    fit = Derivatives(np.array([3.0, 9]), truth.gradient + 3, 3 * truth.hessian)
    assert trials.relative_errors(fit, truth) == pytest.approx([1, 2, 2])
    assert trials.relative_errors(truth, truth) == [0, 0, 0]


def test_networks_have_the_activation_of_the_recipe():
    rows = Rows(torch.zeros(4, 2), torch.zeros(4, 1), (0,))
    for recipe, activation in ((trials.RECIPE, "tanh"), (CURVE_RECIPE, "elu")):
        stack = Stack(rows, trials.GRID.candidates, METHODS["MSE"], recipe)
        assert stack.network.activation == activation
        assert trials.settings(trials.LOSSES["MSE"], FUNCTIONS["waves"], "none", recipe, (0,))[
            "recipe"]["activation"] == activation


def test_losses_are_those_of_the_paper():
    for name in ("MAE", "MSE", "Huber", "GAR"):
        assert trials.LOSSES[name].method.loss == METHODS[name].loss
        assert not trials.LOSSES[name].least_squares


def test_chosen_rate_has_the_least_validation_error(monkeypatch):
    rng = np.random.default_rng(0)
    made_up = rng.uniform(1, 2, size=(3, 4, 4))  # seed, rate, error
    made_up[:, 2, 3] = 0.5
    made_up[:, 1, 3], made_up[1, 1] = 0.1, np.nan  # diverged once
    monkeypatch.setattr(trials, "_trial", lambda *arguments: made_up[arguments[4]])
    result = trials.run_trials(trials.LOSSES["MAE"], FUNCTIONS["sine"], "none", trials.RECIPE,
                               (0, 1, 2), print)
    assert result["learning_rate"] == trials.LEARNING_RATES[2]
    assert result["errors"] == result["all_rates"][str(trials.LEARNING_RATES[2])]
    np.testing.assert_allclose(result["errors"]["gradient"], made_up[:, 2, 1], rtol=1e-4)
    assert result["all_rates"][str(trials.LEARNING_RATES[1])]["value"][1] is None


def test_all_losses_start_from_the_same_network(monkeypatch):
    recipe = replace(trials.RECIPE, n_epochs=1, hidden_layer_sizes=(4,))
    monkeypatch.setattr(trials, "GRID", replace(trials.GRID, learning_rates=(1e-30,)))
    monkeypatch.setattr(trials, "LEARNING_RATES", (1e-30,))
    errors = [trials.run_trials(trials.LOSSES[name], FUNCTIONS["sine"], "none", recipe, (0,),
                                lambda share: None)["errors"] for name in ("GAR", "MSE")]
    assert errors[0] == errors[1]


def test_a_line_is_found_with_its_derivatives():
    """Small networks nearly recover a linear function, whatever the loss leaves open."""
    line = replace(FUNCTIONS["sine"], unscaled=lambda X: Derivatives(
        2 * X[:, 0], np.full(X.shape, 2.0), np.zeros((*X.shape, 1))))
    recipe = replace(trials.RECIPE, hidden_layer_sizes=(16,), n_epochs=200)
    for name in trials.LOSSES:
        with np.errstate(divide="ignore"):  # the second derivative is 0
            errors = trials.run_trials(trials.LOSSES[name], line, "none", recipe, (0,),
                                       lambda share: None)["errors"]
        assert errors["gradient"][0] < 0.1 and errors["value"][0] < 0.03, (name, errors)
