"""The command `large`."""

from functools import partial
from pathlib import Path

from benchmarks import environment
from benchmarks.figures import draw_if_possible
from benchmarks.numeric_datasets import N_SPLITS
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
from benchmarks.peers.current_files import current_files
from benchmarks.peers.large.contenders import NAMES, contender
from benchmarks.peers.large.plot import draw
from benchmarks.peers.large.report import report, rows_of
from benchmarks.peers.large.run import THREADS, folder_of_threads, plan, run
from benchmarks.peers.large.tables import LARGE_DATASETS, MADE_TABLES
from benchmarks.peers.large.variants import VARIANTS
from benchmarks.peers.run import importable
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError, prepare_folder

TITLE = "Compare the time and the error of GARRegressor() with boosted trees on large tables"
CONTINUES = """Every fit runs in a process of its own, and is saved at once, so a run that was
stopped continues where it was.  Progress goes to stderr, the tables to stdout, the figures beside
the results.  See benchmarks/README.rst."""
SPLITS, N_THREADS = (0, 1, 2), (2,)
QUICK_DATASETS, QUICK_SPLITS = tuple(MADE_TABLES.values())[:2], (0,)


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser("large", help=TITLE, description=f"{TITLE}.  {CONTINUES}")
    add_names(command, "--only", NAMES)
    add_names(command, "--variants", VARIANTS, "none; of a report, or without a NAME, all",
              nargs="*")
    add_names(command, "--datasets", LARGE_DATASETS)
    command.add_argument("--splits", metavar="N", nargs="+", type=whole_number(0, N_SPLITS - 1),
                         help="splits, each a repetition on other rows (default: "
                              f"{' '.join(map(str, SPLITS))})")
    add_threads(command, None, "numbers of threads, and of cores that a fit may use (default: "
                               f"{' '.join(map(str, N_THREADS))}; of a report all)", nargs="+")
    add_data_dir(command)
    add_out(command, folder)
    add_rerun(command)
    add_report(command)
    add_quick(command, "a hundredth of the rows, few steps")
    command.set_defaults(run=compare)


def compare(options) -> int:
    """Check everything, run, print; return 1 if a cell failed."""
    folder = options.out / ("large_quick" if options.quick else "large")
    datasets = [dataset for name, dataset in LARGE_DATASETS.items()
                if not options.datasets or name in options.datasets]
    n_failed = 0
    if not options.report:
        n_failed = _run_missing(datasets, folder, options)
    files = _files(datasets, folder, options)
    if not files:
        raise ResultError(f"no results to report in {folder}, for these data sets, numbers of "
                          "threads and names")
    print(report(files, datasets))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    for n_threads, of_threads in files.items():
        if rows := rows_of(of_threads):
            path = folder_of_threads(folder, n_threads) / "error_against_time.png"
            draw_if_possible(partial(draw, rows, datasets), path, print_progress)
    return int(n_failed > 0)


def _run_missing(datasets, folder, options):
    """Run the cells that are missing; return how many failed."""
    if options.quick and not options.datasets:  # a smoke test needs no files
        datasets = QUICK_DATASETS
    threads = list(dict.fromkeys(options.threads or N_THREADS))
    if max(threads) > environment.available_cores():
        raise InputError(f"argument --threads: must be at most the number of cores, "
                         f"{environment.available_cores()}, got {max(threads)}")
    wanted = [contender(name, datasets[0].name) for name in _names_to_run(options)]
    names = [one.name for one in importable(wanted, print_progress)]
    tables = [(dataset, dataset.find(options.data_dir)) for dataset in datasets]
    for dataset, path in tables:  # so that errors come first
        dataset.read(path)
    splits = options.splits or (QUICK_SPLITS if options.quick else SPLITS)
    jobs = plan(tables, names, splits, threads, folder, options.quick, options.rerun,
                print_progress)
    prepare_folder(folder)
    return run(jobs, print_progress)


def _names_to_run(options):
    """Names of contenders, then those of variants; without a name, `--variants` means all."""
    variants = [] if options.variants is None else _selected(options.variants, VARIANTS)
    return _selected(options.only, NAMES) + variants


def _selected(names, known):
    """The known names that are wanted, in their order; all if none is named."""
    return [name for name in known if not names or name in names]


def _files(datasets, folder, options):
    """Files by data set and contender for each number of threads that has any."""
    names = _selected(options.only, NAMES) + _selected(options.variants, VARIANTS)
    files = {}
    for n_threads in sorted(set(options.threads or _numbers_of_threads(folder))):
        of_threads = {}
        for dataset in datasets:
            contenders = [contender(name, dataset.name) for name in names]
            of_threads |= current_files(contenders, [dataset],
                                        folder_of_threads(folder, n_threads), options.quick)
        if of_threads:
            files[n_threads] = of_threads
    return files


def _numbers_of_threads(folder):
    """The numbers of threads that have a folder of results."""
    numbers = [path.name.removeprefix(THREADS) for path in folder.glob(f"{THREADS}*")]
    return [int(number) for number in numbers if number.isdecimal()]
