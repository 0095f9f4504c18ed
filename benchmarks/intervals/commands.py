"""The command `intervals`."""

from functools import partial
from pathlib import Path

from benchmarks.figures import draw_if_possible
from benchmarks.intervals.contenders import CONTENDERS
from benchmarks.intervals.report import draw, means_of, report
from benchmarks.intervals.trials import (
    HEADER,
    Conditions,
    header_of,
    missing_trials,
    read_trials,
    run_trials,
    trial_path,
)
from benchmarks.mixed_datasets import MIXED_DATASETS
from benchmarks.numeric_datasets import N_SPLITS, NUMERIC_DATASETS
from benchmarks.options import (
    add_data_dir,
    add_names,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
    whole_number,
)
from benchmarks.progress import print_progress
from benchmarks.result_files import ResultError, prepare_folder

TITLE = "Compare prediction intervals of GARRegressor() with those of other methods"
CONTINUES = """Each trial is saved at once, so a run that was stopped continues where it was.
Progress goes to stderr, the tables to stdout, the figure beside the results.  See
benchmarks/README.rst."""
SPLITS = (0, 1)
_LARGE = {"elevators", "superconductivity", "kin40k"}  # of more than 10,000 rows
_SMALL_MIXED = ("saratoga", "ames", "wage")  # of at most 3,000 rows
DATASETS = {name: dataset for name, dataset in NUMERIC_DATASETS.items() if name not in _LARGE} | {
    name: MIXED_DATASETS[name] for name in _SMALL_MIXED}
"""Tables by name: those of numbers up to 10,000 rows, and mixed ones up to 3,000 rows."""


def add_commands(commands, folder: Path) -> None:
    """Add the command to a parser's; `folder` is where results go by default."""
    command = commands.add_parser("intervals", help=TITLE, description=f"{TITLE}.  {CONTINUES}")
    add_names(command, "--only", CONTENDERS)
    add_names(command, "--datasets", DATASETS)
    command.add_argument("--splits", metavar="N", nargs="+", type=whole_number(0, N_SPLITS - 1),
                         help="splits; data sets with fewer skip the others (default: "
                              f"{' '.join(map(str, SPLITS))}; of a report all)")
    add_data_dir(command)
    add_out(command, folder)
    add_threads(command, 1, "threads of every method (default: 1)")
    add_rerun(command)
    add_report(command)
    add_quick(command, "few rows and steps")
    command.set_defaults(run=compare)


def compare(options) -> int:
    """Check everything, run, print; return 1 if a trial failed."""
    folder = options.out / ("intervals_quick" if options.quick else "intervals")
    conditions = Conditions(options.threads, options.quick, folder)
    contenders = [one for name, one in CONTENDERS.items()
                  if not options.only or name in options.only]
    datasets = [one for name, one in DATASETS.items()
                if not options.datasets or name in options.datasets]
    if options.quick and not options.datasets:  # a smoke test needs no files
        datasets = [DATASETS["diabetes"]]
    n_failed = 0 if options.report else _run_missing(datasets, contenders, conditions, options)
    files = _current_files(datasets, contenders, conditions)
    if not files:
        raise ResultError(f"no results to report in {folder}, for these data sets and names")
    print(report(files, options.splits))
    if options.quick:
        print("\nA smoke test: these figures say nothing.")
    if means := means_of(files, options.splits):
        draw_if_possible(partial(draw, means), folder / "coverage_and_width.png", print_progress)
    return int(n_failed > 0)


def _run_missing(datasets, contenders, conditions, options):
    """Run the trials that are missing; return how many failed."""
    paths = [dataset.find(options.data_dir) for dataset in datasets]
    tables = {dataset.name: dataset.read(path) for dataset, path in zip(datasets, paths)}
    contenders = [one for one in contenders if _is_importable(one)]
    splits = options.splits or SPLITS[:1 if options.quick else None]
    jobs = list(missing_trials(datasets, contenders, splits, conditions, options.rerun))
    prepare_folder(conditions.folder)
    return run_trials(jobs, tables, conditions, print_progress)


def _is_importable(contender):
    try:
        contender.build(1, True)
    except ImportError as error:
        print_progress(f"note: {contender.name} is left out, {error}; pip install '.[peers]' "
                       "has it")
        return False
    return True


def _current_files(datasets, contenders, conditions):
    """Contents by data set and name, without those of other settings than the present ones."""
    files = {}
    for dataset in datasets:
        for contender in contenders:
            path = trial_path(conditions.folder, dataset.name, contender.name)
            content = read_trials(path)
            if content is None:
                continue
            if _is_current(content, contender, dataset, conditions):
                files[dataset.name, contender.name] = content
            else:
                print_progress(f"note: {path} is left out, its settings are not the present ones")
    return files


def _is_current(content, contender, dataset, conditions):
    """Whether settings are the present ones; results of other versions remain true."""
    try:
        header = header_of(contender, dataset, conditions)
    except ImportError:  # the library is not installed
        return True
    kept = [key for key in HEADER if key not in ("packages", "threads")]
    return [content[key] for key in kept] == [header[key] for key in kept]
