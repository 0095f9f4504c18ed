"""What the trials add up to: medians over repetitions, ratios, growth with the number of rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.large.contenders import REFERENCE
from benchmarks.peers.scoreboard import TrialFiles
from benchmarks.peers.trial_file import TrialFile

MEASURES = ("fit_seconds", "fit_processor_seconds", "predict_seconds", "peak_bytes")
ERRORS = ("RMSE", "MAE")


@dataclass(frozen=True)
class Row:
    """A contender on a table, beside the reference.

    Attributes
    ----------
    n_rows : int
        Training rows.
    n_splits : int
        Splits that both have finished, over which medians are taken; without the reference those
        that the contender has.
    medians : dict of str to float
        Medians of measures and errors; NaN if there is none.
    ratios : dict of str to float
        Medians divided by those of the reference; NaN without it.
    """

    n_rows: int
    n_splits: int
    medians: Mapping[str, float]
    ratios: Mapping[str, float]


def row_of(files: TrialFiles, dataset: str, name: str) -> Row | None:
    """The row of a contender; None if there is nothing to compare."""
    splits = finished_splits(files.get((dataset, name)))
    reference = files.get((dataset, REFERENCE))
    if finished_splits(reference):
        splits &= finished_splits(reference)
    if not splits:
        return None
    file = files[dataset, name]
    medians = medians_of(file, splits)
    of_reference = (medians_of(reference, splits) if finished_splits(reference)
                    else dict.fromkeys(medians, np.nan))
    return Row(file.trials[min(splits)]["n_train"], len(splits), medians,
               {key: value / of_reference[key] for key, value in medians.items()})


def finished_splits(file: TrialFile | None) -> set[int]:
    """Splits whose trials did not fail."""
    trials = {} if file is None else file.trials
    return {split for split, trial in trials.items() if trial["failure"] is None}


def medians_of(file: TrialFile, splits: Iterable[int]) -> dict[str, float]:
    """Medians over splits by measure and error."""
    trials = [file.trials[split] for split in splits]
    values = {key: [trial[key] for trial in trials] for key in MEASURES}
    values |= {key: [trial["scores"][key] for trial in trials] for key in ERRORS}
    return {key: float(np.median(np.array(of_key, dtype=float)))  # None becomes NaN
            for key, of_key in values.items()}


def growth_exponent(points: Iterable[tuple[int, float]]) -> float:
    """The exponent b of seconds = a n^b, least squares of log seconds on log n.

    NaN with fewer than two numbers of rows.
    """
    n_rows, seconds = np.log(np.array(list(points)).reshape(-1, 2)).T
    if len(set(n_rows)) < 2:
        return np.nan
    deviations = n_rows - n_rows.mean()
    return float(deviations @ seconds / (deviations @ deviations))
