"""The tables of the comparison in reStructuredText, and notes on their conditions."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.peers.large.contenders import REFERENCE
from benchmarks.peers.large.medians import Row, growth_exponent, row_of
from benchmarks.peers.large.tables import MADE_TABLES
from benchmarks.peers.report import conditions, failures
from benchmarks.peers.scoreboard import TrialFiles
from benchmarks.text import counted, rst_heading, rst_table

HEADER = ("", "splits", "fit, s", f"/ {REFERENCE}", "processor, s", "predict, s", "RMSE",
          f"/ {REFERENCE}", "MAE", "memory, MB")
Rows = Mapping[tuple[str, str], Row]
"""Rows by data set and contender."""


def rows_of(files: TrialFiles) -> Rows:
    """A row for each file that has something to compare, in the order of the files."""
    rows = {key: row_of(files, *key) for key in files}
    return {key: row for key, row in rows.items() if row is not None}


def report(files: Mapping[int, TrialFiles], datasets: Sequence[Dataset]) -> str:
    """The tables for each number of threads, then what further threads bring."""
    rows = {n_threads: rows_of(of_threads) for n_threads, of_threads in files.items()}
    blocks = [block for n_threads, of_threads in files.items()
              for block in _report_of_threads(n_threads, of_threads, rows[n_threads], datasets)]
    fewest, *more = sorted(rows)
    for n_threads in more:
        blocks += _thread_table(n_threads, rows[n_threads], fewest, rows[fewest])
    return "\n\n".join(blocks)


def _report_of_threads(n_threads, files, rows, datasets):
    """A table for each data set, the growth, and notes."""
    trials = [(file, split) for file in files.values() for split in file.trials]
    blocks = [rst_heading(counted(n_threads, "thread").capitalize())]
    for dataset in datasets:
        of_dataset = {name: row for (other, name), row in rows.items() if other == dataset.name}
        if of_dataset:
            blocks += _table(dataset, of_dataset)
    return [*blocks, *_growth(rows), *failures(trials), *conditions(trials)]


def _table(dataset, rows):
    n_rows = next(iter(rows.values())).n_rows
    return [f"{dataset.name}, {n_rows:,} training rows; test rows: {dataset.rule}.",
            rst_table(HEADER, [(name, *_cells(row)) for name, row in rows.items()])]


def _cells(row):
    medians, ratios = row.medians, row.ratios
    return (str(row.n_splits),
            _number(medians["fit_seconds"]), _number(ratios["fit_seconds"]),
            _number(medians["fit_processor_seconds"]), _number(medians["predict_seconds"]),
            _number(medians["RMSE"], 4), _number(ratios["RMSE"]), _number(medians["MAE"], 4),
            "-" if np.isnan(medians["peak_bytes"]) else f"{medians['peak_bytes'] / 1e6:.0f}")


def _number(value, n_digits=3):
    return "-" if np.isnan(value) else f"{value:.{n_digits}g}"


def _growth(rows):
    """How the time of each contender grows with the rows of the made table."""
    sizes = {dataset.name for dataset in MADE_TABLES.values()}
    points = {}
    for (dataset, name), row in rows.items():
        if dataset in sizes:
            points.setdefault(name, []).append((row.n_rows, row.medians["fit_seconds"]))
    table = [(name, f"{growth_exponent(of_name):.2f}", f"{min(of_name)[0]:,}",
              f"{max(of_name)[0]:,}")
             for name, of_name in points.items() if len(of_name) > 1]
    if not table:
        return []
    return ["The time of a fit on the made table grows as this power of the number of rows (least "
            "squares of the logarithms):", rst_table(("", "exponent", "rows from", "to"), table)]


def _thread_table(n_threads, rows, fewest, rows_of_fewest):
    """Time with more threads over that with the fewest."""
    both = [key for key in rows if key in rows_of_fewest]
    names, datasets = (list(dict.fromkeys(key[place] for key in both)) for place in (1, 0))
    if not both:
        return []
    ratios = {key: rows[key].medians["fit_seconds"] / rows_of_fewest[key].medians["fit_seconds"]
              for key in both}
    table = [(dataset, *(_number(ratios.get((dataset, name), np.nan)) for name in names))
             for dataset in datasets]
    return [f"Time of a fit with {counted(n_threads, 'thread')} over the time with {fewest}:",
            rst_table(("", *names), table)]
