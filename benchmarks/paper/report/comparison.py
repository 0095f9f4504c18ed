"""Tables of methods by metrics: ours and the paper's side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from benchmarks.paper.protocol import METRICS, TASKS
from benchmarks.paper.report.gains import best_or_tied, gains_table
from benchmarks.paper.report.values import Value, mark, published, value_of
from benchmarks.paper.scores import LOWER_IS_BETTER
from benchmarks.tables import rst_table

MISSING, LOST = "-", "lost"


@dataclass(frozen=True)
class Comparison:
    """A table of the paper: rows by task and metric.

    Attributes
    ----------
    name : str
        Of the experiment and of the file of the paper's values.
    rows : sequence of str
    ours, paper : dict
        Values by task, metric and row.
    cells : dict
        Result files by task and row.
    lost : set
        Keys of our values that a fold has none for, for all its networks diverged.
    """

    name: str
    rows: Sequence[str]
    ours: dict[tuple[str, str, str], Value]
    paper: dict[tuple[str, str, str], Value]
    cells: dict[tuple[str, str], dict]
    lost: set[tuple[str, str, str]]

    @classmethod
    def of(cls, name: str, rows: Sequence[str], cells: dict) -> "Comparison":
        ours = {(task, metric, row): value_of(cell, metric)
                for (task, row), cell in cells.items() for metric in METRICS}
        return cls(name, rows, {key: value for key, value in ours.items() if value},
                   published(name), cells, {key for key, value in ours.items() if not value})

    @property
    def tasks(self) -> list[str]:
        """Tasks with a cell."""
        return [task for task in TASKS if any(task == key[0] for key in self.cells)]

    def by_row(self, values, task, metric) -> dict[str, Value]:
        return {row: values[task, metric, row] for row in self.rows
                if (task, metric, row) in values}

    def marks(self) -> dict[tuple[str, str, str], str]:
        """How each of our values differs, where the paper has one of the same rows."""
        known = [key for key in self.paper if key[0] != "ic50"]
        return {key: "!" if key in self.lost else mark(key[1], self.ours[key], self.paper[key])
                for key in known if key in self.ours or key in self.lost}

    def task_table(self, task: str) -> str:
        """Rows by metrics, each ours, its mark, and the paper's."""
        marks, rows = self.marks(), []
        for row in self.rows:
            line = [row]
            for metric in METRICS:
                key = task, metric, row
                missing = LOST if key in self.lost else MISSING
                line += [f"{self.ours.get(key, missing)}{marks.get(key, '')}",
                         str(self.paper.get(key, MISSING))]
            rows.append(line)
        header = [column for metric in METRICS for column in (metric, "paper")]
        return rst_table(["", *header], rows)

    def gains(self, task: str) -> str | None:
        """GAR's gains, where it is a row."""
        if "GAR" not in self.rows:
            return None
        return gains_table(*({metric: self.by_row(values, task, metric) for metric in METRICS}
                             for values in (self.ours, self.paper)))

    def verdict(self, tasks: Sequence[str]) -> str:
        """How many of the values are as the paper's or better."""
        marks = {key: one for key, one in self.marks().items() if key[0] in tasks}
        if not marks:
            return ""
        n_worse = sum(one == "!" for one in marks.values())
        n_good = len(marks) - n_worse
        return (f"{n_good} of {len(marks)} values ({100 * n_good / len(marks):.0f}%) are within "
                "two of the paper's standard deviations or better, "
                f"{sum(one == '+' for one in marks.values())} of them better by more; "
                f"{n_worse} are worse.")

    def leads(self, tasks: Sequence[str]) -> str:
        """Whether GAR is best or tied in the correlations."""
        found = {(task, metric): best_or_tied(metric, self.by_row(self.ours, task, metric))
                 for task in tasks for metric in METRICS if metric not in LOWER_IS_BETTER
                 if set(self.by_row(self.ours, task, metric)) > {"GAR"}}
        if "GAR" not in self.rows or not found:
            return ""
        lost = [f"{metric} on {TASKS[task].title}" for (task, metric), yes in found.items()
                if not yes]
        return (f"GAR is best or tied (within one of its standard deviations) in "
                f"{sum(found.values())} of {len(found)} correlations"
                + (f"; not in {', '.join(lost)}." if lost else "."))


def mean_ranks(comparison: Comparison, values: dict, rows: Sequence[str]) -> dict[str, float]:
    """Mean over tasks and metrics of a row's rank, ties averaged; whole columns only."""
    ranks = []
    for task in TASKS:
        for metric in METRICS:
            column = comparison.by_row(values, task, metric)
            if set(column) == set(rows):
                sign = 1 if metric in LOWER_IS_BETTER else -1
                ranks.append(stats.rankdata([sign * column[row].mean for row in rows]))
    return {row: sum(column) / len(ranks) for row, column in zip(rows, zip(*ranks))}
