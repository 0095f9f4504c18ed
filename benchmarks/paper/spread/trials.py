"""One cell: networks of twenty seeds on one curve, with one change."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.paper.cell import Grid, grid_settings
from benchmarks.paper.curves import (
    MAE,
    PEARSON,
    Curve,
    scores_by_candidate,
    scores_of_trials,
    trial,
)
from benchmarks.paper.protocol import CURVE_EXPERIMENTS, CURVES, Recipe
from benchmarks.paper.spread.changes import Change, weight_decays

TASKS = ("sine", "sq_sine")
METHOD = CURVE_EXPERIMENTS["synthetic"].cases["GAR"].method
SEEDS = tuple(range(1, 21))  # the first five are the paper's


def make_grid(task: str, name: str, change: Change) -> Grid:
    """One learning rate, with some of the weight decays."""
    return Grid((change.learning_rate,), weight_decays(task, name), METHOD.values)


def make_recipe(task: str, change: Change) -> Recipe:
    return change.recipe(CURVES[task].recipe)


def settings(change: Change, grid: Grid, recipe: Recipe, seeds, provenance: dict) -> dict:
    """All settings that the results of a cell depend on."""
    found = grid_settings(METHOD, grid, recipe)
    found["recipe"]["dtype"] = str(change.dtype).removeprefix("torch.")
    return {**found, "change": change.words, "seeds": seeds, "data": provenance}


def run_trials(change: Change, grid: Grid, recipe: Recipe, seeds, curve: Curve,
               advance: Callable[[float], None]) -> dict:
    """Train each candidate with each seed.

    The result has, for each candidate and seed, the correlation with the truth on all points
    and the mean absolute error on the test half.
    """
    if change.standardised:
        curve = replace(curve, X=(curve.X - curve.X.mean(0)) / curve.X.std(0))
    predictions = np.stack([trial(seed, METHOD, grid.candidates, recipe, curve,
                                  lambda share: advance(share / len(seeds)),
                                  change.dtype, change.make_stack) for seed in seeds])
    scores = {"pearson": scores_of_trials(predictions, curve.y)[PEARSON],
              "mae_test": scores_of_trials(predictions, curve.y, curve.test)[MAE]}
    return {"candidates": scores_by_candidate(METHOD, grid.candidates, scores)}
