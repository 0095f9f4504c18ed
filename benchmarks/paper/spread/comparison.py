"""Means over seeds, the paired test, and the trials of the paper drawn from more seeds."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy import stats

N_TRIALS = 5  # of the paper


class Spread(NamedTuple):
    """Correlations of a cell.

    Attributes
    ----------
    mean, standard_error : float
        Over the seeds, of the mean over the weight decays.
    deviation : float
        Of single networks, about the mean of their weight decay.
    difference, p_value : float
        To the protocol, paired by seed, and Student's two-sided test of it; NaN without it.
    agreement : float
        Correlation over the seeds with the protocol's networks, mean over the weight decays; NaN
        without it.
    """

    mean: float
    standard_error: float
    deviation: float
    difference: float
    p_value: float
    agreement: float


def on_shared_decays(cells: list[dict]) -> list[dict]:
    """The cells with the weight decays only that all of them have."""
    shared = set.intersection(*(set(correlations(cell)) for cell in cells))
    return [{"candidates": [candidate for candidate in cell["candidates"]
                            if candidate["weight_decay"] in shared]} for cell in cells]


def spread(cell: dict, protocol: dict | None) -> Spread:
    """A cell, beside that of the protocol, if there is one, of the same seeds and decays."""
    ours = np.array(list(correlations(cell).values()))
    by_seed = ours.mean(0)
    own = by_seed.mean(), stats.sem(by_seed), np.sqrt(ours.var(1, ddof=1).mean())
    if protocol is None:
        return Spread(*own, *[np.nan] * 3)
    theirs = np.array(list(correlations(protocol).values()))
    difference = by_seed - theirs.mean(0)
    p_value = stats.ttest_1samp(difference, 0).pvalue if difference.any() else np.nan
    agreement = [np.corrcoef(*pair)[0, 1] for pair in zip(ours, theirs)]
    return Spread(*own, difference.mean(), p_value, float(np.mean(agreement)))


def correlations(cell: dict) -> dict[float, list[float]]:
    """Of each seed, by weight decay; 0 for a network that diverged."""
    return {candidate["weight_decay"]: [value or 0.0 for value in candidate["pearson"]]
            for candidate in cell["candidates"]}


def means_of_five(cell: dict, n_trials: int = N_TRIALS) -> np.ndarray:
    """The mean correlation of the protocol, for every choice of five of the seeds.

    As in the protocol, five trials share the weight decay with the lowest mean absolute error
    on the test half.
    """
    pearson = np.array(list(correlations(cell).values()))
    error = np.array([[np.inf if value is None else value for value in candidate["mae_test"]]
                      for candidate in cell["candidates"]])
    seeds = np.array(list(combinations(range(pearson.shape[1]), n_trials)))
    chosen = error[:, seeds].mean(-1).argmin(0)
    return pearson[:, seeds].mean(-1)[chosen, np.arange(len(seeds))]
