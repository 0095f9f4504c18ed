"""The paper's figures, drawn from result files."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.paper.curves import points
from benchmarks.paper.protocol import (
    CURVE_EXPERIMENTS,
    CURVES,
    DEPTHS,
    EXPERIMENTS,
    METRICS,
    TASKS,
)
from benchmarks.paper.report import values

PANEL = (2.6, 2.1)  # inches
TRUTH = {"color": "0.6", "linewidth": 1.0, "label": "truth"}


def figures(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Names and figures of everything that the folder has results of."""
    for name in CURVE_EXPERIMENTS:
        yield from curve_figures(folder, name)
    yield from alpha_figures(folder)
    yield from moment_figures(folder)


def write_png(path: Path, figure: Figure) -> None:
    """Write a file that has the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    path.write_bytes(buffer.getvalue())


def curve_figures(folder: Path, name: str) -> Iterator[tuple[str, Figure]]:
    """Truth, mean prediction and a band of one deviation: Figures 1 to 3 and 6."""
    experiment = CURVE_EXPERIMENTS[name]
    cells = values.cells(folder, name, experiment.tasks, list(experiment.cases))
    if name == "depth":
        if cells:
            yield "figure_6", _curves(DEPTHS, cells)
        return
    for task, facts in CURVES.items():
        of_task = {key: cell for key, cell in cells.items() if key[0] == task}
        if of_task:
            yield f"figures_1_to_3_{task}", _curves({task: facts}, of_task)


def _curves(tasks, cells):
    """A row of panels for each task that has cells, a column for each method."""
    tasks = {task: facts for task, facts in tasks.items() if any(task == key[0] for key in cells)}
    cases = list(dict.fromkeys(case for _, case in cells))
    figure, axes = _panels(len(tasks), len(cases))
    for row, (task, facts) in zip(axes, tasks.items()):
        X, y = (column.ravel() for column in points(facts.curve))
        for panel, case in zip(row, cases):
            panel.plot(X, y, **TRUTH)
            if (task, case) not in cells:
                continue
            cell = cells[task, case]
            mean, deviation = (np.array(cell["predictions"][part], dtype=float)
                               for part in ("mean", "deviation"))
            panel.plot(X, mean, color="C3", linewidth=0.9)
            panel.fill_between(X, mean - deviation, mean + deviation, color="C3", alpha=0.25,
                               linewidth=0)
            if cell["pearson_mean"] is not None:
                panel.set_xlabel(f"Pearson {cell['pearson_mean']:.3f}, "
                                 f"max {cell['pearson_max']:.3f}", fontsize=7)
            panel.set_title(f"{facts.title}, {case}", fontsize=8)
    return figure


def alpha_figures(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Test scores of the folds by alpha: Figures 7 to 11."""
    experiment = EXPERIMENTS["sensitivity"]
    for number, task in enumerate(experiment.tasks, 7):
        cells = values.cells(folder, "sensitivity", [task], list(experiment.cases))
        if not cells:
            continue
        figure, axes = _panels(1, len(METRICS))
        for panel, metric in zip(axes[0], METRICS):
            by_case = {case: values.value_of(cell, metric) for (_, case), cell in cells.items()}
            by_case = {case: value for case, value in by_case.items() if value}
            panel.boxplot([value.folds for value in by_case.values()], showmeans=True)
            panel.set_xticks(range(1, len(by_case) + 1), list(by_case), rotation=90)
            panel.set_title(f"{TASKS[task].title}\n{metric}", fontsize=8)
        yield f"figure_{number}", figure


def moment_figures(folder: Path) -> Iterator[tuple[str, Figure]]:
    """Mean and deviation of the test predictions by epoch, averaged over folds: Figure 12."""
    experiment = EXPERIMENTS["table6"]
    cells = values.cells(folder, "table6", experiment.tasks, list(experiment.cases))
    if not cells:
        return
    tasks = list(dict.fromkeys(task for task, _ in cells))
    figure, axes = _panels(len(tasks), 2)
    for row, task in zip(axes, tasks):
        for panel, moment in zip(row, ("mean", "deviation")):
            for (of_task, case), cell in cells.items():
                if of_task == task:
                    curve = np.array(cell["curves"][moment], dtype=float).mean(0)
                    panel.plot(range(1, len(curve) + 1), curve, linewidth=0.9, label=case)
                    truth = cell["curves"]["truth"][moment]
            panel.axhline(truth, **TRUTH)
            panel.set_title(f"{TASKS[task].title}\n{moment}", fontsize=8)
            panel.set_xlabel("epoch", fontsize=7)
    axes[0][-1].legend(fontsize=6)
    yield "figure_12", figure


def _panels(n_rows, n_columns):
    figure = Figure((PANEL[0] * n_columns, PANEL[1] * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for panel in axes.flat:
        panel.tick_params(labelsize=6)
    return figure, axes
