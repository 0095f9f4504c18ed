"""One cell of a table: a method on a task, with the whole grid of every fold."""

import itertools
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from sklearn.model_selection import KFold

from benchmarks.paper.datasets import Table
from benchmarks.paper.protocol import METRICS, N_FOLDS, SEED, Case, Method, Recipe
from benchmarks.paper.scores import WORST, Scores
from benchmarks.paper.selection import best_places
from benchmarks.paper.training import Candidate, Rows, train_grid

# of a layer in prediction; on a processor more do not fit the cache
_ACTIVATIONS_AT_ONCE, _ACTIVATIONS_AT_ONCE_ON_DEVICE = 1 << 20, 1 << 25
CURVES_OF = "RMSE"  # the metric whose choice Figure 12 shows; the paper leaves it open


@dataclass(frozen=True)
class Grid:
    """What is tried: every learning rate with every weight decay and value of the parameter."""

    learning_rates: tuple[float, ...]
    weight_decays: tuple[float, ...]
    values: tuple

    @property
    def candidates(self) -> list[Candidate]:
        return [Candidate(*combination) for combination in
                itertools.product(self.learning_rates, self.weight_decays, self.values)]


def settings(case: Case, grid: Grid, recipe: Recipe, provenance: dict) -> dict:
    """All settings that the results of a cell depend on."""
    return {**grid_settings(case.method, grid, recipe), "folds": N_FOLDS, "seed": SEED,
            "standardised": case.standardised, "data": provenance}


def grid_settings(method: Method, grid: Grid, recipe: Recipe) -> dict:
    """All settings that the networks of a grid depend on."""
    return {
        "loss": method.loss, **method.fixed,
        "grid": named_values(method, Candidate(grid.learning_rates, grid.weight_decays,
                                               grid.values)),
        "recipe": {**asdict(recipe), "dtype": "float32"},
    }


def named_values(method: Method, candidate: Candidate) -> dict:
    """The values of a candidate by name."""
    names = ("learning_rate", "weight_decay", method.parameter)
    return {name: value for name, value in zip(names, candidate) if name}


def run_cell(case: Case, grid: Grid, recipe: Recipe, table: Table,
             advance: Callable[[float], None], device: str = "cpu") -> dict:
    """Scores of a cell, and what each fold chose.

    Parameters
    ----------
    case, grid, recipe, table : Case, Grid, Recipe, Table
        What is trained, and on which rows.
    advance : callable
        Called after every epoch with the share of the cell's work that it was.
    device : str, default="cpu"
        Device of torch to train on.
    """
    folds = [Fold(rows, table, fold, recipe, device)
             for fold, (rows, _) in enumerate(KFold(N_FOLDS).split(table.X))]
    for fold in folds:
        fold.run(case, grid.candidates, lambda share: advance(share / N_FOLDS))
    chosen = [fold.chosen(case.method, grid.candidates) for fold in folds]
    result = {
        "scores": {metric: summary([choices[metric] for choices in chosen])
                   for metric in METRICS},
        "networks": len(folds) * len(grid.candidates),
        "diverged": sum(fold.n_diverged for fold in folds),
    }
    if case.keeps_curves:
        result["curves"] = _curves(folds, table)
    return result


class Fold:
    """One fold: its rows, and the scores of every candidate after every epoch."""

    def __init__(self, rows, table, number, recipe, device="cpu"):
        def on_device(array, dtype=torch.float32):
            return torch.tensor(array, dtype=dtype, device=device)
        held_out = np.setdiff1d(np.arange(len(table.X)), rows)
        self.rows = Rows(on_device(table.X[rows]), on_device(table.y[rows]), (SEED, number))
        self.X = on_device(np.concatenate([table.X[held_out], table.X_test]))
        self.n_validation = len(held_out)
        self.score_functions = [Scores(on_device(y, torch.float64))
                                for y in (table.y[held_out], table.y_test)]
        self.recipe = recipe

    def run(self, case, candidates, advance):
        """Train the grid."""
        n_epochs = self.recipe.n_epochs
        # validation and test, metric, candidate, epoch
        self.scores = WORST.expand(2, len(candidates), n_epochs, 4).movedim(-1, 1).clone()
        # mean and deviation of the test predictions, candidate, epoch
        self.moments = torch.full((2, len(candidates), n_epochs), math.nan, dtype=torch.float64)
        self.first_epoch = math.ceil(self.recipe.pretraining_share * n_epochs
                                     ) if case.method.pretrains else 0
        self.n_diverged = 0
        train_grid(self.rows, candidates, case.method, self.recipe, self.score_epoch, advance)

    def score_epoch(self, epoch, places, network):
        """Record the scores of an epoch; return which members have finite predictions."""
        most = _ACTIVATIONS_AT_ONCE if self.X.is_cpu else _ACTIVATIONS_AT_ONCE_ON_DEVICE
        n_rows = max(1, most // (network.n_members * max(network.layer_sizes)))
        prediction = torch.cat([network.outputs(X) for X in self.X.split(n_rows)], dim=1)
        is_finite = prediction.isfinite().flatten(1).all(1).cpu()
        self.n_diverged += int((~is_finite).sum())
        if epoch >= self.first_epoch and is_finite.any():
            if not is_finite.all():
                prediction, places = prediction[is_finite], places[is_finite]
            parts = prediction.split((self.n_validation, len(self.X) - self.n_validation), dim=1)
            for scores, score, part in zip(self.scores, self.score_functions, parts):
                scores[:, places, epoch] = score(part).cpu()
            test = parts[1].double()
            self.moments[0, places, epoch] = test.mean((1, 2)).cpu()
            self.moments[1, places, epoch] = test.std(1, correction=0).mean(1).cpu()
        return is_finite

    def chosen(self, method, candidates):
        """For each metric the network and epoch that the validation rows choose."""
        validation, test = self.scores.numpy()
        choices = {}
        for metric, (place, epoch) in best_places(validation).items():
            candidate, row = candidates[place], METRICS.index(metric)
            choices[metric] = {
                "test": finite_or_none(test[row, place, epoch]),
                "validation": finite_or_none(validation[row, place, epoch]),
                **named_values(method, candidate),
                "epoch": epoch + 1,
            }
        return choices

    def curves(self):
        """Mean and deviation of the test predictions by epoch, of one chosen network."""
        place, _ = best_places(self.scores[0].numpy())[CURVES_OF]
        return [[rounded(value) for value in row[place].tolist()] for row in self.moments]


def summary(choices: list[dict], of: str = "folds") -> dict:
    """Mean and population deviation, as in Table 4 of the paper; `of` names the choices."""
    values = [choice["test"] for choice in choices]
    if None in values:
        return {"mean": None, "std": None, of: choices}
    return {"mean": float(np.mean(values)), "std": float(np.std(values)), of: choices}


def _curves(folds, table):
    means, deviations = zip(*(fold.curves() for fold in folds))
    return {"rows": "test", "chosen_by": CURVES_OF, "mean": means, "deviation": deviations,
            "truth": {"mean": float(table.y_test.mean()),
                      "deviation": float(table.y_test.std(0).mean())}}


def finite_or_none(value: float) -> float | None:
    """None for a fold whose networks all diverged, since JSON has no infinity."""
    return float(value) if math.isfinite(value) else None


def rounded(value: float, n_digits: int = 5) -> float | None:
    """A value with few significant digits, enough for a figure; None if it is not finite."""
    return float(f"{value:.{n_digits}g}") if math.isfinite(value) else None
