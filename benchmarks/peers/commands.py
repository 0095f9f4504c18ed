"""The commands `peers` and `ablation`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.datasets import Dataset
from benchmarks.numeric_datasets import NUMERIC_DATASETS
from benchmarks.options import (
    add_data_dir,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
    whole_number,
)
from benchmarks.peers.contenders import PEERS, Contender
from benchmarks.peers.plot import draw
from benchmarks.peers.report import ablation_report, peers_report
from benchmarks.peers.run import (
    Conditions,
    header_of,
    importable,
    plan,
    run,
    without_duplicates,
)
from benchmarks.peers.scoreboard import Scoreboard, TrialFiles
from benchmarks.peers.trial_file import TrialFile, trial_path
from benchmarks.peers.variants import VARIANTS
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError, prepare_folder

CONTINUES = """Each trial is saved at once, so a run that was stopped continues where it was.
Progress goes to stderr, the tables to stdout, the figure beside the results.  See
benchmarks/README.rst."""
DEFAULT_SPLITS = (0, 1)


@dataclass(frozen=True)
class Comparison:
    """What a command compares on which data sets, and how it reports the results."""

    title: str
    contenders: Mapping[str, Contender]
    datasets: Mapping[str, Dataset]
    report: Callable[[Scoreboard, TrialFiles, Mapping[str, Dataset]], str]


COMPARISONS = {
    "peers": Comparison("Compare GARRegressor() with other regressors", PEERS, NUMERIC_DATASETS,
                        peers_report),
    "ablation": Comparison("Compare GARRegressor() with itself, with other losses and without "
                           "single ingredients", VARIANTS, NUMERIC_DATASETS, ablation_report),
}


def add_commands(commands, folder: Path) -> None:
    """Add both commands to a parser's; `folder` is where results go by default."""
    for name, comparison in COMPARISONS.items():
        command = commands.add_parser(name, help=comparison.title,
                                      description=f"{comparison.title}.  {CONTINUES}")
        _add_names(command, "--only", comparison.contenders)
        _add_names(command, "--datasets", comparison.datasets)
        last = max(dataset.n_splits for dataset in comparison.datasets.values()) - 1
        command.add_argument("--splits", metavar="N", nargs="+", type=whole_number(0, last),
                             help="splits; data sets with fewer skip the others (default: 0 1; "
                                  "of a report all)")
        add_data_dir(command)
        add_out(command, folder)
        add_threads(command, torch.get_num_threads(),
                    "threads of every regressor (default: as many as torch takes)")
        add_rerun(command)
        add_report(command)
        add_quick(command, "few rows and steps")
        command.set_defaults(run=partial(compare, name))


def _add_names(command, option, names):
    command.add_argument(option, metavar="NAME", nargs="+", choices=tuple(names),
                         help=f"among {', '.join(names)} (default: all)")


def compare(name: str, options) -> int:
    """Check everything, run, print; return 1 if a trial failed."""
    comparison = COMPARISONS[name]
    folder = options.out / (f"{name}_quick" if options.quick else name)
    datasets = [dataset for key, dataset in comparison.datasets.items()
                if (key in options.datasets if options.datasets else
                    dataset.file is None or not options.quick)]  # a smoke test needs no files
    contenders = without_duplicates(
        [contender for key, contender in comparison.contenders.items()
         if key in (options.only or comparison.contenders)], print_progress)
    n_failed = 0
    if not options.report:
        n_failed = _run_missing(contenders, datasets, folder, options)
    files = current_files(contenders, datasets, folder, options.quick)
    board = Scoreboard.from_files(files, [dataset.name for dataset in datasets],
                                  [contender.name for contender in contenders], options.splits)
    if not board.splits:
        raise ResultError(f"no results to report in {folder}, for these data sets, splits and "
                          "names")
    print(comparison.report(board, files, comparison.datasets))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    if name == "peers":
        _draw(board, folder / "rank_against_time.png")
    return int(n_failed > 0)


def _run_missing(contenders, datasets, folder, options):
    """Run the trials that are missing; return how many failed."""
    paths = [dataset.find(options.data_dir) for dataset in datasets]
    tables = {dataset.name: dataset.read(path) for dataset, path in zip(datasets, paths)}
    contenders = importable(contenders, print_progress)
    conditions = Conditions(options.threads, options.quick, folder)
    splits = options.splits or (DEFAULT_SPLITS[:1] if options.quick else DEFAULT_SPLITS)
    jobs = plan([(dataset, tables[dataset.name]) for dataset in datasets], contenders, splits,
                conditions, options.rerun, print_progress)
    prepare_folder(folder)
    return run(jobs, tables, conditions, print_progress)


def current_files(contenders, datasets, folder, quick) -> TrialFiles:
    """Files by data set and name, without those of other settings than the present ones."""
    files = {}
    for contender in contenders:
        for dataset in datasets:
            file = TrialFile(trial_path(folder, dataset.name, contender.name))
            if not file.trials:
                continue
            if _is_current(file, contender, dataset, quick):
                files[dataset.name, contender.name] = file
            else:
                print_progress(f"note: {file.path} is left out, its settings are not the "
                               "present ones")
    return files


def _is_current(file, contender, dataset, quick):
    """Whether settings are the present ones; assumed if the library is not installed."""
    try:
        header = header_of(contender, dataset, file.header["threads"], quick)
    except ImportError:
        return True
    # results of an earlier version of a package remain true, and the report names the version
    return {**file.header, "package": None} == {**header, "package": None}


def _draw(board, path):
    try:
        draw(board, path)
    except ImportError as error:
        print_progress(f"note: no figure, {error}; pip install '.[benchmarks]' has it")
    else:
        print_progress(f"the figure is {path}")
