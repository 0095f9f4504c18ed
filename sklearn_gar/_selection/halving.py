"""Halving: short trainings, after each of which two thirds of the candidates are dropped."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_gar._selection.blocks import complete_candidates, train_fits
from sklearn_gar._selection.fits import BaggedFit, Fit

# A round drops all candidates but one of so many, and the next trains so many times as long.
_FACTOR = 3


def train_in_rounds(short_fits: Sequence[Fit | BaggedFit], fits: Sequence[Fit | BaggedFit],
                    n_jobs: int | None, deciding_score: Callable, tasks: Any
                    ) -> tuple[list, set[int], bool]:
    """Train all candidates shortly, the best third three times as long, and so on.

    Each training has the whole schedule of the learning rate.  The last has all epochs, and so
    few candidates that another round would leave none.

    Parameters
    ----------
    short_fits, fits : sequence of Fit or BaggedFit
        The fits of all candidates in the short trainings and in the last, in the same order.
    n_jobs : int or None
        Number of workers.
    deciding_score : callable
        Returns the score of an outcome.
    tasks : SearchTasks or NoSearchTasks
        Reports to callbacks.

    Returns
    -------
    fits : list
        The fits of each candidate as its last round left them, in the order given.
    finalists : set of int
        The candidates that were trained for all epochs.
    is_interrupted : bool
        Whether the user interrupted the last round.
    """
    remaining, done = list(range(len(fits))), {}
    for n_to_come in reversed(range(1, n_rounds(len({fit.candidate for fit in fits})))):
        trained = train_fits([short_fits[one] for one in remaining], n_jobs, tasks,
                             _FACTOR ** -n_to_come)
        done.update(zip(remaining, trained))
        kept = best_third(trained, deciding_score)
        remaining = [one for one in remaining if fits[one].candidate in kept]
    trained = train_fits([fits[one] for one in remaining], n_jobs, tasks)
    finalists = complete_candidates(trained)
    done.update((one, fit) for one, fit in zip(remaining, trained) if fit.candidate in finalists)
    is_interrupted = not all(fit.is_trained for fit in trained)
    return [done[one] for one in range(len(fits))], finalists, is_interrupted


def n_rounds(n_candidates: int) -> int:
    """Number of rounds of which the last has at least one candidate."""
    return 1 + int(math.log(n_candidates, _FACTOR) + 1e-9)


def best_third(fits: Sequence[Fit | BaggedFit], deciding_score: Callable) -> set[int]:
    """A third of the candidates: those with the best mean score; diverged ones rank last."""
    scores = defaultdict(list)
    for fit in fits:
        scores[fit.candidate] += map(deciding_score, fit.outcomes)
    means = {candidate: np.nan_to_num(np.mean(values), nan=-np.inf)
             for candidate, values in scores.items()}
    ranked = sorted(means, key=means.get, reverse=True)
    return set(ranked[:-(-len(ranked) // _FACTOR)])
