"""One cell: networks trained with one loss on rows of one function, and their derivatives."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from benchmarks.paper.cell import Grid, grid_settings, rounded
from benchmarks.paper.gradients.functions import Derivatives, Function, uniform_points
from benchmarks.paper.protocol import CURVE_RECIPE, Method
from benchmarks.paper.training import Rows, combined_seed, train_grid
from sklearn_gar.nn import ACTIVATIONS, StackedMLP

N_ROWS, N_VALIDATION_ROWS, N_TEST_POINTS = 512, 256, 1000
SEEDS = tuple(range(8))
LEARNING_RATES = (3e-2, 1e-2, 3e-3, 1e-3)
GRID = Grid(LEARNING_RATES, (0.0,), (None,))
# that of the synthetic experiments (B.5), with a smooth activation and smaller layers
RECIPE = replace(CURVE_RECIPE, hidden_layer_sizes=(64, 64), activation="tanh", drop_last=False)
ERRORS = ("value", "gradient", "second_derivative")
CHOICE = "root mean squared error on the validation rows, mean over the seeds"


@dataclass(frozen=True)
class Loss:
    """A loss, and what it leaves open of the function.

    `least_squares` says which part of a + b f the training rows determine afterwards: "", "a" or
    "a b".  All losses have the same initial weights and batches.
    """

    method: Method
    least_squares: str = ""


LOSSES = {
    "GAR": Loss(Method("GARLoss", fixed={"alpha": 0.5})),  # that of Section 4.1
    "GAR(10)": Loss(Method("GARLoss", fixed={"alpha": 10.0})),  # the default of GARRegressor
    "MAE": Loss(Method("AbsoluteErrorLoss")),
    "MSE": Loss(Method("SquaredErrorLoss")),
    "Huber": Loss(Method("HuberLoss", fixed={"delta": 0.25})),
    "diff": Loss(Method("PairwiseDifferenceLoss"), "a"),
    "diffnorm": Loss(Method("NormalizedPairwiseDifferenceLoss"), "a b"),
}

LEVEL = 0.5  # root mean square of the noise, in deviations of the function
# deviation of the noise at points X; the last has the same mean square as the second
NOISES = {
    "none": lambda X: np.zeros(len(X)),
    "constant": lambda X: np.full(len(X), LEVEL),
    "varying": lambda X: LEVEL * np.sqrt(3) / 2 * (1 + X[:, 0]),
}
NOISE_FORMULAS = {"none": "0", "constant": "0.5", "varying": "0.5 sqrt(3) / 2 (1 + x[0])"}


def settings(loss: Loss, function: Function, noise: str, recipe, seeds) -> dict:
    """All settings that the results of a cell depend on."""
    return {
        **grid_settings(loss.method, GRID, recipe), "least_squares": loss.least_squares,
        "function": function.formula, "n_features": function.n_features,
        "noise": NOISE_FORMULAS[noise], "rows": N_ROWS, "validation_rows": N_VALIDATION_ROWS,
        "test_points": N_TEST_POINTS, "seeds": seeds, "chosen_by": CHOICE,
    }


def run_trials(loss: Loss, function: Function, noise: str, recipe, seeds,
               advance: Callable[[float], None]) -> dict:
    """Train a network for each seed and learning rate; return the errors of the chosen rate.

    The result also has the errors of all rates.  A rate with which a network diverged is not
    chosen; if that holds for all rates, the errors are None.
    """
    results = np.stack([_trial(loss, function, noise, recipe, seed,
                               lambda share: advance(share / len(seeds))) for seed in seeds])
    by_rate = results.mean(0)[:, -1]
    place = np.where(np.isfinite(by_rate), by_rate, np.inf).argmin()
    return {
        "learning_rate": LEARNING_RATES[place],
        "errors": _named(results[:, place]),
        "all_rates": {str(rate): _named(results[:, i]) for i, rate in enumerate(LEARNING_RATES)},
    }


def _named(results):
    """Errors of each seed by name."""
    return {name: [rounded(value) for value in column]
            for name, column in zip((*ERRORS, "validation"), results.T.tolist())}


def _trial(loss, function, noise, recipe, seed, advance):
    """Three relative errors and the validation error (rate, 4) for one seed, NaN if diverged."""
    rng = np.random.default_rng(seed)
    (X, y), (X_validation, y_validation) = (
        draw_rows(rng, function, noise, n) for n in (N_ROWS, N_VALIDATION_ROWS))
    X_test = uniform_points(rng, N_TEST_POINTS, function.n_features)
    truth = function(X_test)
    results = np.full((len(LEARNING_RATES), len(ERRORS) + 1), np.nan)

    def after_epoch(epoch, places, network):
        finite = torch.stack([tensor.isfinite().flatten(1).all(1)
                              for tensor in network.tensors]).all(0)
        if epoch == recipe.n_epochs - 1:
            fits = [derivatives(network, points) for points in (X_test, X_validation, X)]
            for member, place in enumerate(places.tolist()):
                on_test, on_validation, on_train = (
                    Derivatives(*(part[member] for part in fit)) for fit in fits)
                offset, scale = least_squares(loss.least_squares, on_train.value, y)
                fit = Derivatives(offset + scale * on_test.value, scale * on_test.gradient,
                                  scale * on_test.hessian)
                residual = offset + scale * on_validation.value - y_validation
                results[place] = *relative_errors(fit, truth), np.sqrt(np.mean(residual ** 2))
        return finite
    train_grid(Rows(_float32(X), _float32(y[:, None]), (combined_seed(seed),)), GRID.candidates,
               loss.method, recipe, after_epoch, advance)
    return results


def draw_rows(rng: np.random.Generator, function: Function, noise: str, n_rows: int
              ) -> tuple[np.ndarray, np.ndarray]:
    """Rows X (n, d), and y (n,): the function plus normal noise."""
    X = uniform_points(rng, n_rows, function.n_features)
    return X, function(X).value + NOISES[noise](X) * rng.normal(size=n_rows)


def derivatives(network: StackedMLP, X: np.ndarray) -> Derivatives:
    """Values (m, n) and derivatives of the members at points (n, d), in float64 by autograd."""
    X = torch.tensor(X).expand(network.n_members, *X.shape).clone().requires_grad_()
    activation = ACTIVATIONS[network.activation].forward
    h, tensors = X, [tensor.detach().double() for tensor in network.tensors]
    for weight, bias in zip(tensors[:-2:2], tensors[1:-2:2]):
        h = activation(torch.baddbmm(bias, h, weight))
    value = torch.baddbmm(tensors[-1], h, tensors[-2])[..., 0]
    gradient, = torch.autograd.grad(value.sum(), X, create_graph=True)
    hessian = [torch.autograd.grad(column.sum(), X, retain_graph=True)[0]
               for column in gradient.unbind(-1)]
    parts = value, gradient, torch.stack(hessian, -1)
    return Derivatives(*(part.detach().numpy() for part in parts))


def least_squares(parts: str, f: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Offset a and scale b of a + b f; those not named in `parts` are 0 and 1."""
    scale = np.cov(f, y)[0, 1] / np.var(f, ddof=1) if "b" in parts else 1.0
    return (np.mean(y - scale * f) if "a" in parts else 0.0), scale


def relative_errors(fit: Derivatives, truth: Derivatives) -> list[float]:
    """Root mean square of the error of each derivative, relative to that of the truth."""
    return [float(np.sqrt(np.sum((ours - true) ** 2) / np.sum(true ** 2)))
            for ours, true in zip(fit, truth)]


def _float32(array: np.ndarray) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)
