"""The tables and the figure of intervals, from their result files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks import environment
from benchmarks.intervals.contenders import GAR
from benchmarks.intervals.scores import LEVELS
from benchmarks.intervals.trials import is_finished
from benchmarks.text import counted, days, rst_table

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
        return "No split is finished by all methods.\n\n" + "\n".join(_failures(files))
    n_trials = sum(next(iter(of_set.values()))["n_splits"] for of_set in means.values())
    return "\n\n".join([
        f"Means over {counted(len(means), 'data set')}, {counted(n_trials, 'split')} in all.  "
        "The Winkler scores are in "
        f"shares of those of {GAR}, geometric means over data sets; seconds are medians of processor "
        "time, of the fit and of all intervals of the test rows:",
        overall_table(means), "By data set; Winkler scores are means over the levels, in units of "
        "two standard deviations of the targets:", table_by_dataset(means),
        *_failures(files), *_conditions(files)])


def overall_table(means: Mapping) -> str:
    """A row for each method: coverages, Winkler scores and seconds over all data sets."""
    names = list(next(iter(means.values())))
    base = GAR if GAR in names else names[0]
    rows = []
    for name in names:
        mine = [of_set[name] for of_set in means.values()]
        coverage = np.array([one["coverage"] for one in mine])
        logs = np.log([one["winkler"] for one in mine]) - np.log(
            [of_set[base]["winkler"] for of_set in means.values()])
        furthest = np.abs(coverage[:, LEVELS.index(0.9)] - 0.9).max()
        rows.append([name, *(f"{value:.3f}" for value in coverage.mean(0)), f"{furthest:.3f}",
                     *(f"{value:.3f}" for value in np.exp(logs.mean(0))),
                     f"{np.exp(logs.mean()):.3f}",
                     *(f"{np.median([one[key] for one in mine]):.2g}"
                       for key in ("fit_seconds", "interval_seconds"))])
    levels = [f"{level:.0%}" for level in LEVELS]
    return rst_table(["method", *levels, "furthest at 90%",
                      *(f"Winkler {level}" for level in levels), "all", "fit, s",
                      "intervals, s"], rows)


def table_by_dataset(means: Mapping) -> str:
    """A row for each data set: coverage at 90 per cent, Winkler score and seconds."""
    names = list(next(iter(means.values())))
    place = LEVELS.index(0.9)
    rows = []
    for dataset, of_set in means.items():
        scores = [of_set[name]["winkler"].mean() for name in names]
        rows.append([
            dataset, *(f"{of_set[name]['coverage'][place]:.3f}" for name in names),
            *(f"**{score:.3g}**" if score == min(scores) else f"{score:.3g}"
              for score in scores),
            *(f"{of_set[name]['fit_seconds'] + of_set[name]['interval_seconds']:.2g}"
              for name in names)])
    return rst_table(["data set", *(f"{name}: {what}" for what in ("at 90%", "Winkler", "s")
                                    for name in names)], rows)


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
    """Write the figure: coverages and Winkler scores of every data set; ImportError without
    matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2)
    names = list(next(iter(means.values())))
    order = sorted(means, key=lambda dataset: means[dataset][names[0]]["winkler"].mean())
    for place, name in enumerate(names):
        color, shift = f"C{3 if name == GAR else place - 1}", (place - 1) * 0.2
        coverage = np.array([of_set[name]["coverage"] for of_set in means.values()])
        panels[0].plot(np.arange(len(LEVELS)) + shift, (coverage - LEVELS).T, "o", color=color,
                       markersize=4, alpha=0.6)
        panels[1].plot([means[dataset][name]["winkler"].mean() for dataset in order], order, "o",
                       color=color, label=name)
    panels[0].axhline(0, color="black", linewidth=0.8)
    panels[0].set_xticks(range(len(LEVELS)), [f"{level:.0%}" for level in LEVELS])
    panels[0].set_xlabel("coverage asked for")
    panels[0].set_ylabel("share of test rows covered, less that")
    panels[1].set_xscale("log")
    panels[1].set_xlabel("Winkler score, mean over the levels, in 2 sd of the targets")
    panels[1].legend()
    figure.savefig(path, dpi=120)
