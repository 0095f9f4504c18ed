"""Tables of methods by metrics: ours and the paper's side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from benchmarks.paper.protocol import METRICS, TASKS
from benchmarks.paper.report.gains import best_or_tied, gains_table
from benchmarks.paper.report.values import Value, mark, published, value_of
from benchmarks.paper.scores import LOWER_IS_BETTER
from benchmarks.text import be, counted, rst_table

MISSING, LOST = "-", "lost"


@dataclass(frozen=True)
class Comparison:
    """A table of the paper: values by task, metric and row.

    Attributes
    ----------
    name : str
        Name of the experiment, and of the file of the paper's values.
    rows : sequence of str
        Methods, variants or batch sizes.
    ours, paper : dict
        Values by task, metric and row.
    cells : dict
        Cells by task and row.
    lost : set
        Keys of our values that are missing because all networks of a fold diverged.
    """

    name: str
    rows: Sequence[str]
    ours: dict[tuple[str, str, str], Value]
    paper: dict[tuple[str, str, str], Value]
    cells: dict[tuple[str, str], dict]
    lost: set[tuple[str, str, str]]

    @classmethod
    def from_cells(cls, name: str, rows: Sequence[str], cells: dict) -> "Comparison":
        """The comparison of some cells with the paper's table of the same name."""
        ours = {(task, metric, row): value_of(cell, metric)
                for (task, row), cell in cells.items() for metric in METRICS}
        return cls(name, rows, {key: value for key, value in ours.items() if value},
                   published(name), cells, {key for key, value in ours.items() if not value})

    @property
    def tasks(self) -> list[str]:
        """The tasks that have a cell."""
        return [task for task in TASKS if any(task == key[0] for key in self.cells)]

    def by_row(self, values, task, metric) -> dict[str, Value]:
        """The values of one task and metric by row."""
        return {row: values[task, metric, row] for row in self.rows
                if (task, metric, row) in values}

    def marks(self) -> dict[tuple[str, str, str], str]:
        """A mark for each of our values, where the paper has a value of the same data."""
        comparable = [key for key in self.paper if key[0] != "ic50"]  # which has other rows
        return {key: "!" if key in self.lost else mark(key[1], self.ours[key], self.paper[key])
                for key in comparable if key in self.ours or key in self.lost}

    def task_table(self, task: str) -> str:
        """Rows by metrics: our value, its mark, and the paper's value."""
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
        """GAR's gains, if it is a row."""
        if "GAR" not in self.rows:
            return None
        return gains_table(*({metric: self.by_row(values, task, metric) for metric in METRICS}
                             for values in (self.ours, self.paper)))

    def verdict(self, tasks: Sequence[str]) -> str:
        """How many of the values are close to the paper's or better."""
        marks = {key: mark for key, mark in self.marks().items() if key[0] in tasks}
        if not marks:
            return ""
        n_worse = sum(mark == "!" for mark in marks.values())
        n_good = len(marks) - n_worse
        return (f"{n_good} of {counted(len(marks), 'value')} "
                f"({100 * n_good / len(marks):.0f}%) {be(n_good)} within "
                "two of the paper's standard deviations or better, "
                f"{sum(mark == '+' for mark in marks.values())} of them better by more; "
                f"{n_worse} {be(n_worse)} worse.")

    def leads(self, tasks: Sequence[str]) -> str:
        """Whether GAR is best or tied in the correlations."""
        leads = {(task, metric): best_or_tied(metric, self.by_row(self.ours, task, metric))
                 for task in tasks for metric in METRICS if metric not in LOWER_IS_BETTER
                 if set(self.by_row(self.ours, task, metric)) > {"GAR"}}
        if "GAR" not in self.rows or not leads:
            return ""
        others = [f"{metric} on {TASKS[task].title}" for (task, metric), lead in leads.items()
                  if not lead]
        return (f"GAR is best or tied (within one of its standard deviations) in "
                f"{sum(leads.values())} of {counted(len(leads), 'correlation')}"
                + (f"; not in {', '.join(others)}." if others else "."))


def mean_ranks(comparison: Comparison, values: dict, rows: Sequence[str]) -> dict[str, float]:
    """Mean rank of each row over the tasks and metrics for which all rows have a value."""
    ranks = []
    for task in TASKS:
        for metric in METRICS:
            column = comparison.by_row(values, task, metric)
            if set(column) == set(rows):
                sign = 1 if metric in LOWER_IS_BETTER else -1
                ranks.append(stats.rankdata([sign * column[row].mean for row in rows]))
    return {row: sum(column) / len(ranks) for row, column in zip(rows, zip(*ranks))}
