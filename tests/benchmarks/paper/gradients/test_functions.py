"""The true derivatives, against their definition."""

import numpy as np
import pytest

from benchmarks.paper.gradients.functions import FUNCTIONS, uniform_points

STEP = 1e-4
FORMULAS = {
    "sine": lambda x: np.sin(2 * np.pi * x[0]),
    "waves": lambda x: 2 * np.sin(3 * x[0]) * np.cos(3 * x[1]),
    "rosenbrock": lambda x: sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2
                                for i in range(3)),
    "friedman": lambda x: (10 * np.sin(np.pi * (x[0] + 1) / 2 * (x[1] + 1) / 2) + 5 * x[2] ** 2
                           + 5 * (x[3] + 1) + 2.5 * (x[4] + 1)),
}
each = pytest.mark.parametrize("name", FUNCTIONS)


def points(name, n_points=40):
    return uniform_points(np.random.default_rng(1), n_points, FUNCTIONS[name].n_features)


@each
def test_derivatives_are_limits_of_differences(name):
    function, X = FUNCTIONS[name], points(name)
    found = function(X)
    assert found.gradient.shape == X.shape and found.hessian.shape == (*X.shape, X.shape[1])
    for i, step in enumerate(STEP * np.eye(X.shape[1])):
        above, below = function(X + step), function(X - step)
        np.testing.assert_allclose((above.value - below.value) / (2 * STEP),
                                   found.gradient[:, i], atol=1e-5)
        np.testing.assert_allclose((above.gradient - below.gradient) / (2 * STEP),
                                   found.hessian[:, i], atol=1e-5)


@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_those_of_the_formula_up_to_shift_and_scale(name):
    X = points(name)
    value = FUNCTIONS[name](X).value
    formula = np.array([FORMULAS[name](x) for x in X])
    assert np.corrcoef(value, formula)[0, 1] == pytest.approx(1, abs=1e-12)


@each
def test_values_have_mean_0_and_deviation_1(name):
    value = FUNCTIONS[name](points(name, 100_000)).value
    assert value.mean() == pytest.approx(0, abs=0.02)
    assert value.std() == pytest.approx(1, abs=0.02)


def test_dimensions_go_from_1_to_8():
    dimensions = [function.n_features for function in FUNCTIONS.values()]
    assert dimensions == sorted(dimensions) and (dimensions[0], dimensions[-1]) == (1, 8)
