"""How the results of a table or figure stand against the paper's: counts, and a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.paper.protocol import CURVE_EXPERIMENTS, METRICS, TASKS, TIMING
from benchmarks.paper.report import values
from benchmarks.paper.report.comparison import Comparison
from benchmarks.paper.report.gains import best_or_tied
from benchmarks.paper.report.table3 import counts
from benchmarks.paper.report.values import Value, mark

MOST = 0.9  # smallest share of the values that are not worse, unless the verdict is "differs"
SAME, BETTER, DIFFERS = "as in the paper", "better", "differs"
NOTHING = "nothing to compare"
OTHER_ROWS = "ic50"  # the data are a substitute
LOWER, HIGHER = "MAE", "Pearson"  # scores that are compared as the times and correlations are


@dataclass(frozen=True)
class Standing:
    """Counts that a verdict follows from.

    Attributes
    ----------
    marks : tuple of str
        For each of the compared values "", "+" (better by more than two deviations) or "!"
        (worse by more than two).
    own_marks : tuple of str
        Those of GAR's values.
    n_scores : int
        Number of scores in which GAR is compared with other methods.
    leads : int
        In how many of them GAR is best or tied.
    paper_leads : int or None
        In how many of them it is in the paper; None if the paper does not have them.
    """

    marks: tuple[str, ...] = ()
    own_marks: tuple[str, ...] = ()
    n_scores: int = 0
    leads: int = 0
    paper_leads: int | None = None

    @property
    def n_good(self) -> int:
        """Number of values within two deviations or better."""
        return len(self.marks) - self.marks.count("!")

    def verdict(self) -> str:
        """By the rule that the overview states."""
        if not self.marks and self.paper_leads is None:
            return NOTHING
        gained = self.leads - (self.leads if self.paper_leads is None else self.paper_leads)
        if self.n_good < MOST * len(self.marks) or gained < 0:
            return DIFFERS
        is_better = gained > 0 or self.own_marks.count("+") > len(self.own_marks) / 2
        return BETTER if is_better and self.n_good == len(self.marks) else SAME


def table_standing(table: Comparison, tasks: Sequence[str]) -> Standing | None:
    """Of some tasks of a table; None without a cell."""
    if not any(task in tasks for task, _ in table.cells):
        return None
    marks = {key: mark for key, mark in table.marks().items() if key[0] in tasks}
    own = [mark for (*_, row), mark in marks.items() if row == "GAR" or "GAR" not in table.rows]
    return _standing(marks.values(), own, (
        (metric, *(table.by_row(side, task, metric) for side in (table.ours, table.paper)))
        for task in tasks for metric in METRICS))


def times_standing(folder: Path) -> Standing | None:
    """Of Table 2: the times of the loop, which trains one network at a time as the paper does."""
    timing = TIMING["table2"]
    cells = values.cells(folder, "table2", timing.tasks, list(timing.cases))
    paper = {(line["dataset"], line["method"]): Value(float(line["mean"]), float(line["std"]))
             for line in values.published_lines("table2") if line["time"] == "all"}
    marks = {key: mark(LOWER, Value(cell["loop"]["all"]["mean"], 0.0), paper[key])
             for key, cell in cells.items()}
    own = [mark for (_, method), mark in marks.items() if method == "GAR"]
    return _standing(marks.values(), own) if cells else None


def counts_standing(folder: Path) -> Standing | None:
    """Of Table 3: rows and features count as worse if they are not those of the paper."""
    marks = ["" if ours == paper else "!"
             for task, pairs in counts(folder).items() if task != OTHER_ROWS
             for ours, paper in pairs]
    return _standing(marks) if marks else None


def alphas_standing(folder: Path) -> Standing | None:
    """Of Table 4: the alpha of a fold counts as worse if it is not that of the paper."""
    cells = values.cells(folder, "table1", [task for task in TASKS if task != OTHER_ROWS], ["GAR"])
    marks = []
    for line in values.published_lines("table4"):
        if cell := cells.get((line["dataset"], "GAR")):
            folds = cell["scores"][line["metric"]]["folds"]
            marks += ["" if fold["alpha"] == float(line[f"fold_{number}"]) else "!"
                      for number, fold in enumerate(folds, 1)]
    return _standing(marks) if marks else None


def curves_standing(folder: Path, name: str, source: str) -> Standing | None:
    """Of a synthetic experiment: mean correlations.

    The paper prints no deviations of them, so two deviations of our trials are allowed.
    """
    experiment = CURVE_EXPERIMENTS[name]
    cells = values.cells(folder, name, experiment.tasks, list(experiment.cases))
    paper = {(task, method): float(mean) for task, method, mean, _ in (
        line.values() for line in values.published_lines(source))}
    ours = {key: trials_value(chosen_trials(cell)) for key, cell in cells.items() if key in paper}
    marks = {key: mark(HIGHER, value, Value(paper[key], value.std)) for key, value in ours.items()}
    own = [mark for (_, method), mark in marks.items() if method == "GAR"]
    theirs = {key: Value(paper[key], 0.0) for key in ours}
    return _standing(marks.values(), own, (
        (HIGHER, *({method: side[task, method] for of, method in side if of == task}
                   for side in (ours, theirs)))
        for task in experiment.tasks)) if ours else None


def searches_standing(cells: dict[tuple[str, str], dict]) -> Standing | None:
    """Of symbolic regression: the correlations of the formulas, which the paper does not have."""
    by_task = {}
    for (task, fitness), cell in cells.items():
        by_task.setdefault(task, {})[fitness] = trials_value(
            [search["pearson"] for search in cell["found"]])
    return _standing((), (), ((HIGHER, of_task, {}) for of_task in by_task.values())
                     ) if cells else None


def chosen_trials(cell: dict) -> list[float | None]:
    """Correlations of the trials of a synthetic cell, with the setting that was chosen."""
    (candidate,) = (one for one in cell["candidates"]
                    if cell["chosen"].items() <= one.items())
    return candidate["pearson"]


def trials_value(trials: Iterable[float | None]) -> Value:
    """Mean and deviation; a correlation that is missing counts as 0, that of a constant."""
    correlations = np.array([trial or 0.0 for trial in trials])
    return Value(float(correlations.mean()), float(correlations.std()))


def _standing(marks, own_marks=(), scores=()):
    """`scores` are metrics with our values and the paper's by row; the paper's may be none."""
    leads, paper_leads = [], []
    for metric, ours, paper in scores:
        shared = ours.keys() & paper.keys() if paper else ours.keys()
        if shared > {"GAR"}:
            for side, found in ((ours, leads), (paper, paper_leads)):
                if side:
                    found.append(best_or_tied(metric, {row: side[row] for row in shared}))
    return Standing(tuple(marks), tuple(own_marks), len(leads), sum(leads),
                    sum(paper_leads) if paper_leads else None)
