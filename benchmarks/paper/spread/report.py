"""The tables of the spread, from the result files."""

import numpy as np

from benchmarks.paper.cells_command import Results
from benchmarks.paper.report.pages import runs
from benchmarks.paper.report.values import published_lines
from benchmarks.paper.spread.changes import CHANGES, PROTOCOL
from benchmarks.paper.spread.comparison import means_of_five, spread
from benchmarks.text import rst_table

MISSING = "-"
TITLES = (
    "Five of the twenty seeds, in every way to choose them: mean correlations of GAR with the "
    "truth, and the share of the choices in which they are the authors' or higher:",
    "One change at a time: the mean correlation over twenty seeds with its standard error, the "
    "deviation of single networks, and the difference to the protocol, paired by seed, with the "
    "p-value of Student's test, two-sided, not corrected for the number of changes.  The last "
    "column is the share of choices of five seeds that are the authors' or higher:",
)


def report(results: Results) -> str:
    """All tables under their titles, and how they came about."""
    blocks = [block for title, table in zip(TITLES, tables(results)) for block in (title, table)]
    return "\n\n".join([*blocks, runs(results)])


def tables(results: Results) -> list[str]:
    """A table for each of the titles."""
    return [_choices(results), _changes(results)]


def authors() -> dict[str, float]:
    """The authors' mean correlation of GAR by curve."""
    return {line["task"]: float(line["pearson_mean"])
            for line in published_lines("figures1_to_3") if line["method"] == "GAR"}


def _choices(results):
    """A row for each curve with the protocol's settings."""
    rows = []
    for task, paper in authors().items():
        if (task, PROTOCOL) in results:
            means = means_of_five(results[task, PROTOCOL])
            quantiles = np.quantile(means, (0.05, 0.5, 0.95))
            rows.append([task, f"{paper:.3f}", f"{means.mean():.3f}", f"{means.std():.3f}",
                         *(f"{value:.3f}" for value in quantiles), _share(means, paper)])
    return rst_table(["curve", "authors", "mean", "deviation", "5%", "median", "95%",
                      "reach the authors'"], rows)


def _changes(results):
    """A row for each curve and change."""
    rows = []
    for task, paper in authors().items():
        for name in CHANGES:
            if {(task, name), (task, PROTOCOL)} <= results.keys():
                cell = results[task, name]
                found = spread(cell, results[task, PROTOCOL])
                compared = [MISSING] * 2 if name == PROTOCOL else [
                    f"{found.difference:+.3f}", f"{found.p_value:.3f}"]
                rows.append([task, CHANGES[name].words,
                             f"{found.mean:.3f} +- {found.standard_error:.3f}",
                             f"{found.deviation:.3f}", *compared,
                             _share(means_of_five(cell), paper)])
    return rst_table(["curve", "change", "mean", "deviation", "difference", "p",
                      "reach the authors'"], rows)


def _share(means, paper):
    return f"{100 * np.mean(means >= paper):.0f}%"
