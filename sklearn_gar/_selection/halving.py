"""Halving: short trainings of all candidates, which leave the best for the whole training."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_gar._selection.blocks import complete_candidates, train_fits
from sklearn_gar._selection.fits import BaggedFit, Fit

# Share of the epochs in each of the short rounds, the share of all candidates that remains after
# it, and the fewest.  More than one remains, since it may diverge in the whole training.
_FIRST, _SECOND = (1 / 9, 9 / 27, 3), (1 / 3, 2 / 27, 2)


def rounds(n_candidates: int, for_ensemble: bool) -> list[tuple[float, int]]:
    """Share of the epochs of each short round, and how many candidates remain after it.

    An ensemble has all candidates that remain after the first round.
    """
    found, n_before = [], n_candidates
    for share, share_left, fewest in (_FIRST,) if for_ensemble else (_FIRST, _SECOND):
        n_left = max(fewest, math.ceil(share_left * n_candidates - 1e-9))
        if n_left < n_before:
            found.append((share, n_left))
            n_before = n_left
    return found


def train_in_rounds(short_fits: Sequence[Fit | BaggedFit], fits: Sequence[Fit | BaggedFit],
                    short_rounds: Sequence[tuple[float, int]], n_jobs: int | None,
                    deciding_score: Callable, tasks: Any) -> tuple[list, set[int], bool]:
    """Train candidates in short rounds, and those that remain for all epochs.

    Each training has the whole schedule of the learning rate.  If those that remain fall behind
    the others, the best of the others is trained for all epochs too.

    Parameters
    ----------
    short_fits, fits : sequence of Fit or BaggedFit
        The fits of all candidates in the short trainings and in the whole, in the same order.
    short_rounds : sequence of pairs
        Share of the epochs, and how many candidates remain, of each short round.
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
        Whether the user interrupted the whole training.
    """
    remaining, done = list(range(len(fits))), {}
    for share, n_left in short_rounds:
        trained = train_fits([short_fits[one] for one in remaining], n_jobs, tasks, share)
        done.update(zip(remaining, trained))
        means = _mean_scores(trained, deciding_score)
        kept = sorted(means, key=means.get, reverse=True)[:n_left]
        remaining = [one for one in remaining if fits[one].candidate in kept]
    trained = train_fits([fits[one] for one in remaining], n_jobs, tasks)
    finalists = complete_candidates(trained)
    done.update((one, fit) for one, fit in zip(remaining, trained)
                if fit.candidate in finalists or one not in done)
    is_interrupted = not all(fit.is_trained for fit in trained)
    if short_rounds and not is_interrupted:
        is_interrupted = _train_rivals(done, finalists, fits, n_jobs, deciding_score, tasks)
    return [done[one] for one in range(len(fits))], finalists, is_interrupted


def _train_rivals(done, finalists, fits, n_jobs, deciding_score, tasks):
    """Train the best of the dropped candidates for all epochs while the finalists are behind.

    Returns whether the user interrupted.
    """
    means = _mean_scores(done.values(), deciding_score)
    while (rival := _rival(means, finalists)) is not None:
        places = [one for one, fit in enumerate(fits) if fit.candidate == rival]
        try:
            trained = train_fits([fits[one] for one in places], n_jobs, tasks)
        except KeyboardInterrupt:
            return True
        done.update(zip(places, trained))
        finalists.add(rival)
        means.update(_mean_scores(trained, deciding_score))
    return False


def _rival(means, finalists):
    """The best of the dropped candidates if the finalists are behind them, otherwise None.

    They are behind if more than a quarter of the others did better in their last rounds than the
    best of them, or if they all diverged and one of the others did not.
    """
    dropped = [candidate for candidate in means if candidate not in finalists]
    best = max(means[candidate] for candidate in finalists)
    better = [candidate for candidate in dropped if means[candidate] > best]
    if not better or len(better) <= len(dropped) / 4 and np.isfinite(best):
        return None
    return max(better, key=means.get)


def _mean_scores(fits, deciding_score):
    """Mean score of each candidate over its splits, and minus infinity if it diverged."""
    scores = defaultdict(list)
    for fit in fits:
        scores[fit.candidate] += map(deciding_score, fit.outcomes)
    return {candidate: np.nan_to_num(np.mean(values), nan=-np.inf)
            for candidate, values in scores.items()}
