"""The tables and the figure of intervals."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.peers.intervals.scores import COVERAGES, LEVELS, WINKLERS
from benchmarks.peers.contenders import GAR
from benchmarks.peers.report import notes
from benchmarks.peers.scoreboard import Scoreboard, TrialFiles
from benchmarks.text import counted, rst_table

_LEVELS, _AT_90 = [f"{level:.0%}" for level in LEVELS], LEVELS.index(0.9)
TITLES = (
    "Share of test rows in their intervals:",
    "Winkler scores in shares of those of the first method, geometric means over data sets, and "
    "medians of the seconds of a fit and of all intervals of the test rows:",
    "Share of test rows in their intervals of 90%, by data set:",
    "Winkler scores, means over the levels, in two standard deviations of the targets:",
    "Seconds of fit and intervals together:",
)


def intervals_report(board: Scoreboard, files: TrialFiles, datasets: Mapping[str, Dataset]) -> str:
    """Tables over the data sets that all methods finished and for each of them, and notes."""
    shown = finished(board)
    blocks = ["No data set is finished by all methods."]
    if shown.splits:
        n_splits = sum(map(len, shown.splits.values()))
        blocks = [f"Means over {counted(len(shown.splits), 'data set')}, "
                  f"{counted(n_splits, 'split')} in all.",
                  *(block for pair in zip(TITLES, tables(shown)) for block in pair)]
    return "\n\n".join([*blocks, *notes(board, files, datasets)])


def finished(board: Scoreboard) -> Scoreboard:
    """The data sets without a failure or a method that was not run."""
    has_all = ~np.isnan(board.means["fit_seconds"]).any(axis=1)
    return board.part(has_all, np.full(len(board.names), True))


def tables(board: Scoreboard) -> list[str]:
    """A table for each of the titles."""
    coverage, winkler = _scores(board)
    seconds = board.means["fit_seconds"] + board.means["predict_seconds"]
    return [_coverages(board.names, coverage), _winkler_scores(board, winkler),
            *(_by_dataset(board, values, style) for values, style in (
                (coverage[..., _AT_90], ".3f"), (winkler.mean(-1), ".3f"), (seconds, ".2g")))]


def _scores(board):
    """Coverages and Winkler scores (n_datasets, n_names, c) of all levels."""
    return [np.stack([board.means[name] for name in names.values()], axis=-1)
            for names in (COVERAGES, WINKLERS)]


def _coverages(names, coverage):
    """A row for each method: mean coverages, and the furthest from 90 per cent."""
    furthest = np.abs(coverage[..., _AT_90] - 0.9).max(0)
    rows = [[name, *(f"{value:.3f}" for value in (*means, far))]
            for name, means, far in zip(names, coverage.mean(0), furthest)]
    return rst_table(["method", *_LEVELS, "furthest from 90%"], rows)


def _winkler_scores(board, winkler):
    """A row for each method: scores in shares of those of the first, and seconds."""
    logs = np.log(winkler / winkler[:, :1]).mean(0)
    seconds = np.stack([np.median(board.means[key], axis=0)
                        for key in ("fit_seconds", "predict_seconds")], axis=-1)
    rows = [[name, *(f"{value:.3f}" for value in np.exp([*of_levels, of_levels.mean()])),
             *(f"{value:.2g}" for value in spent)]
            for name, of_levels, spent in zip(board.names, logs, seconds)]
    return rst_table(["method", *_LEVELS, "all", "fit, s", "intervals, s"], rows)


def _by_dataset(board, values, style):
    """A row for each data set, with a cell for each method."""
    return rst_table(["data set", *board.names], [
        [dataset, *(f"{value:{style}}" for value in row)]
        for dataset, row in zip(board.datasets, values)])


def draw(board: Scoreboard, path: Path) -> None:
    """Write the figure of coverages and scores by data set; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    board = finished(board)
    coverage, winkler = _scores(board)
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    order = np.argsort(winkler[:, 0].mean(-1))
    for place, name in enumerate(board.names):
        color = "C3" if name == GAR else f"C{place}"
        shift = 0.2 * place - 0.1 * (len(board.names) - 1)
        panels[0].plot(np.arange(len(LEVELS)) + shift, (coverage[:, place] - LEVELS).T, "o",
                       color=color, markersize=4, alpha=0.6)
        panels[1].plot(winkler[order, place].mean(-1), np.take(board.datasets, order), "o",
                       color=color, label=name)
    panels[0].axhline(0, color="black", linewidth=0.8)
    panels[0].set_xticks(range(len(LEVELS)), _LEVELS)
    panels[0].set_xlabel("coverage asked for")
    panels[0].set_ylabel("share of test rows covered, less that")
    panels[1].set_xscale("log")
    panels[1].set_xlabel("Winkler score, mean over the levels")
    panels[1].legend()
    figure.savefig(path, dpi=120)
