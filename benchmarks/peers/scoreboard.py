"""What the trials add up to: means over splits, ranks, shares of wins, paired tests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, wilcoxon

from benchmarks.peers.scores import SCORES
from benchmarks.peers.trial_file import TrialFile

TrialFiles = Mapping[tuple[str, str], TrialFile]
"""Files by data set and contender."""
SECONDS = ("fit_seconds", "predict_seconds")


@dataclass(frozen=True)
class Scoreboard:
    """Means over splits of every contender on every data set.

    Attributes
    ----------
    splits : dict of str to tuple of int
        For each data set the splits that all of its contenders have; means are taken over them.
    names : tuple of str
        Contenders.
    means : dict of str to ndarray of shape (n_datasets, n_names)
        Mean scores and seconds; NaN where a contender failed in a split or was not run.
    present : ndarray of shape (n_datasets, n_names)
        Where a contender was run, failures included.
    """

    splits: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    means: dict[str, np.ndarray]
    present: np.ndarray

    @classmethod
    def from_files(cls, files: TrialFiles, datasets: Sequence[str], names: Sequence[str],
                   splits: Collection[int] | None = None, scores: Collection[str] = tuple(SCORES)
                   ) -> "Scoreboard":
        """The scoreboard of the trials in some files, which have these scores.

        Contenders without a trial are left out, and so are data sets whose contenders have no
        split in common.
        """
        shared = {dataset: _shared_splits(files, dataset, names, splits) for dataset in datasets}
        shared = {dataset: numbers for dataset, numbers in shared.items() if numbers}
        names = tuple(name for name in names
                      if any((dataset, name) in files for dataset in shared))
        rows = [[_mean(files.get((dataset, name)), numbers, scores) for name in names]
                for dataset, numbers in shared.items()]
        means = {key: np.array([[cell.get(key, np.nan) for cell in row] for row in rows],
                               dtype=float).reshape(len(shared), len(names))
                 for key in (*scores, *SECONDS)}
        present = np.array([[(dataset, name) in files for name in names] for dataset in shared],
                           dtype=bool).reshape(len(shared), len(names))
        return cls(shared, names, means, present)

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(self.splits)

    def part(self, datasets: np.ndarray, names: np.ndarray) -> "Scoreboard":
        """Some rows and columns, each selected by a mask."""
        return Scoreboard(
            {dataset: numbers for (dataset, numbers), selected
             in zip(self.splits.items(), datasets) if selected},
            tuple(name for name, selected in zip(self.names, names) if selected),
            {key: mean[np.ix_(datasets, names)] for key, mean in self.means.items()},
            self.present[np.ix_(datasets, names)])

    def rankings(self) -> list["Scoreboard"]:
        """Parts in which every contender was run on every data set.

        The first part has all data sets.  If that leaves out contenders, a second part has all
        contenders.
        """
        everywhere, everyone = self.present.all(axis=0), self.present.all(axis=1)
        parts = [self.part(np.full(len(self.splits), True), everywhere)]
        if not everywhere.all() and everyone.any():
            parts.append(self.part(everyone, np.full(len(self.names), True)))
        return [part for part in parts if part.names]

    def ranks(self, score: str) -> np.ndarray:
        """Rank of each contender on each data set: 1 is best, ties share, failures rank last."""
        distance = SCORES[score].distance(self.means[score])
        return rankdata(np.where(np.isnan(distance), np.inf, distance), axis=1)

    def mean_ranks(self) -> dict[str, np.ndarray]:
        """Mean rank over the data sets, over all scores together and in each of them."""
        ranks = {score: self.ranks(score).mean(axis=0) for score in SCORES}
        return {"all": np.mean(list(ranks.values()), axis=0), **ranks}

    def n_lower(self, first: str, second: str) -> tuple[int, int]:
        """On how many data sets the first has the lower RMSE, and how many both have."""
        columns = [self.names.index(name) for name in (first, second)]
        first_rmse, second_rmse = self.means["RMSE"][:, columns].T
        both = ~np.isnan(first_rmse) & ~np.isnan(second_rmse)
        return int((first_rmse[both] < second_rmse[both]).sum()), int(both.sum())


@dataclass(frozen=True)
class PairedComparison:
    """A contender against another in one score.

    Attributes
    ----------
    n_pairs, n_better : int
        Pairs of trials, and those in which the first is better.
    ratio : float
        Geometric mean over data sets of the ratio of the errors, or of one minus the
        correlations.
    p_splits, p_datasets : float
        P-values of Wilcoxon's signed rank test of the logarithms of these ratios, two-sided:
        over data sets x splits, and over the means of the data sets.  NaN if all are equal.
    """

    n_pairs: int
    n_better: int
    ratio: float
    p_splits: float
    p_datasets: float


def compare_pair(files: TrialFiles, splits: Mapping[str, Sequence[int]], first: str, second: str,
                 score: str) -> PairedComparison:
    """Compare two contenders on the splits of the data sets."""
    by_dataset = []
    for dataset, numbers in splits.items():
        pair = [files.get((dataset, name)) for name in (first, second)]
        logs = [np.subtract(*(SCORES[score].log_distance(file.trials[split]["scores"][score])
                              for file in pair))
                for split in numbers if all(_is_finished(file, split) for file in pair)]
        if logs:
            by_dataset.append(np.array(logs))
    if not by_dataset:
        return PairedComparison(0, 0, np.nan, np.nan, np.nan)
    logs, means = np.concatenate(by_dataset), np.array([logs.mean() for logs in by_dataset])
    return PairedComparison(len(logs), int((logs < 0).sum()), float(np.exp(means.mean())),
                            _p_value(logs), _p_value(means))


def _p_value(differences):
    # if all are zero, the test has nothing to rank
    return float(wilcoxon(differences).pvalue) if differences.any() else float("nan")


def _shared_splits(files, dataset, names, splits):
    """Splits of a data set that all contenders on it have."""
    by_name = [set(files[dataset, name].trials) for name in names if (dataset, name) in files]
    shared = set.intersection(*by_name) if by_name else set()
    return tuple(sorted(shared if splits is None else shared & set(splits)))


def _is_finished(file, split):
    return (file is not None and split in file.trials
            and file.trials[split]["failure"] is None)


def _mean(file, splits, scores):
    """Mean scores and seconds over splits; empty if one is missing or failed."""
    if not all(_is_finished(file, split) for split in splits):
        return {}
    trials = [file.trials[split] for split in splits]
    return {**{score: np.mean([trial["scores"][score] for trial in trials]) for score in scores},
            **{key: np.mean([trial[key] for trial in trials]) for key in SECONDS}}
