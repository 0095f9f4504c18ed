"""The tables of a comparison in reStructuredText, and what they rest on."""

from collections.abc import Iterable

import numpy as np

from benchmarks import environment
from benchmarks.peers.contenders import GAR
from benchmarks.peers.datasets import DATASETS
from benchmarks.peers.scoreboard import SECONDS, Cells, Comparison, Scoreboard, compare
from benchmarks.peers.scores import SCORES
from benchmarks.peers.variants import INGREDIENTS, LOSSES, SQUARED_ERROR
from benchmarks.speed.run import in_threads
from benchmarks.tables import rst_table

HEADINGS = dict(zip(SECONDS, ("Seconds to fit", "Seconds to predict")))


def peers_report(board: Scoreboard, cells: Cells) -> str:
    """Ranks, shares, a table a score, seconds, and the notes."""
    blocks = [block for part in board.rankings() for block in _ranking(part)]
    blocks += _tables(board, (*SCORES, *SECONDS))
    return "\n\n".join([*blocks, *notes(board, cells)])


def ablation_report(board: Scoreboard, cells: Cells) -> str:
    """Ranks of the losses and of the ingredients, the paired test, scores, and the notes."""
    blocks = []
    for title, group in (("Losses", LOSSES), ("Ingredients taken away", INGREDIENTS)):
        chosen = np.array([name == GAR or name in group for name in board.names])
        if chosen.sum() > 1:
            part = board.part(np.full(len(board.splits), True), chosen)
            blocks += [f"{title}.", *(one for ranking in part.rankings()
                                      for one in _ranking(ranking))]
    if {GAR, SQUARED_ERROR} <= set(board.names):
        blocks += _paired_test(board, cells)
    blocks += _defaults(cells)
    return "\n\n".join([*blocks, *_tables(board, SCORES, turned=True), *notes(board, cells)])


def _ranking(board):
    """A table of mean ranks, best first."""
    ranks = board.mean_ranks()
    seconds = [_medians(board.means[key]) for key in SECONDS]
    rows = []
    for column in np.argsort(ranks["all"], kind="stable"):
        name = board.names[column]
        rows.append([name, *(f"{mean[column]:.2f}" for mean in ranks.values()),
                     _share(board, name), *(_number(one[column], ".3g") for one in seconds)])
    header = ["", "mean rank", *(f"in {score}" for score in SCORES),
              f"{GAR} has lower RMSE", "median fit, s", "median predict, s"]
    return [f"Mean rank of {len(board.names)} on {_counted(len(board.splits), 'data set')}, over "
            f"{len(SCORES)} scores (1 is best, failures are last):", rst_table(header, rows)]


def _medians(table):
    """Median over the data sets on which a contender did not fail."""
    return [np.median(column[~np.isnan(column)]) if not np.isnan(column).all() else np.nan
            for column in table.T]


def _share(board, name):
    if GAR not in board.names or name == GAR:
        return ""
    n_lower, n_both = board.n_lower(GAR, name)
    return f"{n_lower} of {n_both}"


def _tables(board, keys, turned=False):
    """A table a score or duration: data sets by contenders or turned, the best in bold."""
    blocks = []
    for key in keys:
        table = [["", *board.names], *(
            [dataset, *_cells(key, means, present)] for dataset, means, present
            in zip(board.datasets, board.means[key], board.present))]
        header, *rows = zip(*table) if turned else table
        blocks += [f"{HEADINGS.get(key, key)}, mean over splits:", rst_table(header, rows)]
    return blocks


def _cells(key, means, present):
    score = SCORES.get(key)
    distance = means if score is None else score.distance(means)
    best = np.nanmin(distance, initial=np.inf)
    return [_cell(mean, score, is_best=score is not None and one == best) if there else "-"
            for mean, one, there in zip(means, distance, present)]


def _cell(mean, score, is_best):
    if np.isnan(mean):
        return "failed"
    text = f"{mean:.3g}" if score is None else score.in_words(mean)
    return f"**{text}**" if is_best else text


def _defaults(cells):
    """What the defaults are that everything is held against, files of one kind told once."""
    words = (", ".join(f"{key}={value}" for key, value in cell.head["settings"].items()
                       if key != "class")
             for (_, name), cell in cells.items() if name == GAR)
    return [f"{GAR}: {one}." for one in dict.fromkeys(words)]


def _paired_test(board, cells):
    """The defaults against the same with squared error."""
    rows = []
    for score, definition in SCORES.items():
        found = compare(cells, board.splits, GAR, SQUARED_ERROR, score)
        rows.append([score if definition.is_error else f"1 - {score}", *_compared(found)])
    return [f"{GAR} against {SQUARED_ERROR}, Wilcoxon's signed rank test, two-sided, of the "
            "logarithms of the ratios.  Splits of one data set share rows, so that the first p "
            "is too sure; the second has one value a data set:",
            rst_table(["", "ratio", "better", "p, sets x splits", "p, sets"], rows)]


def _compared(found: Comparison):
    return [_number(found.ratio, ".4f"), f"{found.n_better} of {found.n_pairs}",
            _number(found.p_splits, ".2g"), _number(found.p_datasets, ".2g")]


def _number(value, style):
    return "-" if np.isnan(value) else f"{value:{style}}"


def notes(board: Scoreboard, cells: Cells) -> list[str]:
    """Splits, remarks on data, failures, versions, machines and days."""
    shown = {key: cell for key, cell in cells.items()
             if key[0] in board.splits and key[1] in board.names}
    return [*_splits(board), *_remarks(board.splits), *_failures(board, shown),
            *_conditions(board, shown)]


def _splits(board):
    words = {}
    for dataset, splits in board.splits.items():
        words.setdefault(", ".join(map(str, splits)), []).append(dataset)
    return [f"Split{'s' * (',' in splits)} {splits}: {', '.join(datasets)}."
            for splits, datasets in words.items()]


def _remarks(datasets: Iterable[str]):
    return [f"{name}: {DATASETS[name].remark}." for name in datasets
            if name in DATASETS and DATASETS[name].remark]


def _failures(board, cells):
    return [f"{name} on {dataset}, split {split}: {cell.trials[split]['failure']}"
            for (dataset, name), cell in cells.items() for split in board.splits[dataset]
            if cell.trials[split]["failure"] is not None]


def _conditions(board, cells):
    """Versions, threads and machine, apart where they differ, with their days."""
    shared, groups = set(environment.versions()), {}
    for (dataset, _), cell in cells.items():
        for split in board.splits[dataset]:
            trial = cell.trials[split]
            own = {name: one for name, one in trial["versions"].items() if name in shared}
            words = (f"{in_threads(cell.head['threads'])}, "
                     f"{environment.in_words(own, trial['machine'])}")
            days, libraries = groups.setdefault(words, (set(), {}))
            days.add(trial["date"][:10])
            libraries |= {f"{name} {one}": None for name, one in trial["versions"].items()
                          if name not in shared}
    return [f"{' to '.join(dict.fromkeys((min(days), max(days))))}, {words}"
            f"{'; ' * bool(libraries)}{', '.join(libraries)}."
            for words, (days, libraries) in groups.items()]


def _counted(number, noun):
    return f"{number} {noun}{'s' * (number != 1)}"
