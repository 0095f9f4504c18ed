"""The tables of a comparison in reStructuredText, and notes on their conditions."""

from collections.abc import Iterable, Mapping

import numpy as np

from benchmarks import environment
from benchmarks.datasets import Dataset
from benchmarks.peers.contenders import GAR
from benchmarks.peers.scoreboard import (
    SECONDS,
    PairedComparison,
    Scoreboard,
    TrialFiles,
    compare_pair,
)
from benchmarks.peers.scores import SCORES
from benchmarks.peers.searches import WHOLE
from benchmarks.peers.trial_file import TrialFile
from benchmarks.peers.variants import INGREDIENTS, LOSSES, SQUARED_ERROR
from benchmarks.text import counted, days, rst_table

ShownTrial = tuple[TrialFile, int]
"""A file and one of its splits."""
HEADINGS = dict(zip(SECONDS, ("Seconds to fit", "Seconds to predict")))


def peers_report(board: Scoreboard, files: TrialFiles, datasets: Mapping[str, Dataset]) -> str:
    """Mean ranks, paired tests against each peer, a table for each score, seconds, and notes."""
    blocks = [block for ranking in board.rankings() for block in _ranking(ranking)]
    if GAR in board.names and len(board.names) > 1:
        blocks += _paired_tests(board, files)
    blocks += _tables(board, (*SCORES, *SECONDS))
    return "\n\n".join([*blocks, *notes(board, files, datasets)])


def ablation_report(board: Scoreboard, files: TrialFiles, datasets: Mapping[str, Dataset]) -> str:
    """Mean ranks of losses and of ingredients, the paired test, scores, and notes."""
    blocks = []
    for title, group in (("Losses", LOSSES), ("Ingredients taken away", INGREDIENTS)):
        chosen = np.array([name == GAR or name in group for name in board.names])
        if chosen.sum() > 1:
            part = board.part(np.full(len(board.splits), True), chosen)
            blocks += [f"{title}.", *(block for ranking in part.rankings()
                                      for block in _ranking(ranking))]
    if {GAR, SQUARED_ERROR} <= set(board.names):
        blocks += _paired_test(board, files)
    blocks += _defaults(files)
    return "\n\n".join([*blocks, *_tables(board, SCORES, transposed=True),
                        *notes(board, files, datasets)])


def search_report(board: Scoreboard, files: TrialFiles, datasets: Mapping[str, Dataset]) -> str:
    """Time of each search over that of one fit, its error over the whole search's, and notes."""
    blocks = []
    if GAR in board.names:
        rows = [[name, *(_number(value, ".3g") for value in _geometric_ratios(board, name)),
                 _same_winners(board, files, name)] for name in board.names]
        blocks = ["Geometric means over data sets of the time over that of one fit, and of the "
                  f"RMSE over that of {WHOLE!r}:",
                  rst_table(["", "time", "RMSE", "same winner"], rows)]
    blocks += _tables(board, ("RMSE", *SECONDS))
    return "\n\n".join([*blocks, *notes(board, files, datasets)])


def _geometric_ratios(board, name):
    """Means over the data sets that both have; NaN without any."""
    found = []
    for key, base in (("fit_seconds", GAR), ("RMSE", WHOLE)):
        columns = [board.names.index(one) for one in (name, base) if one in board.names]
        logs = np.log(board.means[key][:, columns])
        logs = logs[~np.isnan(logs).any(axis=1)]
        found.append(np.exp((logs[:, 0] - logs[:, 1]).mean()) if len(columns) == 2 and len(logs)
                     else np.nan)
    return found


def _same_winners(board, files, name):
    """On how many splits a search chose the candidate that the whole search chose."""
    pairs = [[files[dataset, one].trials[split].get("best_params") for one in (name, WHOLE)]
             for dataset, splits in board.splits.items() for split in splits
             if {(dataset, name), (dataset, WHOLE)} <= set(files)]
    pairs = [pair for pair in pairs if None not in pair]
    return f"{sum(one == other for one, other in pairs)} of {len(pairs)}" if pairs else ""


def _ranking(board):
    """A table of mean ranks, best first."""
    ranks = board.mean_ranks()
    seconds = [_medians(board.means[key]) for key in SECONDS]
    rows = []
    for column in np.argsort(ranks["all"], kind="stable"):
        name = board.names[column]
        rows.append([name, *(f"{mean[column]:.2f}" for mean in ranks.values()),
                     _share_of_wins(board, name),
                     *(_number(medians[column], ".3g") for medians in seconds)])
    header = ["", "mean rank", *(f"in {score}" for score in SCORES),
              f"{GAR} has lower RMSE", "median fit, s", "median predict, s"]
    return [f"Mean rank of {len(board.names)} on {counted(len(board.splits), 'data set')}, over "
            f"{len(SCORES)} scores (1 is best, failures rank last):", rst_table(header, rows)]


def _medians(table):
    """Median over the data sets on which a contender did not fail."""
    return [np.median(column[~np.isnan(column)]) if not np.isnan(column).all() else np.nan
            for column in table.T]


def _share_of_wins(board, name):
    """On how many data sets the defaults have a lower RMSE than a contender."""
    if GAR not in board.names or name == GAR:
        return ""
    n_lower, n_both = board.n_lower(GAR, name)
    return f"{n_lower} of {n_both}"


