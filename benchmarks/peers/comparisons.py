"""What is compared on which data sets, by the names of the commands."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.mixed_datasets import MIXED_DATASETS
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.peers.contenders import PEERS, Contender
from benchmarks.peers.intervals.contenders import INTERVALS, fit_and_cover
from benchmarks.peers.intervals.report import draw as draw_intervals
from benchmarks.peers.intervals.report import intervals_report
from benchmarks.peers.intervals.scores import COVERAGES, WINKLERS
from benchmarks.peers.mixed_contenders import MIXED_PEERS
from benchmarks.peers.plot import draw
from benchmarks.peers.report import ablation_report, peers_report, search_report
from benchmarks.peers.scoreboard import Scoreboard, TrialFiles
from benchmarks.peers.scores import SCORES
from benchmarks.peers.searches import SEARCHES
from benchmarks.peers.trial import Measure, fit_and_predict
from benchmarks.peers.tuned_contenders import MIXED_TUNED, TUNED
from benchmarks.peers.variants import VARIANTS


@dataclass(frozen=True)
class Comparison:
    """What is compared on which data sets, and how the results are reported.

    `folder` is where the results are; `n_threads` is None for as many threads as torch takes.
    `measure` gives each trial the `scores`.  `figure` is the name of a file, and what draws it.
    """

    folder: str
    contenders: Mapping[str, Contender]
    datasets: Mapping[str, Dataset]
    report: Callable[[Scoreboard, TrialFiles, Mapping[str, Dataset]], str]
    splits: tuple[int, ...] = (0, 1)
    n_threads: int | None = None
    measure: Measure = fit_and_predict
    scores: Collection[str] = tuple(SCORES)
    figure: tuple[str, Callable[[Scoreboard, Path], None]] | None = None


_RANKS = "rank_against_time.png", draw
_SEARCHED = {name: NUMERIC_DATASETS[name] for name in ("concrete", "airfoil", "diabetes")}
_SEARCHED_MIXED = {"hotel_rates": MIXED_DATASETS["hotel_rates"]}
_LARGE = {"elevators", "superconductivity", "kin40k"}  # of more than 10,000 rows
_WITH_INTERVALS = {
    **{name: dataset for name, dataset in NUMERIC_DATASETS.items() if name not in _LARGE},
    **{name: MIXED_DATASETS[name] for name in ("saratoga", "ames", "wage")}}
COMPARISONS = {
    "peers": {
        "numeric": Comparison("peers", PEERS, NUMERIC_DATASETS, peers_report, figure=_RANKS),
        "mixed": Comparison("peers_mixed", MIXED_PEERS, MIXED_DATASETS, peers_report,
                            splits=(0, 1, 2), n_threads=1, figure=_RANKS),
    },
    "tuned": {
        "numeric": Comparison("tuned", TUNED, NUMERIC_DATASETS, peers_report, splits=(0,),
                              n_threads=1, figure=_RANKS),
        "mixed": Comparison("tuned_mixed", MIXED_TUNED, MIXED_DATASETS, peers_report,
                            splits=(0,), n_threads=1, figure=_RANKS),
    },
    "search": {
        "numeric": Comparison("search", SEARCHES, _SEARCHED, search_report, splits=(0,),
                              n_threads=1),
        "mixed": Comparison("search_mixed", SEARCHES, _SEARCHED_MIXED, search_report, splits=(0,),
                            n_threads=1),
    },
    "ablation": {"numeric": Comparison("ablation", VARIANTS, NUMERIC_DATASETS, ablation_report)},
    "intervals": {"all": Comparison(
        "intervals", INTERVALS, _WITH_INTERVALS, intervals_report, n_threads=1,
        measure=fit_and_cover, scores=(*COVERAGES.values(), *WINKLERS.values()),
        figure=("coverage_and_width.png", draw_intervals))},
}
"""Comparisons by command and by kind of tables, the default first."""
TITLES = {
    "peers": "Compare GARRegressor() with other regressors",
    "tuned": "Compare an ensemble of GARRegressorCV with boosted trees that were tuned as long",
    "search": "Compare searches over 27 candidates, with and without bagging and halving",
    "ablation": "Compare GARRegressor() with itself, with other losses and without single "
                "ingredients",
    "intervals": "Compare prediction intervals of GARRegressor() with those of other methods",
}
