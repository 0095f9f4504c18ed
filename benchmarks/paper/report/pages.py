"""The report: every table as a section in reStructuredText."""

from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import environment
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
from benchmarks.tables import rst_table

HOW_TO_READ = """\
Mean and standard deviation over five folds, ours beside the paper's.  ``+`` marks values that
are better than the paper's by more than two of the paper's standard deviations, ``!`` those
that are worse; ours are rounded as the paper's are.  Gains are per cent of the other's mean,
with the p-value of Student's t-test on the folds; the paper's are worked out from its rounded
means and deviations.  MAE and RMSE are the better the smaller, the correlations the larger.
``lost``: all networks of a fold diverged.  IC50 is a stand-in, so its values are not held
against the paper's."""


def comparison(folder: Path, name: str) -> Comparison:
    """A table's cells; GAR's row of the ablation is Table 1's."""
    experiment = EXPERIMENTS[name]
    rows = list(experiment.cases)
    found = values.cells(folder, name, experiment.tasks, rows)
    if name == "table5":
        rows.append("GAR")
        found |= values.cells(folder, "table1", experiment.tasks, ["GAR"])
        with_variants = {task for task, row in found if row != "GAR"}
        found = {key: cell for key, cell in found.items() if key[0] in with_variants}
    return Comparison.of(name, rows, found)


def table_section(folder: Path, name: str) -> list[str]:
    """Paragraphs of a table that compares rows by metrics, none if it has no cell."""
    table = comparison(folder, name)
    if not table.cells:
        return []
    tasks = table.tasks
    lines = [heading(EXPERIMENTS[name].title), table.verdict(tasks) if len(tasks) > 1 else "",
             table.leads(tasks)]
    if name == "table5":
        lines.append(_ranks(table))
    for task in tasks:
        remark = f"  ({TASKS[task].remark})" if TASKS[task].remark else ""
        lines += [f"**{TASKS[task].title}**{remark}", table.task_table(task),
                  table.verdict([task]), table.gains(task)]
    return [line for line in (*lines, *notes(table.cells)) if line]


def _ranks(table):
    ours, paper = (mean_ranks(table, found, table.rows) for found in (table.ours, table.paper))
    if not ours:
        return ""
    whole = {key: table.paper[key] for key in table.paper if key[0] in {
        task for task in table.tasks
        if all((task, metric, row) in table.ours for metric in METRICS for row in table.rows)}}
    same = mean_ranks(table, whole, table.rows)
    rows = [[row, f"{ours[row]:.2f}", f"{same[row]:.2f}", f"{paper[row]:.2f}"]
            for row in table.rows]
    return rst_table(["variant", "mean rank", "paper, same tasks", "paper, its six tasks"], rows)


def alphas_section(folder: Path) -> list[str]:
    """Table 4: the alphas that Table 1's folds chose."""
    found = values.cells(folder, "table1", EXPERIMENTS["table1"].tasks, ["GAR"])
    if not found:
        return []
    paper = {(line["dataset"], line["metric"]): [float(line[f"fold_{i}"]) for i in range(1, 6)]
             for line in values.published_lines("table4")}
    rows = []
    for (task, _), cell in found.items():
        for metric in METRICS:
            folds = cell["scores"][metric]["folds"]
            ours = [fold["alpha"] if fold["test"] is not None else np.nan for fold in folds]
            rows.append([TASKS[task].title, metric, *(text for alphas in (
                ours, paper[task, metric]) for text in (
                    " ".join(f"{alpha:g}" for alpha in alphas),
                    f"{np.mean(alphas):.3g}({np.std(alphas):.3g})"))])
    return [heading("Table 4, alphas chosen by the folds"), rst_table(
        ["task", "metric", "folds", "mean", "paper's folds", "paper"], rows)]


def boxes_section(folder: Path) -> list[str]:
    """What the box plots of thirteen alphas rest on, none if there is no cell."""
    experiment = EXPERIMENTS["sensitivity"]
    found = values.cells(folder, "sensitivity", experiment.tasks, list(experiment.cases))
    if not found:
        return []
    return [heading(experiment.title), "Test scores of the five folds by alpha, drawn below: box "
            "plots with the mean as a triangle.", *notes(found)]


def curves_section(folder: Path, name: str, source: str) -> list[str]:
    """Correlations with the truth in a synthetic experiment, none if it has no cell.

    `source` is the name of the file of the paper's correlations.
    """
    experiment = CURVE_EXPERIMENTS[name]
    found = values.cells(folder, name, experiment.tasks, list(experiment.cases))
    if not found:
        return []
    paper = {(task, method): [line or MISSING for line in rest] for task, method, *rest in (
        line.values() for line in values.published_lines(source))}
    ours = "pearson_mean", "pearson_max", "pearson_mean_of_own_choices"
    rows = [[task, case, *(_correlation(cell[name]) for name in ours),
             *paper[_published(task), case]] for (task, case), cell in found.items()]
    header = [experiment.task_option, "method", "mean", "max", "mean, own choices",
              "paper's mean", "paper's max"]
    return [heading(experiment.title),
            "Pearson correlation with the truth on all points, mean and largest of five trials of "
            "one setting, and the mean if each trial chooses its own setting by the test half.",
            rst_table(header, rows), *notes(found)]


def _published(task):
    """The paper's task: it has one sine, and depths by their number."""
    return CURVES[task].curve if task in CURVES else task


def _correlation(value):
    return MISSING if value is None else f"{value:.3f}"


def heading(title: str) -> str:
    return f"{title}\n{'-' * len(title)}"


def notes(cells: dict) -> list[str]:
    """What cells rest on: settings, rows, time, versions and machine."""
    seconds = sum(cell["seconds"] for cell in cells.values())
    conditions = Counter((environment.in_words(cell["versions"], cell["machine"]),
                          cell["threads"]) for cell in cells.values())
    (words, n_threads), _ = conditions.most_common(1)[0]
    days = sorted(cell["date"][:10] for cell in cells.values())
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    splits = {}
    for (task, _), cell in cells.items():
        data = cell["settings"]["data"]
        splits.setdefault(f"{data['source']}, split {data['split']}", {})[task] = None
    rows = "; ".join(f"{', '.join(tasks)}: {source}" for source, tasks in splits.items())
    return [*departures(cells), f"Rows: {rows}.",
            f"{len(cells)} cells in {seconds / 60:.1f} minutes; {when}, {words}, "
            f"{n_threads} thread{'s' if n_threads > 1 else ''}"
            + (", and others." if len(conditions) > 1 else ".")]