def _tables(board, keys, transposed=False):
    """A table for each score or duration, data sets by contenders, the best value in bold."""
    blocks = []
    for key in keys:
        table = [["", *board.names], *(
            [dataset, *_cells(key, means, present)] for dataset, means, present
            in zip(board.datasets, board.means[key], board.present))]
        header, *rows = zip(*table) if transposed else table
        blocks += [f"{HEADINGS.get(key, key)}, mean over splits:", rst_table(header, rows)]
    return blocks


def _cells(key, means, present):
    score = SCORES.get(key)
    distances = means if score is None else score.distance(means)
    best = np.nanmin(distances, initial=np.inf)
    return [_cell(mean, score, is_best=score is not None and distance == best) if was_run else "-"
            for mean, distance, was_run in zip(means, distances, present)]


def _cell(mean, score, is_best):
    if np.isnan(mean):
        return "failed"
    text = f"{mean:.3g}" if score is None else score.format(mean)
    return f"**{text}**" if is_best else text


def _defaults(files):
    """The parameters of the defaults, a line for each set of parameters among the files."""
    lines = (", ".join(f"{key}={value}" for key, value in file.header["settings"].items()
                       if key != "class")
             for (_, name), file in files.items() if name == GAR)
    return [f"{GAR}: {line}." for line in dict.fromkeys(lines)]


def _paired_tests(board, files):
    """The defaults against each of the others."""
    rows = []
    for other in (name for name in board.names if name != GAR):
        comparisons = [compare_pair(files, board.splits, GAR, other, score) for score in SCORES]
        rows.append([other, _share_of_splits(comparisons[0]),
                     *(cell for one in comparisons
                       for cell in (_number(one.ratio, ".3f"), _number(one.p_datasets, ".2g")))])
    header = ["", "lower RMSE", *(cell for name in _errors() for cell in (name, "p"))]
    return [f"{GAR} against each of the others: the share of splits on which it has the lower "
            "RMSE; for each score the ratio of the errors, geometric mean over data sets (below "
            "1 it is better), and p of Wilcoxon's signed rank test over data sets, two-sided, of "
            "the logarithms of the ratios:", rst_table(header, rows)]


def _share_of_splits(comparison: PairedComparison):
    n_better, n_pairs = comparison.n_better, comparison.n_pairs
    share = f" ({n_better / n_pairs:.0%})" if n_pairs else ""
    return f"{n_better} of {n_pairs}{share}"


def _errors():
    """Names of the scores as errors, which are best at 0."""
    return [name if score.is_error else f"1 - {name}" for name, score in SCORES.items()]


def _paired_test(board, files):
    """The defaults against the same with squared error."""
    rows = [[error, *_paired_cells(compare_pair(files, board.splits, GAR, SQUARED_ERROR, name))]
            for error, name in zip(_errors(), SCORES)]
    return [f"{GAR} against {SQUARED_ERROR}, Wilcoxon's signed rank test, two-sided, of the "
            "logarithms of the ratios.  Splits of one data set share rows, so the first p is too "
            "small; the second has one value for each data set:",
            rst_table(["", "ratio", "better", "p, sets x splits", "p, sets"], rows)]


def _paired_cells(comparison: PairedComparison):
    return [_number(comparison.ratio, ".4f"), f"{comparison.n_better} of {comparison.n_pairs}",
            _number(comparison.p_splits, ".2g"), _number(comparison.p_datasets, ".2g")]


def _number(value, style):
    return "-" if np.isnan(value) else f"{value:{style}}"


def notes(board: Scoreboard, files: TrialFiles, datasets: Mapping[str, Dataset]) -> list[str]:
    """Splits, remarks on data sets, failures, and conditions."""
    shown = [(file, split) for (dataset, name), file in files.items()
             if dataset in board.splits and name in board.names
             for split in board.splits[dataset]]
    return [*_splits(board), *_remarks(board, datasets), *failures(shown), *conditions(shown)]


def _splits(board):
    names = {}
    for dataset, splits in board.splits.items():
        names.setdefault(", ".join(map(str, splits)), []).append(dataset)
    return [f"Split{'s' * (',' in splits)} {splits}: {', '.join(of_splits)}."
            for splits, of_splits in names.items()]


def _remarks(board, datasets):
    return [f"{name}: {datasets[name].remark}." for name in board.splits
            if name in datasets and datasets[name].remark]


def failures(trials: Iterable[ShownTrial]) -> list[str]:
    """A line for each trial that failed."""
    return [f"{file.header['name']} on {file.header['dataset']}, split {split}: "
            f"{file.trials[split]['failure']}"
            for file, split in trials if file.trials[split]["failure"] is not None]


def conditions(trials: Iterable[ShownTrial]) -> list[str]:
    """Days, threads, versions and machine: a line for each set of conditions."""
    shared, groups = set(environment.versions()), {}
    for file, split in trials:
        trial = file.trials[split]
        versions = {name: one for name, one in trial["versions"].items() if name in shared}
        group = (f"{counted(file.header['threads'], 'thread')}, "
                 f"{environment.describe(versions, trial['machine'])}")
        dates, libraries = groups.setdefault(group, ([], {}))
        dates.append(trial["date"])
        libraries |= {f"{name} {one}": None for name, one in trial["versions"].items()
                      if name not in shared}
    return [f"{days(dates)}, {group}{'; ' * bool(libraries)}{', '.join(libraries)}."
            for group, (dates, libraries) in groups.items()]
