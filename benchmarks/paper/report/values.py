"""Means and deviations: ours from result files, the paper's from its tables."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.paper.cell_file import cell_path, read_cell
from benchmarks.paper.scores import LOWER_IS_BETTER
from benchmarks.result_files import ResultError

PUBLISHED = Path(__file__).parents[1] / "published"
N_DECIMALS = 3  # as printed in the paper


@dataclass(frozen=True)
class Value:
    """Mean and population deviation over folds or seeds, and their values if known."""

    mean: float
    std: float
    folds: tuple[float, ...] = ()

    def __str__(self):
        return f"{self.mean:.{N_DECIMALS}f}({self.std:.{N_DECIMALS}f})"


def published(name: str) -> dict[tuple[str, str, str], Value]:
    """The paper's values in a table, by data set, metric and row."""
    values = {}
    for line in published_lines(name):
        *key, mean, std = line.values()
        if std != "":
            values[tuple(key)] = Value(float(mean), float(std))
    return values


def published_lines(name: str) -> Iterator[dict[str, str]]:
    """Lines of the one file whose name begins with `name`."""
    (path,) = PUBLISHED.glob(f"{name}*.csv")
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def cells(folder: Path, experiment: str, tasks: Sequence[str], cases: Sequence[str]
          ) -> dict[tuple[str, str], dict]:
    """The finished cells by task and case."""
    by_name = {}
    for task in tasks:
        for case in cases:
            path = cell_path(folder, experiment, task, case)
            cell = read_cell(path)
            if cell is None:
                continue
            name = cell["experiment"], cell["task"], cell["case"]
            if name != (experiment, task, case):
                raise ResultError(f"{path} must be the cell {case} of {experiment} on {task}, got "
                                  f"{name[2]} of {name[0]} on {name[1]}")
            by_name[task, case] = cell
    return by_name


def value_of(cell: dict | None, metric: str) -> Value | None:
    """The value of a cell; None if there is no cell, or no score of a fold or seed."""
    if cell is None or cell["scores"][metric]["mean"] is None:
        return None
    score = cell["scores"][metric]
    runs = score["seeds"] if "seeds" in score else score["folds"]
    return Value(score["mean"], score["std"], tuple(run["test"] for run in runs))


def mark(metric: str, ours: Value, paper: Value) -> str:
    """"!" if ours is worse by more than two of the paper's deviations, "+" if better by more.

    Ours is rounded like the paper's.
    """
    difference = round(ours.mean, N_DECIMALS) - paper.mean
    if abs(difference) <= 2 * paper.std + 1e-9:
        return ""
    return "+" if (difference < 0) == (metric in LOWER_IS_BETTER) else "!"


def best(metric: str, values: dict[str, Value]) -> str:
    """The row with the best mean."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return min(values, key=lambda row: sign * values[row].mean)
