"""The tables and the figure of intervals, from their result files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks import environment
from benchmarks.intervals.contenders import GAR
from benchmarks.intervals.scores import LEVELS
from benchmarks.intervals.trials import is_finished
from benchmarks.text import counted, days, rst_table

_LEVELS, _AT_90 = [f"{level:.0%}" for level in LEVELS], LEVELS.index(0.9)
TITLES = (
    "Share of test rows in their intervals:",
    "Winkler scores in shares of those of the first method, geometric means over data sets, and "
    "medians of the seconds of a fit and of all intervals of the test rows:",
    "Share of test rows in their intervals of 90%, by data set:",
    "Winkler scores, means over the levels, in two standard deviations of the targets:",
    "Seconds of fit and intervals together, of processor time:",
)
Files = Mapping[tuple[str, str], dict]
"""Contents of result files by data set and method."""


def means_of(files: Files, splits=None) -> dict[str, dict[str, dict]]:
    """Means over splits by data set and method, of the splits that all methods finished.

    A data set without such splits is left out.
    """
    names = list(dict.fromkeys(name for _, name in files))
    means = {}
    for dataset in dict.fromkeys(dataset for dataset, _ in files):
        contents = [files.get((dataset, name)) for name in names]
        shared = [split for split in (contents[0] or {"trials": ()})["trials"]
                  if (splits is None or split in splits)
                  and all(is_finished(content, split) for content in contents)]
        if shared:
            means[dataset] = {name: _mean([content["trials"][split] for split in shared])
                              for name, content in zip(names, contents)}
    return means


def _mean(trials):
    seconds = ("fit_seconds", "interval_seconds")
    return {"n_splits": len(trials),
            **{score: np.array([[trial[score][f"{level:g}"] for level in LEVELS]
                                for trial in trials]).mean(0)
               for score in ("coverage", "winkler")},
            **{key: np.mean([trial[key] for trial in trials]) for key in seconds}}


def report(files: Files, splits=None) -> str:
    """Tables over all data sets and for each, and notes."""
    means = means_of(files, splits)
    if not means:
        return "\n\n".join(["No split is finished by all methods.", *_failures(files)])
    n_splits = sum(next(iter(of_set.values()))["n_splits"] for of_set in means.values())
    titled = zip(TITLES, tables(means))
    return "\n\n".join([
        f"Means over {counted(len(means), 'data set')}, {counted(n_splits, 'split')} in all.",
        *(block for pair in titled for block in pair), *_failures(files), *_conditions(files)])


def tables(means: Mapping) -> list[str]:
    """A table for each of the titles."""
    return [_coverages(means), _winkler_scores(means),
            *(_by_dataset(means, cell, style) for cell, style in (
                (lambda one: one["coverage"][_AT_90], ".3f"),
                (lambda one: one["winkler"].mean(), ".3f"),
                (lambda one: one["fit_seconds"] + one["interval_seconds"], ".2g")))]


def _coverages(means):
    """A row for each method: mean coverages, and the furthest from 90 per cent."""
    rows = []
    for name in _names(means):
        coverage = np.array([of_set[name]["coverage"] for of_set in means.values()])
        furthest = np.abs(coverage[:, _AT_90] - 0.9).max()
        rows.append([name, *(f"{value:.3f}" for value in coverage.mean(0)), f"{furthest:.3f}"])
    return rst_table(["method", *_LEVELS, "furthest from 90%"], rows)


def _winkler_scores(means):
    """A row for each method: scores in shares of those of the first, and seconds."""
    first, *_ = names = _names(means)
    rows = []
    for name in names:
        logs = np.log([of_set[name]["winkler"] / of_set[first]["winkler"]
                       for of_set in means.values()])
        seconds = [np.median([of_set[name][key] for of_set in means.values()])
                   for key in ("fit_seconds", "interval_seconds")]
        rows.append([name, *(f"{value:.3f}" for value in np.exp(logs.mean(0))),
                     f"{np.exp(logs.mean()):.3f}", *(f"{value:.2g}" for value in seconds)])
    return rst_table(["method", *_LEVELS, "all", "fit, s", "intervals, s"], rows)


def _by_dataset(means, cell, style):
    """A row for each data set, with a cell for each method."""
    names = _names(means)
    return rst_table(["data set", *names], [
        [dataset, *(f"{cell(of_set[name]):{style}}" for name in names)]
        for dataset, of_set in means.items()])


def _names(means):
    """Methods, in the order of the files."""
    return list(next(iter(means.values())))


def _failures(files):
    return [f"{name} on {dataset}, split {split}: {trial['failure']}"
            for (dataset, name), content in files.items()
            for split, trial in content["trials"].items() if trial["failure"] is not None]


def _conditions(files):
    """Days, threads, versions and machine: a line for each set of conditions."""
    groups = {}
    for content in files.values():
        for trial in content["trials"].values():
            shared = {name: trial["versions"][name] for name in environment.versions()}
            key = (f"{counted(content['threads'], 'thread')}, "
                   f"{environment.describe(shared, trial['machine'])}")
            dates, others = groups.setdefault(key, ([], {}))
            dates.append(trial["date"])
            others |= {f"{name} {version}": None for name, version in trial["versions"].items()
                       if name not in shared}
    return [f"{days(dates)}, {key}{'; ' * bool(others)}{', '.join(others)}."
            for key, (dates, others) in groups.items()]


def draw(means: Mapping[str, Mapping[str, dict]], path: Path) -> None:
    """Write the figure of coverages and scores by data set; ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    names = _names(means)
    order = sorted(means, key=lambda dataset: means[dataset][names[0]]["winkler"].mean())
    for place, name in enumerate(names):
        color, shift = "C3" if name == GAR else f"C{place}", 0.2 * place - 0.1 * (len(names) - 1)
        coverage = np.array([of_set[name]["coverage"] for of_set in means.values()])
        panels[0].plot(np.arange(len(LEVELS)) + shift, (coverage - LEVELS).T, "o", color=color,
                       markersize=4, alpha=0.6)
        panels[1].plot([means[dataset][name]["winkler"].mean() for dataset in order], order, "o",
                       color=color, label=name)
    panels[0].axhline(0, color="black", linewidth=0.8)
    panels[0].set_xticks(range(len(LEVELS)), _LEVELS)
    panels[0].set_xlabel("coverage asked for")
    panels[0].set_ylabel("share of test rows covered, less that")
    panels[1].set_xscale("log")
    panels[1].set_xlabel("Winkler score, mean over the levels")
    panels[1].legend()
    figure.savefig(path, dpi=120)
