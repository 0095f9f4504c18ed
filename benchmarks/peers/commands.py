"""The commands `peers` and `ablation`."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.peers.contenders import PEERS, Contender
from benchmarks.peers.datasets import DATASETS, find_files, read
from benchmarks.peers.plot import draw
from benchmarks.peers.report import ablation_report, peers_report
from benchmarks.peers.result_file import ResultFile
from benchmarks.peers.run import Conditions, distinct, head_of, plan, run, with_library
from benchmarks.peers.scoreboard import Cells, Scoreboard
from benchmarks.peers.variants import VARIANTS
from benchmarks.speed.result_file import ResultError, make_folder
from benchmarks.speed.searches import VARIABLE

GOES_ON = """Each trial is written down at once, so a run that was ended goes on where it
stopped.  Progress goes to stderr, the tables to stdout, the figure beside the results.  See
benchmarks/README.rst."""
DEFAULT_SPLITS = (0, 1)


@dataclass(frozen=True)
class Comparison:
    """What a command compares, and how it tells of it."""

    title: str
    contenders: Mapping[str, Contender]
    report: Callable[[Scoreboard, Cells], str]


COMPARISONS = {
    "peers": Comparison("Compare GARRegressor() with other regressors", PEERS, peers_report),
    "ablation": Comparison("Compare GARRegressor() with itself, other losses and ingredients "
                           "taken away", VARIANTS, ablation_report),
}


def add_commands(commands, folder: Path, number_of_threads: Callable[[str], int]) -> None:
    """Add both commands to a parser's.

    `folder` is where results go by default, `number_of_threads` checks that option.
    """
    for name, comparison in COMPARISONS.items():
        command = commands.add_parser(name, help=comparison.title,
                                      description=f"{comparison.title}.  {GOES_ON}")
        command.add_argument("--only", metavar="NAME", nargs="+",
                             choices=tuple(comparison.contenders),
                             help=f"among {', '.join(comparison.contenders)} (default: all)")
        command.add_argument("--datasets", metavar="NAME", nargs="+", choices=tuple(DATASETS),
                             help=f"among {', '.join(DATASETS)} (default: all)")
        command.add_argument("--splits", metavar="N", nargs="+", type=_split,
                             help="splits, as far as a data set has them (default: 0 1; of a "
                                  "report all)")
        command.add_argument("--data-dir", metavar="DIR", type=Path,
                             help=f"folder of the data sets (default: {VARIABLE})")
        command.add_argument("--out", metavar="DIR", type=Path, default=folder,
                             help="folder of the results (default: benchmarks/results)")
        command.add_argument("--threads", metavar="N", type=number_of_threads,
                             default=torch.get_num_threads(),
                             help="threads of every regressor (default: as many as torch takes)")
        command.add_argument("--rerun", action="store_true",
                             help="run again what the files have")
        command.add_argument("--report", action="store_true",
                             help="run nothing, print the tables of the files")
        command.add_argument("--quick", action="store_true",
                             help="few rows and steps: a smoke test with files of its own")
        command.set_defaults(run=partial(compare, name))


def _split(text):
    largest = max(dataset.n_splits for dataset in DATASETS.values()) - 1
    if not text.isdecimal() or int(text) > largest:
        raise argparse.ArgumentTypeError(
            f"must be whole numbers from 0 to {largest}, got {text!r}")
    return int(text)


def compare(name: str, options) -> int:
    """Check everything, run, print; 1 if a trial failed."""
    comparison = COMPARISONS[name]
    folder = options.out / (f"{name}_quick" if options.quick else name)
    datasets = [one for one in DATASETS if one in (options.datasets or _all(options.quick))]
    contenders = distinct([one for key, one in comparison.contenders.items()
                           if key in (options.only or comparison.contenders)], tell)
    n_failed = 0
    if not options.report:
        n_failed = _measure(contenders, datasets, folder, options)
    cells = current(contenders, datasets, folder, options.quick)
    board = Scoreboard.of(cells, datasets, [one.name for one in contenders], options.splits)
    if not board.splits:
        raise ResultError(f"no results to report in {folder}, for these data sets, splits and "
                          "names")
    print(comparison.report(board, cells))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    if name == "peers":
        _draw(board, folder / "rank_against_time.png")
    return int(n_failed > 0)


def _all(quick):
    """Data sets when none is named; a smoke test needs no files."""
    return [name for name, dataset in DATASETS.items() if not (quick and dataset.file)]


def _measure(contenders, names, folder, options):
    """Run what is missing; return how many trials failed."""
    datasets = [DATASETS[name] for name in names]
    paths = find_files(datasets, options.data_dir)
    tables = {name: read(path) for name, path in paths.items()}
    contenders = with_library(contenders, tell)
    conditions = Conditions(options.threads, options.quick, folder)
    default = DEFAULT_SPLITS[:1] if options.quick else DEFAULT_SPLITS
    jobs = plan([(one, tables[one.name]) for one in datasets], contenders,
                options.splits or default, conditions, options.rerun, tell)
    make_folder(folder)
    return run(jobs, tables, conditions, tell)


def current(contenders, datasets, folder, quick) -> Cells:
    """Files by data set and name, but for those whose settings are no longer the same."""
    cells = {}
    for contender in contenders:
        for dataset in datasets:
            cell = ResultFile(ResultFile.place(folder, dataset, contender.name))
            if not cell.trials:
                continue
            if _is_current(cell, contender, DATASETS[dataset], quick):
                cells[dataset, contender.name] = cell
            else:
                tell(f"note: {cell.path} is left out, its settings are not those of now")
    return cells


def _is_current(cell, contender, dataset, quick):
    """Settings of a library that is not here are taken for the same."""
    try:
        head = head_of(contender, dataset, cell.head["threads"], quick)
    except ImportError:
        return True
    # a later version does not make figures wrong, and the report names the version
    return {**cell.head, "package": None} == {**head, "package": None}


def _draw(board, path):
    try:
        draw(board, path)
    except ImportError as error:
        tell(f"note: no figure, {error}; pip install '.[benchmarks]' has it")
    else:
        tell(f"the figure is {path}")


def tell(line):
    print(line, file=sys.stderr, flush=True)
