"""The tables of the spread, from the result files."""

from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.paper.cells_command import Results, p_value
from benchmarks.paper.report.pages import runs
from benchmarks.paper.report.values import published_lines
from benchmarks.paper.spread.changes import AUTHORS, CHANGES, PROTOCOL
from benchmarks.paper.spread.comparison import (
    N_TRIALS,
    Spread,
    correlations,
    means_of_five,
    on_shared_decays,
    spread,
)
from benchmarks.text import rst_table, titled_tables

MISSING = "-"
QUANTILES = 0.05, 0.5, 0.95
TITLES = (
    "Five of the twenty seeds, in every way to choose them: mean correlations of GAR with the "
    "truth, and the share of the choices in which they are the authors' or higher:",
    "One change at a time: the mean correlation over twenty seeds with its standard error, the "
    "deviation of single networks, and the difference to the protocol, paired by seed, with the "
    "p-value of Student's test, two-sided, not corrected for the number of changes.  The "
    "agreement is the correlation of single networks over the seeds with the protocol's.  The "
    "last column is the share of choices of five seeds that are the authors' or higher.  All rows "
    "of a curve have the same weight decays, four on the sine and 1e-4 on the squared sine:",
    "The authors' five trials, and the same seeds with the draws and the loss of their code, by "
    "weight decay (theirs is 0), with the difference to theirs, paired by seed, and its p-value:",
)


def report(results: Results) -> str:
    """All tables under their titles, and how they came about."""
    return "\n\n".join([*titled_tables(TITLES, tables(results)), runs(results)])


def tables(results: Results) -> list[str]:
    """A table for each of the titles."""
    return [_choices(results), _changes(results), _trials(results)]


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
            quantiles = np.quantile(means, QUANTILES)
            rows.append([task, f"{paper:.3f}", f"{means.mean():.3f}", f"{means.std():.3f}",
                         *(f"{value:.3f}" for value in quantiles), _share(means, paper)])
    return rst_table(["curve", "authors", "mean", "deviation", "5%", "median", "95%",
                      "reach the authors'"], rows)


def _changes(results):
    """A row for each curve and change."""
    rows = []
    for task, paper in authors().items():
        for name, (cell, found) in compared(results, task).items():
            of_protocol = [MISSING] * 3 if name == PROTOCOL or np.isnan(found.difference) else [
                f"{found.difference:+.3f}", p_value(found.p_value), f"{found.agreement:.2f}"]
            rows.append([task, CHANGES[name].words,
                         f"{found.mean:.3f} +- {found.standard_error:.3f}",
                         f"{found.deviation:.3f}", *of_protocol,
                         _share(means_of_five(cell), paper)])
    return rst_table(["curve", "change", "mean", "deviation", "difference", "p", "agreement",
                      "reach the authors'"], rows)


def compared(results: Results, task: str) -> dict[str, tuple[dict, Spread]]:
    """Cells of one curve and their spread by change, beside the protocol's if it is there."""
    names = [name for name in CHANGES if (task, name) in results]
    if not names:
        return {}
    cells = dict(zip(names, on_shared_decays([results[task, name] for name in names])))
    return {name: (cell, spread(cell, cells.get(PROTOCOL))) for name, cell in cells.items()}


def _trials(results):
    """A row for each curve of the authors' correlations by seed, and for each weight decay."""
    rows = []
    for task in (task for task in authors() if any(task == key[0] for key in results)):
        trials = np.array([float(line["pearson"]) for line in published_lines("trials_of_gar")
                           if line["task"] == task])
        rows.append([task, "the authors'", *_values(trials), MISSING, MISSING])
        found = results.get((task, AUTHORS))
        for decay, values in (correlations(found) if found else {}).items():
            ours = np.array(values[:len(trials)])
            rows.append([task, f"here, {decay:g}", *_values(ours),
                         f"{(ours - trials).mean():+.3f}",
                         p_value(stats.ttest_rel(ours, trials).pvalue)])
    return rst_table(["curve", "trials", *(f"seed {seed}" for seed in range(1, N_TRIALS + 1)),
                      "mean", "difference", "p"], rows)


def _values(trials):
    return [f"{value:.3f}" for value in (*trials, np.mean(trials))]


def _share(means, paper):
    return f"{100 * np.mean(means >= paper):.0f}%"


def draw(results: Results, path: Path) -> None:
    """Write the figure of means of five seeds by change; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    tasks = [task for task in authors() if compared(results, task)]
    figure = Figure(figsize=(4 * max(len(tasks), 1) + 2, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    for panel, task in zip(figure.subplots(1, max(len(tasks), 1), squeeze=False)[0], tasks):
        found = compared(results, task)
        for place, (name, (cell, _)) in enumerate(found.items()):
            color = "C3" if name == PROTOCOL else "C0"
            low, middle, high = np.quantile(means_of_five(cell), QUANTILES)
            panel.plot([low, high], [-place, -place], color=color)
            panel.plot(middle, -place, "o", markersize=4, color=color)
        panel.axvline(authors()[task], color="0.6", linestyle="--", label="the authors' mean")
        panel.set_yticks(range(0, -len(found), -1), [CHANGES[name].words for name in found],
                         fontsize=7)
        panel.set_title(f"{task}: means of five seeds, middle 90%", fontsize=8)
        panel.legend(fontsize=7, loc="lower left")
    figure.savefig(path, dpi=110, metadata={"Software": None})
