"""Means over seeds, and one loss against another by a paired test."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

Results = Mapping[tuple[str, str], dict]
"""Contents of result files by task and loss."""
LEVEL_OF_SIGNIFICANCE = 0.05  # two-sided, of one task


def seed_errors(errors: Mapping[str, list], name: str) -> np.ndarray:
    """An error of each seed; infinite for one whose network diverged."""
    return np.array([np.inf if value is None else value for value in errors[name]])


def mean_error(errors: Mapping[str, list], name: str) -> float:
    return float(seed_errors(errors, name).mean())


def geometric_mean(values: Iterable[float]) -> float:
    return float(np.exp(np.mean(np.log(list(values)))))


class PairedComparison(NamedTuple):
    """One loss against another in one error.

    `ratio` is the geometric mean over tasks and seeds of the first's error divided by the
    other's.  `n_better` and `n_worse` count the tasks in which the errors of the first are lower,
    or higher, by Student's paired t-test of their logarithms.
    """

    ratio: float
    n_better: int
    n_worse: int
    n_tasks: int


def compare(results: Results, tasks: list[str], first: str, other: str, error: str
            ) -> PairedComparison | None:
    """Compare on the tasks that both losses have finite errors of; None if there is none."""
    pairs = [[seed_errors(results[task, loss]["errors"], error) for loss in (first, other)]
             for task in tasks if (task, first) in results and (task, other) in results]
    logs = [np.subtract(*np.log(pair)) for pair in pairs if np.isfinite(pair).all()]
    if not logs:
        return None
    differs = [of_task.mean() for of_task in logs
               if stats.ttest_1samp(of_task, 0).pvalue < LEVEL_OF_SIGNIFICANCE]
    return PairedComparison(float(np.exp(np.concatenate(logs).mean())),
                            sum(mean < 0 for mean in differs), sum(mean > 0 for mean in differs),
                            len(logs))
