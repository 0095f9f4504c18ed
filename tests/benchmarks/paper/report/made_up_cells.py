"""Cells that a report can be made of."""

import re

import numpy as np

from benchmarks.paper.cell_file import cell_path, write_cell
from benchmarks.paper.protocol import EXPERIMENTS, METRICS
from benchmarks.paper.report.departures import protocol_settings
from benchmarks.paper.report.values import Value, published

CONDITIONS = {"seconds": 12.0, "threads": 1, "versions": {"torch": "2"},
              "machine": {"cpu": "a cpu", "cores": 2}, "date": "2026-01-02T00:00:00+00:00"}
DATA = {"source": "made.npz", "split": "the paper's"}
CONCRETE = "**Concrete Compressive Strength**"


def write_made_up_cell(folder, experiment, task, case, result, **recipe):
    """Write a cell with the settings of the protocol, except those of `recipe`."""
    settings = protocol_settings(experiment, task, case)
    settings = {**settings, "data": DATA, "recipe": {**settings["recipe"], **recipe}}
    cell = {"experiment": experiment, "task": task, "case": case, "settings": settings, **result,
            **CONDITIONS}
    write_cell(cell_path(folder, experiment, task, case), cell)


def write_table_cell(folder, experiment, task, case, offset=0.0, **recipe):
    """Write a cell whose mean is `offset` of the paper's deviations above the paper's."""
    row = EXPERIMENTS[experiment].cases[case]
    paper = {} if experiment == "sensitivity" else published(experiment)
    scores = {}
    for metric in METRICS:
        middle = paper.get((task, metric, case), Value(0.5, 0.1))
        folds = middle.mean + middle.std * (offset + np.array([-1.0, 1.0, -1.0, 1.0, 0.0]))
        scores[metric] = {"mean": folds.mean(), "std": folds.std(), "folds": [
            {"test": fold, "alpha": alpha} for fold, alpha in zip(folds, (10, 1, 10, 10, 10))]}
    result = {"scores": scores, "networks": 135}
    if row.keeps_curves:
        result["curves"] = {"mean": [[1.0, 2.0]] * 5, "deviation": [[1.0, None]] * 5,
                            "truth": {"mean": 2.0, "deviation": 1.0}}
    write_made_up_cell(folder, experiment, task, case, result, **recipe)


def write_curve_cell(folder, experiment, task, case, n_points, pearson=(0.375, 0.625), **recipe):
    """Write a cell of a synthetic experiment; `pearson` are those of the trials."""
    candidates = [{"learning_rate": rate, "alpha": 0.5, "pearson": list(trials)}
                  for rate, trials in ((0.1, (0.0,) * len(pearson)), (0.01, pearson))]
    write_made_up_cell(folder, experiment, task, case, {
        "chosen": {"learning_rate": 0.01, "alpha": 0.5}, "candidates": candidates,
        "pearson_mean": 0.5, "pearson_max": 0.625, "pearson_mean_of_own_choices": 0.55,
        "predictions": {"mean": [0.0] * n_points, "deviation": [0.1] * n_points}}, **recipe)


def section(lines, start, title=""):
    """Cells of the first table row that begins with `start`, after a title."""
    text = "\n".join(lines).split(title or lines[0])[1]
    rows = [line for line in text.splitlines() if line.startswith(start + "  ")]
    return re.split(r"  +", rows[0])
