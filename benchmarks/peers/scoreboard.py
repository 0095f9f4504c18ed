"""What the trials come to: means over splits, ranks, shares, paired tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, wilcoxon

from benchmarks.peers.result_file import ResultFile
from benchmarks.peers.scores import SCORES

Cells = Mapping[tuple[str, str], ResultFile]
SECONDS = ("fit_seconds", "predict_seconds")


@dataclass(frozen=True)
class Scoreboard:
    """Means over splits of every contender on every data set.

    Attributes
    ----------
    splits : dict of str to tuple of int
        Splits that all contenders of a data set have, which its means are taken over; the
        keys are the data sets.
    names : tuple of str
        Contenders.
    means : dict of str to ndarray of shape (n_datasets, n_names)
        Mean scores and seconds; NaN where a contender failed in a split or was not run.
    present : ndarray of shape (n_datasets, n_names)
        Where a contender was run, in vain or not.
    """

    splits: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    means: dict[str, np.ndarray]
    present: np.ndarray

    @classmethod
    def of(cls, cells: Cells, datasets: Sequence[str], names: Sequence[str],
           splits: Collection[int] | None = None) -> "Scoreboard":
        """The board of files by data set and name; those that have no trial do not count.

        Data sets whose contenders have no split in common are left out.
        """
        shared = {dataset: _shared_splits(cells, dataset, names, splits) for dataset in datasets}
        shared = {dataset: found for dataset, found in shared.items() if found}
        names = tuple(name for name in names if any((one, name) in cells for one in shared))
        rows = [[_mean(cells.get((dataset, name)), found) for name in names]
                for dataset, found in shared.items()]
        means = {key: np.array([[cell.get(key, np.nan) for cell in row] for row in rows],
                               dtype=float).reshape(len(shared), len(names))
                 for key in (*SCORES, *SECONDS)}
        present = np.array([[(dataset, name) in cells for name in names] for dataset in shared],
                           dtype=bool).reshape(len(shared), len(names))
        return cls(shared, names, means, present)

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(self.splits)

    def part(self, datasets: np.ndarray, names: np.ndarray) -> "Scoreboard":
        """Some rows and columns, each chosen by a mask."""
        return Scoreboard(
            {dataset: found for (dataset, found), keep in zip(self.splits.items(), datasets)
             if keep},
            tuple(name for name, keep in zip(self.names, names) if keep),
            {key: mean[np.ix_(datasets, names)] for key, mean in self.means.items()},
            self.present[np.ix_(datasets, names)])

    def rankings(self) -> list["Scoreboard"]:
        """Parts in which every contender was run on every data set.

        The first has all data sets, the second all contenders, where that is another.
        """
        everywhere, everyone = self.present.all(axis=0), self.present.all(axis=1)
        parts = [self.part(np.full(len(self.splits), True), everywhere)]
        if not everywhere.all() and everyone.any():
            parts.append(self.part(everyone, np.full(len(self.names), True)))
        return [one for one in parts if one.names]

    def ranks(self, score: str) -> np.ndarray:
        """Rank of each contender on each data set, 1 the best, ties shared, failures last."""
        distance = SCORES[score].distance(self.means[score])
        return rankdata(np.where(np.isnan(distance), np.inf, distance), axis=1)

    def mean_ranks(self) -> dict[str, np.ndarray]:
        """Mean rank over the data sets in each score, and in all of them together."""
        ranks = {score: self.ranks(score).mean(axis=0) for score in SCORES}
        return {"all": np.mean(list(ranks.values()), axis=0), **ranks}

    def n_lower(self, first: str, second: str) -> tuple[int, int]:
        """On how many data sets the first has the lower RMSE, of those that both have."""
        columns = [self.names.index(name) for name in (first, second)]
        one, other = self.means["RMSE"][:, columns].T
        both = ~np.isnan(one) & ~np.isnan(other)
        return int((one[both] < other[both]).sum()), int(both.sum())


@dataclass(frozen=True)
class Comparison:
    """A contender against another in one score, over pairs.

    Attributes
    ----------
    n_pairs, n_better : int
        Pairs of trials, and those in which the first is nearer to perfect.
    ratio : float
        Geometric mean, over data sets, of the ratio of the errors, or of one minus the
        correlations.
    p_splits, p_datasets : float
        Wilcoxon's signed rank test of the logarithms of these ratios, two-sided, over data
        sets x splits, and over the means of the data sets; NaN where all are equal.
    """

    n_pairs: int
    n_better: int
    ratio: float
    p_splits: float
    p_datasets: float


def compare(cells: Cells, splits: Mapping[str, Sequence[int]], first: str, second: str,
            score: str) -> Comparison:
    """Hold two contenders against each other on the splits of the data sets."""
    by_dataset = []
    for dataset, numbers in splits.items():
        pair = [cells.get((dataset, name)) for name in (first, second)]
        logs = [np.subtract(*(SCORES[score].log_distance(cell.trials[split]["scores"][score])
                              for cell in pair))
                for split in numbers if all(_finished(cell, split) for cell in pair)]
        if logs:
            by_dataset.append(np.array(logs))
    if not by_dataset:
        return Comparison(0, 0, np.nan, np.nan, np.nan)
    every, means = np.concatenate(by_dataset), np.array([one.mean() for one in by_dataset])
    return Comparison(len(every), int((every < 0).sum()), float(np.exp(means.mean())),
                      _p_value(every), _p_value(means))


def _p_value(differences):
    # the test has nothing to rank then
    return float(wilcoxon(differences).pvalue) if differences.any() else float("nan")


def _shared_splits(cells, dataset, names, splits):
    """Splits of a data set that all contenders on it have."""
    found = [set(cells[dataset, name].trials) for name in names if (dataset, name) in cells]
    shared = set.intersection(*found) if found else set()
    return tuple(sorted(shared if splits is None else shared & set(splits)))


def _finished(cell, split):
    return (cell is not None and split in cell.trials
            and cell.trials[split]["failure"] is None)


def _mean(cell, splits):
    """Mean scores and seconds over splits; nothing if one is not there."""
    if not all(_finished(cell, split) for split in splits):
        return {}
    trials = [cell.trials[split] for split in splits]
    return {**{score: np.mean([one["scores"][score] for one in trials]) for score in SCORES},
            **{key: np.mean([one[key] for one in trials]) for key in SECONDS}}
