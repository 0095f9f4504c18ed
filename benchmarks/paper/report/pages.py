"""The report: every table as a section in reStructuredText."""

from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import environment
from benchmarks.paper.datasets import described
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVES,
    EXPERIMENTS,
    METRICS,
    TASKS,
)
from benchmarks.paper.report import values
from benchmarks.paper.report.comparison import MISSING, Comparison, mean_ranks
from benchmarks.paper.report.departures import departures
from benchmarks.text import counted, days, rst_heading, rst_table

HOW_TO_READ = """\
Mean and standard deviation over five folds, ours beside the paper's.  Lower is better for MAE and
RMSE, higher for the correlations.  ``+`` marks values that are better than the paper's by more
than two of the paper's standard deviations, and ``!`` those that are worse by more than two; ours
are rounded like the paper's.  Gains are in per cent of the other method's mean, with the p-value
of Student's t-test on the folds; the paper's are computed from its rounded means and deviations.
``lost``: all networks of a fold diverged.  The data of IC50 are a substitute, so its values are
not compared with the paper's."""


def comparison(folder: Path, name: str) -> Comparison:
    """The cells of a table; the row GAR of the ablation is that of Table 1."""
    experiment = EXPERIMENTS[name]
    rows = list(experiment.cases)
    cells = values.cells(folder, name, experiment.tasks, rows)
    if name == "table5":
        rows.append("GAR")
        tasks = {task for task, _ in cells}
        gar = values.cells(folder, "table1", experiment.tasks, ["GAR"])
        cells |= {(task, row): cell for (task, row), cell in gar.items() if task in tasks}
    return Comparison.from_cells(name, rows, cells)


def table_section(folder: Path, name: str) -> list[str]:
    """Paragraphs of a table that compares rows by metrics; none without a cell."""
    table = comparison(folder, name)
    if not table.cells:
        return []
    tasks = table.tasks
    lines = [rst_heading(EXPERIMENTS[name].title), table.verdict(tasks) if len(tasks) > 1 else "",
             table.leads(tasks)]
    if name == "table5":
        lines.append(_ranks(table))
    for task in tasks:
        remark = f"  ({TASKS[task].remark})" if TASKS[task].remark else ""
        lines += [f"**{TASKS[task].title}**{remark}", table.task_table(task),
                  table.verdict([task]), table.gains(task)]
    return [line for line in (*lines, *notes(table.cells)) if line]


def _ranks(table):
    """Mean ranks of the variants: ours, and the paper's on the same tasks and on all."""
    ours, paper = (mean_ranks(table, side, table.rows) for side in (table.ours, table.paper))
    if not ours:
        return ""
    complete = {task for task in table.tasks if all(
        (task, metric, row) in table.ours for metric in METRICS for row in table.rows)}
    same = mean_ranks(table, {key: value for key, value in table.paper.items()
                              if key[0] in complete}, table.rows)
    rows = [[row, f"{ours[row]:.2f}", f"{same[row]:.2f}", f"{paper[row]:.2f}"]
            for row in table.rows]
    return rst_table(["variant", "mean rank", "paper, same tasks", "paper, its six tasks"], rows)


def alphas_section(folder: Path) -> list[str]:
    """Table 4: the alphas that Table 1's folds chose."""
    cells = values.cells(folder, "table1", EXPERIMENTS["table1"].tasks, ["GAR"])
    if not cells:
        return []
    paper = {(line["dataset"], line["metric"]): [float(line[f"fold_{i}"]) for i in range(1, 6)]
             for line in values.published_lines("table4")}
    rows = []
    for (task, _), cell in cells.items():
        for metric in METRICS:
            folds = cell["scores"][metric]["folds"]
            ours = [fold["alpha"] if fold["test"] is not None else np.nan for fold in folds]
            rows.append([TASKS[task].title, metric, *(text for alphas in (
                ours, paper[task, metric]) for text in (
                    " ".join(f"{alpha:g}" for alpha in alphas),
                    f"{np.mean(alphas):.3g}({np.std(alphas):.3g})"))])
    return [rst_heading("Table 4, alphas chosen by the folds"), rst_table(
        ["task", "metric", "folds", "mean", "paper's folds", "paper"], rows)]


def boxes_section(folder: Path) -> list[str]:
    """Paragraphs about the box plots of thirteen alphas; none without a cell."""
    experiment = EXPERIMENTS["sensitivity"]
    cells = values.cells(folder, "sensitivity", experiment.tasks, list(experiment.cases))
    if not cells:
        return []
    return [rst_heading(experiment.title), "Test scores of the five folds by alpha, drawn below: "
            "box plots with the mean as a triangle.", *notes(cells)]


def curves_section(folder: Path, name: str, source: str) -> list[str]:
    """Correlations with the truth in a synthetic experiment; no paragraphs without a cell.

    `source` is the name of the file of the paper's correlations.
    """
    experiment = CURVE_EXPERIMENTS[name]
    cells = values.cells(folder, name, experiment.tasks, list(experiment.cases))
    if not cells:
        return []
    paper = {(task, method): [line or MISSING for line in rest] for task, method, *rest in (
        line.values() for line in values.published_lines(source))}
    keys = "pearson_mean", "pearson_max", "pearson_mean_of_own_choices"
    rows = [[task, case, *(_correlation(cell[key]) for key in keys),
             *paper[_published(task), case]] for (task, case), cell in cells.items()]
    header = [experiment.task_option, "method", "mean", "max", "mean, own choices",
              "paper's mean", "paper's max"]
    return [rst_heading(experiment.title),
            "Pearson correlation with the truth on all points, mean and largest of five trials of "
            "one setting, and the mean if each trial chooses its own setting by the test half.",
            rst_table(header, rows), *notes(cells)]


def _published(task):
    """Name of a task in the file of the paper's values, which has one sine."""
    return CURVES[task].curve if task in CURVES else task


def _correlation(value):
    return MISSING if value is None else f"{value:.3f}"


def notes(cells: dict) -> list[str]:
    """Conditions of cells: settings, data, time, versions and machine."""
    splits = {}
    for (task, _), cell in cells.items():
        splits.setdefault(described(cell["settings"]["data"]), {})[task] = None
    rows = "; ".join(f"{', '.join(tasks)}: {source}" for source, tasks in splits.items())
    return [*departures(cells), f"Rows: {rows}.", runs(cells)]


def runs(cells: dict) -> str:
    """Time, days, versions and machine of cells."""
    seconds = sum(cell["seconds"] for cell in cells.values())
    conditions = Counter((environment.describe(cell["versions"], cell["machine"]),
                          cell["threads"]) for cell in cells.values())
    (described, n_threads), _ = conditions.most_common(1)[0]
    dates = days(cell["date"] for cell in cells.values())
    return (f"{counted(len(cells), 'cell')} in {seconds / 60:.1f} minutes; {dates}, {described}, "
            f"{counted(n_threads, 'thread')}"
            + (", and others." if len(conditions) > 1 else "."))
