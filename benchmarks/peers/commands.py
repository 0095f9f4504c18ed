"""The commands `peers`, `tuned`, `search`, `ablation` and `intervals`."""

from functools import partial
from pathlib import Path

import torch

from benchmarks.figures import draw_if_possible
from benchmarks.options import (
    InputError,
    add_data_dir,
    add_names,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
    whole_number,
)
from benchmarks.peers.comparisons import COMPARISONS, TITLES
from benchmarks.peers.current_files import current_files
from benchmarks.peers.run import Conditions, importable, plan, run, without_duplicates
from benchmarks.peers.scoreboard import Scoreboard
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError, prepare_folder

CONTINUES = """Each trial is saved at once, so a run that was stopped continues where it was.
Progress goes to stderr, the tables to stdout, the figure beside the results.  See
benchmarks/README.rst."""


def add_commands(commands, folder: Path) -> None:
    """Add the commands to a parser's; `folder` is where results go by default."""
    for name, comparisons in COMPARISONS.items():
        command = commands.add_parser(name, help=TITLES[name],
                                      description=f"{TITLES[name]}.  {CONTINUES}")
        _add_tables(command, tuple(comparisons))
        every = comparisons.values()
        add_names(command, "--only", (name for one in every for name in one.contenders))
        add_names(command, "--datasets", (name for one in every for name in one.datasets))
        last = max(dataset.n_splits for one in every for dataset in one.datasets.values()) - 1
        command.add_argument("--splits", metavar="N", nargs="+", type=whole_number(0, last),
                             help="splits; data sets with fewer skip the others (default: "
                                  f"{_by_tables(comparisons, _default_splits)}; of a report all)")
        add_data_dir(command)
        add_out(command, folder)
        add_threads(command, None, "threads of every regressor (default: "
                                   f"{_by_tables(comparisons, _default_threads)})")
        add_rerun(command)
        add_report(command)
        add_quick(command, "few rows and steps")
        command.set_defaults(run=partial(compare, name))


def _add_tables(command, kinds):
    command.set_defaults(tables=kinds[0])
    if len(kinds) > 1:
        command.add_argument("--tables", choices=kinds,
                             help=f"kind of the data sets (default: {kinds[0]})")


def _by_tables(comparisons, describe):
    """A default in words, for each kind of tables if there are several."""
    (_, first), *others = comparisons.items()
    return "".join([describe(first), *(f", of {tables} tables {describe(one)}"
                                       for tables, one in others)])


def _default_splits(comparison):
    return " ".join(map(str, comparison.splits))


def _default_threads(comparison):
    return "as many as torch takes" if comparison.n_threads is None else str(comparison.n_threads)


def compare(name: str, options) -> int:
    """Check everything, run, print; return 1 if a trial failed."""
    comparison = COMPARISONS[name][options.tables]
    folder = options.out / (f"{comparison.folder}_quick" if options.quick else comparison.folder)
    datasets = _selected("--datasets", options.datasets, comparison.datasets, options.tables)
    if options.quick and not options.datasets:  # a smoke test needs no files
        without_file = [dataset for dataset in datasets if dataset.file is None]
        datasets = [one for one in without_file if not one.packages] or without_file
    contenders = without_duplicates(
        _selected("--only", options.only, comparison.contenders, options.tables), print_progress)
    n_failed = 0
    if not options.report:
        n_failed = _run_missing(contenders, datasets, folder, comparison, options)
    files = current_files(contenders, datasets, folder, options.quick)
    board = Scoreboard.from_files(files, [dataset.name for dataset in datasets],
                                  [contender.name for contender in contenders], options.splits,
                                  comparison.scores)
    if not board.splits:
        raise ResultError(f"no results to report in {folder}, for these data sets, splits and "
                          "names")
    print(comparison.report(board, files, comparison.datasets))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    if comparison.figure is not None:
        file, draw = comparison.figure
        draw_if_possible(partial(draw, board), folder / file, print_progress)
    return int(n_failed > 0)


def _selected(option, names, known, tables):
    """The values of a dictionary with these names, in its order; all without names."""
    for name in names or ():
        if name not in known:
            raise InputError(f"argument {option}: with --tables {tables} it must be among "
                             f"{', '.join(known)}, got {name!r}; choose its kind with --tables")
    return [value for key, value in known.items() if key in (names or known)]


def _run_missing(contenders, datasets, folder, comparison, options):
    """Run the trials that are missing; return how many failed."""
    paths = [dataset.find(options.data_dir) for dataset in datasets]
    tables = {dataset.name: dataset.read(path) for dataset, path in zip(datasets, paths)}
    contenders = importable(contenders, print_progress)
    n_threads = options.threads or comparison.n_threads or torch.get_num_threads()
    conditions = Conditions(n_threads, options.quick, folder, comparison.measure)
    splits = options.splits or comparison.splits[:1 if options.quick else None]
    jobs = plan([(dataset, tables[dataset.name]) for dataset in datasets], contenders, splits,
                conditions, options.rerun, print_progress)
    prepare_folder(folder)
    return run(jobs, tables, conditions, print_progress)
