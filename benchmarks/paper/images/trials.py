"""Repetitions of a method: the first seed tries the grid, the others repeat its best setting.

The paper selects learning rate and weight decay by a grid search and repeats each method with
five seeds; it does not say whether each seed searches.  Here the validation images of the first
seed choose the setting by the mean absolute error.  In every repetition they then choose the
epoch, for each metric separately, as the rows of the tables do.
"""

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from benchmarks.paper.cell import Grid, finite_or_none, named_values, rounded, summary
from benchmarks.paper.images.protocol import IMAGE_METRICS
from benchmarks.paper.protocol import METRICS, Method
from benchmarks.paper.selection import best_places
from benchmarks.paper.training import Candidate

CHOICE = "mean absolute error on the validation images of the first seed"

# trains a candidate with a seed; returns scores (validation and test, 4 metrics, epochs), the
# worst possible where there is none
Train = Callable[[Candidate, int], np.ndarray]


def run_trials(method: Method, grid: Grid, seeds: Sequence[int], y_test: Tensor, train: Train,
               advance: Callable[[float], None]) -> dict:
    """Scores of a method: mean and population deviation over the seeds.

    Parameters
    ----------
    method, grid : Method, Grid
        What is trained.
    seeds : sequence of int
        Seeds of the repetitions.
    y_test : Tensor of shape (n, 1)
        Targets of the test images.
    train : callable
        Trains one candidate with one seed.
    advance : callable
        Called after every training with the share of the work that it was.
    """
    candidates = grid.candidates
    n_trainings = len(candidates) + len(seeds) - 1

    def trial(candidate, seed):
        scores = train(candidate, seed)
        advance(1 / n_trainings)
        return scores
    searched = [trial(candidate, seeds[0]) for candidate in candidates]
    errors = [scores[0, METRICS.index("MAE")].min() for scores in searched]
    place = int(np.argmin(errors))
    repeated = [trial(candidates[place], seed) for seed in seeds[1:]]
    choices = [_choices(scores, y_test) for scores in (searched[place], *repeated)]
    return {
        "chosen": named_values(method, candidates[place]),
        "scores": {metric: summary([choice[metric] for choice in choices], of="seeds")
                   for metric in IMAGE_METRICS},
        "networks": n_trainings,
        "candidates": [{**named_values(method, candidate), "validation_mae": rounded(error)}
                       for candidate, error in zip(candidates, errors)],
    }


def _choices(scores, y_test):
    """For each metric the scores at the epoch that the validation images choose."""
    validation, test = scores
    chosen = {}
    for metric, (_, epoch) in best_places(validation[:, None]).items():
        row = METRICS.index(metric)
        chosen[metric] = {"test": finite_or_none(test[row, epoch]),
                          "validation": finite_or_none(validation[row, epoch]),
                          "epoch": epoch + 1}
    # R2 falls with RMSE, so both have the same best epoch
    rmse = chosen["RMSE"]["test"]
    r2 = None if rmse is None else 1 - rmse ** 2 / float(y_test.double().var(correction=0))
    chosen["R2"] = {"test": r2, "epoch": chosen["RMSE"]["epoch"]}
    return chosen
