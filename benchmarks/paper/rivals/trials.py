"""One cell: a setting trained on some folds, and how its errors come about."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.model_selection import KFold

from benchmarks.paper.cell import Fold, Grid, grid_settings, rounded
from benchmarks.paper.datasets import Table
from benchmarks.paper.protocol import N_FOLDS, SEED, TASKS, Recipe
from benchmarks.paper.rivals.published_conr import PublishedConRStack
from benchmarks.paper.rivals.settings import Question, Rival
from benchmarks.paper.scores import Scores
from benchmarks.paper.training import Stack, train_grid

MEASURES = ("MAE", "last", "best", "train", "mean error", "shifted", "recalibrated", "RMSE",
            "Pearson")


def make_recipe(rival: Rival, task: str) -> Recipe:
    return Recipe(TASKS[task].hidden_layer_sizes, n_epochs=rival.n_epochs)


def make_grid(question: Question, rival: Rival) -> Grid:
    """The one setting."""
    return Grid((rival.learning_rate,), (question.weight_decay,), (None,))


def settings(question: Question, rival: Rival, recipe: Recipe, provenance: dict) -> dict:
    """All settings that the results of a cell depend on."""
    formula = {"formula": "the authors' code"} if rival.is_published else {}
    return {**grid_settings(rival.method, make_grid(question, rival), recipe), **formula,
            "folds": question.folds, "of_folds": N_FOLDS, "seed": SEED,
            "standardised": question.standardised, "data": provenance}


def run_rival(question: Question, rival: Rival, recipe: Recipe, table: Table,
              advance: Callable[[float], None]) -> dict:
    """Measures of each fold."""
    splits = list(KFold(N_FOLDS).split(table.X))
    found = [_fold(question, rival, recipe, table, splits[number], number,
                   lambda share: advance(share / len(question.folds)))
             for number in question.folds]
    return {"folds": [{"fold": number, **one} for number, one in zip(question.folds, found)]}


def _fold(question, rival, recipe, table, split, number, advance):
    rows, held_out = split
    fold = Fold(rows, table, number, recipe)
    predictions = np.full((recipe.n_epochs, len(fold.X)), np.nan)
    of_rows = np.full(len(rows), np.nan)

    def after_epoch(epoch, places, network):
        outputs = network.outputs(fold.X)[0, :, 0]
        predictions[epoch] = outputs.numpy()
        if epoch == recipe.n_epochs - 1:
            of_rows[:] = network.outputs(fold.rows.X)[0, :, 0].numpy()
        return torch.isfinite(outputs).all()[None]
    train_grid(fold.rows, make_grid(question, rival).candidates, rival.method, recipe,
               after_epoch, advance, PublishedConRStack if rival.is_published else Stack)
    on_validation, on_test = np.split(predictions, [fold.n_validation], axis=1)
    return {**measures(on_validation, table.y[held_out, 0], on_test, table.y_test[:, 0]),
            "train": rounded(np.abs(of_rows - table.y[rows, 0]).mean())}


def measures(on_validation: np.ndarray, y_validation: np.ndarray, on_test: np.ndarray,
             y_test: np.ndarray) -> dict:
    """How the predictions (epoch, n) of a network err on the test rows.

    The lowest mean absolute error on the validation rows chooses the epoch.  `last` and `best`
    are the mean absolute errors on the test rows after the last epoch and after the best one.
    All others are of the chosen epoch: `shifted` is without the mean error that the predictions
    have on the validation rows, `recalibrated` after the least-squares line of these rows.
    """
    by_epoch = np.abs(on_validation - y_validation).mean(1)
    if np.isnan(by_epoch).all():
        return {"epoch": None, **dict.fromkeys(set(MEASURES) - {"train"})}
    epoch = np.nanargmin(by_epoch)
    known, f = on_validation[epoch], on_test[epoch]
    error, test_errors = f - y_test, np.abs(on_test - y_test).mean(1)
    _, rmse, pearson, _ = Scores(torch.tensor(y_test[:, None]))(torch.tensor(f[None, :, None]))
    slope = np.cov(known, y_validation)[0, 1] / known.var(ddof=1) if np.ptp(known) else 0.0
    offset = y_validation.mean() - slope * known.mean()
    found = {
        "MAE": test_errors[epoch], "last": test_errors[-1], "best": np.nanmin(test_errors),
        "mean error": error.mean(),
        "shifted": np.abs(error - (known - y_validation).mean()).mean(),
        "recalibrated": np.abs(slope * f + offset - y_test).mean(),
        "RMSE": rmse.item(), "Pearson": pearson.item(),
    }
    return {"epoch": int(epoch) + 1, **{name: rounded(value) for name, value in found.items()}}
