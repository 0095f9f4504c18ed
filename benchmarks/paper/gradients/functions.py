"""Functions on the cube [-1, 1]^d, with their first and second derivatives."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

N_POINTS_OF_MOMENTS = 1 << 16  # of the mean and the deviation of a function


class Derivatives(NamedTuple):
    """Values (n,), gradients (n, d) and second derivatives (n, d, d) at n points."""

    value: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


@dataclass(frozen=True)
class Function:
    """A function with mean 0 and deviation 1 on its cube.

    Attributes
    ----------
    formula : str
        What it is, up to that shift and scale.
    n_features : int
        The dimension d of its cube.
    unscaled : callable
        From points (n, d) to the :class:`Derivatives` of the formula.
    """

    formula: str
    n_features: int
    unscaled: Callable[[np.ndarray], Derivatives]

    def __call__(self, X: np.ndarray) -> Derivatives:
        mean, deviation = self._moments
        value, gradient, hessian = self.unscaled(X)
        return Derivatives((value - mean) / deviation, gradient / deviation, hessian / deviation)

    @cached_property
    def _moments(self):
        value = self.unscaled(uniform_points(
            np.random.default_rng(0), N_POINTS_OF_MOMENTS, self.n_features)).value
        return value.mean(), value.std()


def uniform_points(rng: np.random.Generator, n_points: int, n_features: int) -> np.ndarray:
    """Points (n, d) of the cube."""
    return rng.uniform(-1, 1, size=(n_points, n_features))


def plane_waves(frequencies: np.ndarray) -> Callable[[np.ndarray], Derivatives]:
    """The sum of sin(w x) over the rows w of the frequencies (k, d)."""
    def evaluate(X):
        phase = X @ frequencies.T
        return Derivatives(
            np.sin(phase).sum(1), np.cos(phase) @ frequencies,
            -np.einsum("nk,ki,kj->nij", np.sin(phase), frequencies, frequencies))
    return evaluate


def bumps(centres: np.ndarray, width: float) -> Callable[[np.ndarray], Derivatives]:
    """The sum of exp(-|x - c|^2 / (2 width^2)) over the rows c of the centres (k, d)."""
    def evaluate(X):
        shift = (X[:, None] - centres) / width  # (n, k, d)
        height = np.exp(-(shift ** 2).sum(-1) / 2)
        outer = shift[..., None] * shift[..., None, :] - np.eye(X.shape[1])
        return Derivatives(
            height.sum(1), -np.einsum("nk,nki->ni", height, shift) / width,
            np.einsum("nk,nkij->nij", height, outer) / width ** 2)
    return evaluate


def rosenbrock(X: np.ndarray) -> Derivatives:
    """The sum of 100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2."""
    left, right = X[:, :-1], X[:, 1:]
    gap = right - left ** 2
    gradient, hessian = np.zeros(X.shape), np.zeros((*X.shape, X.shape[1]))
    gradient[:, :-1] = -400 * left * gap - 2 * (1 - left)
    gradient[:, 1:] += 200 * gap
    i = np.arange(X.shape[1] - 1)
    hessian[:, i, i] = 800 * left ** 2 - 400 * gap + 2
    hessian[:, i + 1, i + 1] += 200
    hessian[:, i, i + 1] = hessian[:, i + 1, i] = -400 * left
    return Derivatives((100 * gap ** 2 + (1 - left) ** 2).sum(1), gradient, hessian)


def friedman(X: np.ndarray) -> Derivatives:
    """Friedman's first function of u = (x + 1) / 2."""
    a, b, c, d, e = (X.T + 1) / 2
    angle = np.pi * a * b
    value = 10 * np.sin(angle) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
    slope, zero = 10 * np.pi * np.cos(angle), np.zeros(len(X))
    gradient = np.stack([slope * b, slope * a, 40 * (c - 0.5), zero + 10, zero + 5], axis=1)
    curvature = -10 * np.pi ** 2 * np.sin(angle)
    hessian = np.zeros((*X.shape, 5))
    hessian[:, 0, 0], hessian[:, 1, 1] = curvature * b ** 2, curvature * a ** 2
    hessian[:, 0, 1] = hessian[:, 1, 0] = curvature * a * b + slope
    hessian[:, 2, 2] = 40
    return Derivatives(value, gradient / 2, hessian / 4)


_CENTRES = np.array([[-0.5, -0.4, 0.3], [0.6, 0.1, -0.5], [0.0, 0.7, 0.6]])
_FREQUENCIES = np.random.default_rng(8).normal(size=(4, 8))

FUNCTIONS = {
    "sine": Function("sin(2 pi x)", 1, plane_waves(np.array([[2 * np.pi]]))),
    "waves": Function("sin(3 a) cos(3 b)", 2, plane_waves(np.array([[3.0, 3.0], [3.0, -3.0]]))),
    "bumps": Function("three bumps of width 0.4", 3, bumps(_CENTRES, 0.4)),
    "rosenbrock": Function("Rosenbrock's function", 4, rosenbrock),
    "friedman": Function("Friedman's first function", 5, friedman),
    "plane_waves": Function("sum of sin(w x), four normal w", 8, plane_waves(_FREQUENCIES)),
}
