"""The commands `speed` and `profile`."""

from pathlib import Path

import torch

from benchmarks import environment
from benchmarks.options import (
    InputError,
    add_data_dir,
    add_out,
    add_quick,
    add_report,
    add_rerun,
    add_threads,
)
from benchmarks.progress import print_progress
from benchmarks.result_files import prepare_folder
from benchmarks.speed import searches, training_step
from benchmarks.speed.catalogue import catalogue
from benchmarks.speed.records import Records
from benchmarks.speed.report import report
from benchmarks.speed.run import run
from benchmarks.text import counted

SPEED = """Measure ratios of two ways of doing the same work.  Each result is saved at once, so a
run that was stopped continues where it was.  Progress goes to stderr, the table to stdout.  See
benchmarks/README.rst."""
PROFILE = "Print where the microseconds of a training step go."
QUICK_CASES = tuple(
    training_step.Case(f"{n_networks} x 4", n_networks, 3, (4,), 1) for n_networks in (1, 2))


def add_commands(commands, folder: Path) -> None:
    """Add both commands to a parser's; `folder` is where results go by default."""
    command = commands.add_parser("speed", description=SPEED,
                                  help="measure ratios, of time and of memory")
    command.add_argument("--only", metavar="NAME", nargs="+", help="measurements to take")
    add_threads(command, None, "numbers of threads (default: 2 1, with --quick 1)", nargs="+")
    add_data_dir(command, "; without concrete.npz the searches have synthetic rows")
    add_out(command, folder)
    add_rerun(command)
    add_report(command)
    add_quick(command, "little work")
    command.set_defaults(run=measure_speed)

    command = commands.add_parser("profile", description=PROFILE,
                                  help="where the microseconds of a training step go")
    add_threads(command, torch.get_num_threads(),
                "threads at most (default: as many as torch takes)")
    command.add_argument("--quick", action="store_true", help="tiny networks: a smoke test")
    command.set_defaults(run=profile)


def measure_speed(options) -> int:
    """Check everything, measure, print; return 1 if a measurement failed."""
    known = catalogue(options.data_dir)
    names = _requested(options.only, known)
    path = options.out / ("speed_quick.json" if options.quick else "speed.json")
    if options.report:
        records = _saved(path, known, options.only)
    else:
        _check_data(options.data_dir)
        prepare_folder(options.out)
        threads = options.threads or ([1] if options.quick else [2, 1])
        records = run([known[name] for name in names], list(dict.fromkeys(threads)),
                      options.quick, Records(path, order=known), options.rerun, print_progress)
    print(report(records))
    if options.quick:
        print("\nA smoke test: these figures say nothing about speed.")
    return int(any(record["failure"] is not None for record in records))


def profile(options) -> int:
    """Print the table, and the versions and the machine it was measured with."""
    with environment.limited_threads(options.threads):
        if options.quick:
            table = training_step.profile(QUICK_CASES, n_rows=512, repetitions=1)
        else:
            table = training_step.profile()
    conditions = environment.describe(environment.versions(), environment.machine())
    print(table, f"{counted(options.threads, 'thread')} at most, {conditions}.", sep="\n\n")
    return 0


def _requested(names, known):
    """The requested names in the order of a run."""
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"--only: no measurement {unknown[0]!r}, the known ones are: "
                         f"{', '.join(known)}")
    return [name for name in known if not names or name in names]


def _saved(path, known, names):
    if not path.is_file():
        raise InputError(f"no results to report: {path} does not exist")
    records = Records(path, order=known).records
    return [record for record in records if not names or record["name"] in names]


def _check_data(folder):
    """Read the file of the searches, if there is one, so that errors come first."""
    path = searches.find_concrete(folder)
    searches.load_concrete(path)
    if path is None and folder is not None:
        print_progress(f"note: no {searches.FILE} in {folder}, its rows are synthetic")
